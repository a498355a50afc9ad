// Servers that speak otherwise than the reference server: what is sent to them, and what their answers mean.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../pkg/index.js";
import { BASE, CREDENTIALS, Server, json } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

const basic = (text) => `Basic ${Buffer.from(text, "utf8").toString("base64")}`;
const jwt = (claims) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;

/** A session that speaks so, and its server. */
function speaking(protocol, more) {
  const server = new Server();
  return { server, session: new Session(server.options({ protocol, ...more })) };
}

test("every preset is taken by its name", () => {
  for (const preset of ["reference", "rest-auth", "flask-stateless-auth", "flask-jwt-auth", "fathat", "twopi", "oauth2", "simplejwt", "flask-jwt-extended"]) {
    for (const protocol of [preset, { preset }, { preset, endpoints: { more: { path: "/more" } } }]) new Session({ baseUrl: BASE, storage: "memory", protocol }).dispose();
  }
});

test("a preset is changed in single things", async () => {
  const { server, session } = speaking({ preset: "oauth2", renew: { path: "/oauth/token", fields: { client_id: "web" } }, logout: { path: "/oauth/revoke" } });
  server.on("/oauth/token", json(200, { access_token: "a2", refresh_token: "r2", expires_in: 60, scope: "read write" }));
  await session.adopt({ accessToken: "a1", refreshToken: "r+/=1" });
  await session.renew();
  assert.deepEqual([session.hasScope("write"), session.hasScope("admin")], [true, false]);
  assert.deepEqual(await session.logout(), { revoked: false });
  const [renewal, revocation] = server.seen;
  assert.equal(renewal.body, "grant_type=refresh_token&client_id=web&refresh_token=r%2B%2F%3D1");
  assert.deepEqual([revocation.path, revocation.body, revocation.authorization], ["/oauth/revoke", "token_type_hint=refresh_token&token=r2", null]);
  await assert.rejects(session.login(CREDENTIALS), { code: "invalid_config" });
});

test("where a live token buys the next one, it does so in good time", async (t) => {
  const time = stopTime(t);
  const { server, session } = speaking("rest-auth");
  let n = 0;
  server.on("/api/token", () => json(200, { token: `t${++n}`, duration: 600 })());
  server.on("/things", json(200, {}));
  await session.login({ username: "jürgen", password: "s:ö" });
  await session.fetch("/things");
  await time.advance(290_000);
  await session.fetch("/things");
  await time.advance(20_000);
  await session.fetch("/things");
  const [login, first, second, renewal, third] = server.seen;
  assert.deepEqual([login.method, login.authorization, login.body], ["GET", basic("jürgen:s:ö"), ""]);
  assert.deepEqual([first.authorization, second.authorization], [basic("t1:x"), basic("t1:x")]);
  assert.deepEqual([renewal.path, renewal.authorization], ["/api/token", basic("t1:x")]);
  assert.equal(third.authorization, basic("t2:x"));
  assert.deepEqual(server.seen.map(({ request }) => request.credentials), Array(5).fill("omit"));

  // Once it has run out, only the password helps; and nobody asks the server whether that is so.
  const reasons = [];
  session.on("loginRequired", ({ reason }) => reasons.push(reason));
  session.on("change", () => {});
  await time.advance(601_000);
  await assert.rejects(session.fetch("/things"), { code: "login_required", reason: "expired" });
  assert.deepEqual(reasons, ["expired"]);
  assert.equal(server.seen.length, 5);
});

test("a renewal that a live token has not bought is no reason to fail while it lives", async (t) => {
  const time = stopTime(t);
  const { server, session } = speaking("rest-auth");
  server.on("/api/token", json(200, { token: "t1", duration: 600 }));
  server.on("/things", json(200, {}));
  await session.login(CREDENTIALS);
  server.on("/api/token", json(503, ""));
  await time.advance(400_000);
  assert.equal((await session.fetch("/things")).status, 200);
  assert.equal(session.status, "signedIn");
});

test("without a renewal the end of the token is the end of the session", async (t) => {
  const time = stopTime(t);
  const { server, session } = speaking("flask-jwt-auth");
  const now = Date.now() / 1000;
  server.on("/auth/login", json(200, { auth_token: jwt({ sub: 1, iat: now, exp: now + 5 }), status: "success" }));
  server.on("/things", json(200, {}));
  const { subject } = await session.login(CREDENTIALS);
  assert.equal(subject, "1");
  await session.fetch("/things");
  await time.advance(5_000);
  await assert.rejects(session.fetch("/things"), { code: "login_required", reason: "expired" });
});

test("a login is refused as the server refuses", async () => {
  for (const [protocol, status, body, code] of [
    ["flask-jwt-auth", 404, { status: "fail", message: "User does not exist." }, "login_refused"],
    ["twopi", 401, "<html>", "login_refused"],
    [{ login: { refused: [{ status: 401 }] } }, 404, {}, "protocol"],
    [{ login: { fails: [{ status: 202, path: "status", codes: "fail" }] } }, 202, { status: "fail", token: "no" }, "login_refused"],
    [{ login: { fails: [{ path: "ok", codes: "false" }] } }, 200, { ok: false }, "login_refused"],
    ["reference", 429, {}, "server"],
  ]) {
    const { server, session } = speaking(protocol);
    server.on("/login", json(status, body));
    await assert.rejects(session.login(CREDENTIALS), { code, status }, JSON.stringify(protocol));
    assert.equal(session.status, "signedOut");
  }
});

test("tokens come in headers, and a login that brings no access token is followed by a renewal at once", async () => {
  const { server, session } = speaking({
    answer: { accessToken: "header:Authorization", refreshToken: ["data.r", "header:X-Refresh"], expiresIn: "header:X-Until", unit: "date" },
  });
  server.on("/login", () => Response.json({ data: { r: "r1" } }));
  const until = new Date(Date.now() + 300_000).toUTCString();
  server.on("/renew", () => new Response(null, { status: 204, headers: { Authorization: "Bearer a+/=", "X-Refresh": "r2", "X-Until": until } }));
  const snapshot = await session.login(CREDENTIALS);
  assert.equal(snapshot.generation, 2);
  assert.ok(snapshot.expiresAt - Date.now() > 290_000);
  assert.deepEqual(server.seen.map(({ path, body }) => [path, body.includes("r1")]), [["/api/v1/login", false], ["/api/v1/renew", true]]);
  assert.equal(await session.accessToken(), "a+/=");
});

test("a login whose first renewal fails is a login", async (t) => {
  const time = stopTime(t);
  const { server, session } = speaking({});
  server.on("/login", json(200, { refreshToken: "r1" }));
  server.on("/renew", json(503, ""));
  assert.equal((await session.login(CREDENTIALS)).status, "signedIn");
  await assert.rejects(session.fetch("/things"), { code: "server" });
  server.on("/renew", json(200, { token: "t1" }));
  await time.advance(60_000);
  assert.equal(await session.accessToken(), "t1");
});

test("each token is ended by a call of its own", async () => {
  const { server, session } = speaking("flask-jwt-extended");
  server.on("/login", json(200, { access_token: "a1", refresh_token: "r1" }));
  server.on("/logout", ({ authorization }) => json(authorization === "Bearer r1" ? 200 : 401, {})());
  await session.login(CREDENTIALS);
  assert.deepEqual(await session.logout(), { revoked: true });
  assert.deepEqual(server.at("/logout").map(({ method, authorization }) => [method, authorization]), [["DELETE", "Bearer a1"], ["DELETE", "Bearer r1"]]);
});

test("a logout that takes a live token gets one, and nobody else does", async (t) => {
  const time = stopTime(t);
  for (const [renewal, authorization, revoked] of [
    [json(200, { token: "t2" }), "Bearer t2", true],
    [json(401, {}), "Bearer t1", false],
    [() => Promise.reject(new TypeError("offline")), "Bearer t1", false],
  ]) {
    const { server, session } = speaking({ preset: "twopi", answer: { expiresIn: "ttl" } });
    server.on("/login", json(200, { token: "t1", refreshToken: "r1", ttl: 60 }));
    server.on("/renew", renewal);
    server.on("/logout", ({ authorization }) => json(authorization === "Bearer t2" ? 200 : 401, {})());
    await session.login(CREDENTIALS);
    await time.advance(61_000);
    const logout = session.logout();
    assert.equal(session.status, "signedOut");
    await time.settle();
    await time.advance(250);
    assert.deepEqual(await logout, { revoked });
    assert.deepEqual(server.seen.map(({ path, body }) => [path, body]).slice(1), [["/renew", "refreshToken=r1"], ["/logout", ""]]);
    assert.equal(server.at("/logout")[0].authorization, authorization);
    await assert.rejects(session.accessToken(), { code: "login_required", reason: "logout" });
  }
});

test("a logout whose token lives needs no renewal", async () => {
  const { server, session } = speaking("twopi");
  server.on("/login", json(200, { token: "t1", refreshToken: "r1" }));
  await session.login(CREDENTIALS);
  await session.logout();
  assert.deepEqual(server.seen.map(({ path }) => path), ["/login", "/logout"]);
});

test("the body tells which rejection is about the token, and stays readable", async () => {
  const { server, session } = speaking({ expired: [{ status: 401, path: "message", codes: "token-expired" }, { status: 403, challenge: "invalid_token" }] });
  await session.login(CREDENTIALS);
  const things = [];
  server.on("/things", () => things.shift()());
  const denied = json(401, { message: "authorisation-required" });
  for (const [answers, status, renewals] of [
    [[denied], 401, 0],
    [[() => new Response("x".repeat(100_000), { status: 401 })], 401, 0],
    [[json(401, { message: "token-expired" }), json(200, {})], 200, 1],
    [[json(403, {})], 403, 1],
    [[() => new Response("", { status: 403, headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' } }), json(200, {})], 200, 2],
    [[json(400, { message: "token-expired" })], 400, 2],
  ]) {
    things.push(...answers);
    const answer = await session.fetch("/things");
    assert.equal(answer.status, status);
    assert.equal(typeof (await answer.text()), "string");
    assert.equal(server.count("/renew"), renewals);
  }
});

test("an answer of another shape is told in names and kinds, and ends nothing", async (t) => {
  const time = stopTime(t);
  const { server, session } = speaking({ answer: { accessToken: "data.token", expiresIn: "ttl" } });
  server.on("/login", json(200, { data: { token: "t1" }, refreshToken: "r1", ttl: 60 }));
  server.on("/renew", json(200, { jwt: "s3cret", user: { id: 7 } }));
  await session.login(CREDENTIALS);
  await time.advance(61_000);
  await assert.rejects(session.fetch("/things"), (error) => {
    assert.equal(error.code, "protocol");
    assert.equal(error.message, "expected a JSON answer with `data.token`, got an object with `jwt` (text), `user` (object) (status 200)");
    return true;
  });
  assert.equal(session.status, "signedIn");
  assert.ok(!JSON.stringify(session.explain()).includes("s3cret"));
});

test("the way out sends and answers in the server's place", async () => {
  const seen = [];
  const send = async (request, operation) => {
    seen.push([operation, request.method, new URL(request.url).pathname]);
    if (operation === "logout") throw new Error("nothing like that");
    return Response.json({ token: `t${seen.length}`, refreshToken: "r", expiresIn: 60 });
  };
  const { server, session } = speaking({ send, endpoints: { me: { path: "/me", method: "GET", token: "access" } } });
  server.on("/things", json(200, {}));
  await session.login(CREDENTIALS);
  await session.renew();
  await session.call("register", { username: "ada" });
  await session.call("me");
  await session.fetch("/things");
  assert.deepEqual(await session.logout(), { revoked: false });
  assert.deepEqual(seen, [
    ["login", "POST", "/api/v1/login"],
    ["renew", "POST", "/api/v1/renew"],
    ["register", "POST", "/api/v1/register"],
    ["me", "GET", "/me"],
    ["logout", "POST", "/api/v1/logout"],
  ]);
  assert.deepEqual(server.seen.map(({ path, authorization }) => [path, authorization]), [["/things", "Bearer t2"]]);
});

test("roles and scopes are hints that survive a renewal and a reload", async () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key) };
  const protocol = { answer: { scopes: "data.scopes", roles: "role" }, roles: ["basic", "editor", "admin"] };
  const { server, session } = speaking(protocol, { storage, name: "hints" });
  const told = ({ hasScope, hasRole }, of) => [hasScope.call(of, "write"), hasScope.call(of, "rite"), hasRole.call(of, "basic"), hasRole.call(of, "admin"), hasRole.call(of, "odd")];
  assert.deepEqual(told(session, session), [false, false, false, false, false]);
  server.on("/login", json(200, { token: "t1", refreshToken: "r1", data: { scopes: ["read", "write"] }, role: "editor" }));
  server.on("/renew", json(200, { token: "t2" }));
  await session.login(CREDENTIALS);
  await session.renew();
  assert.deepEqual(told(session, session), [true, false, true, false, false]);
  session.dispose();
  assert.deepEqual(told(session, session), [false, false, false, false, false]);
  const { session: again } = speaking(protocol, { storage, name: "hints" });
  await again.accessToken();
  assert.deepEqual(told(again, again), [true, false, true, false, false]);
  await again.adopt({ accessToken: jwt({ scope: "read write", role: "admin" }) });
  assert.deepEqual(told(again, again), [true, false, true, true, false]);
});

test("who signs in is known by what the login sent, where nothing else tells, and ended by that name", async () => {
  const { server, session } = speaking("flask-stateless-auth");
  const pair = (n) => json(201, { access_token: `a${n}`, refresh_token: `r${n}`, expiry: 3600 });
  server.on("/create_token", pair(1));
  server.on("/refresh_token", pair(2));
  server.on("/delete_token", json(201, { msg: "Success!" }));
  assert.equal((await session.login({ username: "omar" })).subject, "omar");
  await session.renew();
  assert.deepEqual(await session.logout(), { revoked: true });
  assert.deepEqual(server.seen.map(({ method, path, authorization, body }) => [method, path, authorization, body]), [
    ["POST", "/create_token", null, '{"username":"omar"}'],
    ["PUT", "/refresh_token", "Bearer r1", ""],
    ["DELETE", "/delete_token", null, '{"username":"omar"}'],
  ]);
});

test("a server that answers 200 to an expired token is understood where the protocol names it, and a stream is not held up", async () => {
  const expired = [{ status: 200, path: "errors.0.extensions.code", codes: "UNAUTHENTICATED" }];
  const { server, session } = speaking({ expired });
  await session.login(CREDENTIALS);
  server.on("/graphql", ({ authorization }) =>
    json(200, authorization === "Bearer t2" ? { data: { me: 1 } } : { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] })());
  const answer = await session.fetch("/graphql", { method: "POST", body: "{}" });
  assert.deepEqual(await answer.json(), { data: { me: 1 } });
  assert.deepEqual([server.count("/graphql"), server.count("/renew")], [2, 1]);

  // Nothing of its body ever comes.
  server.on("/events", () => new Response(new ReadableStream(), { headers: { "Content-Type": "text/event-stream" } }));
  assert.equal((await session.fetch("/events")).status, 200);
});
