import assert from "node:assert/strict";
import { test } from "node:test";
import { flaskStatelessAuth } from "./cards/flask-stateless-auth.mjs";
import { json } from "./support/gate.mjs";
import { failure, open, renews } from "./support/path.mjs";
import { shared, startPython } from "./support/real.mjs";

const wrong = (status, error) => json(status, { error });
const logIn = ({ gate, credentials }) =>
  fetch(`${gate.url}/create_token`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(credentials) });

const backend = {
  preset: "flask-stateless-auth",
  // Each refresh token is good for once.
  lost: true,
  credentials: { username: "omar" },
  call: ["/whoami", {}, "omar"],
  renewal: ["/refresh_token", 3600],
  ended: "access",
  rejections: {
    unknown: wrong(401, "Token error: access token doesn't belong to a user"),
    expired: wrong(401, "Token error: access token expired"),
  },
  refusals: {
    // One session a user.
    "a login elsewhere": async (context) => void (await logIn(context)),
    "a refresh token that has expired": ({ clock }) => clock.advance(366 * 24 * 3600),
    "a user who was deactivated": wrong(401, "Token error: Invalid User"),
  },
  alike: {
    "a proxy that took the header away": wrong(400, "Request error: No token provided"),
    "a proxy that mangled the header": wrong(400, "Request error: Invalid number of arguments in token header"),
    "an error about another token": wrong(401, "Token error: access token expired"),
  },
  others: {
    "a proxy that took the header away": wrong(400, "Request error: No token provided"),
    "a missing scope of its own": wrong(403, "Scope error: not for you"),
  },
};

const backends = {
  "flask-stateless-auth's card": { ...backend, serve: (_, clock) => flaskStatelessAuth(clock) },
  "Flask-Stateless-Auth 0.0.12": { ...backend, serve: shared((t) => startPython(t, "legacy", "flask_stateless.py")) },
};

for (const [name, backend] of Object.entries(backends)) {
  renews(name, backend);

  test(`${name}: a name that is unknown makes it crash, and that is no refusal`, async (t) => {
    const { session } = await open(t, backend);
    const error = await failure(session.login({ username: "nobody" }));
    assert.deepEqual([error.code, error.status, session.status], ["server", 500, "signedOut"]);
  });

  test(`${name}: the logout names the user, and no token`, async (t) => {
    const { session, gate, signIn } = await open(t, backend);
    await signIn();
    assert.deepEqual(await session.logout(), { revoked: true });
    const [{ method, body, headers }] = gate.at("/delete_token");
    assert.deepEqual([method, JSON.parse(body), headers.authorization], ["DELETE", { username: "omar" }, undefined]);
  });

  test(`${name}: a renewal sends the refresh token alone`, async (t) => {
    const { session, gate, signIn, expire, call } = await open(t, backend);
    await signIn();
    await expire();
    await call();
    const [{ method, body, headers }] = gate.at("/refresh_token");
    const { refresh_token } = JSON.parse(gate.at("/create_token")[0].answered);
    assert.deepEqual([method, body, headers.authorization], ["PUT", "", `Bearer ${refresh_token}`]);
    assert.equal(session.claims, undefined);
  });

  test(`${name}: a user is registered by name`, async (t) => {
    const { session } = await open(t, backend);
    const username = `user-${session.getSnapshot().generation}-${process.pid}-${Date.now()}`;
    assert.deepEqual(await session.call("register", { username }), { msg: "Success!" });
    await session.login({ username });
    assert.equal(session.getSnapshot().subject, username);
  });
}
