// The recipes of docs/CONNECT.md do what they are there for: each configuration as it stands, on a server made for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../pkg/index.js";
import { makeClock } from "../backends/support/clock.mjs";
import { readGuide, sessionsIn } from "./support/guide.mjs";

const { guide } = await readGuide();
const json = (value, init) => Response.json(value, init);
const basic = (name, password) => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

/** The options in the recipe under this heading. */
function recipe(heading) {
  const [, section] = guide.split(`### ${heading}`);
  assert.ok(section, heading);
  return sessionsIn(section.split("\n##")[0])[0];
}

/** A session with the options of a recipe. `serve` answers `"METHOD /path"`; `asked` tells what it was asked. */
function open(t, heading, serve) {
  const clock = makeClock(t);
  const asked = [];
  const fetch = async (input, init) => {
    const request = new Request(input, init);
    const route = `${request.method} ${new URL(request.url).pathname}`;
    const note = { route, headers: request.headers, body: await request.clone().text(), credentials: request.credentials };
    asked.push(note);
    return serve[route]?.(note) ?? json({ error: "no such thing" }, { status: 404 });
  };
  // What `send` calls, too.
  t.mock.method(globalThis, "fetch", fetch);
  const options = heading ? new Function(`return ${recipe(heading)}`)() : { baseUrl: "https://api.example.com" };
  const session = new Session({ ...options, storage: "memory" });
  t.after(() => session.dispose());
  return { session, clock, asked, routes: () => asked.map(({ route }) => route) };
}

const ADA = { username: "ada", password: "pw" };

test("no refresh token: at its end the user is asked to sign in", async (t) => {
  const { session, clock, routes } = open(t, "No refresh token", { "POST /auth/login": () => json({ auth_token: "a1", expires_in: 60 }), "GET /me": () => json({}) });
  const reasons = [];
  session.on("loginRequired", ({ reason }) => reasons.push(reason));
  await session.login(ADA);
  assert.equal((await session.fetch("/me")).status, 200);
  await clock.advance(61);
  await assert.rejects(session.fetch("/me"), { code: "login_required", reason: "expired" });
  assert.deepEqual([reasons, routes()], [["expired"], ["POST /auth/login", "GET /me"]]);
});

test("sliding: a live token buys the next one", async (t) => {
  const { session, clock, asked } = open(t, "Sliding", {
    "POST /token": () => json({ token: "a1", expires_in: 60 }),
    "POST /token/extend": ({ headers, body }) => (headers.get("authorization") === "Bearer a1" && body === "" ? json({ token: "a2", expires_in: 60 }) : json({}, { status: 401 })),
    "GET /me": () => json({}),
  });
  await session.login(ADA);
  await clock.advance(40);
  await session.fetch("/me");
  assert.equal(asked.at(-1).headers.get("authorization"), "Bearer a2");
});

test("tokens in headers", async (t) => {
  const given = (access, refresh) => new Response(null, { status: 200, headers: { "x-auth-token": access, "x-refresh-token": refresh } });
  const { session, asked } = open(t, "Tokens in headers", {
    "POST /session": () => given("a1", "r1"),
    "PUT /session": ({ headers }) => (headers.get("x-refresh-token") === "r1" ? given("a2", "r2") : json({}, { status: 401 })),
    "GET /me": () => json({}),
  });
  await session.login(ADA);
  await session.renew();
  await session.fetch("/me");
  assert.deepEqual([asked.at(-1).headers.get("x-auth-token"), asked.at(-1).headers.get("authorization")], ["a2", null]);
});

test("HTTP Basic, without the browser's own prompt", async (t) => {
  const { session, asked } = open(t, "HTTP Basic", {
    "GET /api/token": ({ headers }) => (headers.get("authorization") === basic("ada", "pw") ? json({ token: "a1", duration: 600 }) : json({}, { status: 401 })),
    "GET /me": () => json({}),
  });
  await session.login(ADA);
  await session.fetch("/me");
  const { headers, credentials } = asked.at(-1);
  assert.deepEqual([headers.get("authorization"), credentials], [basic("a1", "x"), "omit"]);
  assert.deepEqual(await session.logout(), { revoked: false });
});

test("several calls to sign out, each with its token", async (t) => {
  const { session, asked } = open(t, "Several calls to sign out", {
    "POST /api/v1/login": () => json({ token: "a1", refreshToken: "r1", expiresIn: 60 }),
    "DELETE /logout": () => json({}),
  });
  await session.login(ADA);
  assert.deepEqual(await session.logout(), { revoked: true });
  assert.deepEqual(asked.slice(1).map(({ headers }) => headers.get("authorization")).sort(), ["Bearer a1", "Bearer r1"]);
});

test("a login that gives no access token: the first renewal follows at once", async (t) => {
  const { session, routes } = open(t, undefined, {
    "POST /api/v1/login": () => json({ refreshToken: "r1" }),
    "POST /api/v1/renew": () => json({ token: "a1", expiresIn: 60 }),
  });
  await session.login(ADA);
  assert.equal(await session.accessToken(), "a1");
  assert.deepEqual(routes(), ["POST /api/v1/login", "POST /api/v1/renew"]);
});

test("scopes and roles, from weak to strong", async (t) => {
  const claims = Buffer.from(JSON.stringify({ access_role: "admin" })).toString("base64url");
  const { session } = open(t, "Scopes and roles", { "POST /api/v1/login": () => json({ token: `e30.${claims}.x`, scope: "articles:read articles:write" }) });
  await session.login(ADA);
  assert.deepEqual([session.hasScope("articles:write"), session.hasScope("articles"), session.hasRole("basic"), session.hasRole("root")], [true, false, true, false]);
});

test("one-off tokens go where they belong, and nowhere else", async (t) => {
  const { session, asked } = open(t, "One-off tokens", { "POST /password/forgotten": () => json({}), "PUT /password": () => json({ error: "code_expired" }, { status: 410 }) });
  await session.call("forgot", { email: "ada@example.com" });
  await assert.rejects(session.call("reset", { code: "one-off", password: "new" }), { code: "call_refused", status: 410, reason: "code_expired" });
  const { headers, body } = asked.at(-1);
  assert.deepEqual([headers.get("authorization"), JSON.parse(body)], ["Bearer one-off", { password: "new" }]);
});

test("what data cannot say, `send` puts right", async (t) => {
  const { session } = open(t, "What data cannot say", {
    "POST /api/v1/login": () => json({ token: "a1", refreshToken: "r1", expiresIn: 60 }),
    "POST /api/v1/renew": () => json(null),
  });
  await session.login(ADA);
  await assert.rejects(session.renew(), { code: "login_required", reason: "refused" });
});
