import assert from "node:assert/strict";
import { test } from "node:test";
import { twopi } from "./cards/twopi.mjs";
import { json } from "./support/gate.mjs";
import { open, renews } from "./support/path.mjs";
import { shared, startPython } from "./support/real.mjs";

const backend = {
  preset: "twopi",
  credentials: { username: "test", password: "test" },
  wrong: { username: "test", password: "wrong" },
  call: ["/protected", { method: "POST" }, "Welcome, test"],
  renewal: ["/renew", 3600],
  rejections: {
    invalid: json(401, { _errors: ["The provided token was invalid."] }),
  },
  refusals: {
    async "a refresh token that was revoked"({ gate, lastHeader }) {
      await fetch(`${gate.url}/logout`, { method: "POST", headers: { authorization: lastHeader() } });
    },
  },
  alike: {
    "a proxy that wants to be signed in to": json(407, {}),
    "a token error of the API": json(401, { _errors: ["A valid token is required to access this resource"] }),
  },
};

const backends = {
  "twopi's card": { ...backend, serve: (_, clock) => twopi(clock) },
  twopi_flask_utils: { ...backend, serve: shared((t) => startPython(t, "legacy", "twopi.py")) },
};

for (const [name, backend] of Object.entries(backends)) {
  renews(name, backend);

  test(`${name}: a logout with an expired token renews it first, and the refresh token is dead`, async (t) => {
    const { session, gate, signIn, expire, renewals } = await open(t, backend);
    await signIn();
    const { refreshToken } = JSON.parse(gate.at("/login")[0].answered);
    await expire();
    assert.deepEqual(await session.logout(), { revoked: true });
    assert.equal(renewals(), 1);
    const again = await fetch(`${gate.url}/renew`, { method: "POST", body: new URLSearchParams({ refreshToken }) });
    assert.equal(again.status, 401);
  });

  test(`${name}: who signed in, and with which scopes, is known for the UI`, async (t) => {
    const { session, signIn } = await open(t, backend);
    await signIn();
    assert.deepEqual([session.getSnapshot().subject, session.hasScope("360noscope"), session.hasScope("other")], ["test", true, false]);
    await session.logout();
    assert.equal(session.hasScope("360noscope"), false);
  });

  test(`${name}: a renewal within the same second may give the same token, and counts`, async (t) => {
    const { session, clock, signIn, call, gate } = await open(t, backend);
    clock.stop();
    await signIn();
    const { generation } = session.getSnapshot();
    await session.renew();
    assert.equal(session.getSnapshot().generation, generation + 1);
    gate.instead("/protected", backend.rejections.invalid, 1);
    await call();
    assert.equal(session.getSnapshot().generation, generation + 2);
  });
}
