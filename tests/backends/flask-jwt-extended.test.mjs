import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./support/gate.mjs";
import { failure, open, renews } from "./support/path.mjs";
import { shared, startPython } from "./support/real.mjs";

const wrong = (status, msg) => json(status, { msg });
const tokens = ({ gate }) => JSON.parse(gate.at("/login").at(-1).answered);

const backend = {
  preset: "flask-jwt-extended",
  serve: shared((t) => startPython(t, "current", "flask_jwt_extended_app.py")),
  credentials: { username: "test", password: "test" },
  wrong: { username: "test", password: "wrong" },
  call: ["/protected", {}, '"logged_in_as":"test"'],
  renewal: ["/refresh", 15 * 60],
  ended: "access",
  rejections: {
    expired: wrong(401, "Token has expired"),
    revoked: wrong(401, "Token has been revoked"),
    "signed by another key": wrong(422, "Signature verification failed"),
  },
  refusals: {
    async "a refresh token that was revoked"(context) {
      const headers = { authorization: `Bearer ${tokens(context).refresh_token}` };
      assert.equal((await fetch(`${context.gate.url}/logout`, { method: "DELETE", headers })).status, 200);
    },
    "a refresh token that has expired": ({ clock }) => clock.advance(31 * 24 * 3600),
    "a key that was changed": wrong(422, "Signature verification failed"),
    "a token that it cannot read": wrong(422, "Not enough segments"),
    "an account that is gone": wrong(401, "Error loading the user test"),
  },
  alike: {
    "a proxy that took the header away": wrong(401, "Missing Authorization Header"),
    "a proxy that has its own scheme": wrong(401, "Missing 'Bearer' type in 'Authorization' header. Expected 'Authorization: Bearer <JWT>'"),
  },
  others: {
    "a proxy that took the header away": wrong(401, "Missing Authorization Header"),
    "a fresh login that is wanted": wrong(401, "Fresh token required"),
    "a form that is not right": json(422, { errors: { email: ["Not a valid e-mail address."] } }),
  },
};
const name = "flask-jwt-extended";

renews(name, backend);

test(`${name}: a logout revokes both tokens, each by a call of its own`, async (t) => {
  const context = await open(t, backend);
  const { session, gate, signIn } = context;
  await signIn();
  const { access_token, refresh_token } = tokens(context);
  assert.deepEqual(await session.logout(), { revoked: true });
  const calls = gate.at("/logout");
  assert.deepEqual(calls.map(({ method }) => method), ["DELETE", "DELETE"]);
  assert.deepEqual(new Set(calls.map(({ headers }) => headers.authorization)), new Set([`Bearer ${access_token}`, `Bearer ${refresh_token}`]));
  const ask = async (path, method, token) => (await fetch(gate.url + path, { method, headers: { authorization: `Bearer ${token}` } })).json();
  assert.deepEqual(await ask("/protected", "GET", access_token), { msg: "Token has been revoked" });
  assert.deepEqual(await ask("/refresh", "POST", refresh_token), { msg: "Token has been revoked" });
});

test(`${name}: an expired access token does not keep a logout from revoking the refresh token`, async (t) => {
  const context = await open(t, backend);
  const { session, gate, signIn, expire } = context;
  await signIn();
  const { refresh_token } = tokens(context);
  await expire();
  await session.logout();
  const response = await fetch(`${gate.url}/refresh`, { method: "POST", headers: { authorization: `Bearer ${refresh_token}` } });
  assert.deepEqual(await response.json(), { msg: "Token has been revoked" });
});

test(`${name}: a wrong password reads like nothing that a renewal is refused with`, async (t) => {
  const { session } = await open(t, backend);
  const error = await failure(session.login(backend.wrong));
  assert.deepEqual([error.code, error.status, error.reason], ["login_refused", 401, "Bad username or password"]);
});
