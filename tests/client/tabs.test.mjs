// Several tabs of one session: lock, fence, channel, and the turns in the life of a page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../pkg/index.js";
import { openOrigin } from "./support/origin.mjs";
import { CREDENTIALS, Server, json } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

/** So many tabs of one session, signed in with a token that has run out or not. */
async function open(t, count, { lifetime = 300, ...more } = {}) {
  const time = stopTime(t);
  const origin = openOrigin(t);
  Object.assign(origin, more);
  const server = new Server();
  const options = server.options({ storage: "local" });
  const name = `tokenkeep:${options.name}`;
  const tabs = Array.from({ length: count }, () => origin.tab());
  const sessions = tabs.map((tab) => tab.run(() => new Session(options)));
  server.lifetime = lifetime;
  const login = sessions[0].login(CREDENTIALS);
  await time.pass(() => sessions.every(({ status }) => status === "signedIn"));
  await login;
  server.lifetime = 300;
  await time.advance(20, 5);
  const another = () => {
    const tab = origin.tab();
    return [tab, tab.run(() => new Session(options))];
  };
  return { time, origin, server, options, name, tabs, sessions, another };
}

const EXPIRED = { lifetime: 0.001 };

test("a login in one tab is picked up by the others, and told once", async (t) => {
  const { time, sessions, server, another } = await open(t, 2);
  const [, third] = another();
  const heard = [];
  sessions[1].on("signedIn", () => heard.push("signedIn"));
  sessions[1].on("renewed", ({ by }) => heard.push(by));
  assert.equal(third.status, "signedIn");
  for (const session of [...sessions, third]) assert.equal((await time.finish(session.fetch("/things"))).status, 200);
  assert.equal(server.count("/login"), 1);
  await time.finish(sessions[0].renew());
  await time.settle();
  assert.deepEqual(heard, ["other-tab"]);
  assert.equal(sessions[1].getSnapshot().generation, 2);
});

test("a logout in one tab ends the others, and what they renew", async (t) => {
  const { time, sessions, server } = await open(t, 2, EXPIRED);
  const openGate = server.hold("/renew");
  const waiting = assert.rejects(sessions[1].fetch("/things"), { code: "login_required", reason: "logout" });
  await time.pass(() => server.count("/renew") === 1);
  const logout = sessions[0].logout();
  await waiting;
  openGate();
  await time.finish(logout);
  await time.settle();
  assert.deepEqual(sessions.map((session) => session.getSnapshot().reason), ["logout", "logout"]);
  assert.equal(server.count("/things"), 0);
});

test("six tabs that wake together renew once", async (t) => {
  const { time, sessions, server } = await open(t, 6, EXPIRED);
  assert.ok((await time.finish(Promise.all(sessions.map((session) => session.fetch("/things"))))).every(({ status }) => status === 200));
  assert.equal(server.count("/renew"), 1);
  assert.ok(server.at("/things").every(({ authorization }) => authorization === "Bearer t2"));
});

for (const [what, locks] of [
  ["missing", undefined],
  ["throwing", { request() { throw new DOMException("no", "SecurityError"); }, query() { throw new Error(); } }],
  ["refused", { request: () => Promise.reject(new DOMException("no", "SecurityError")), query: () => Promise.reject(new Error()) }],
]) {
  test(`where locks are ${what} the journal still makes it one renewal`, async (t) => {
    const { time, sessions, server } = await open(t, 3, { ...EXPIRED, locks });
    assert.ok((await time.finish(Promise.all(sessions.map((session) => session.fetch("/things"))))).every(({ status }) => status === 200));
    assert.equal(server.count("/renew"), 1);
  });
}

test("a query that fails leaves no fence known, and the turn goes on", async (t) => {
  const { time, sessions, server, origin } = await open(t, 2, EXPIRED);
  origin.locks.query = () => Promise.reject(new Error("no"));
  assert.equal((await time.finish(sessions[1].fetch("/things"))).status, 200);
  assert.equal(server.count("/renew"), 1);
});

test("a lock that is granted late is waited for, and taken back when it is not needed any more", async (t) => {
  const { time, sessions, server, origin, name, tabs } = await open(t, 2, EXPIRED);
  const release = await origin.locks.take(name);
  const answer = sessions[0].fetch("/things");
  await time.advance(1000, 50);
  assert.deepEqual([server.count("/renew"), origin.locks.names("pending")], [0, [name]]);
  // The tab that holds the lock has renewed.
  const record = JSON.parse(origin.storage.getItem(name));
  Object.assign(record, { generation: 2, access: "t2", refresh: "r2", obtained: Date.now(), refreshObtained: Date.now(), lifetime: 300_000 });
  server.issued = 2;
  origin.storage.setItem(name, JSON.stringify(record));
  tabs[0].tell("storage", { key: name });
  assert.equal((await time.finish(answer)).status, 200);
  assert.deepEqual([server.count("/renew"), origin.locks.names("pending")], [0, []]);
  release();
  assert.equal(server.at("/things")[0].authorization, "Bearer t2");
});

test("a lock that comes after the request was taken back is given back at once", async (t) => {
  const { time, sessions, server, origin, name } = await open(t, 1, EXPIRED);
  const grant = origin.locks.delay((lock) => lock === name);
  const waiting = assert.rejects(sessions[0].fetch("/things"), { code: "disposed" });
  await time.settle();
  assert.deepEqual(origin.locks.names("pending"), [name]);
  sessions[0].dispose();
  await waiting;
  grant();
  await time.settle();
  assert.deepEqual([origin.locks.names("pending"), origin.locks.names("held")], [[], []]);
  assert.equal(server.count("/renew"), 0);
});

test("a tab that goes away in mid-renewal leaves the turn to another", async (t) => {
  const { time, sessions, server } = await open(t, 2, EXPIRED);
  const gone = assert.rejects(sessions[0].fetch("/gone"), { code: "disposed" });
  sessions[0].dispose();
  await gone;
  assert.equal((await time.finish(sessions[1].fetch("/things"))).status, 200);
  assert.deepEqual([server.count("/renew"), server.count("/gone")], [1, 0]);
});

test("the fence of a commit stands until the next one does, and goes with the tab", async (t) => {
  const { time, sessions, origin, options } = await open(t, 1);
  const generations = () => origin.fences(options.name).map((fence) => fence.split(".")[1]);
  assert.deepEqual(generations(), ["1"]);
  const grant = origin.locks.delay((lock) => lock.includes(":fence:"));
  await time.finish(sessions[0].renew());
  // The new one is asked for, the old one is still up, and the turn is kept until then.
  assert.deepEqual(generations(), ["1"]);
  assert.ok(origin.locks.names("held").includes(`tokenkeep:${options.name}`));
  grant();
  await time.settle();
  assert.deepEqual(generations(), ["2"]);
  assert.deepEqual(origin.locks.names("held").length, 1);
  sessions[0].dispose();
  await time.settle();
  assert.deepEqual([origin.locks.held, origin.locks.pending], [[], []]);
});

test("a fence that is dropped while it rises takes the old one along, and the turn", async (t) => {
  const { time, sessions, origin, tabs } = await open(t, 1);
  const grant = origin.locks.delay((lock) => lock.includes(":fence:"));
  await time.finish(sessions[0].renew());
  assert.equal(origin.locks.names("held").length, 2);
  tabs[0].tell("pagehide", { persisted: true });
  await time.settle();
  assert.deepEqual([origin.locks.held, origin.locks.pending], [[], []]);
  grant();
  await time.settle();
  assert.deepEqual([origin.locks.held, origin.locks.pending], [[], []]);
});

test("what a disposed session could not store is waited for by nobody, and keeps no lock", async (t) => {
  const { time, sessions, server, origin, another } = await open(t, 1, EXPIRED);
  const openGate = server.hold("/renew");
  const waiting = assert.rejects(sessions[0].renew(), { code: "disposed" });
  await time.pass(() => server.count("/renew") === 1);
  sessions[0].dispose();
  await waiting;
  origin.storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  openGate();
  await time.settle();
  delete origin.storage.setItem;
  await time.advance(1000, 10);
  assert.deepEqual(origin.locks.names("held"), []);
  server.on("/renew", json(200, { token: "t2", refreshToken: "r9", expiresIn: 300 }));
  const [, session] = another();
  assert.equal((await time.finish(session.fetch("/things"))).status, 200);
});

test("a fence that cannot be had holds nobody up", async (t) => {
  const { time, sessions, origin, server, name } = await open(t, 2, EXPIRED);
  const { request } = origin.locks;
  origin.locks.request = function (lock, ...rest) {
    return lock.includes(":fence:") ? Promise.reject(new DOMException("no", "NotSupportedError")) : request.call(this, lock, ...rest);
  };
  assert.ok((await time.finish(Promise.all(sessions.map((session) => session.fetch("/things"))))).every(({ status }) => status === 200));
  assert.equal(server.count("/renew"), 1);
  assert.ok(!origin.locks.names("held").includes(name));
});

test("a lease that two tabs hold up is read from the highest fence", async (t) => {
  const { time, sessions, origin, server, name } = await open(t, 2, EXPIRED);
  // A third tab has committed generation 2, and its write is not to be seen yet.
  const record = JSON.parse(origin.storage.getItem(name));
  const fences = [`${name}:fence:${record.epoch}.1`, `${name}:fence:${record.epoch}.2`, `${name}:fence:${record.epoch - 1}.9`];
  for (const fence of fences) await origin.locks.take(fence, "shared");
  const answer = sessions[0].fetch("/things");
  await time.advance(20, 5);
  assert.equal(server.count("/renew"), 0);
  Object.assign(record, { generation: 2, access: "t2", refresh: "r2", obtained: Date.now(), refreshObtained: Date.now(), lifetime: 300_000 });
  server.issued = 2;
  origin.storage.setItem(name, JSON.stringify(record));
  await time.advance(3000, 10);
  assert.equal((await answer).status, 200);
  assert.equal(server.count("/renew"), 0);
});

test("what strangers say on the channel is ignored", async (t) => {
  const { time, sessions, origin, name } = await open(t, 1);
  const stranger = new origin.broadcast(name);
  for (const text of ["", "garbage", "1 2", "99999999999999999999 1 s", "1 2 s nonsense", "0 0 s logout", 7, null, { not: "text" }, "\ud800"]) {
    stranger.postMessage(text);
  }
  await time.settle();
  assert.equal((await time.finish(sessions[0].fetch("/things"))).status, 200);
  assert.equal(sessions[0].getSnapshot().generation, 1);
});

for (const [what, broadcast] of [
  ["missing", undefined],
  ["no constructor", {}],
  ["throwing", class { constructor() { throw new DOMException("no", "SecurityError"); } }],
  ["deaf", class extends EventTarget { postMessage() { throw new DOMException("closed", "InvalidStateError"); } close() {} }],
]) {
  test(`where the channel is ${what} the storage tells the others`, async (t) => {
    const time = stopTime(t);
    const origin = openOrigin(t);
    origin.broadcast = broadcast;
    const server = new Server();
    const options = server.options({ storage: "local" });
    const tabs = [origin.tab(), origin.tab()];
    const [one, two] = tabs.map((tab) => tab.run(() => new Session(options)));
    await time.finish(one.login(CREDENTIALS));
    await time.settle();
    tabs[1].tell("storage", { key: `tokenkeep:${options.name}` });
    assert.equal(two.status, "signedIn");
    await time.finish(one.logout());
    tabs[1].tell("storage", { key: `tokenkeep:${options.name}` });
    assert.equal(two.status, "signedOut");
    one.dispose();
    two.dispose();
  });
}

test("a page that is left drops its fence and closes its channel, and joins again when it comes back", async (t) => {
  const { time, sessions, origin, tabs, options, another } = await open(t, 1);
  assert.deepEqual([origin.channels.size, origin.fences(options.name).length], [1, 1]);
  tabs[0].tell("pagehide", { persisted: true });
  await time.settle();
  assert.deepEqual([origin.channels.size, origin.locks.held], [0, []]);
  // Frozen: nothing is heard of what the other tab does.
  const [, other] = another();
  await time.finish(other.logout());
  await time.settle();
  assert.equal(sessions[0].status, "signedIn");
  // Shown, but not out of the cache: that is how every page begins.
  tabs[0].tell("pageshow", { persisted: false });
  assert.equal(sessions[0].status, "signedIn");
  tabs[0].tell("pageshow", { persisted: true });
  assert.equal(sessions[0].status, "signedOut");
  // And the channel is open again.
  const login = other.login(CREDENTIALS);
  await time.pass(() => sessions[0].status === "signedIn");
  await login;
});

test("a tab that is looked at again looks at the record, and opens no second channel", async (t) => {
  const { time, sessions, origin, tabs } = await open(t, 2);
  for (const wake of [() => tabs[1].look(true), () => tabs[1].document.dispatchEvent(new Event("resume"))]) {
    // Asleep: it does not hear.
    const { postMessage } = origin.broadcast.prototype;
    origin.broadcast.prototype.postMessage = () => {};
    tabs[1].look(false);
    await time.finish(sessions[0].renew());
    origin.broadcast.prototype.postMessage = postMessage;
    assert.notEqual(sessions[1].getSnapshot().generation, sessions[0].getSnapshot().generation);
    wake();
    assert.equal(sessions[1].getSnapshot().generation, sessions[0].getSnapshot().generation);
    assert.equal(origin.channels.size, 2);
  }
});

test("a hidden page renews nothing ahead of time, and one that is shown again does", async (t) => {
  const time = stopTime(t);
  const origin = openOrigin(t);
  const tab = origin.tab();
  const server = new Server();
  server.lifetime = 30;
  const session = tab.run(() => new Session(server.options({ storage: "local", renewal: { ahead: true } })));
  await time.finish(session.login(CREDENTIALS));
  tab.look(false);
  await time.advance(60_000, 1000);
  assert.equal(server.count("/renew"), 0);
  tab.look(true);
  await time.advance(11_000, 100);
  assert.equal(server.count("/renew"), 1);
});

/** Both clocks go on, the timers do not. */
function sleep(t, ms) {
  const { now } = Date;
  // `performance.now` goes along; see `stopTime`.
  t.mock.method(Date, "now", () => now() + ms);
}

test("what came due while the page slept is caught up with", async (t) => {
  stopTime(t);
  const tab = openOrigin(t).tab();
  const session = tab.run(() => new Session(new Server().options({ storage: "local", idle: 60, warnBefore: 0 })));
  await session.login(CREDENTIALS);
  sleep(t, 3_600_000);
  assert.equal(session.status, "signedIn");
  tab.look(true);
  assert.equal(session.getSnapshot().reason, "idle");
});

test("what comes due after the page has slept comes when it is due, not later by what it slept", async (t) => {
  const time = stopTime(t);
  const tab = openOrigin(t).tab();
  const session = tab.run(() => new Session(new Server().options({ storage: "local", idle: 600, warnBefore: 0 })));
  await session.login(CREDENTIALS);
  sleep(t, 300_000);
  tab.look(true);
  await time.advance(290_000, 5000);
  assert.equal(session.status, "signedIn");
  await time.advance(11_000, 1000);
  assert.equal(session.getSnapshot().reason, "idle");
});

test("a network that is back ends the pause", async (t) => {
  const { time, sessions, server, tabs } = await open(t, 1, EXPIRED);
  server.on("/renew", () => Promise.reject(new TypeError("offline")));
  const failed = assert.rejects(sessions[0].fetch("/things"), { code: "network" });
  await time.advance(300, 10);
  await failed;
  await assert.rejects(sessions[0].fetch("/things"), { code: "network" });
  assert.equal(server.count("/renew"), 1);
  server.on("/renew", json(200, { token: "t1", refreshToken: "r2", expiresIn: 300 }));
  tabs[0].tell("online");
  assert.equal((await time.finish(sessions[0].fetch("/things"))).status, 200);
  assert.equal(server.count("/renew"), 2);
});

test("a disposed session listens to nothing any more", async (t) => {
  const { time, sessions, origin, tabs, name } = await open(t, 1);
  sessions[0].dispose();
  await time.settle();
  assert.equal(origin.channels.size, 0);
  const before = sessions[0].getSnapshot();
  origin.storage.items.clear();
  tabs[0].tell("storage", { key: name });
  tabs[0].tell("pageshow", { persisted: true });
  tabs[0].look(false);
  tabs[0].look(true);
  assert.equal(sessions[0].getSnapshot(), before);
  assert.equal(origin.channels.size, 0);
});
