// A session in a worker: there is no localStorage here, and no page.

const timers = new Set();
const { setTimeout: start, clearTimeout: stop, setInterval: repeat } = self;
self.setTimeout = (action, ...args) => {
  const id = start(() => {
    timers.delete(id);
    action();
  }, ...args);
  timers.add(id);
  return id;
};
self.clearTimeout = (id) => {
  timers.delete(id);
  stop(id);
};
self.setInterval = (...args) => {
  const id = repeat(...args);
  timers.add(id);
  return id;
};

self.onmessage = async ({ data: { user } }) => {
  try {
    const { Session } = await import("/pkg/index.js");
    const session = new Session({ baseUrl: location.origin });
    await Promise.resolve();
    const timersAfterConstruct = timers.size;
    await session.login(user);
    const call = async () => (await session.fetch("/api/v1/resource")).status;
    const statuses = [await call()];
    await session.renew();
    statuses.push(await call());
    postMessage({ timersAfterConstruct, statuses, renewed: session.getSnapshot().generation });
  } catch (error) {
    postMessage({ failed: `${error.code ?? error.name}: ${error.message}` });
  }
};
