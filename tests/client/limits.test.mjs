// What time does to a session.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../pkg/index.js";
import { openOrigin } from "./support/origin.mjs";
import { Server, signedIn } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

test("a session that nobody uses is announced to end, and ends", async (t) => {
  const time = stopTime(t);
  const session = await signedIn(Session, new Server(), { idle: 1.2, warnBefore: 1 });
  const heard = [];
  session.on("expiring", (detail) => heard.push(detail));
  session.on("loginRequired", (detail) => heard.push(detail));
  const snapshot = session.getSnapshot();
  await time.advance(199, 1);
  assert.deepEqual(heard, []);
  await time.advance(11, 1);
  assert.equal(session.getSnapshot(), snapshot);
  assert.equal(heard[0].reason, "idle");
  assert.ok(heard[0].left >= 980 && heard[0].left <= 1000, heard[0].left);
  assert.equal(session.status, "signedIn");
  await time.advance(1000, 10);
  assert.deepEqual(heard.slice(1), [{ reason: "idle" }]);
  assert.equal(session.getSnapshot().reason, "idle");
});

test("keys, pointers and touch keep a session from being idle", async (t) => {
  const time = stopTime(t);
  const tab = openOrigin(t).tab();
  const session = await tab.run(() => signedIn(Session, new Server(), { idle: 1 }));
  for (const sign of [() => tab.tell("keydown"), () => tab.tell("pointerdown"), () => session.touch()]) {
    for (let round = 0; round < 3; round++) {
      await time.advance(800, 100);
      sign();
    }
  }
  assert.equal(session.status, "signedIn");
  assert.equal((await session.fetch("/x")).status, 200);
  await time.advance(1100, 100);
  assert.equal(session.status, "signedOut");
});

test("nobody listens to keys and pointers where no session can be idle", (t) => {
  const tab = openOrigin(t).tab();
  const listened = t.mock.method(tab.window, "addEventListener");
  tab.run(() => new Session(new Server().options()));
  const types = listened.mock.calls.map(({ arguments: [type] }) => type);
  assert.ok(types.includes("pagehide") && !types.includes("keydown") && !types.includes("pointerdown"), String(types));
});

test("no session outlives its absolute limit, however busy", async (t) => {
  const time = stopTime(t);
  const session = await signedIn(Session, new Server(), { absolute: 0.3, warnBefore: 0 });
  for (let passed = 0; passed < 350; passed += 50) {
    session.touch();
    await time.advance(50);
  }
  assert.equal(session.status, "signedOut");
  await assert.rejects(session.accessToken(), { code: "login_required", reason: "absolute" });
});

test("a renewal ahead of time needs no request", async (t) => {
  // Comes ten seconds after the login: renewals ahead keep that distance, however short the tokens live.
  const time = stopTime(t);
  const server = new Server();
  server.lifetime = 1;
  const session = await signedIn(Session, server, { renewal: { ahead: true } });
  server.lifetime = 300;
  await time.advance(9000, 500);
  assert.equal(server.count("/renew"), 0);
  await time.advance(2000, 100);
  assert.equal(session.getSnapshot().generation, 2);
  assert.equal(server.count("/renew"), 1);
});

test("without being asked to, no session renews before it needs to", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  server.lifetime = 1;
  await signedIn(Session, server);
  await time.advance(60_000, 1000);
  assert.equal(server.count("/renew"), 0);
});

test("a token that has run out since it was last used is renewed before it is used again", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await signedIn(Session, server);
  await session.fetch("/things");
  await time.advance(280_000);
  await session.fetch("/things");
  await time.advance(20_000);
  await session.fetch("/things");
  assert.deepEqual(server.at("/things").map(({ authorization }) => authorization), ["Bearer t1", "Bearer t1", "Bearer t2"]);
  await time.advance(300_000);
  assert.equal(await session.accessToken(), "t3");
});

test("a limit beyond what a timer can hold is waited for in parts", async (t) => {
  const time = stopTime(t);
  const delays = [];
  const { setTimeout } = globalThis;
  t.mock.method(globalThis, "setTimeout", (callback, delay) => (delays.push(delay), setTimeout(callback, delay)));
  const days = 24 * 3600 * 1000;
  const session = await signedIn(Session, new Server(), { absolute: (40 * days) / 1000, warnBefore: 0 });
  assert.ok(delays.every((delay) => delay <= 0x7fffffff), String(delays));
  assert.ok(delays.includes(0x7fffffff), String(delays));
  await time.advance(25 * days);
  assert.equal(session.status, "signedIn");
  await time.advance(14 * days);
  assert.equal(session.status, "signedIn");
  await time.advance(1 * days + 1000);
  assert.equal(session.getSnapshot().reason, "absolute");
});

test("a monotonic clock that goes back holds up no timer and makes no token fresh again", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await signedIn(Session, server, { idle: 10, warnBefore: 0 });
  await time.advance(4000, 500);
  // As when a test begins to replace the page's timers.
  const before = time.now;
  t.mock.method(performance, "now", () => before() - 1e9);
  await time.advance(5900, 100);
  assert.equal(session.status, "signedIn");
  await time.advance(200, 100);
  assert.equal(session.getSnapshot().reason, "idle");
});

test("without a monotonic clock the other one will do", async (t) => {
  const time = stopTime(t);
  const { performance } = globalThis;
  t.after(() => Object.defineProperty(globalThis, "performance", { value: performance, configurable: true, writable: true }));
  Object.defineProperty(globalThis, "performance", { value: undefined, configurable: true, writable: true });
  const server = new Server();
  const session = await signedIn(Session, server);
  await time.advance(300_000);
  await session.fetch("/x");
  assert.equal(server.count("/renew"), 1);
});

test("a wrong wall clock costs one renewal at most", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await signedIn(Session, server);
  t.mock.timers.setTime?.(Date.now() + 400_000);
  await session.fetch("/x");
  await session.fetch("/x");
  assert.ok(server.count("/renew") <= 1);
  assert.equal(session.status, "signedIn");
  await time.settle();
});

test("a renewal that hangs times out, and its late answer still counts", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  server.lifetime = 0.001;
  const session = await signedIn(Session, server, { renewal: { timeout: 0.5 } });
  server.lifetime = 300;
  await time.advance(5);
  const open = server.hold("/renew");
  const waiting = assert.rejects(session.fetch("/things"), { code: "timeout", retryable: true });
  await time.advance(1000, 50);
  await waiting;
  open();
  await time.until(() => session.getSnapshot().generation === 2);
  assert.equal((await session.fetch("/things")).status, 200);
  assert.equal(server.count("/renew"), 1);
});

test("a disposed session leaves no timer behind", async (t) => {
  stopTime(t);
  const running = new Set();
  const { setTimeout, clearTimeout } = globalThis;
  t.mock.method(globalThis, "setTimeout", (callback, delay) => {
    const handle = setTimeout(callback, delay);
    running.add(handle);
    return handle;
  });
  t.mock.method(globalThis, "clearTimeout", (handle) => {
    running.delete(handle);
    clearTimeout(handle);
  });
  const session = await signedIn(Session, new Server(), { idle: 60, absolute: 600, renewal: { ahead: true } });
  const silent = () => new Promise(() => {});
  const waiting = new Session(new Server().options({ storage: { getItem: silent, setItem: silent, removeItem: silent } }));
  assert.ok(running.size > 1);
  session.dispose();
  waiting.dispose();
  assert.equal(running.size, 0);
});
