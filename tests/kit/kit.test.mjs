// What tokenkeep/testing promises.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session, isSessionError } from "../../pkg/index.js";
import { createTestSession } from "../../pkg/testing.js";

const MINUTE = 60_000;
const outlived = 301_000;

function open(t, setup) {
  const kit = createTestSession(setup);
  t.after(kit.dispose);
  kit.server.respond("/things", (request) => ({ method: request.method }));
  return kit;
}

test("the session is the app's own class, signed in at once, with the claims it was given", (t) => {
  const { session, clock } = open(t, { claims: { role: "admin", name: "Zoë 🌱" } });
  assert.ok(session instanceof Session);
  const { status, subject, generation, expiresAt } = session.getSnapshot();
  assert.deepEqual({ status, subject, generation }, { status: "signedIn", subject: "ada", generation: 1 });
  assert.equal(expiresAt, clock.now + 300_000);
  assert.equal(session.claims.role, "admin");
  assert.equal(session.claims.name, "Zoë 🌱");
});

test("a user logs in with the right password alone, and out", async (t) => {
  const { session, server } = open(t, { signedIn: false, user: { username: "bob", password: "pw", subject: "u7" } });
  server.addUser({ username: "eve" });
  assert.equal(session.status, "signedOut");
  await assert.rejects(session.login({ username: "bob", password: "secret" }), { code: "login_refused", reason: "invalid_credentials" });
  assert.equal((await session.login({ username: "bob", password: "pw" })).subject, "u7");
  assert.deepEqual(await session.logout(), { revoked: true });
  assert.equal((await session.login({ username: "eve", password: "secret" })).subject, "eve");
});

test("time passes only when it is told to, and tokens run out by it", async (t) => {
  const { session, server, clock } = open(t, { lifetime: 60, now: 1_000_000 });
  assert.equal(clock.now, 1_000_000);
  await session.fetch("/things");
  await clock.advance(MINUTE - 7_000);
  await session.fetch("/things");
  assert.equal(server.renewals, 0);
  await clock.advance(7_000);
  await session.fetch("/things");
  assert.equal(server.renewals, 1);
  assert.equal(clock.now, 1_000_000 + MINUTE);
});

test("what is due happens in order, and what follows from it before the next", async (t) => {
  const { clock } = open(t);
  const start = clock.now;
  const heard = [];
  const wait = (ms, name) => clock.wait(ms).then(() => heard.push([name, clock.now - start]));
  wait(30, "c");
  wait(10, "a").then(() => wait(10, "b"));
  wait(30, "d");
  wait(1_000, "late");
  await clock.advance(100);
  assert.deepEqual(heard, [["a", 10], ["b", 20], ["c", 30], ["d", 30]]);
  assert.equal(clock.now - start, 100);
  await assert.rejects(clock.advance(-1), TypeError);
});

test("until lets as much time pass as a promise needs, and no more", async (t) => {
  const { clock } = open(t);
  const start = clock.now;
  assert.equal(await clock.until(clock.wait(700).then(() => "done")), "done");
  assert.equal(clock.now - start, 700);
  assert.equal(await clock.until("a value"), "a value");
  await assert.rejects(clock.until(Promise.reject(new Error("mine"))), /mine/);
  await assert.rejects(clock.until(new Promise(() => {})), /does not come to an end/);
});

test("a token that the server takes no more is renewed, and the call sent again", async (t) => {
  const { session, server } = open(t);
  server.expireNow();
  const answer = await session.fetch("/things", { method: "PUT", body: "x" });
  assert.deepEqual(await answer.json(), { method: "PUT" });
  assert.deepEqual(server.requests.map(({ path, accessToken, refreshToken, status }) => [path, accessToken, refreshToken, status]), [
    ["/things", 1, undefined, 401],
    ["/api/v1/renew", undefined, 1, 200],
    ["/things", 2, undefined, 200],
  ]);
});

test("a revoked session ends with the next call, and a login begins another", async (t) => {
  const { session, server } = open(t);
  const asked = [];
  session.on("loginRequired", ({ reason }) => asked.push(reason));
  server.revoke();
  await assert.rejects(session.fetch("/things"), { code: "login_required", reason: "refused" });
  assert.deepEqual(asked, ["refused"]);
  await session.login({ username: "ada", password: "secret" });
  assert.equal((await session.fetch("/things")).status, 200);
});

test("without a network nothing is lost, and it works again with one", async (t) => {
  const { session, server, clock } = open(t);
  server.offline();
  await assert.rejects(session.fetch("/things"), TypeError);
  await clock.advance(outlived);
  await assert.rejects(clock.until(session.fetch("/things")), { code: "network", retryable: true });
  assert.equal(session.status, "signedIn");
  server.online();
  assert.equal((await clock.until(session.fetch("/things"))).status, 200);
});

test("a renewal that is held keeps everybody waiting who needs it, and is one", async (t) => {
  const { session, server, clock } = open(t);
  const release = server.holdRenewals();
  await clock.advance(outlived);
  const answers = [1, 2, 3].map(() => session.fetch("/things"));
  await clock.advance(5_000);
  assert.equal(session.getSnapshot().renewing, true);
  release();
  assert.deepEqual((await Promise.all(answers)).map(({ status }) => status), [200, 200, 200]);
  assert.equal(server.renewals, 1);
});

test("a held renewal runs into the session's own limit of time", async (t) => {
  const { session, server, clock } = open(t, { options: { renewal: { timeout: 2 } } });
  server.holdRenewals();
  await clock.advance(outlived);
  await assert.rejects(clock.until(session.fetch("/things")), { code: "timeout" });
  assert.equal(session.status, "signedIn");
});

test("trouble with renewals keeps the session, and ends when it is told to", async (t) => {
  const { session, server, clock } = open(t);
  const recover = server.failRenewals({ status: 503, retryAfter: 20 });
  await clock.advance(outlived);
  await assert.rejects(session.fetch("/things"), { code: "server", status: 503, retryAfter: 20_000 });
  assert.equal(session.status, "signedIn");
  recover();
  await clock.advance(20_000);
  assert.equal((await session.fetch("/things")).status, 200);
});

test("a portal's page in place of an answer is trouble, as often as it is asked for", async (t) => {
  const { session, server, clock } = open(t);
  server.failRenewals({ status: 200, body: "<html>Welcome to the hotel", times: 1 });
  await clock.advance(outlived);
  await assert.rejects(session.renew(), { code: "protocol" });
  await clock.advance(10 * MINUTE);
  assert.equal((await session.fetch("/things")).status, 200);
});

test("the app's own API answers what it is told: values, responses, functions; the latest word counts", async (t) => {
  const { session, server, clock } = open(t);
  server.respond("/text", new Response("hello", { status: 201 }));
  server.respond(/^\/users\/\d+$/, async (request) => ({ url: request.url }));
  server.respond("POST /things", () => undefined);
  server.respond("/slow", () => clock.wait(500).then(() => "at last"));
  for (let time = 0; time < 2; time++) assert.equal(await (await session.fetch("/text")).text(), "hello");
  assert.deepEqual(await (await session.fetch("/users/7?q=1")).json(), { url: "https://api.test/users/7?q=1" });
  assert.equal((await session.fetch("/things", { method: "POST" })).status, 204);
  assert.equal((await session.fetch("/things")).status, 200);
  assert.equal(await (await clock.until(session.fetch("/slow"))).json(), "at last");
  const none = await session.fetch("/nothing");
  assert.equal(none.status, 404);
  assert.match((await none.json()).detail, /server\.respond\("\/nothing"/);
});

test("who sends no token is answered 401, except where the answer is for everybody", async (t) => {
  const { server } = open(t);
  server.respond("/news", ["all quiet"], { open: true });
  assert.equal((await server.fetch("https://api.test/things")).status, 401);
  assert.equal((await server.fetch("https://api.test/news")).status, 200);
});

test("a caller who gives up is not answered", async (t) => {
  const { session, server } = open(t);
  server.respond("/never", () => new Promise(() => {}));
  const abort = new AbortController();
  const call = session.fetch("/never", { signal: abort.signal });
  const reason = new Error("changed my mind");
  abort.abort(reason);
  await assert.rejects(call, reason);
});

test("no token is in the list of requests", async (t) => {
  const { session, server, clock } = open(t);
  const tokens = [await session.accessToken()];
  await session.fetch("/things", { method: "POST", body: tokens[0] });
  await clock.advance(outlived);
  tokens.push(await session.accessToken(), "refresh-1", "refresh-2");
  await session.fetch("/things");
  await session.logout();
  const told = JSON.stringify(server.requests);
  for (const token of tokens) assert.ok(!told.includes(token), `${token} is told`);
  assert.ok(told.includes("Bearer access token 2") && told.includes('"refreshToken":"refresh token 1"') && told.includes('"access token 1"'));
});

test("a refresh token that is used twice ends its session, unless it is the same attempt", async (t) => {
  const { server } = open(t);
  const renew = (refreshToken, attempt) =>
    server.fetch("https://api.test/api/v1/renew", { method: "POST", headers: attempt ? { "Idempotency-Key": attempt } : {}, body: JSON.stringify({ refreshToken }) });
  const [first, again] = [await renew("refresh-1", "a"), await renew("refresh-1", "a")];
  assert.deepEqual(await first.json(), await again.json());
  assert.equal((await (await renew("refresh-1")).json()).code, "refresh_token_reused");
  assert.equal((await (await renew("refresh-2")).json()).code, "refresh_token_revoked");
});

test("tabs share one session, one renewal and one logout", async (t) => {
  const { tabs, server, clock } = open(t, { tabs: 3 });
  await clock.settle();
  assert.deepEqual(tabs.map(({ status }) => status), ["signedIn", "signedIn", "signedIn"]);
  await clock.advance(outlived);
  const answers = await clock.until(Promise.all(tabs.map((tab) => tab.fetch("/things"))));
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200]);
  assert.equal(server.renewals, 1);
  await tabs[2].logout();
  await clock.settle();
  assert.deepEqual(tabs.map(({ status }) => status), ["signedOut", "signedOut", "signedOut"]);
});

test("a tab that is closed in the middle of a renewal lets the others have their turn", async (t) => {
  const { tabs, server, clock } = open(t, { tabs: 2 });
  await clock.advance(outlived);
  const release = server.holdRenewals();
  const [left, right] = tabs.map((tab) => tab.fetch("/things"));
  left.catch(() => {});
  await clock.advance(1_000);
  tabs[0].dispose();
  await assert.rejects(left, (error) => isSessionError(error) && error.code === "disposed");
  release();
  assert.equal((await clock.until(right)).status, 200);
});

test("limits of idleness end a session in the clock's time, and say so before", async (t) => {
  const { session, clock } = open(t, { options: { idle: 600, warnBefore: 60 } });
  const heard = [];
  session.on("expiring", ({ reason, left }) => heard.push([reason, left]));
  session.on("loginRequired", ({ reason }) => heard.push([reason]));
  await clock.advance(5 * MINUTE);
  session.touch();
  await clock.advance(9 * MINUTE);
  assert.deepEqual(heard, [["idle", MINUTE]]);
  await clock.advance(MINUTE);
  assert.equal(session.status, "signedOut");
  assert.equal(session.getSnapshot().reason, "idle");
});

test("the runner's timers are left alone, also when they stand still", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] });
  const { session, server, clock } = open(t);
  await clock.advance(outlived);
  assert.equal((await session.fetch("/things")).status, 200);
  server.offline();
  await clock.advance(outlived);
  await assert.rejects(clock.until(session.fetch("/things")), { code: "network" });
});

test("wrong options are named as ever", () => {
  assert.throws(() => createTestSession({ options: { baseUrl: 5 } }), { code: "invalid_config" });
});
