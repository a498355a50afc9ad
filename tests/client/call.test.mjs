// Further endpoints: what is sent with which token, and how their answers are told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session, isSessionError } from "../../pkg/index.js";
import { CREDENTIALS, Server, expired, json, rejected, signedIn } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

const protocol = {
  endpoints: {
    me: { path: "/me", method: "GET", token: "access" },
    "e-mail.verify": { path: "/verify", token: { from: "code", sends: { scheme: "Bearer" } } },
    reset: { path: "/reset", body: "form", token: { from: "token", sends: { field: "reset_token" } }, fields: { v: "1" } },
    strict: { path: "/strict", refused: [{ status: 409 }], fails: [{ path: "status", codes: "fail" }] },
  },
};

test("without a token of the session's, before anybody is signed in and after", async () => {
  const server = new Server();
  server.on("/register", json(201, { subject: "u9", token: "not-for-the-session", refreshToken: "neither" }));
  const session = new Session(server.options());
  assert.deepEqual(await session.call("register", CREDENTIALS), { subject: "u9", token: "not-for-the-session", refreshToken: "neither" });
  assert.equal(session.status, "signedOut");
  await session.login(CREDENTIALS);
  await session.call("register", CREDENTIALS);
  for (const { authorization, body, request } of server.at("/register")) {
    assert.equal(authorization, null);
    assert.equal(body, JSON.stringify(CREDENTIALS));
    assert.equal(request.credentials, "omit");
  }
  assert.equal(await session.accessToken(), "t1");
});

test("with the session's, renewed where needed, and once more after a rejection", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time, { protocol });
  assert.deepEqual(await session.call("me"), { ok: true });
  assert.deepEqual(server.at("/me").map(({ authorization }) => authorization), ["Bearer t2"]);
  let first = true;
  server.on("/me", () => (first ? ((first = false), rejected()) : json(200, { name: "ada" })()));
  assert.deepEqual(await session.call("me"), { name: "ada" });
  assert.deepEqual(server.at("/me").map(({ authorization }) => authorization), ["Bearer t2", "Bearer t2", "Bearer t3"]);
});

test("with one that the caller has, which goes where it belongs and nowhere else", async () => {
  const server = new Server();
  const session = await signedIn(Session, server, { protocol });
  server.on("/verify", json(200, {}));
  server.on("/reset", json(200, {}));
  const body = { code: "mail+/=", password: "new" };
  await session.call("e-mail.verify", body);
  assert.deepEqual(body, { code: "mail+/=", password: "new" });
  await session.call("reset", { token: "mail", password: "new" });
  const [, verify, reset] = server.seen;
  assert.deepEqual([verify.authorization, verify.body], ["Bearer mail+/=", '{"password":"new"}']);
  assert.deepEqual([reset.authorization, reset.body], [null, "v=1&reset_token=mail&password=new"]);
  assert.equal(await session.accessToken(), "t1");
});

test("an answer is its JSON, or its text, or nothing", async () => {
  const server = new Server();
  const session = new Session(server.options());
  for (const [body, expected] of [['{"a":[1]}', { a: [1] }], ["null", null], ["7", 7], ["", undefined], ["Welcome, ada", "Welcome, ada"]]) {
    server.on("/register", () => new Response(body));
    assert.deepEqual(await session.call("register", {}), expected);
  }
  server.on("/register", () => new Response(null, { status: 204 }));
  assert.equal(await session.call("register"), undefined);
});

test("whatever goes wrong is a typed error, and the session stays as it is", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await signedIn(Session, server, { protocol });
  const before = session.getSnapshot();
  for (const [answer, code, more] of [
    [json(409, { code: "username_taken" }), "call_refused", { status: 409, reason: "username_taken", retryable: false }],
    [json(200, { status: "fail", message: "no" }), "call_refused", { status: 200, reason: "no" }],
    [json(401, {}), "protocol", { status: 401 }],
    [json(404, {}), "protocol", { status: 404 }],
    [() => new Response("<html>hotel</html>"), "protocol", { status: 200 }],
    [() => new Response("", { status: 429, headers: { "Retry-After": "7" } }), "server", { status: 429, retryAfter: 7_000, retryable: true }],
    [json(500, ""), "server", { status: 500 }],
    [() => Promise.reject(new TypeError("offline")), "network", { retryable: true }],
  ]) {
    server.on("/strict", answer);
    await assert.rejects(session.call("strict", {}), (error) => {
      assert.ok(isSessionError(error), String(error));
      assert.deepEqual({ code: error.code, ...Object.fromEntries(Object.keys(more).map((key) => [key, error[key]])) }, { code, ...more });
      return true;
    });
  }
  server.on("/register", json(418, { error: "teapot" }));
  await assert.rejects(session.call("register", {}), { code: "call_refused", status: 418, reason: "teapot" });
  assert.equal(session.getSnapshot(), before);
  assert.equal(server.count("/renew"), 0);
  await time.settle();
});

test("a call that needs a session fails as a request does", async () => {
  const server = new Server();
  const session = new Session(server.options({ protocol }));
  await assert.rejects(session.call("me"), { code: "login_required" });
  assert.equal(server.seen.length, 0);
  session.dispose();
  await assert.rejects(session.call("me"), { code: "disposed" });
});

test("what cannot be called is said", async () => {
  const server = new Server();
  const session = new Session(server.options({ protocol }));
  for (const [name, body, message] of [
    ["registr", {}, 'protocol.endpoints.registr: there is no such endpoint; did you mean "register"?'],
    ["toString", {}, "protocol.endpoints.toString: there is no such endpoint"],
    [undefined, {}, "protocol.endpoints.undefined: there is no such endpoint"],
    ["e-mail.verify", {}, "body.code: expected a token, got nothing"],
    ["e-mail.verify", { code: "" }, "body.code: expected a token, got an empty string"],
    ["e-mail.verify", { code: 7 }, "body.code: expected a token, got a number"],
    ["register", "ada", "body: expected an object that JSON can hold"],
    ["register", new FormData(), "body: expected an object that JSON can hold"],
  ]) {
    await assert.rejects(session.call(name, body), { code: "invalid_config", message });
  }
  assert.equal(server.seen.length, 0);
});
