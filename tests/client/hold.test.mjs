// Requests that wait for a login: `relogin: "hold"`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../pkg/index.js";
import { openOrigin } from "./support/origin.mjs";
import { BASE, CREDENTIALS, Server, json, rejected, signedIn } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

const HOLD = { relogin: "hold" };
const ENDED = json(401, { code: "refresh_token_revoked" });

/** A server that has ended the session, and a session that finds out with its next request. */
async function ended(t, more) {
  const time = stopTime(t);
  const server = new Server();
  const session = await signedIn(Session, server, { ...HOLD, ...more });
  const asked = [];
  session.on("loginRequired", ({ reason }) => asked.push(reason));
  server.on("/renew", ENDED);
  server.on("/things", ({ authorization }) => (authorization === "Bearer t1" ? rejected() : json(200, { ok: true })()));
  const held = (count) => time.pass(() => session.getSnapshot().held === count);
  return { time, server, session, asked, held };
}

test("a form that is sent after the end of the session goes out after the login, whole", async (t) => {
  const { server, session, asked, held } = await ended(t);
  const answer = session.fetch("/things", { method: "POST", body: "half written", headers: { "X-Form": "7" } });
  await held(1);
  assert.deepEqual([asked, session.getSnapshot().reason], [["refused"], "refused"]);
  await session.login(CREDENTIALS);
  assert.equal((await answer).status, 200);
  const [first, second] = server.at("/things");
  assert.deepEqual([first.authorization, second.authorization], ["Bearer t1", "Bearer t2"]);
  assert.deepEqual([second.method, second.body, second.request.headers.get("X-Form")], ["POST", "half written", "7"]);
  assert.equal(session.getSnapshot().held, 0);
});

test("what never left goes out once, a stream too", async (t) => {
  const { server, session, held } = await ended(t);
  const first = session.fetch("/things");
  await held(1);
  const body = new Response("a stream").body;
  const second = session.fetch("/things", { method: "POST", body, duplex: "half" });
  await held(2);
  await session.login(CREDENTIALS);
  assert.deepEqual([(await first).status, (await second).status], [200, 200]);
  assert.deepEqual(server.at("/things").map(({ method, body }) => [method, body]), [["GET", ""], ["GET", ""], ["POST", "a stream"]]);
});

test("a stream that was sent is told of at once", async (t) => {
  const { session } = await ended(t);
  const body = new Response("a stream").body;
  await assert.rejects(session.fetch("/things", { method: "POST", body, duplex: "half" }), { code: "not_replayable", status: 401 });
});

test("many wait, the user is asked once, and each goes out once", async (t) => {
  const { server, session, asked, held } = await ended(t);
  const answers = Array.from({ length: 20 }, (_, n) => session.fetch(`/${n}/things`, { method: "PUT", body: `${n}` }));
  await held(20);
  await session.login(CREDENTIALS);
  assert.deepEqual((await Promise.all(answers)).map(({ status }) => status), Array(20).fill(200));
  const sent = server.at("/things").filter(({ authorization }) => authorization === "Bearer t2");
  assert.deepEqual(sent.map(({ body }) => Number(body)).sort((a, b) => a - b), Array.from({ length: 20 }, (_, n) => n));
  assert.deepEqual(asked, ["refused"]);
});

test("another user does not send it", async (t) => {
  const { server, session, held } = await ended(t);
  const waiting = session.fetch("/things", { method: "POST", body: "of u1" });
  const told = assert.rejects(waiting, { code: "subject_changed", retryable: false });
  await held(1);
  server.on("/login", json(200, { token: "t9", refreshToken: "r9", expiresIn: 300, subject: "u2" }));
  await session.login(CREDENTIALS);
  await told;
  assert.equal(server.count("/things"), 1);
});

test("a user who would not log in ends the wait, and is asked again by the next that waits", async (t) => {
  const { session, asked, held } = await ended(t);
  const waiting = assert.rejects(session.fetch("/things"), { code: "login_cancelled" });
  await held(1);
  session.cancelLogin();
  await waiting;
  await assert.rejects(session.fetch("/things", { relogin: "reject" }), { code: "login_required", reason: "refused" });
  assert.deepEqual(asked, ["refused"]);
  const again = session.fetch("/things");
  await held(1);
  assert.deepEqual(asked, ["refused", "refused"]);
  await session.login(CREDENTIALS);
  assert.equal((await again).status, 200);
});

test("the wait has an end", async (t) => {
  const { time, session, held } = await ended(t, { hold: { deadline: 30 } });
  const waiting = assert.rejects(session.fetch("/things"), { code: "login_timeout" });
  await held(1);
  await time.advance(30_000, 1000);
  await waiting;
  assert.equal(session.getSnapshot().held, 0);
});

test("no more wait than there is room for", async (t) => {
  const { session, held } = await ended(t, { hold: { limit: 2 } });
  const waiting = [session.fetch("/things"), session.fetch("/things")];
  await held(2);
  await assert.rejects(session.fetch("/things"), { code: "login_required", reason: "refused" });
  await session.login(CREDENTIALS);
  for (const answer of waiting) assert.equal((await answer).status, 200);
});

test("a caller who gives up waits no longer", async (t) => {
  const { session, server, held } = await ended(t);
  const controller = new AbortController();
  const reason = new Error("the page was left");
  const waiting = assert.rejects(session.fetch("/things", { signal: controller.signal }), reason);
  await held(1);
  controller.abort(reason);
  await waiting;
  assert.equal(session.getSnapshot().held, 0);
  await session.login(CREDENTIALS);
  assert.equal(server.count("/things"), 1);
});

test("one request may wait where others fail, and the other way round", async (t) => {
  const { session, held } = await ended(t, { relogin: "reject" });
  const waiting = session.fetch("/things", HOLD);
  await held(1);
  await assert.rejects(session.fetch("/things"), { code: "login_required" });
  await assert.rejects(session.accessToken(), { code: "login_required" });
  await session.login(CREDENTIALS);
  assert.equal((await waiting).status, 200);
});

test("what the server may have acted on waits only where the app says that twice does no harm", async (t) => {
  const { server, session, held } = await ended(t, { protocol: { expired: [{ status: 403, codes: "token_expired" }] } });
  server.on("/things", ({ authorization }) => (authorization === "Bearer t1" ? json(403, { code: "token_expired" })() : json(200, {})()));
  await assert.rejects(session.fetch("/things", { method: "POST", body: "pay" }), { code: "login_required" });
  await session.login(CREDENTIALS);
  server.on("/things", ({ authorization }) => (authorization === "Bearer t2" ? json(403, { code: "token_expired" })() : json(200, {})()));
  const waiting = [session.fetch("/things", { method: "POST", body: "pay", replay: true }), session.fetch("/things", { method: "PUT", body: "set" })];
  await held(2);
  await session.login(CREDENTIALS);
  for (const answer of waiting) assert.equal((await answer).status, 200);
});

test("a login in one tab frees what waits in every tab", async (t) => {
  const time = stopTime(t);
  const origin = openOrigin(t);
  const server = new Server();
  const options = server.options({ ...HOLD, storage: "local" });
  const sessions = [1, 2].map(() => origin.tab().run(() => new Session(options)));
  await time.finish(sessions[0].login(CREDENTIALS));
  await time.pass(() => sessions[1].status === "signedIn");
  server.on("/renew", ENDED);
  server.on("/things", ({ authorization }) => (authorization === "Bearer t1" ? rejected() : json(200, {})()));
  const waiting = sessions.map((session) => session.fetch("/things"));
  await time.pass(() => sessions.every((session) => session.getSnapshot().held === 1));
  await time.finish(sessions[1].login(CREDENTIALS));
  for (const answer of waiting) assert.equal((await time.finish(answer)).status, 200);
});

test("a call to an endpoint of the protocol's waits as well", async (t) => {
  const endpoints = { things: { path: "/things", method: "POST", body: "json", token: "access" } };
  const { session, held } = await ended(t, { protocol: { endpoints } });
  const waiting = session.call("things", { n: 1 });
  await held(1);
  await session.login(CREDENTIALS);
  assert.deepEqual(await waiting, { ok: true });
});

test("nobody waits without wanting to, and what is none of the session's goes out as ever", async (t) => {
  const { server, session } = await ended(t, { relogin: undefined });
  await assert.rejects(session.fetch("/things"), { code: "login_required" });
  server.on("/elsewhere", json(200, {}));
  assert.equal((await session.fetch("https://other.example/elsewhere", HOLD)).status, 200);
});

test("a wrong word is told of, for the session and for one request", async (t) => {
  const { session } = await ended(t);
  await assert.rejects(session.fetch("/things", { relogin: "holdd" }), { code: "invalid_config", message: /relogin: expected "reject" or "hold".*did you mean "hold"/ });
  for (const [options, said] of [
    [{ relogin: true }, /relogin: expected "reject" or "hold", got a boolean/],
    [{ hold: { limit: 0 } }, /hold\.limit: expected a whole number > 0/],
    [{ hold: { limit: 1.5 } }, /hold\.limit: expected a whole number > 0/],
    [{ hold: { deadline: -1 } }, /hold\.deadline: expected a number of seconds > 0/],
    [{ hold: { dedline: 1 } }, /hold\.dedline: there is no such option; did you mean "deadline"/],
  ]) {
    assert.throws(() => new Session({ baseUrl: BASE, storage: "memory", ...options }), { code: "invalid_config", message: said });
  }
});

test("disposal ends the wait, and a cancel after it does nothing", async (t) => {
  const { session, held } = await ended(t);
  const waiting = assert.rejects(session.fetch("/things"), { code: "disposed" });
  await held(1);
  session.dispose();
  await waiting;
  session.cancelLogin();
});

test("a caller who has given up before asks nobody to log in", async (t) => {
  const { server, session, asked, held } = await ended(t);
  const waiting = session.fetch("/things");
  await held(1);
  session.cancelLogin();
  await assert.rejects(waiting, { code: "login_cancelled" });
  const reason = new Error("too late");
  await assert.rejects(session.fetch("/things", { signal: AbortSignal.abort(reason) }), reason);
  assert.deepEqual([asked, session.getSnapshot().held, server.count("/things")], [["refused"], 0, 1]);
});

/** An answer from where the request was redirected to. */
const redirected = (url) => () => Object.defineProperties(rejected(), { redirected: { value: true }, url: { value: url } });

test("what was redirected on its way may have been acted on, and waits only where that does no harm", async (t) => {
  const { server, session, held } = await ended(t);
  server.on("/things", ({ authorization }) => (/t[13]$/.test(authorization) ? redirected(`${BASE}/things/1`)() : json(200, {})()));
  const waiting = session.fetch("/things", { method: "PUT", body: "set" });
  await held(1);
  await session.login(CREDENTIALS);
  assert.equal((await waiting).status, 200);
  await session.login(CREDENTIALS);
  await assert.rejects(session.fetch("/things", { method: "POST", body: "pay" }), { code: "login_required" });
  assert.deepEqual(server.at("/things").map(({ method }) => method), ["PUT", "PUT", "POST"]);
});

test("a 401 of another origin that a request was sent on to says nothing of the token", async (t) => {
  const { server, session } = await ended(t);
  server.on("/things", redirected("https://elsewhere.example/login"));
  assert.equal((await session.fetch("/things", { method: "POST", body: "pay" })).status, 401);
  assert.deepEqual([server.count("/things"), server.count("/renew"), session.status], [1, 0, "signedIn"]);
});
