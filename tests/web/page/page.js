// What tests say in a page. Everything is a global, because tests send their code as text.

const PACKAGE = "/pkg/index.js";
const WITHIN = 15_000;

/** Resolves once the package is there; rejects with why it is not. */
window.pageReady = import(PACKAGE).then((tokenkeep) => {
  Object.assign(window, tokenkeep);
});

window.evaluate = eval;

window.RESOURCE = "/api/v1/resource";
window.ECHO = "/api/v1/echo";
window.STATUS = "/api/v1/status";
window.KEY = "tokenkeep:default";

/** What the sessions of this page have emitted, in order: `{ name, type, detail }`. */
window.heard = [];

/**
 * Makes `window.session`. `tab` names this tab to the server's log; `spy` keeps what the server issued in `issued`;
 * `buffered` reads bodies before they are sent. Everything else is an option of the session.
 */
window.openSession = ({ tab, spy, buffered, as = "session", ...options } = {}) => {
  const bent = tab || spy || buffered ? { fetch: bentFetch({ tab, spy, buffered }) } : {};
  const session = new Session({ baseUrl: location.origin, ...bent, ...options });
  for (const type of ["signedIn", "renewed", "loginRequired", "signedOut", "expiring", "extended", "diagnostic"]) {
    session.on(type, (detail) => hear({ name: as, type, detail }));
  }
  session.subscribe(() => waiting.dispatchEvent(new Event("news")));
  window[as] = session;
};

/** Token answers of the server, as this page got them. */
window.issued = [];

/** Waits until `session` has this status. */
window.settled = (status) => when(() => session.status === status, `status ${status}`);

/** Waits for the next, or an earlier, event of this type. */
window.told = (type, as = "session") => when(() => heard.find((event) => event.type === type && event.name === as), `event ${type}`);

window.count = (type, as = "session") => heard.filter((event) => event.type === type && event.name === as).length;

/** Waits until `condition` holds, looking again at everything a session says. */
window.when = (condition, what) =>
  new Promise((resolve, reject) => {
    const done = new AbortController();
    const late = setTimeout(() => {
      done.abort();
      reject(new Error(`no ${what} within ${WITHIN} ms; heard: ${JSON.stringify(heard)}; ${JSON.stringify(window.session?.explain())}`));
    }, WITHIN);
    const look = () => {
      const found = condition();
      if (!found) return;
      clearTimeout(late);
      done.abort();
      resolve(found);
    };
    waiting.addEventListener("news", look, { signal: done.signal });
    look();
  });

/** Waits until this page's clock shows `wall`. */
window.until = (wall) => new Promise((resolve) => setTimeout(resolve, Math.max(0, wall - Date.now())));

/** Sets this page's clock forward, as sleep does: the monotonic one stands still. */
window.sleepFor = (seconds) => {
  const now = Date.now;
  Date.now = () => now() + seconds * 1000;
};

/** Calls `times` at once; each outcome in short: the HTTP status, or what the error says of itself. */
window.calls = (times, path = RESOURCE, init) => Promise.all(Array.from({ length: times }, () => outcome(session.fetch(path, init))));

window.outcome = (promise) =>
  promise.then(
    (value) => (value instanceof Response ? value.status : value),
    ({ name, code, message, status, reason, retryable, retryAfter }) => ({ name, code, message, status, reason, retryable, retryAfter }),
  );

/** A listener that throws. Made here, because Chromium hides what goes wrong in code that came by WebDriver. */
window.throwing = (message) => () => {
  throw new Error(message);
};

/** From now on no session of this page hears of another tab, or tells one. Only the storage is left. */
window.deafen = () => {
  BroadcastChannel.prototype.postMessage = (own => function (message) {
    if (this.name === "harness") own.call(this, message);
  })(BroadcastChannel.prototype.postMessage);
  addEventListener("storage", (event) => event.stopImmediatePropagation(), { capture: true });
};

window.streamOf = (text) =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });

/** Waits for {@link go} in any tab of this origin; then all go at once. Ready as soon as it was called. */
window.gunshot = () =>
  new Promise((resolve) => {
    const channel = new BroadcastChannel("harness");
    channel.onmessage = () => {
      channel.close();
      resolve();
    };
  });

window.go = () => {
  const channel = new BroadcastChannel("harness");
  channel.postMessage("go");
  channel.close();
};

const waiting = new EventTarget();

function hear(event) {
  heard.push(event);
  waiting.dispatchEvent(new Event("news"));
}

function bentFetch({ tab, spy, buffered }) {
  return async (input, init) => {
    let request = new Request(input, init);
    if (tab) request.headers.set("X-Tab", tab);
    if (buffered && request.body) request = new Request(request.url, { method: request.method, headers: request.headers, body: await request.arrayBuffer() });
    const response = await fetch(request);
    if (spy && response.ok && /\/(login|renew)$/.test(new URL(request.url).pathname)) issued.push(await response.clone().json());
    return response;
  };
}

/**
 * Wants a fresh token again and again, until {@link endRelay}. Whoever has just renewed lets another tab do it next, and
 * goes on only when that has come to something.
 */
window.runRelay = async () => {
  const relay = { over: false, renewed: [], answered: 0, ended: 0 };
  window.endRelay = async () => {
    relay.over = true;
    waiting.dispatchEvent(new Event("news"));
    await window.relay.catch(() => {});
    return relay;
  };
  let mine = false;
  session.on("renewed", ({ by, generation }) => {
    mine = by === "this-tab";
    if (mine) relay.renewed.push(generation);
  });
  session.on("loginRequired", () => relay.ended++);
  while (!relay.over) {
    await session.accessToken();
    relay.answered++;
    if (mine) await when(() => relay.over || !mine, "renewal by another tab");
  }
};

/** The same page in a frame, as its `window`: globals of its own, which neither this page nor WebDriver uses. */
window.inFrame = async () => {
  const frame = document.createElement("iframe");
  frame.src = "/";
  document.body.append(frame);
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  await frame.contentWindow.pageReady;
  return frame.contentWindow;
};

/** What `worker.js` makes of `order`. */
window.fromWorker = (order) =>
  new Promise((resolve, reject) => {
    const worker = new Worker("worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`));
    worker.postMessage(order);
  });
