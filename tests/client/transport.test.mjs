// The requests that the session makes itself: how they are encoded, and every way in which they can fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../pkg/index.js";
import { openOrigin } from "./support/origin.mjs";
import { BASE, CREDENTIALS, Server, expired, json, signedIn } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

test("a login is sent as JSON and without cookies", async () => {
  const server = new Server();
  const snapshot = await new Session(server.options()).login(CREDENTIALS);
  assert.deepEqual([snapshot.status, snapshot.subject, snapshot.generation], ["signedIn", "u1", 1]);
  const [{ method, url, body, authorization, request }] = server.seen;
  assert.deepEqual([method, url], ["POST", `${BASE}/api/v1/login`]);
  assert.equal(body, '{"username":"ada","password":"secret-pw"}');
  assert.equal(authorization, null);
  assert.equal(request.headers.get("Content-Type"), "application/json");
  assert.equal(request.headers.get("Accept"), "application/json");
  assert.deepEqual([request.credentials, request.cache, request.redirect, request.keepalive], ["omit", "no-store", "error", false]);
});

test("a renewal carries the refresh token and an attempt, but no access token", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  await session.renew();
  const [renewal] = server.at("/renew");
  assert.equal(renewal.body, '{"refreshToken":"r1"}');
  assert.equal(renewal.authorization, null);
  assert.match(renewal.request.headers.get("Idempotency-Key"), /^[0-9a-f]{32}$/);
});

test("a logout outlives the page, and nothing else does", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  await session.renew();
  await session.fetch("/things");
  assert.deepEqual(await session.logout(), { revoked: true });
  assert.deepEqual(server.seen.map(({ path, request }) => [path, request.keepalive]), [
    ["/api/v1/login", false],
    ["/api/v1/renew", false],
    ["/things", false],
    ["/api/v1/logout", true],
  ]);
});

test("each operation is encoded as the protocol says", async () => {
  const server = new Server();
  const protocol = {
    login: { path: "auth/login/", body: "form", fields: { grant_type: "password" }, headers: { "X-Client": "web" } },
    renew: { path: "/renew", method: "PUT", body: "none", sends: { scheme: "Refresh" } },
    logout: { path: "/logout", method: "DELETE", body: "json", fields: { all: "yes" }, headers: { "Content-Type": "application/odd+json" } },
    idempotencyHeader: false,
  };
  server.on("/auth/login/", json(200, { token: "a b+c", refreshToken: "r", expiresIn: 300 }));
  server.on("/renew", json(201, { token: "t9" }));
  const session = new Session(server.options({ protocol, baseUrl: `${BASE}/deep/` }));
  await session.login({ "user name": "ä & b" });
  await session.renew();
  await session.logout();
  const [login, renewal, logout] = server.seen;
  assert.deepEqual([login.path, login.body], ["/deep/auth/login/", "grant_type=password&user+name=%C3%A4+%26+b"]);
  assert.equal(login.request.headers.get("X-Client"), "web");
  assert.match(login.request.headers.get("Content-Type"), /^application\/x-www-form-urlencoded/);
  assert.deepEqual([renewal.method, renewal.body, renewal.authorization], ["PUT", "", "Refresh r"]);
  assert.equal(renewal.request.headers.get("Idempotency-Key"), null);
  assert.deepEqual([logout.method, logout.body, logout.authorization], ["DELETE", '{"all":"yes"}', "Bearer t9"]);
  assert.equal(logout.request.headers.get("Content-Type"), "application/odd+json");
});

test("whatever goes wrong with a renewal ends in a typed error and keeps the session", async (t) => {
  const time = stopTime(t);
  for (const [name, reply, code] of [
    ["an error", () => Promise.reject(new TypeError("offline")), "network"],
    ["no error", () => Promise.reject("a string"), "network"],
    ["nothing", () => Promise.reject(undefined), "network"],
    ["undefined", () => undefined, "network"],
    ["null", () => null, "network"],
    ["a number", () => 7, "network"],
    ["an empty object", () => ({}), "network"],
    ["something like an answer", () => ({ status: 200 }), "network"],
    ["an opaque answer", () => Response.error(), "network"],
    ["an answer that breaks off", () => ({ status: 200, text: () => Promise.reject("cut") }), "network"],
    ["HTML", () => new Response("<html>hotel</html>", { headers: { "Content-Type": "text/html" } }), "protocol"],
    ["half of it", json(200, '{"token":"t'), "protocol"],
    ["no token", json(200, {}), "protocol"],
    ["an unknown refusal", json(403, {}), "protocol"],
    ["trouble", json(503, ""), "server"],
  ]) {
    const server = new Server();
    const session = await expired(Session, server, time);
    server.on("/renew", reply);
    const failed = assert.rejects(session.fetch("/things"), { code }, name);
    await time.settle();
    await time.advance(250);
    await failed;
    assert.equal(session.status, "signedIn", name);
    assert.equal(server.count("/renew"), 1, name);
  }
});

test("a fetch that throws is no answer", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = new Session(server.options());
  server.thrown = { value: "thrown" };
  const failed = assert.rejects(session.login(CREDENTIALS), { code: "network", retryable: true });
  await time.settle();
  await time.advance(250);
  await failed;
});

test("an answer of another library will do", async () => {
  const server = new Server();
  const session = new Session(server.options());
  server.on("/login", () => ({ status: 201, text: () => '{"token":"odd","expiresIn":60}' }));
  assert.equal((await session.login(CREDENTIALS)).status, "signedIn");
});

test("an answer that is odd all over loses no token that came with it", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  const odd = (more) => ({ status: 200, text: () => '{"token":"t9","refreshToken":"r9","expiresIn":300}', headers: new Headers(), ...more });
  const body = odd().text();
  const throwing = { get() { throw new Error("no such header"); } };
  for (const more of [{ headers: throwing }, { headers: { get: () => 7n } }, { headers: null }, { status: 200n }, { text: () => new String(body) }]) {
    server.on("/renew", () => odd(more));
    assert.equal((await session.renew()).status, "signedIn");
    assert.equal(await session.accessToken(), "t9");
  }
});

test("whatever poses as an answer, who waits for it is told", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = new Session(server.options());
  for (const [answer, code] of [
    [undefined, "network"],
    [{ status: 200 }, "network"],
    [{ status: "none", text: () => "" }, "network"],
    [{ status: 200, text: () => 1n }, "protocol"],
    [{ status: 200, text: () => Symbol("odd") }, "protocol"],
    [{ status: 200, text: () => Object.create(null) }, "network"],
    [{ status: 999, text: () => undefined }, "server"],
  ]) {
    server.on("/login", () => answer);
    const failed = assert.rejects(session.login(CREDENTIALS), { code });
    await time.settle();
    await time.advance(250);
    await failed;
  }
});

test("the server's wait is passed on, and kept", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  server.on("/renew", () => new Response("", { status: 429, headers: { "Retry-After": "120" } }));
  await assert.rejects(session.fetch("/things"), { code: "server", status: 429, retryAfter: 120_000 });
  await assert.rejects(session.fetch("/things"), { code: "server" });
  assert.equal(server.count("/renew"), 1);
});

test("a network failure is believed after 250 ms, and not before", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  server.on("/renew", () => Promise.reject(new TypeError("Failed to fetch")));
  let told;
  session.fetch("/things").catch((error) => (told = error.code));
  await time.settle();
  await time.advance(249);
  assert.equal(told, undefined);
  assert.equal(session.getSnapshot().renewing, true);
  await time.advance(1);
  assert.equal(told, "network");
});

test("of a page that goes while its renewal fails nothing is left in the record", async (t) => {
  const time = stopTime(t);
  const origin = openOrigin(t);
  const tab = origin.tab();
  const server = new Server();
  server.lifetime = 0.001;
  const session = await tab.run(() => signedIn(Session, server, { storage: "local" }));
  server.lifetime = 300;
  await time.advance(5);
  server.on("/renew", () => Promise.reject(new TypeError("cancelled")));
  session.fetch("/things").catch(() => {});
  await time.pass(() => server.count("/renew") === 1);
  const [journal] = origin.storage.items.values();
  tab.tell("pagehide", { persisted: false });
  // Gone before long, and its timers with it.
  await time.advance(200, 50);
  assert.deepEqual([...origin.storage.items.values()], [journal]);
  // One that stays tells the others by what it writes.
  await time.advance(100, 50);
  assert.notDeepEqual([...origin.storage.items.values()], [journal]);
});

test("a logout that fails is told at once: nobody waits for it", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await signedIn(Session, server);
  server.on("/logout", () => Promise.reject(new TypeError("offline")));
  let told;
  session.logout().then((outcome) => (told = outcome));
  await time.settle();
  assert.deepEqual(told, { revoked: false });
});

test("nothing of the app's own runs before the call returns", async () => {
  let sent = 0;
  const server = new Server();
  const session = new Session(server.options({ fetch: (...args) => (sent++, server.fetch(...args)) }));
  const login = session.login(CREDENTIALS);
  assert.equal(sent, 0);
  await login;
  assert.equal(sent, 1);
});
