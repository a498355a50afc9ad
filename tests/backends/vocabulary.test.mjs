// What the protocol can say of a backend that is nobody's: a home-grown one, worded differently each time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { house } from "./cards/house.mjs";
import { sign } from "./cards/jwt.mjs";
import { answer, html, json } from "./support/gate.mjs";
import { failure, open } from "./support/path.mjs";

const PATHS = { login: { path: "/in" }, renew: { path: "/again" }, logout: { path: "/out" }, idempotencyHeader: false };

/** A session that speaks `protocol` to a house that is worded to fit. */
const at = (t, protocol, words, more) =>
  open(
    t,
    {
      protocol: { ...PATHS, ...protocol },
      serve: (_, clock) => house(clock, words),
      credentials: { username: "ada", password: "pw" },
      call: ["/thing", {}, '"thing"'],
      renewal: ["/again", words?.lifetime ?? 300],
    },
    more,
  );

/** Logs in, calls, and calls again once the token has run out. */
async function goesRound(context) {
  const { signIn, call, expire, renewals } = context;
  await signIn();
  await call();
  await expire();
  await Promise.all([call(), call()]);
  assert.equal(renewals(), 1);
  return context;
}

const lifetimeOf = ({ session }) => {
  const { expiresAt, obtainedAt } = session.getSnapshot();
  return expiresAt === undefined ? undefined : Math.round((expiresAt - obtainedAt) / 1000);
};

for (const [title, unit, written] of [
  ["seconds", "s", ({ lifetime }) => lifetime],
  ["seconds as text", "s", ({ lifetime }) => String(lifetime)],
  ["seconds with a fraction", "s", ({ lifetime }) => lifetime + 0.25],
  ["milliseconds", "ms", ({ lifetime }) => lifetime * 1000],
  ["an ISO date", "date", ({ until }) => new Date(until * 1000).toISOString()],
  ["an HTTP date", "date", ({ until }) => new Date(until * 1000).toUTCString()],
  ["seconds since 1970", "epoch", ({ until }) => Math.round(until)],
  ["seconds since 1970 as text", "epoch", ({ until }) => until.toFixed(3)],
  ["milliseconds since 1970", "epoch-ms", ({ until }) => Math.round(until * 1000)],
]) {
  test(`a lifetime in ${title}`, async (t) => {
    const words = { tell: (tokens) => json(200, { token: tokens.access, refreshToken: tokens.refresh, life: written(tokens) }) };
    const context = await goesRound(await at(t, { answer: { expiresIn: "life", unit } }, words));
    assert.ok(Math.abs(lifetimeOf(context) - 300) <= 1, String(lifetimeOf(context)));
  });
}

test("an end that is told by a server whose clock is wrong, and says so in its Date", async (t) => {
  for (const off of [-7200, 7200]) {
    const tell = ({ access, refresh, until }) => json(200, { token: access, refreshToken: refresh, until: Math.round(until + off) }, { date: new Date((until - 300 + off) * 1000).toUTCString() });
    const context = await goesRound(await at(t, { answer: { expiresIn: "until", unit: "epoch" } }, { tell }));
    assert.ok(Math.abs(lifetimeOf(context) - 300) <= 2, String(lifetimeOf(context)));
    t.mock.restoreAll();
  }
});

for (const [title, claims, expected] of [
  ["exp and iat", (now) => ({ exp: now + 300, iat: now }), 300],
  ["exp and iat with fractions", (now) => ({ exp: now + 300.5, iat: now + 0.25 }), 300],
  ["exp and iat as text", (now) => ({ exp: String(now + 300), iat: String(now) }), 300],
  ["exp alone", (now) => ({ exp: now + 300 }), 300],
  ["neither", () => ({}), undefined],
]) {
  test(`a JWT with ${title}, and no lifetime in the answer`, async (t) => {
    const given = [];
    const context = await at(
      t,
      { answer: { expiresIn: [] } },
      {
        tell({ refresh, until }) {
          given.push(sign({ n: given.length, ...claims(Math.floor(until - 300)) }, "secret"));
          return json(200, { token: given.at(-1), refreshToken: refresh });
        },
        reads: ({ headers }) => (headers.authorization === `Bearer ${given.at(-1)}` ? `a${given.length}/+==` : ""),
      },
    );
    await goesRound(context);
    const lifetime = lifetimeOf(context);
    if (expected) assert.ok(Math.abs(lifetime - expected) <= 1, String(lifetime));
    else assert.equal(lifetime, undefined);
  });
}

for (const [title, protocol, words] of [
  ["nested in the answer", { answer: { accessToken: "data.tokens.0.value", refreshToken: ["nothing.here", "data.tokens.1.value"] } }, { tell: ({ access, refresh }) => json(201, { data: { tokens: [{ value: access }, { value: refresh }] } }) }],
  [
    "in headers of an answer without a body",
    { answer: { accessToken: "header:X-Access", refreshToken: "header:X-Refresh", expiresIn: "header:X-Life" } },
    { tell: ({ access, refresh, lifetime }) => answer(204, undefined, undefined, { "x-access": access, "x-refresh": refresh, "x-life": String(lifetime) }) },
  ],
]) {
  test(`tokens that are ${title}`, async (t) => void (await goesRound(await at(t, protocol, words))));
}

for (const [title, protocol, words] of [
  ["in a body field of another name", { renew: { path: "/again", sends: { field: "rt" }, fields: { mode: "json" } } }, { takes: ({ body }) => (JSON.parse(body).mode === "json" ? JSON.parse(body).rt : "") }],
  ["in a form", { renew: { path: "/again", body: "form", sends: { field: "refresh_token" } } }, { takes: ({ body, headers }) => (headers["content-type"].startsWith("application/x-www-form-urlencoded") ? new URLSearchParams(body).get("refresh_token") : "") }],
  ["in Authorization", { renew: { path: "/again", method: "GET", sends: { scheme: "Refresh" } } }, { takes: ({ headers }) => headers.authorization?.replace(/^Refresh /, "") }],
  ["in a header of its own", { renew: { path: "/again", method: "PUT", body: "none", sends: { header: "X-Refresh" } } }, { takes: ({ headers, body }) => body || headers["x-refresh"] }],
  ["in a header, after a scheme", { renew: { path: "/again", method: "DELETE", body: "none", sends: { header: "X-Refresh", scheme: "Token" } } }, { takes: ({ headers }) => headers["x-refresh"]?.replace(/^Token /, "") }],
  ["as the user name of Basic", { renew: { path: "/again", method: "GET", sends: { basic: "username" } } }, { takes: ({ headers }) => Buffer.from(headers.authorization.slice(6), "base64").toString().replace(/:x?$/, "") }],
  ["as the password of Basic", { renew: { path: "/again", method: "GET", sends: { basic: "password" } } }, { takes: ({ headers }) => Buffer.from(headers.authorization.slice(6), "base64").toString().replace(/^x?:/, "") }],
  ["beside a client of its own", { renew: { path: "/again", body: "form", sends: { field: "refreshToken" }, headers: { Authorization: "Basic c3BhOng=" }, query: { grant: "a b&c" } } }, { takes: ({ body, headers, query }) => headers.authorization === "Basic c3BhOng=" && query.get("grant") === "a b&c" && new URLSearchParams(body).get("refreshToken") }],
]) {
  test(`a refresh token that goes ${title}`, async (t) => {
    const { gate } = await goesRound(await at(t, protocol, words));
    for (const { target } of gate.at("/again")) assert.ok(!/r\d/.test(target.replace("/again", "").replace(/grant=[^&]*/, "")), target);
  });
}

for (const [title, attach, read] of [
  ["bare in Authorization", { scheme: "" }, ({ headers }) => headers.authorization],
  ["after another scheme", { scheme: "JWT" }, ({ headers }) => headers.authorization?.replace(/^JWT /, "")],
  ["in a header of its own", { header: "X-Token", scheme: "" }, ({ headers }) => headers["x-token"]],
  ["as the user name of Basic", { as: "basic" }, ({ headers }) => Buffer.from(headers.authorization.slice(6), "base64").toString().replace(/:x?$/, "")],
]) {
  test(`an access token that goes ${title}`, async (t) => void (await goesRound(await at(t, { attach }, { reads: read }))));
}

test("a login that gives no access token is followed by the first renewal", async (t) => {
  const tell = ({ access, refresh, lifetime }, { path }) => json(200, path === "/in" ? { refreshToken: refresh } : { token: access, refreshToken: refresh, expiresIn: lifetime });
  const { session, signIn, call, expire, renewals } = await at(t, {}, { tell });
  await signIn();
  await call();
  assert.equal(renewals(), 1);
  await expire();
  await call();
  assert.deepEqual([renewals(), session.status], [2, "signedIn"]);
});

test("a renewal that gives no refresh token keeps the old one", async (t) => {
  const tell = ({ access, refresh, lifetime }, { path }) => json(200, { token: access, ...(path === "/in" && { refreshToken: refresh }), expiresIn: lifetime });
  const { signIn, call, expire, renewals, gate } = await at(t, { rotation: "none" }, { tell, rotates: false });
  await signIn();
  for (let round = 1; round <= 3; round++) {
    await expire();
    await call();
    assert.equal(renewals(), round);
  }
  assert.deepEqual(new Set(gate.at("/again").map(({ body }) => JSON.parse(body).refreshToken)), new Set(["r1+/="]));
});

test("without a refresh token the end of the token asks for a login", async (t) => {
  const tell = ({ access, lifetime }) => json(200, { token: access, expiresIn: lifetime });
  const { session, asked, signIn, call, expire } = await at(t, {}, { tell });
  await signIn();
  await call();
  await expire();
  const { code, reason } = await failure(call());
  assert.deepEqual([code, reason, asked, session.status], ["login_required", "expired", ["expired"], "signedOut"]);
});

test("an opaque token without lifetime or refresh token is used until the API rejects it", async (t) => {
  const tell = ({ access }) => json(200, { token: access });
  const { session, asked, clock, signIn, call, fetch } = await at(t, {}, { tell, lifetime: 1000 });
  await signIn();
  await clock.advance(900);
  await call();
  await clock.advance(200);
  const outcome = await fetch().then(({ status }) => status, ({ code }) => code);
  assert.ok([401, "login_required"].includes(outcome), String(outcome));
  assert.deepEqual([session.status, asked.length], ["signedOut", 1]);
});

for (const [title, refused, refusal, alike] of [
  ["a code at a path", [{ status: 401, path: "errors.0.extensions.code", codes: ["INVALID_CREDENTIALS"] }], json(401, { errors: [{ extensions: { code: "INVALID_CREDENTIALS" } }] }), json(401, { errors: [{ extensions: { code: "OTHER" } }] })],
  ["a sentence that begins so", [{ status: 400, path: "error.message", begins: "Token expired" }], json(400, { error: { message: "Token expired 3 days ago" } }), json(400, { error: { message: "Not so: Token expired" } })],
  ["a page of a kind", [{ status: [401, 403], mediaType: "text/html" }], html(403), json(403, {})],
  ["a challenge", [{ status: 401, challenge: "invalid_token" }], answer(401, undefined, "", { "www-authenticate": 'Bearer error="invalid_token"' }), answer(401, undefined, "", { "www-authenticate": "Bearer" })],
  ["a success that holds null", [{ status: 200, path: "", codes: "null" }], json(200, null), json(200, [])],
  ["a number", [{ status: 200, path: "code", codes: "40102" }], json(200, { code: 40102 }), json(200, { code: 50000 })],
]) {
  test(`a refusal told by ${title}`, async (t) => {
    const { session, asked, clock, signIn, call, expire, instead } = await at(t, { refused });
    await signIn();
    await expire();
    const undo = instead(alike);
    assert.equal((await failure(call())).code, "protocol");
    assert.deepEqual([session.status, asked], ["signedIn", []]);
    undo();
    await clock.advance(600);
    await call();
    await expire();
    instead(refusal);
    assert.equal((await failure(call())).code, "login_required");
    assert.deepEqual([session.status, asked], ["signedOut", ["refused"]]);
  });
}

for (const [title, expired, rejection, other] of [
  ["a 403 with a code", [{ status: 403, codes: "token_expired" }], json(403, { code: "token_expired" }), json(403, { code: "forbidden" })],
  ["a 400 without a token", [{ status: 400, path: "message", begins: "No token" }], json(400, { message: "No token was given" }), json(400, { message: "No user was given" })],
  ["a challenge of a 401", [{ status: 401, challenge: "invalid_token" }], answer(401, undefined, "", { "www-authenticate": 'Bearer error="invalid_token"' }), answer(401, undefined, "", { "www-authenticate": 'Bearer error="invalid_request"' })],
  ["a 422 that is malformed", [{ status: 422, path: "msg" }], json(422, { msg: "Not enough segments" }), json(422, { errors: ["name"] })],
]) {
  test(`an expired token told by ${title}`, async (t) => {
    const { session, gate, signIn, call, fetch, renewals } = await at(t, { expired });
    await signIn();
    const undo = gate.instead("/thing", other);
    const untouched = await fetch();
    assert.deepEqual([untouched.status, await untouched.text(), renewals()], [other.status, String(other.body ?? ""), 0]);
    undo();
    gate.instead("/thing", rejection, 1);
    await call();
    assert.deepEqual([renewals(), session.status], [1, "signedIn"]);
  });
}

test("a success that is none: a login that fails with 200 or 202", async (t) => {
  const protocol = { login: { path: "/in", fails: [{ path: "status", codes: ["fail", "error"] }] } };
  const { session, gate, signIn } = await at(t, protocol);
  for (const given of [json(200, { status: "fail", message: "No such user" }), json(202, { status: "error", token: "looks like one" })]) {
    gate.instead("/in", given, 1);
    const error = await failure(session.login({ username: "ada", password: "pw" }));
    assert.deepEqual([error.code, error.status, session.status], ["login_refused", given.status, "signedOut"]);
  }
  await signIn();
  assert.equal(session.status, "signedIn");
});

test("a wrong password that reads like an expired session, and a login that is none of the server's business", async (t) => {
  const protocol = { login: { path: "/in", refused: [{ status: 200, path: "ok", codes: "false" }, { status: 401 }] }, refused: [{ status: 401 }] };
  const { session, asked, gate } = await at(t, protocol);
  const outcome = async (given) => {
    gate.instead("/in", given, 1);
    return (await failure(session.login({ username: "ada", password: "pw" }))).code;
  };
  assert.equal(await outcome(json(401, { message: "Unauthorized" })), "login_refused");
  assert.equal(await outcome(json(200, { ok: false })), "login_refused");
  assert.equal(await outcome(html(404)), "protocol");
  assert.equal(await outcome(html(200)), "protocol");
  assert.equal(await outcome(html(503)), "server");
  assert.equal(await outcome("cut"), "network");
  assert.deepEqual([session.status, asked], ["signedOut", []]);
});

test("several logout calls, one for each token", async (t) => {
  const logout = [
    { path: "/out", token: "access" },
    { path: "/out-all", method: "DELETE", body: "json", token: "refresh", sends: { field: "token" }, fields: { all: "yes" } },
  ];
  const { session, gate, signIn } = await at(t, { logout });
  await signIn();
  assert.deepEqual(await session.logout(), { revoked: true });
  const [one, all] = [gate.at("/out")[0], gate.at("/out-all")[0]];
  assert.deepEqual([one.method, one.headers.authorization, one.body], ["POST", "Bearer a1/+==", ""]);
  assert.deepEqual([all.method, all.headers.authorization, JSON.parse(all.body)], ["DELETE", undefined, { token: "r1+/=", all: "yes" }]);

  await signIn();
  gate.instead("/out-all", html(500));
  assert.deepEqual(await session.logout(), { revoked: false });
  assert.deepEqual([gate.count("/out"), gate.count("/out-all"), session.status], [2, 2, "signedOut"]);
});

test("an answer of another shape says what was expected and what came, without a token, and keeps the session", async (t) => {
  const { session, asked, signIn, call, expire, instead } = await at(t, {});
  await signIn();
  await expire();
  instead(json(200, { access: "very-secret-token", refresh_token: "another-secret", nested: { deep: [1] } }));
  const error = await failure(call());
  assert.deepEqual([error.code, error.status, session.status, asked], ["protocol", 200, "signedIn", []]);
  assert.match(error.message, /token/);
  assert.match(error.message, /access/);
  const told = JSON.stringify([error.message, error, session.explain()]);
  for (const secret of ["very-secret-token", "another-secret", "a1/+==", "r1+/="]) assert.ok(!told.includes(secret), told);
});

test("the server says when to ask again in three ways, and is not asked before", async (t) => {
  const { session, clock, signIn, call, expire, instead, renewals } = await at(t, {});
  await signIn();
  let asked = 0;
  for (const headers of [{ "retry-after": "20" }, { "x-retry-after": "20" }, { "x-ratelimit-reset": () => String(Math.ceil(clock.seconds()) + 20) }]) {
    await expire();
    const told = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === "function" ? value() : value]));
    const undo = instead(json(429, {}, told));
    const error = await failure(call());
    asked += 1;
    assert.equal(error.code, "server");
    assert.ok(error.retryAfter > 10_000 && error.retryAfter <= 21_000, String(error.retryAfter));
    undo();
    await failure(call());
    assert.equal(renewals(), asked);
    await clock.advance(22);
    await call();
    asked += 1;
    assert.equal(renewals(), asked);
    assert.equal(session.status, "signedIn");
  }
});

test("further endpoints take the token, a token of their own, or none", async (t) => {
  const endpoints = {
    open: { path: "/open" },
    mine: { path: "/thing", method: "GET", token: "access" },
    verify: { path: "/verify", method: "PUT", body: "form", token: { from: "code", sends: { field: "k" } } },
    ticket: { path: "/ticket", body: "none", token: "access", fails: [{ path: "ok", codes: "false" }] },
  };
  const { session, asked, gate, signIn, expire, renewals } = await at(t, { endpoints });
  gate.instead("/open", answer(201, "text/plain", "made"));
  assert.equal(await session.call("open", { a: 1 }), "made");
  assert.deepEqual([gate.at("/open")[0].headers.authorization, gate.at("/open")[0].body], [undefined, '{"a":1}']);
  assert.equal((await failure(session.call("mine"))).code, "login_required");
  assert.equal(gate.count("/thing"), 0);

  await signIn();
  await expire();
  assert.deepEqual(await session.call("mine"), { thing: 2 });
  assert.equal(renewals(), 1);
  gate.instead("/verify", json(200, { verified: true }), 1);
  assert.deepEqual(await session.call("verify", { code: "a+b/c=", name: "ada" }), { verified: true });
  const [{ method, body, target, headers }] = gate.at("/verify");
  assert.deepEqual([method, Object.fromEntries(new URLSearchParams(body)), target, headers.authorization], ["PUT", { k: "a+b/c=", name: "ada" }, "/verify", undefined]);

  gate.instead("/ticket", json(200, { ok: true, ticket: "t" }), 1);
  assert.equal((await session.call("ticket")).ticket, "t");
  gate.instead("/ticket", json(200, { ok: false }), 1);
  const failed = await failure(session.call("ticket"));
  assert.deepEqual([failed.code, failed.status], ["call_refused", 200]);
  gate.instead("/ticket", json(409, { code: "taken" }), 1);
  const refused = await failure(session.call("ticket"));
  assert.deepEqual([refused.code, refused.status, refused.reason], ["call_refused", 409, "taken"]);
  gate.instead("/ticket", json(503, {}, { "retry-after": "7" }), 1);
  const busy = await failure(session.call("ticket"));
  assert.deepEqual([busy.code, busy.retryAfter, busy.retryable], ["server", 7000, true]);
  gate.instead("/ticket", html(200), 1);
  assert.equal((await failure(session.call("ticket"))).code, "protocol");
  assert.deepEqual([session.status, asked.length <= 1, session.getSnapshot().generation], ["signedIn", true, 2]);
});

test("roles and scopes from the answer, and from claims of other names", async (t) => {
  const answered = { token: "opaque", refreshToken: "r", expiresIn: 300, grants: "read write", user: { groups: ["editor", "tester"] } };
  const { session } = await at(t, { answer: { scopes: "grants", roles: "user.groups" } }, { tell: () => json(200, answered) });
  assert.deepEqual([session.hasScope("read"), session.hasRole("editor")], [false, false]);
  await session.login({ username: "ada", password: "pw" });
  assert.deepEqual(["read", "write", "rea", ""].map((name) => session.hasScope(name)), [true, true, false, false]);
  assert.deepEqual(["editor", "tester", "admin"].map((name) => session.hasRole(name)), [true, true, false]);
  t.mock.restoreAll();

  const token = sign({ permissions: ["read", "a b"], level: "editor" }, "secret");
  const protocol = { claims: { scopes: "permissions", role: "level" }, roles: ["reader", "editor", "admin"] };
  const other = await at(t, protocol, { tell: () => json(200, { token, refreshToken: "r", expiresIn: 300 }) });
  await other.session.login({ username: "ada", password: "pw" });
  assert.deepEqual(["reader", "editor", "admin", "other"].map((name) => other.session.hasRole(name)), [true, true, false, false]);
  assert.deepEqual(["read", "write"].map((name) => other.session.hasScope(name)), [true, false]);
});

test("a function may speak for the session, and make up the answer", async (t) => {
  const said = [];
  const send = async (request, operation) => {
    said.push([operation, request.method, new URL(request.url).pathname, request.credentials]);
    if (operation === "renew") return fetch(request);
    return Response.json({ token: "a1/+==", refreshToken: "r1+/=", expiresIn: 300 });
  };
  const { session, gate, signIn, call, expire, renewals } = await at(t, { send, credentials: "include" }, { tell: ({ access, refresh }) => json(200, { token: access, refreshToken: refresh, expiresIn: 300 }) });
  await fetch(`${gate.url}/in`);
  await signIn();
  await call();
  await expire();
  await call();
  assert.equal(renewals(), 1);
  await session.logout();
  assert.deepEqual(said.map(([operation]) => operation), ["login", "renew", "logout"]);
  assert.deepEqual(said[1].slice(1), ["POST", "/again", "include"]);
});

for (const [protocol, ...says] of [
  ["simple-jwt", /simplejwt/],
  [{ preset: "oauth" }, /protocol\.preset/, /oauth2/],
  [{ logn: { path: "/in" } }, /protocol\.logn/, /login/],
  [{ renew: { path: "/again", send: { field: "x" } } }, /protocol\.renew\.send\b/, /sends/],
  [{ renew: { path: "/again", body: "none", sends: { field: "x" } } }, /protocol\.renew/],
  [{ answer: { unit: "sec" } }, /protocol\.answer\.unit/, /"s"/],
  [{ refused: [{ status: "401" }] }, /protocol\.refused\[0\]\.status/],
  [{ refused: [{ code: "x" }] }, /protocol\.refused\[0\]\.code\b/, /codes/],
  [{ endpoints: { verify: { path: "/v", token: { from: "code" } } } }, /protocol\.endpoints\.verify\.token/],
  [{ attach: { as: "bearer" } }, /protocol\.attach\.as/],
  [{ credentials: "none" }, /protocol\.credentials/],
]) {
  test(`a protocol that cannot be spoken is refused at once: ${JSON.stringify(protocol)}`, async (t) => {
    const error = await open(t, { protocol, serve: (_, clock) => house(clock), call: ["/", {}, ""], renewal: ["/", 1] }).then(assert.fail, (error) => error);
    assert.equal(error.code, "invalid_config");
    for (const expected of says) assert.match(error.message, expected);
  });
}
