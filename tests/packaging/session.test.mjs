import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./support/project.mjs";

// The public classes on a stand-in for the driver. They import nothing, so a second copy is one more URL.
const url = pathToFileURL(join(root, "pkg/session.js"));
const { Session, SessionError, isSessionError } = await import(url);
const copy = await import(`${url}?copy`);

class Driver {
  #snapshot = { status: "signedOut", generation: 0 };
  #waiting = [];

  constructor(options, hooks) {
    Object.assign(this, { options, hooks });
  }

  fetch(input, init) {
    return Promise.resolve({ input, init });
  }

  login() {
    throw new WebAssembly.RuntimeError("unreachable");
  }

  renew() {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  snapshot() {
    return this.#snapshot;
  }

  explain() {
    return [{ at: 1, what: "began" }];
  }

  dispose() {
    for (const { reject } of this.#waiting) reject(this.hooks.error("disposed", "gone", { retryable: false }));
  }
}

function makeSession() {
  let driver;
  const session = new Session({ baseUrl: "/" }, (options, hooks) => (driver = new Driver(options, hooks)));
  return { session, driver, emit: (type, detail) => driver.hooks.emit(type, detail) };
}

test("fetch, subscribe and getSnapshot work when passed on by themselves", async () => {
  const { session, emit } = makeSession();
  const { fetch, subscribe, getSnapshot } = session;
  assert.deepEqual(await fetch("/x", { method: "POST" }), { input: "/x", init: { method: "POST" } });
  let calls = 0;
  subscribe((...args) => (calls += args.length === 0 ? 1 : 100));
  emit("change", getSnapshot());
  assert.equal(calls, 1);
});

test("a listener that throws is reported and keeps no other from hearing", (t) => {
  const reported = t.mock.method(console, "error", () => {});
  const { session, emit } = makeSession();
  const heard = [];
  session.on("renewed", () => {
    throw new Error("mine");
  });
  session.on("renewed", (event) => heard.push(event.by));
  emit("renewed", { by: "this-tab", generation: 2 });
  assert.deepEqual(heard, ["this-tab"]);
  assert.deepEqual(reported.mock.calls.map(({ arguments: [error] }) => error.message), ["mine"]);
});

test("a listener may stop itself, stop another and start a new one while it is called", () => {
  const { session, emit } = makeSession();
  const heard = [];
  const offFirst = session.on("change", () => {
    heard.push("first");
    offFirst();
    offSecond();
    session.on("change", () => heard.push("third"));
  });
  const offSecond = session.on("change", () => heard.push("second"));
  emit("change", {});
  assert.deepEqual(heard, ["first"]);
  emit("change", {});
  assert.deepEqual(heard, ["first", "third"]);
});

test("one function may listen twice, and each off takes away its own", () => {
  const { session, emit } = makeSession();
  let calls = 0;
  const listener = () => calls++;
  const off = session.on("change", listener);
  session.on("change", listener);
  off();
  off();
  emit("change", {});
  assert.equal(calls, 1);
});

test("an unknown event or a listener that is no function is refused at once", () => {
  const { session } = makeSession();
  const refused = (error) => isSessionError(error) && error.code === "invalid_config";
  assert.throws(() => session.on("loggedOut", () => {}), refused);
  assert.throws(() => session.on("change"), refused);
  assert.throws(() => session.subscribe(), refused);
});

test("a method that throws in the driver rejects instead", async () => {
  await assert.rejects(makeSession().session.login({}), WebAssembly.RuntimeError);
});

test("disposing settles what waits and keeps answering", async () => {
  const { session, driver, emit } = makeSession();
  let heard = 0;
  session.on("change", () => heard++);
  const snapshot = session.getSnapshot();
  const waiting = session.renew();
  session[Symbol.dispose]();
  await assert.rejects(waiting, { name: "SessionError", code: "disposed" });

  session.dispose();
  emit("change", {});
  assert.equal(heard, 0);
  assert.equal(session.getSnapshot(), snapshot);
  assert.equal(session.claims, undefined);
  assert.equal(session.explain().length, 1);
  await assert.rejects(session.fetch("/"), { name: "SessionError", code: "disposed" });
});

test("an error carries what it was made with and nothing else", () => {
  const { driver } = makeSession();
  const cause = new TypeError("offline");
  const full = driver.hooks.error("server", "busy", { retryable: true, status: 503, reason: "r", retryAfter: 1000, cause });
  assert.ok(full instanceof Error);
  assert.deepEqual({ ...full }, { code: "server", retryable: true, status: 503, reason: "r", retryAfter: 1000 });
  assert.equal(full.cause, cause);
  assert.equal(String(full), "SessionError: busy");

  const bare = driver.hooks.error("network", "no way through", { retryable: true, status: undefined, cause: undefined });
  assert.deepEqual(Object.keys(bare), ["code", "retryable"]);
  assert.equal("cause" in bare, false);
});

test("an error of a second copy of the package is recognised", () => {
  const foreign = new copy.SessionError("from elsewhere", { code: "network" });
  assert.equal(foreign instanceof SessionError, false);
  assert.equal(isSessionError(foreign), true);
  for (const other of [undefined, null, "SessionError", new Error("x"), { name: "SessionError", code: "network" }]) {
    assert.equal(isSessionError(other), false);
  }
});
