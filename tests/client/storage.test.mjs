// Where the record is kept: broken, blocked, foreign, slow, silent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../pkg/index.js";
import { Store, openOrigin } from "./support/origin.mjs";
import { CREDENTIALS, Server, json, signedIn } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

const diagnostics = (session) => {
  const heard = [];
  session.on("diagnostic", ({ code }) => heard.push(code));
  return heard;
};

/** A storage of the app's own whose methods can be replaced. */
const custom = (methods) => Object.assign(new Store(), methods);

const stored = (storage) => [...storage.items.values()].join();

test("the record is one item of localStorage", async (t) => {
  stopTime(t);
  const origin = openOrigin(t);
  const server = new Server();
  const session = origin.tab().run(() => new Session(server.options({ storage: "local", name: "mine" })));
  assert.equal(origin.storage.items.size, 0);
  await session.login(CREDENTIALS);
  assert.deepEqual([...origin.storage.items.keys()], ["tokenkeep:mine"]);
  const record = JSON.parse(stored(origin.storage));
  assert.deepEqual([record.access, record.refresh], ["t1", "r1"]);
});

test("sessionStorage is used where asked for, and shared with nobody", async (t) => {
  stopTime(t);
  const origin = openOrigin(t);
  const sessionStorage = new Store();
  Object.defineProperty(globalThis, "sessionStorage", { value: sessionStorage, configurable: true });
  t.after(() => delete globalThis.sessionStorage);
  await origin.tab().run(() => signedIn(Session, new Server(), { storage: "session" }));
  assert.ok(stored(sessionStorage).includes("r1"));
  assert.equal(origin.storage.items.size, 0);
  assert.equal(origin.channels.size, 0);
});

test("a stored session is there at once after a reload", async (t) => {
  stopTime(t);
  const origin = openOrigin(t);
  const server = new Server();
  const options = server.options({ storage: "local" });
  const before = origin.tab().run(() => new Session(options));
  await before.login(CREDENTIALS);
  before.dispose();
  const after = origin.tab().run(() => new Session(options));
  assert.deepEqual([after.status, after.getSnapshot().subject], ["signedIn", "u1"]);
  assert.equal((await after.fetch("/things")).status, 200);
  assert.equal(server.count("/login"), 1);
});

test("foreign and corrupted items mean signed out, and are told", async (t) => {
  stopTime(t);
  const origin = openOrigin(t);
  for (const foreign of ["", "null", "garbage", "[]", "{}", '{"v":1,"session":7}', '{"v":1', "\0\uffff", "\ud800"]) {
    const options = new Server().options({ storage: "local" });
    const key = `tokenkeep:${options.name}`;
    origin.storage.setItem(key, foreign);
    const session = origin.tab().run(() => new Session(options));
    const heard = diagnostics(session);
    assert.equal(session.status, "signedOut");
    await null;
    assert.equal(heard.length, 1, JSON.stringify(foreign));
    // A login takes its place.
    await session.login(CREDENTIALS);
    assert.ok(origin.storage.getItem(key).includes("r1"), JSON.stringify(foreign));
    session.dispose();
  }
});

test("where storage is blocked the session lives in memory", async (t) => {
  stopTime(t);
  const origin = openOrigin(t);
  const throwing = (error) => () => {
    throw error;
  };
  for (const blocked of [
    throwing(new DOMException("blocked", "SecurityError")),
    () => null,
    () => undefined,
    () => custom({ getItem: throwing(new DOMException("blocked", "SecurityError")) }),
  ]) {
    origin.storage = blocked;
    const session = origin.tab().run(() => new Session(new Server().options({ storage: "local" })));
    const heard = diagnostics(session);
    await null;
    assert.deepEqual(heard, ["storage_blocked"]);
    await session.login(CREDENTIALS);
    assert.equal((await session.fetch("/things")).status, 200);
    assert.equal(origin.channels.size, 0);
    session.dispose();
  }
});

test("memory is asked for, and so no cause for a diagnostic", async () => {
  const session = new Session(new Server().options({ storage: "memory" }));
  const heard = diagnostics(session);
  await session.login(CREDENTIALS);
  assert.deepEqual(heard, []);
});

test("sessions of different names do not mix", async (t) => {
  const time = stopTime(t);
  const tab = openOrigin(t).tab();
  const server = new Server();
  const [one, two] = tab.run(() => [0, 1].map(() => new Session(server.options({ storage: "local" }))));
  await one.login(CREDENTIALS);
  await time.settle();
  assert.equal(two.status, "signedOut");
  await two.login(CREDENTIALS);
  await one.logout();
  await time.settle();
  assert.equal(two.status, "signedIn");
});

test("logging out offline forgets the tokens all the same", async (t) => {
  stopTime(t);
  const origin = openOrigin(t);
  const server = new Server();
  const session = await origin.tab().run(() => signedIn(Session, server, { storage: "local" }));
  server.on("/logout", () => Promise.reject(new TypeError("offline")));
  assert.deepEqual(await session.logout(), { revoked: false });
  assert.ok(!/"[tr]1"/.test(stored(origin.storage)), stored(origin.storage));
});

test("a synchronous storage of the app is read before the constructor returns", async (t) => {
  const time = stopTime(t);
  const storage = custom();
  const options = new Server().options({ storage });
  const session = new Session(options);
  assert.equal(session.status, "signedOut");
  const login = session.login(CREDENTIALS);
  await time.pass(() => stored(storage).includes("r1"));
  await login;
  assert.equal(new Session(options).status, "signedIn");
});

test("a storage that answers later is waited for", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const storage = custom({
    async getItem(key) {
      await null;
      return Store.prototype.getItem.call(this, key);
    },
    async setItem(key, text) {
      await null;
      Store.prototype.setItem.call(this, key, text);
    },
  });
  const options = server.options({ storage });
  const first = new Session(options);
  assert.equal(first.status, "starting");
  // Asked before the record is there.
  const tooEarly = assert.rejects(first.fetch("/things"), { code: "login_required" });
  await tooEarly;
  const login = first.login(CREDENTIALS);
  await time.pass(() => stored(storage).includes("r1"));
  await login;
  const second = new Session(options);
  assert.equal(second.status, "starting");
  assert.equal((await second.fetch("/things")).status, 200);
  assert.equal(second.status, "signedIn");
  // And once it has answered, nobody gives it up.
  const heard = diagnostics(second);
  await time.advance(6000, 100);
  await time.finish(second.renew());
  assert.ok(stored(storage).includes("r2"));
  assert.deepEqual(heard, []);
});

test("a storage is asked one thing after the other, however late it answers", async (t) => {
  const time = stopTime(t);
  let open = 0;
  const slow = (work) => async (...args) => {
    assert.equal(open++, 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    open--;
    return work(...args);
  };
  const items = new Map();
  const storage = { getItem: slow((key) => items.get(key)), setItem: slow((key, text) => void items.set(key, text)), removeItem() {} };
  const server = new Server();
  const session = new Session(server.options({ storage }));
  const all = Promise.allSettled([session.login(CREDENTIALS), session.logout(), session.login(CREDENTIALS), session.renew()]);
  await time.advance(5000, 10);
  assert.equal((await all).length, 4);
  assert.equal(open, 0);
  assert.ok(items.size === 1);
});

test("a storage that never answers counts as one that fails, until it answers", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const silent = [];
  let quiet = true;
  const answer = (work) => (quiet ? new Promise((resolve) => silent.push(() => resolve(work()))) : work());
  const storage = custom({
    getItem(key) {
      return answer(() => Store.prototype.getItem.call(this, key));
    },
    setItem(key, text) {
      return answer(() => Store.prototype.setItem.call(this, key, text));
    },
  });
  const session = new Session(server.options({ storage }));
  const heard = diagnostics(session);
  await time.advance(4900, 100);
  assert.equal(session.status, "starting");
  await time.advance(200, 100);
  assert.equal(session.status, "signedOut");
  assert.equal(heard.length, 1);
  // Nobody waits for it a second time.
  const login = session.login(CREDENTIALS);
  await time.advance(3000, 50);
  await login;
  assert.equal((await session.fetch("/things")).status, 200);
  assert.equal(silent.length, 1);
  // It is there again: what the session holds is stored.
  quiet = false;
  silent.forEach((go) => go());
  await time.advance(60_000, 500);
  const renewal = session.renew();
  await time.pass(() => server.count("/renew") === 1);
  await renewal;
  await time.pass(() => stored(storage).includes("r2"));
});

test("a storage of the app that fails is told, and does without", async (t) => {
  const time = stopTime(t);
  const throws = (value) => () => {
    throw value;
  };
  for (const [getItem, setItem] of [
    [throws(new Error("t1 inside")), throws(new Error("t1 inside"))],
    [throws("no error"), throws(undefined)],
    [() => Promise.reject(new RangeError("r1")), () => Promise.reject(null)],
    [() => 42, throws(new DOMException("full", "QuotaExceededError"))],
    [() => undefined, () => Promise.reject("later")],
    [() => ({ then: 7 }), () => ({ then: (_, fail) => fail("thenable") })],
    [() => ({ then: throws(new Error("r1")) }), () => ({ get then() { throw new Error("r1"); } })],
  ]) {
    const server = new Server();
    const session = new Session(server.options({ storage: { getItem, setItem, removeItem() {} } }));
    const heard = diagnostics(session);
    const login = session.login(CREDENTIALS);
    await time.advance(3000, 50);
    await login;
    assert.equal((await session.fetch("/things")).status, 200);
    assert.ok(heard.length > 0, String(getItem));
    const told = JSON.stringify(session.explain());
    assert.ok(!told.includes("inside") && !told.includes("r1"), told);
    session.dispose();
  }
});

test("an app that calls the session from within its storage does no harm", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  let session;
  const storage = custom({
    setItem(key, text) {
      Store.prototype.setItem.call(this, key, text);
      session.getSnapshot();
      session.accessToken().catch(() => {});
      if (server.count("/renew") === 0) session.renew().catch(() => {});
    },
  });
  session = new Session(server.options({ storage }));
  const login = session.login(CREDENTIALS);
  await time.advance(3000, 50);
  await login;
  assert.equal((await session.fetch("/things")).status, 200);
  assert.ok(stored(storage).includes(`r${server.issued}`));
});

test("a record that another tab has changed behind our back is taken over, not overwritten", async (t) => {
  const time = stopTime(t);
  const storage = custom();
  const server = new Server();
  const options = server.options({ storage });
  const [one, two] = [new Session(options), new Session(options)];
  const login = one.login(CREDENTIALS);
  await time.advance(3000, 50);
  await login;
  // Without a channel and without events: the second one sees it where it looks before it writes.
  const renewal = two.renew().catch((error) => error.code);
  await time.advance(3000, 50);
  const outcome = await renewal;
  assert.ok(outcome === "login_required" || outcome.status === "signedIn", String(outcome));
  assert.ok(stored(storage).includes(`r${server.issued}`), stored(storage));
});

test("an item that another tab has written is taken over when the storage tells of it", async (t) => {
  const time = stopTime(t);
  const origin = openOrigin(t);
  const [here, there] = [origin.tab(), origin.tab()];
  const options = new Server().options({ storage: "local" });
  const { broadcast } = origin;
  const mine = here.run(() => new Session(options));
  origin.broadcast = undefined;
  const theirs = there.run(() => new Session(options));
  origin.broadcast = broadcast;
  const login = theirs.login(CREDENTIALS);
  await time.advance(1000, 50);
  await login;
  assert.equal(mine.status, "signedOut");
  here.tell("storage", { key: "tokenkeep:another" });
  assert.equal(mine.status, "signedOut");
  here.tell("storage", { key: `tokenkeep:${options.name}` });
  assert.equal(mine.status, "signedIn");
});

test("clearing the storage does not log the user out of this tab", async (t) => {
  stopTime(t);
  const origin = openOrigin(t);
  const tab = origin.tab();
  const session = await tab.run(() => signedIn(Session, new Server(), { storage: "local" }));
  origin.storage.items.clear();
  const looked = t.mock.method(origin.storage, "getItem");
  tab.tell("storage", { key: null });
  assert.ok(looked.mock.callCount() > 0);
  assert.equal((await session.fetch("/things")).status, 200);
});

test("a write that fails after a renewal keeps this tab going", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const origin = openOrigin(t);
  server.lifetime = 0.001;
  const session = await origin.tab().run(() => signedIn(Session, server, { storage: "local" }));
  server.lifetime = 300;
  await time.advance(5);
  origin.storage.setItem = (key, text) => {
    if (text.includes("t2")) throw new DOMException("full", "QuotaExceededError");
    Store.prototype.setItem.call(origin.storage, key, text);
  };
  const answer = session.fetch("/things");
  await time.advance(3000, 50);
  assert.equal((await answer).status, 200);
  assert.equal((await session.fetch("/things")).status, 200);
  assert.equal(server.count("/renew"), 1);
});

test("a server's answer of any shape is no harm to the record", async (t) => {
  stopTime(t);
  const origin = openOrigin(t);
  const server = new Server();
  const odd = '"\\\u2028\0é😀';
  server.on("/login", json(200, { token: "t", refreshToken: odd, expiresIn: 60, subject: odd }));
  const options = server.options({ storage: "local" });
  const session = origin.tab().run(() => new Session(options));
  assert.equal((await session.login(CREDENTIALS)).subject, odd);
  assert.equal(origin.tab().run(() => new Session(options)).getSnapshot().subject, odd);
});
