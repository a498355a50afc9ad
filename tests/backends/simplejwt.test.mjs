import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./support/gate.mjs";
import { failure, open, renews } from "./support/path.mjs";
import { shared, startPython } from "./support/real.mjs";

const challenge = { "www-authenticate": 'Bearer realm="api"' };
const wrong = (status, value) => json(status, value, challenge);
const post = (gate, path, value, headers) =>
  fetch(gate.url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) });
/** As the session has it now. */
const refreshToken = ({ gate }) => JSON.parse(gate.seen.findLast(({ path, answered }) => path.startsWith("/api/token/") && answered.includes('"refresh"')).answered).refresh;

const backend = {
  preset: "simplejwt",
  credentials: { username: "ada", password: "pw" },
  wrong: { username: "ada", password: "wrong" },
  call: ["/api/whoami/", {}, "ada"],
  renewal: ["/api/token/refresh/", 300],
  rejections: {
    "not valid": wrong(401, {
      detail: "Given token not valid for any token type",
      code: "token_not_valid",
      messages: [{ token_class: "AccessToken", token_type: "access", message: "Token is expired" }],
    }),
  },
  refusals: {
    "a refresh token that has expired": ({ clock }) => clock.advance(2 * 24 * 3600),
    "an account that was closed": wrong(401, { detail: "No active account found for the given token." }),
  },
  alike: {
    "a malformed request": json(400, { refresh: ["This field is required."] }),
    "no credentials": wrong(401, { detail: "Authentication credentials were not provided." }),
    "a header that was mangled": wrong(401, { detail: "Authorization header must contain two space-delimited values", code: "bad_authorization_header" }),
  },
  others: {
    "no credentials": wrong(401, { detail: "Authentication credentials were not provided." }),
    "a header that was mangled": wrong(401, { detail: "Authorization header must contain two space-delimited values", code: "bad_authorization_header" }),
    "an account that is gone": wrong(401, { detail: "User not found", code: "user_not_found" }),
    "no permission": json(403, { detail: "You do not have permission to perform this action." }),
  },
};

const rotating = {
  ...backend,
  lost: true,
  serve: shared((t) => startPython(t, "current", "simplejwt.py", "rotate")),
  refusals: {
    ...backend.refusals,
    async "a refresh token that was blacklisted"(context) {
      const response = await post(context.gate, "/api/token/blacklist/", { refresh: refreshToken(context) });
      assert.equal(response.status, 200);
    },
    async "a refresh token that somebody else has used"(context) {
      const response = await post(context.gate, "/api/token/refresh/", { refresh: refreshToken(context) });
      assert.equal(response.status, 200);
    },
  },
};
const plain = { ...backend, revoked: false, serve: shared((t) => startPython(t, "current", "simplejwt.py")) };

renews("simplejwt with rotation and blacklist", rotating);
renews("simplejwt as it comes", plain);

test("simplejwt with rotation and blacklist: a logout kills the refresh token, also with an expired access token", async (t) => {
  const context = await open(t, rotating);
  const { session, gate, signIn, expire, call, renewals } = context;
  await signIn();
  await expire();
  await call();
  await expire();
  const refresh = refreshToken(context);
  assert.deepEqual(await session.logout(), { revoked: true });
  assert.equal(renewals(), 1);
  assert.equal((await post(gate, "/api/token/refresh/", { refresh })).status, 401);
  assert.equal(gate.at("/blacklist/")[0].headers.authorization, undefined);
});

test("simplejwt with rotation and blacklist: an account that is closed ends its session", async (t) => {
  const { session, gate, asked, expire, fetch: ask } = await open(t, rotating);
  await session.login({ username: "grace", password: "pw" });
  await session.fetch("/api/leave/?closed", { method: "POST" });
  await expire();
  assert.equal((await failure(ask())).code, "login_required");
  assert.deepEqual([asked, gate.count("/api/token/refresh/")], [["refused"], 1]);
});

test("simplejwt: an account that is gone makes it crash, and the session is kept", async (t) => {
  const { session, asked, expire, fetch: ask } = await open(t, plain);
  await session.login({ username: "edith", password: "pw" });
  await session.fetch("/api/leave/", { method: "POST" });
  assert.equal((await ask()).status, 401);
  await expire();
  const error = await failure(ask());
  assert.deepEqual([error.code, error.status, session.status, asked], ["server", 500, "signedIn", []]);
});

test("simplejwt: no permission costs no renewal", async (t) => {
  const { session, signIn, renewals } = await open(t, plain);
  await signIn();
  assert.deepEqual([(await session.fetch("/api/staff/")).status, renewals()], [403, 0]);
});

test("simplejwt: a renewal carries no access token, which it would refuse", async (t) => {
  const { session, gate, signIn, expire, call } = await open(t, rotating);
  await signIn();
  await expire();
  await call();
  const [{ headers }] = gate.at("/api/token/refresh/");
  assert.equal(headers.authorization, undefined);
  assert.match(session.getSnapshot().subject, /^\d+$/);
});
