// From what was seen to words and configuration: tables.
import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, describe, isMissing, matchOf } from "../../pkg/bin/probe/answer.js";
import { listOf, merge, shown } from "../../pkg/bin/probe/configuration.js";
import { judgeCall, judgeChallenge, judgeSpoilt } from "../../pkg/bin/probe/findings/call.js";
import { judgeCors, judgeEndpoint, unsafeHeaders } from "../../pkg/bin/probe/findings/cors.js";
import { judgeCaching, judgeClock } from "../../pkg/bin/probe/findings/headers.js";
import { judgeLogin, judgeMapping } from "../../pkg/bin/probe/findings/login.js";
import { judgeAfterLogout, judgeLateLogout, judgeLogout } from "../../pkg/bin/probe/findings/logout.js";
import { judgeRefusal, judgeWrongPassword } from "../../pkg/bin/probe/findings/refusal.js";
import { judgeGrace, judgeLost, judgeReuse, rotationOf } from "../../pkg/bin/probe/findings/replay.js";
import { describeTokens, span } from "../../pkg/bin/probe/findings/tokens.js";
import { literal } from "../../pkg/bin/probe/literal.js";
import { guessAnswer } from "../../pkg/bin/probe/mapping.js";
import { garble } from "../../pkg/bin/probe/record.js";
import { Secrets } from "../../pkg/bin/probe/secrets.js";
import { isJwt, outline, whereIs } from "../../pkg/bin/probe/shape.js";

const secrets = new Secrets();
const OPAQUE = "q7Zk2vX9pL4mN8rT1wY6";
const OTHER = "H3jK8sD2fG5aQ9zX7cV1";
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims) => `${encode({ alg: "HS256" })}.${encode(claims)}.c2lnbmF0dXJl`;
const JWT = jwt({ iat: 1000, exp: 1900, sub: "7" });

/** An exchange as the wire notes it. */
const seen = (status, json, more = {}) => ({ method: "POST", path: "/login", url: "http://api.example/login", sent: { "content-type": "application/json" }, status, headers: {}, type: "application/json", json, ...more });
const html = (status, headers = {}) => seen(status, undefined, { type: "text/html", headers });
const marks = (findings) => findings.map(({ mark, put }) => [mark, ...(put ? [put] : [])]);
const works = (findings) => findings.every(({ mark }) => mark !== "✖");

test("tokens and lifetimes are found in the answers that servers give", () => {
  for (const [answer, expected] of [
    [{ access_token: OPAQUE, refresh_token: OTHER, expires_in: 900, token_type: "Bearer" }, { accessToken: "access_token", refreshToken: "refresh_token", expiresIn: "expires_in" }],
    [{ access: JWT, refresh: jwt({ exp: 1 }) }, { accessToken: "access", refreshToken: "refresh" }],
    [{ auth_token: JWT, message: "Successfully logged in.", status: "success" }, { accessToken: "auth_token" }],
    [{ access_token: OPAQUE, expiry: 3600, refresh_token: OTHER }, { accessToken: "access_token", refreshToken: "refresh_token", expiresIn: "expiry" }],
    [{ duration: 600, token: JWT }, { accessToken: "token", expiresIn: "duration" }],
    [{ data: { tokens: { access: { token: OPAQUE, expires: "2026-11-22T20:00:00Z" }, refresh: { token: OTHER, expires: "2026-12-22T20:00:00Z" } } } }, { accessToken: "data.tokens.access.token", refreshToken: "data.tokens.refresh.token", expiresIn: "data.tokens.access.expires", refreshExpiresIn: "data.tokens.refresh.expires", unit: "date" }],
    [{ jwt: JWT, ttl: 900_000 }, { accessToken: "jwt", expiresIn: "ttl", unit: "ms" }],
    [{ token: OPAQUE, expiresAt: 1_795_000_000 }, { accessToken: "token", expiresIn: "expiresAt", unit: "epoch" }],
    [{ token: OPAQUE, expiresAt: 1_795_000_000_000 }, { accessToken: "token", expiresIn: "expiresAt", unit: "epoch-ms" }],
    [{ result: [{ session: JWT }] }, { accessToken: "result.0.session" }],
    [{ key: OPAQUE }, { accessToken: "key" }],
    [{ message: "Welcome back, what a pleasure" }, {}],
    [{ token: null, token_type: "bearer" }, {}],
  ]) {
    const { subject, ...guess } = guessAnswer({ json: answer });
    assert.deepEqual(guess, expected, JSON.stringify(answer));
  }
  assert.equal(guessAnswer({ json: { token: JWT, user: { user_id: 7 } } }).subject, "user.user_id");
  assert.deepEqual(guessAnswer({ text: JWT }), { accessToken: "" });
  assert.deepEqual(guessAnswer({ text: "Hello!" }), {});
  assert.equal(guessAnswer({ json: {}, headers: { "x-auth-token": OPAQUE } }).accessToken, "header:x-auth-token");
  assert.equal(guessAnswer({ json: {}, headers: { authorization: `Bearer ${JWT}` } }).accessToken, "header:authorization");
});

test("an answer is outlined without anything that is in it", () => {
  const json = { auth_token: JWT, nested: { id: 7, [OPAQUE + "=="]: true }, list: [OTHER], note: "my secret", gone: null };
  const text = outline(json);
  assert.equal(text, "auth_token (a JWT), note (a text), gone (null), nested.id (a number), nested.… (true), list.0 (a word of 20 characters)");
  assert.equal(outline(undefined), "no JSON");
  assert.equal(outline({}), "an empty object");
});

test("where a token stands is told by its path, or by the header's name", () => {
  assert.equal(whereIs(OPAQUE, { json: { a: { b: [OTHER, OPAQUE] } } }), "a.b.1");
  assert.equal(whereIs(OPAQUE, { json: {}, headers: { "x-token": OPAQUE } }), "header:x-token");
  assert.equal(whereIs(OPAQUE, { json: {} }), undefined);
});

test("the code of an error is found where servers put it, and becomes a match", () => {
  for (const [answer, path, match] of [
    [seen(401, { code: "token_expired" }), "code", { status: 401, codes: ["token_expired"] }],
    [seen(400, { error: "invalid_grant", error_description: "…" }), "error", { status: 400, codes: ["invalid_grant"] }],
    [seen(401, { msg: "Token has expired" }), "msg", { status: 401, path: "msg", codes: ["Token has expired"] }],
    [seen(401, { message: "token-invalid", status: "error" }), "message", { status: 401, path: "message", codes: ["token-invalid"] }],
    [seen(401, { error: { message: "Nope", code: "E7" } }), "error.code", { status: 401, path: "error.code", codes: ["E7"] }],
    [seen(401, { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] }), "errors.0.extensions.code", { status: 401, path: "errors.0.extensions.code", codes: ["UNAUTHENTICATED"] }],
    [seen(401, { _errors: ["The provided token was invalid."] }), "_errors.0", { status: 401, path: "_errors.0", codes: ["The provided token was invalid."] }],
    [html(401), undefined, { status: 401, mediaType: "text/html" }],
    [seen(401, { error: `no such token ${JWT}, sorry` }), "error", { status: 401, begins: ["no such token "] }],
  ]) {
    assert.equal(codeOf(answer)?.path, path);
    assert.deepEqual(matchOf(answer, secrets), match);
  }
});

test("a login is judged by its answer", () => {
  const record = { access: OPAQUE };
  for (const [given, mark, put, need] of [
    [{ answer: seen(200, { token: OPAQUE }), record }, "✔"],
    [{ error: new Error("login.pat: did you mean path?") }, "✖"],
    [{ answer: { ...seen(), status: undefined, failure: "ECONNREFUSED" } }, "✖"],
    [{ answer: seen(200, { auth_token: JWT }) }, "✖", { answer: { accessToken: "auth_token" } }],
    [{ answer: html(301, { location: "/login/" }) }, "✖", { login: { path: "/login/" } }],
    [{ answer: html(302, { location: "/elsewhere" }) }, "✖"],
    [{ answer: html(404) }, "✖", undefined, "search"],
    [{ answer: html(405) }, "✖", undefined, "search"],
    [{ answer: html(200) }, "✖", undefined, "search"],
    [{ answer: seen(404, { message: "User does not exist." }) }, "✖"],
    [{ answer: seen(415, {}) }, "✖", undefined, "form"],
    [{ answer: seen(401, { code: "invalid_credentials" }) }, "✖", undefined, "form"],
    [{ answer: seen(429, {}, { headers: { "retry-after": "30" } }) }, "✖"],
    [{ answer: seen(202, { status: "fail" }) }, "✖", { login: { fails: [{ status: 202, path: "status", codes: ["fail"] }] } }],
  ]) {
    const { findings, need: needed } = judgeLogin({ secrets, ...given });
    assert.deepEqual([marks(findings), needed], [[[mark, ...(put ? [put] : [])]], need], JSON.stringify(given.answer));
  }
  assert.match(judgeLogin({ secrets, answer: seen(429, {}, { headers: { "retry-after": "30" } }) }).findings[0].why, /Retry-After: 30/);
});

test("a refresh token or a lifetime that the session overlooked is pointed out", () => {
  const answer = seen(200, { token: OPAQUE, renewal_refresh: OTHER, expiry: 60 });
  assert.deepEqual(marks(judgeMapping({ answer, record: { access: OPAQUE } })), [
    ["✖", { answer: { refreshToken: "renewal_refresh" } }],
    ["✖", { answer: { expiresIn: "expiry" } }],
  ]);
  assert.deepEqual(judgeMapping({ answer, record: { access: OPAQUE, refresh: OTHER, lifetime: 60_000 } }), []);
});

test("tokens are described by make, life and where that comes from", () => {
  const says = (given) => describeTokens(given).map(({ mark, says }) => `${mark} ${says}`);
  assert.deepEqual(says({ answer: seen(200, { token: JWT, expiresIn: 900 }), record: { access: JWT, lifetime: 900_000, subject: "7" } }), [
    "✔ a JWT at `token`",
    "✔ 15 min, from `expiresIn`",
    "? none",
  ]);
  assert.deepEqual(says({ answer: seen(200, { token: OPAQUE }), record: { access: OPAQUE, refresh: OTHER, refreshLifetime: 86_400_000 * 3, subject: "7" } }), [
    "✔ opaque, 20 characters at `token`",
    "? unknown",
    "✔ opaque, 20 characters, lives 3 days unless it is used",
  ]);
  assert.match(says({ answer: seen(200, { token: JWT, ttl: 900 }), record: { access: JWT, lifetime: 900, subject: "7" } })[1], /^\? 1 s, from `ttl`; but the token says 15 min/);
  const at = Date.parse("2026-11-22T20:00:00Z");
  for (const ends of ["2026-11-22T20:15:00Z", at / 1000 + 900, at + 900_000]) {
    const answer = seen(200, { token: OPAQUE, expires: ends }, { at });
    assert.equal(says({ answer, record: { access: OPAQUE, lifetime: 899_950, subject: "7" } })[1], "✔ 15 min, from `expires`");
  }
  const user = (json, named) => describeTokens({ answer: seen(200, json), record: { access: OPAQUE }, named }).at(-1).put;
  assert.deepEqual(user({ token: OPAQUE, user: { id: 7 } }, "email"), { answer: { subject: "user.id" } });
  assert.deepEqual(user({ token: OPAQUE }, "email"), { answer: { subject: "sent:email" } });
  assert.equal(user({ token: OPAQUE }), undefined);
  assert.equal(span(90 * 60_000), "90 min");
});

test("calls are judged by what comes with a token, and without", () => {
  const [get, post] = [{ method: "GET", path: "/me" }, { method: "POST" }];
  assert.equal(works(judgeCall({ anonymous: seen(401, {}), tokened: seen(200, {}, get), secrets })), true);
  assert.match(judgeCall({ anonymous: seen(200, {}), tokened: seen(200, {}, get), secrets })[0].why, /proves nothing/);
  assert.deepEqual(marks(judgeCall({ anonymous: seen(401, {}), tokened: seen(401, {}, get), secrets }))[0], ["✖"]);
  assert.deepEqual(marks(judgeCall({ anonymous: seen(404, {}), tokened: seen(404, {}, get), secrets }))[0], ["?"]);
  const isResource = ({ path }) => path === "/me";
  const judged = (...seen) => marks(judgeSpoilt({ seen, isResource, secrets }));
  assert.deepEqual(judged(seen(401, {}, get), seen(200, {}, post), seen(200, {}, get)), [["✔"]]);
  const put = { expired: [{ status: 401 }, { status: 422, path: "msg", codes: ["Bad token"] }] };
  for (const [topic, mark] of [["wrong token", "?"], ["expired token", "✖"]]) {
    const judged = judgeSpoilt({ topic, seen: [seen(422, { msg: "Bad token" }, get)], isResource, known: [{ status: 401 }], secrets });
    assert.deepEqual(marks(judged), [[mark, put]]);
  }
  assert.deepEqual(judged(seen(200, {}, get)), [["?"]]);
  assert.deepEqual(judged(seen(401, {}, get), seen(200, {}, post), seen(401, {}, get)), [["✖"]]);
});

test("a Basic challenge is a danger unless requests go without credentials", () => {
  const basic = html(401, { "www-authenticate": 'Basic realm="x"' });
  assert.deepEqual(marks(judgeChallenge([{ ...basic, credentials: "same-origin" }])), [["✖", { credentials: "omit" }]]);
  assert.deepEqual(marks(judgeChallenge([{ ...basic, credentials: "omit" }])), [["✔"]]);
  assert.deepEqual(judgeChallenge([html(401, { "www-authenticate": 'Bearer realm="Basic"' })]), []);
});

test("a refusal that the session does not take for one is what ends no session", () => {
  const answer = seen(401, { message: "token-invalid" });
  const judged = (given) => marks(judgeRefusal({ what: "x", secrets, ...given }));
  assert.deepEqual(judged({ answer, error: { code: "login_required" } }), [["✔"]]);
  assert.deepEqual(judged({ answer, error: { code: "protocol" }, known: [{ status: 400 }] }), [["✖", { refused: [{ status: 400 }, { status: 401, path: "message", codes: ["token-invalid"] }] }]]);
  assert.deepEqual(judged({ answer: html(500), error: { code: "server" } }), [["?"]]);
  assert.deepEqual(judged({ answer: seen(200, {}) }), [["✖"]]);
  const wrong = (answer, code) => marks(judgeWrongPassword({ answer, error: code && { code }, secrets }));
  assert.deepEqual(wrong(seen(404, { message: "no" }), "login_refused"), [["✔"]]);
  assert.deepEqual(wrong(seen(200, { status: "fail" }), "protocol"), [["✖", { login: { fails: [{ status: 200, path: "status", codes: ["fail"] }] } }]]);
  assert.deepEqual(wrong(seen(200, {})), [["✖"]]);
});

test("what a server does with an old token tells how it rotates", () => {
  for (const [facts, expected] of [
    [{ rotates: false }, "none"],
    [{ rotates: true, lost: "same", reuse: "refused" }, "grace"],
    [{ rotates: true, lost: "other" }, "grace"],
    [{ rotates: true, lost: "refused", reuse: "refused" }, "strict"],
    [{ rotates: true, reuse: "unrecognised" }, "strict"],
    [{ rotates: true, lost: "unclear", reuse: "unclear" }, "unknown"],
  ]) {
    assert.equal(rotationOf(facts), expected, JSON.stringify(facts));
  }
  const answer = seen(401, { code: "gone" });
  assert.deepEqual(["same", "other", "refused", "unclear"].flatMap((outcome) => marks(judgeLost({ outcome, keyed: true, answer, secrets }))), [["✔"], ["✔"], ["?"], ["?"]]);
  assert.deepEqual(marks(judgeReuse({ outcome: "refused", answer, family: false, secrets })), [["✔"], ["✔"]]);
  assert.deepEqual(marks(judgeReuse({ outcome: "refused", answer, family: true, secrets })), [["✔"], ["?"]]);
  assert.match(judgeGrace({ until: 5, from: 15 })[0].says, /for 5 s, and no longer after 15 s/);
  assert.deepEqual(marks(judgeGrace({ until: 60 })), [["?"]]);
});

test("a logout is judged by what it ends", () => {
  const judged = (seen, revoked) => marks(judgeLogout({ seen, revoked, secrets }));
  assert.deepEqual(judged([seen(204)], true), [["✔"]]);
  assert.deepEqual(judged([html(404)], false), [["✖", { logout: false }]]);
  assert.deepEqual(judged([seen(401, {})], false), [["✖"]]);
  assert.deepEqual(judged([], false), [["?"]]);
  assert.deepEqual(marks(judgeAfterLogout({ access: seen(200, {}), refresh: { granted: true }, secrets })), [["?"], ["✖"]]);
  assert.deepEqual(marks(judgeAfterLogout({ access: seen(401, {}), refresh: { answer: seen(401, {}) }, secrets })), [["✔"], ["✔"]]);
  assert.deepEqual(marks(judgeLateLogout({ seen: [seen(401, {})], revoked: false, secrets })), [["✖", { logout: { live: true } }]]);
  assert.deepEqual(marks(judgeLateLogout({ seen: [seen(200, {}), seen(204)], revoked: true, secrets })), [["✔"]]);
});

test("CORS is judged as a browser does", () => {
  const origin = "http://localhost:5173";
  const allow = (headers, rest = {}) => ({ status: 204, headers: { "access-control-allow-origin": origin, "access-control-allow-headers": headers, ...rest } });
  const names = ["authorization", "content-type"];
  const about = (given) => judgeEndpoint({ method: "POST", names, origin, ...given }).map(({ about }) => about);
  assert.deepEqual(about({ preflight: allow("Authorization, Content-Type"), actual: { "access-control-allow-origin": "*" } }), []);
  assert.deepEqual(about({ preflight: allow("*") }), ["headers"]);
  assert.deepEqual(about({ preflight: allow("authorization, *") }), []);
  assert.deepEqual(about({ preflight: { status: 405, headers: {} } }), ["preflight"]);
  assert.deepEqual(about({ preflight: { status: 200, headers: {} } }), ["origin"]);
  assert.deepEqual(about({ preflight: allow("authorization, content-type"), actual: {} }), ["origin"]);
  assert.deepEqual(about({ method: "PUT", preflight: allow("authorization, content-type") }), ["method"]);
  assert.deepEqual(about({ method: "PUT", preflight: allow("authorization, content-type", { "access-control-allow-methods": "GET, PUT" }) }), []);
  assert.deepEqual(unsafeHeaders({ accept: "x", "content-type": "application/json", authorization: "x", "idempotency-key": "x" }), ["content-type", "authorization", "idempotency-key"]);
  assert.deepEqual(unsafeHeaders({ "content-type": "application/x-www-form-urlencoded;charset=UTF-8" }), []);

  const key = { how: "POST /renew", complaints: [{ about: "headers", names: ["idempotency-key"], text: "" }] };
  assert.deepEqual(marks(judgeCors({ origin, asked: true, endpoints: [key], key: "Idempotency-Key" })), [["✖", { idempotencyHeader: false }]]);
  assert.deepEqual(marks(judgeCors({ origin, asked: false, endpoints: [key], key: "Idempotency-Key" })), [["?"]]);
  const fine = { how: "POST /renew", complaints: [], actual: { "access-control-expose-headers": "Date" } };
  assert.match(judgeCors({ origin, asked: true, endpoints: [fine] })[1].says, /cannot read Retry-After, WWW-Authenticate$/);
});

test("caches and clocks are looked at", () => {
  assert.deepEqual(marks(judgeCaching([seen(200, {}, { headers: { "cache-control": "private, no-store" } })])), [["✔"]]);
  assert.deepEqual(marks(judgeCaching([seen(200, {})])), [["?"]]);
  const at = Date.parse("2026-11-22T20:00:00Z");
  const dated = (date) => judgeClock([seen(200, {}, { at, headers: { date } })])[0];
  assert.equal(dated("Sun, 22 Nov 2026 20:00:04 GMT").mark, "✔");
  assert.match(dated("Sun, 22 Nov 2026 19:50:00 GMT").says, /10 min behind/);
  assert.match(judgeClock([seen(200, {})])[0].says, /no `Date`/);
});

test("a configuration is merged member by member, and shown without its secrets", () => {
  const given = { login: { path: "/in", body: "form" }, renew: { sends: { field: "a" } }, refused: [{ status: 1 }], logout: false };
  const put = { login: { path: "/on" }, renew: { sends: { scheme: "Bearer" } }, refused: [{ status: 2 }], logout: { path: "/out" } };
  assert.deepEqual(merge(given, put), { login: { path: "/on", body: "form" }, renew: { sends: { scheme: "Bearer" } }, refused: [{ status: 2 }], logout: { path: "/out" } });
  assert.deepEqual(listOf({ expired: { status: 403 } }, "expired"), [{ status: 403 }]);
  assert.deepEqual(listOf({}, "expired"), [{ status: 401 }]);
  assert.deepEqual(listOf({}, "refused"), []);
  assert.equal(listOf({ preset: "simplejwt" }, "refused").some(({ codes }) => codes.includes("token_not_valid")), true);
  assert.equal(shown({ preset: "twopi" }, secrets), "twopi");
  const full = { renew: { fields: { client_id: "web", client_secret: "x", grant_type: "refresh_token" }, headers: { Authorization: "Basic eA==" } }, send: () => {} };
  assert.deepEqual(shown(full, secrets), { renew: { fields: { client_id: "web", client_secret: "…", grant_type: "refresh_token" }, headers: { Authorization: "…" } }, send: "(a function of yours)" });
});

test("a configuration is written as in a source, and reads back as it was", () => {
  const short = { path: "/in", "x-y": [1, { a: null }], none: {} };
  assert.equal(literal(short), '{ path: "/in", "x-y": [1, { a: null }], none: {} }');
  const long = { login: { path: "/a/long/path".repeat(5), fields: { a: 'quo"te {' } }, refused: [{ status: 401, codes: ["one", "two"] }, { status: 403 }] };
  assert.match(literal(long, "  "), /^\{\n {4}login: \{\n {6}path: [^]*\},\n {4}refused: \[/);
  for (const value of [short, long]) assert.deepEqual(new Function(`return ${literal(value, "  ")}`)(), value);
});

test("what a server says is shown without secrets, known or likely", () => {
  const known = new Secrets();
  known.learnCredentials({ username: "ada", password: "test", user_password: "hopper", deep: { otp: "123456" } });
  known.learn("opaque-token-without-digits");
  for (const [text, expected] of [
    ["a test of latest tests", "a … of latest tests"],
    ["ada and hopper used 123456", "ada and … used …"],
    ["no opaque-token-without-digits!", "no …!"],
    [`bad ${JWT}.`, "bad …."],
    [`unknown ${OPAQUE}${OTHER} here`, "unknown … here"],
    ["refresh_token_unknown_or_expired", "refresh_token_unknown_or_expired"],
    ["two\nlines\u001b[31m", "two lines [31m"],
  ]) {
    assert.equal(known.hide(text), expected);
  }
  assert.equal(describe(seen(401, { error: `token ${OPAQUE}${OTHER}` }), secrets), '401 application/json, error "token …"');
  assert.equal(describe({ failure: "ECONNREFUSED" }, secrets), "no answer (ECONNREFUSED)");
});

test("a garbled token is of the same make, and another one", () => {
  for (const token of [JWT, OPAQUE, "0123456789abcdef0123", "a+b/c==aaaaaaaa"]) {
    assert.notEqual(garble(token), token);
    assert.equal(garble(token).length, token.length);
    assert.equal(isJwt(garble(token)), isJwt(token));
  }
  assert.match(garble("0123456789abcdef0123"), /^[0-9a-f]+$/);
});

test("a path is missing where nothing, or the page of the app, answers", () => {
  for (const [answer, expected] of [
    [html(404), true],
    [seen(404, { detail: "Not Found" }), true],
    [seen(404, { message: "User does not exist." }), false],
    [html(405), true],
    [html(200), true],
    [html(401), false],
    [seen(200, {}), false],
  ]) {
    assert.equal(isMissing(answer), expected, JSON.stringify(answer));
  }
});
