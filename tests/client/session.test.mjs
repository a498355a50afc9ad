// What a session shows and tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { coreOf } from "../../pkg/core.js";
import { drive } from "../../pkg/driver.js";
import { Session } from "../../pkg/index.js";
import { decode } from "../../pkg/wasm/inline.js";
import { CREDENTIALS, Server, expired, json, signedIn } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

const SECRETS = ["t1", "t2", "r1", "r2", "secret-pw"];
const holdsSecret = (text) => SECRETS.find((secret) => text.split(/[^\w-]/).includes(secret));

test("the snapshot is the same object until something changes", async () => {
  const session = new Session(new Server().options());
  const before = session.getSnapshot();
  assert.equal(session.getSnapshot(), before);
  assert.deepEqual(before, { status: "signedOut", renewing: false, generation: 0, held: 0, reason: "none" });
  const after = await session.login(CREDENTIALS);
  assert.notEqual(after, before);
  assert.equal(session.getSnapshot(), after);
  assert.equal(session.status, "signedIn");
  await session.fetch("/things");
  assert.equal(session.getSnapshot(), after);
});

test("a snapshot says while a renewal is under way", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  const open = server.hold("/renew");
  const answer = session.fetch("/things");
  assert.equal(session.getSnapshot().renewing, true);
  open();
  await answer;
  assert.equal(session.getSnapshot().renewing, false);
});

test("events tell what happened, after it has", async () => {
  const server = new Server();
  const session = new Session(server.options());
  const events = [];
  for (const type of ["signedIn", "renewed", "loginRequired", "signedOut", "diagnostic", "change"]) {
    session.on(type, (detail) => {
      events.push({ type, detail });
      assert.equal(session.getSnapshot().generation, events.length === 0 ? 0 : session.getSnapshot().generation);
      if (type === "signedIn") assert.equal(session.status, "signedIn");
      if (type === "signedOut") assert.equal(session.status, "signedOut");
    });
  }
  await session.login(CREDENTIALS);
  await session.renew();
  await session.logout();
  await assert.rejects(session.accessToken());
  const named = (name) => events.find(({ type }) => type === name)?.detail;
  assert.equal(named("signedIn").subject, "u1");
  assert.deepEqual(named("renewed"), { by: "this-tab", generation: 2 });
  assert.deepEqual(named("signedOut"), { reason: "logout" });
  assert.deepEqual(named("loginRequired"), { reason: "logout" });
  assert.ok(named("change"));
  assert.equal(holdsSecret(JSON.stringify(events)), undefined);
});

test("listeners that throw do no harm", async (t) => {
  const reported = t.mock.method(console, "error", () => {});
  const session = new Session(new Server().options());
  for (const type of ["signedIn", "change", "renewed"]) {
    session.on(type, () => {
      throw new Error(type);
    });
  }
  await session.login(CREDENTIALS);
  await session.renew();
  assert.equal((await session.fetch("/things")).status, 200);
  assert.ok(reported.mock.callCount() > 2);
});

test("a listener may call the session, and hears everything in order", async () => {
  const server = new Server();
  const session = new Session(server.options());
  const heard = [];
  let inside;
  session.on("signedIn", () => {
    heard.push("signedIn");
    inside = session.fetch("/inside");
    session.renew();
  });
  session.on("renewed", () => heard.push("renewed"));
  session.on("signedOut", () => {
    heard.push("signedOut");
    session.dispose();
  });
  await session.login(CREDENTIALS);
  await inside;
  assert.equal(server.at("/inside")[0].authorization, "Bearer t1");
  await session.renew();
  await session.logout();
  assert.deepEqual(heard, ["signedIn", "renewed", "signedOut"]);
});

test("nobody is told anything in the middle of a turn or of the constructor", async () => {
  const server = new Server();
  const items = new Map();
  const storage = { getItem: (key) => items.get(key), setItem: (key, text) => items.set(key, text), removeItem() {} };
  const options = server.options({ storage });
  await new Session(options).login(CREDENTIALS);
  const session = new Session(options);
  const heard = [];
  for (const type of ["signedIn", "change", "diagnostic"]) session.on(type, () => heard.push(type));
  // It was there when the constructor returned, but whoever listens from then on hears of it all the same.
  assert.equal(session.status, "signedIn");
  assert.deepEqual(heard, []);
  await null;
  assert.ok(heard.includes("change"), String(heard));

  let within = false;
  const { setItem } = storage;
  storage.setItem = (...args) => {
    within = true;
    setItem(...args);
    within = false;
  };
  session.subscribe(() => assert.equal(within, false));
  await session.renew();
});

test("what comes up during construction reaches listeners added right after", async () => {
  const storage = { getItem: () => "something else", setItem() {}, removeItem() {} };
  const session = new Session(new Server().options({ storage }));
  const heard = [];
  session.on("diagnostic", ({ code }) => heard.push(code));
  assert.equal(session.status, "signedOut");
  await null;
  assert.equal(heard.length, 1);
});

test("errors carry what the app needs", async () => {
  const server = new Server();
  const session = new Session(server.options());
  server.on("/login", json(401, { code: "invalid_credentials" }));
  const caught = (promise) => promise.then(assert.fail, (error) => ({ ...error }));
  const refused = { code: "login_refused", retryable: false, status: 401, reason: "invalid_credentials" };
  assert.deepEqual(await caught(session.login(CREDENTIALS)), refused);
  server.on("/login", () => new Response("", { status: 429, headers: { "Retry-After": "7" } }));
  assert.deepEqual(await caught(session.login(CREDENTIALS)), { code: "server", retryable: true, status: 429, retryAfter: 7000 });
});

test("claims are a plain object that stays the same", async () => {
  const session = new Session(new Server().options());
  assert.equal(session.claims, undefined);
  const payload = { sub: "u7", n: [1, true, null, { a: "b" }], letters: "äöü" };
  const token = (payload) => `e30.${Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload)).toString("base64url")}.c2ln`;
  await session.adopt({ accessToken: token(payload) });
  const { claims } = session;
  assert.deepEqual(claims, payload);
  assert.equal(session.claims, claims);
  await session.adopt({ accessToken: token({ sub: "u8" }) });
  assert.deepEqual(session.claims, { sub: "u8" });
  for (const accessToken of ["opaque", "a.b.c", token("[1]"), token("7"), token("null"), token("{")]) {
    await session.adopt({ accessToken });
    assert.equal(session.claims, undefined, accessToken);
  }
});

test("the timeline is a list of plain objects, and names no token", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  await session.fetch("/things");
  await session.logout();
  const timeline = session.explain();
  assert.equal(timeline[0].what, "started");
  assert.ok(timeline[0].at > 1e12);
  assert.ok(timeline.some(({ what }) => what === "renewal_sent"));
  assert.equal(holdsSecret(JSON.stringify(timeline)), undefined);
});

test("a disposed session rejects what waits, and harms nobody when the answer comes", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  const open = server.hold("/renew");
  const waiting = session.fetch("/x");
  await time.until(() => server.count("/renew") === 1);
  session.dispose();
  await assert.rejects(waiting, { code: "disposed" });
  assert.equal(session.getSnapshot().status, "signedIn");
  for (const call of [session.accessToken(), session.login(CREDENTIALS), session.renew(), session.logout(), session.fetch("/x")]) {
    await assert.rejects(call, { code: "disposed" });
  }
  session.touch();
  open();
  await time.settle();
  assert.equal(session.getSnapshot().status, "signedIn");
  assert.equal(server.count("/x"), 0);
});

test("a login whose session is being stored when the object is disposed of is answered, and stored", async () => {
  const server = new Server();
  let item = null;
  let write;
  const storage = { getItem: async () => item, setItem: (_, text) => new Promise((resolve) => (write = () => resolve((item = text)))), removeItem() {} };
  const session = new Session(server.options({ storage }));
  const login = session.login(CREDENTIALS);
  while (!write) await new Promise(setImmediate);
  session.dispose();
  await assert.rejects(login, { code: "disposed" });
  write();
  assert.ok(item.includes('"r1"'));
});

test("a renewal in flight when the session is disposed is stored all the same", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const items = new Map();
  const storage = { getItem: (key) => items.get(key), setItem: (key, text) => items.set(key, text), removeItem() {} };
  const session = await expired(Session, server, time, { storage });
  const open = server.hold("/renew");
  session.renew().catch(() => {});
  await time.pass(() => server.count("/renew") === 1);
  session.dispose();
  open();
  await time.until(() => [...items.values()].join().includes("r2"));
});

test("calls take effect in the order in which they are made", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  const before = session.fetch("/before");
  const logout = session.logout();
  const after = session.fetch("/after");
  assert.equal((await before).status, 200);
  assert.deepEqual(await logout, { revoked: true });
  await assert.rejects(after, { code: "login_required" });
  assert.deepEqual(server.seen.map(({ path }) => path), ["/api/v1/login", "/before", "/api/v1/logout"]);
  assert.equal(server.at("/logout")[0].authorization, "Bearer t1");
});

test("fifty requests at once cause one renewal and get fifty answers", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => session.fetch(`/things/${n}`)));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(server.count("/renew"), 1);
  assert.equal(server.seen.filter(({ authorization }) => authorization === "Bearer t2").length, 50);
});

test("logout wins over a renewal in flight", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  const open = server.hold("/renew");
  const waiting = session.fetch("/things");
  await time.until(() => server.count("/renew") === 1);
  const logout = session.logout();
  await assert.rejects(waiting, { code: "login_required", reason: "logout" });
  open();
  await logout;
  // What came too late is not kept, and the server is told.
  await time.until(() => server.at("/logout").some(({ authorization }) => authorization === "Bearer t2"));
  assert.equal(session.status, "signedOut");
  assert.equal(server.count("/things"), 0);
});

test("a refused renewal asks once for a login", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  let prompts = 0;
  session.on("loginRequired", () => prompts++);
  server.on("/renew", json(401, { code: "refresh_token_revoked" }));
  const answers = await Promise.allSettled(Array.from({ length: 5 }, () => session.fetch("/things")));
  for (const { reason } of answers) assert.deepEqual([reason.code, reason.reason], ["login_required", "refused"]);
  await assert.rejects(session.fetch("/things"), { code: "login_required" });
  assert.equal(prompts, 1);
  assert.equal(server.count("/things"), 0);
});

// Some of them share an instance of the wasm, and some do not.
test("sessions by the hundred keep apart", async () => {
  const numbers = [...Array(150).keys()];
  const sessions = numbers.map((n) => new Session(new Server().options({ name: `session ${n}` })));
  await Promise.all(sessions.map((session, n) => session.adopt({ accessToken: `access ${n}`, expiresIn: 300, subject: `user ${n}` })));
  sessions[64].dispose();
  const told = await Promise.all(sessions.map(async (session) => [session.getSnapshot().subject, await session.accessToken().catch(({ code }) => code)]));
  assert.deepEqual(told, numbers.map((n) => [`user ${n}`, n === 64 ? "disposed" : `access ${n}`]));
});

test("a turn in which the core traps rejects who asked, and the next one goes on", async () => {
  let trap;
  class Trapping extends coreOf(new WebAssembly.Module(decode())) {
    handle(mono, wall, told) {
      if (trap && told.includes("loginWanted")) throw trap;
      return super.handle(mono, wall, told);
    }
  }
  const driver = drive(Trapping, new Server().options(), { error: (code, message) => Object.assign(new Error(message), { code }), emit() {} });
  trap = new WebAssembly.RuntimeError("unreachable");
  await assert.rejects(driver.login(CREDENTIALS), trap);
  trap = undefined;
  assert.equal((await driver.login(CREDENTIALS)).status, "signedIn");
});

test("no two sessions name their attempts alike, whatever has become of Math.random", async (t) => {
  t.mock.method(Math, "random", () => 0.5);
  const names = [];
  for (const server of [new Server(), new Server()]) {
    await (await signedIn(Session, server)).renew();
    names.push(server.at("/renew")[0].request.headers.get("Idempotency-Key"));
  }
  const [one, two] = names;
  assert.ok(one && two && one !== two, `${one} ${two}`);
});

test("a fresh access token is handed out at once, and an old one renewed first", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  assert.equal(await session.accessToken(), "t2");
  assert.equal(await session.accessToken(), "t2");
  assert.equal(server.count("/renew"), 1);
});
