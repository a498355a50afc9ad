import assert from "node:assert/strict";
import { test } from "node:test";
import { flaskJwtAuth } from "./cards/flask-jwt-auth.mjs";
import { html, json } from "./support/gate.mjs";
import { asksForLogin, failure, open } from "./support/path.mjs";

const fail = (status, message) => json(status, { message, status: "fail" });

const backend = {
  preset: "flask-jwt-auth",
  // Longer than it really is, so that no test has to be quick.
  serve: (_, clock) => flaskJwtAuth(clock, { lifetime: 300 }),
  credentials: { email: "joe@gmail.com", password: "123456" },
  wrong: { email: "joe@gmail.com", password: "654321" },
  call: ["/auth/status", {}, "joe@gmail.com"],
  renewal: ["/none", 300],
  ended: "access",
  rejections: {
    expired: fail(401, "Signature expired. Please log in again."),
    ended: fail(401, "Token blacklisted. Please log in again."),
    invalid: fail(401, "Invalid token. Please log in again."),
  },
  others: {
    "a proxy that took the header away": fail(401, "Provide a valid auth token."),
    "a proxy that mangled the header": fail(401, "Bearer token malformed."),
    "a page of a proxy": html(401),
  },
};
const name = "flask-jwt-auth's card";

asksForLogin(name, backend);

test(`${name}: five seconds are its own lifetime`, async (t) => {
  const { session, asked, clock, signIn, call } = await open(t, { ...backend, serve: (_, clock) => flaskJwtAuth(clock) });
  await signIn();
  const { expiresAt, obtainedAt, subject } = session.getSnapshot();
  assert.ok(Math.abs(expiresAt - obtainedAt - 5000) <= 1000, String(expiresAt - obtainedAt));
  assert.equal(subject, "1");
  await clock.advance(7);
  assert.equal((await failure(call())).reason, "expired");
  assert.deepEqual(asked, ["expired"]);
});

test(`${name}: whoever logs out and in within a second has a dead token, and is asked once more`, async (t) => {
  const { session, asked, clock, signIn, call } = await open(t, backend);
  clock.stop();
  await signIn();
  await call();
  await session.logout();
  await signIn();
  await failure(call());
  assert.deepEqual([session.status, asked.length], ["signedOut", 1]);
  await clock.advance(1);
  await signIn();
  await call();
  assert.equal(asked.length, 1);
});

test(`${name}: a 202 that says "fail" is a refusal of the registration`, async (t) => {
  const { session } = await open(t, backend);
  const user = { email: "ann@example.com", password: "secret" };
  const registered = await session.call("register", user);
  assert.equal(registered.status, "success");
  assert.equal(session.status, "signedOut");
  const again = await failure(session.call("register", user));
  assert.deepEqual([again.code, again.status], ["call_refused", 202]);
  assert.match(again.reason, /already exists/);
  const incomplete = await failure(session.call("register", { email: "bob@example.com" }));
  assert.deepEqual([incomplete.code, incomplete.status], ["call_refused", 401]);
  await session.login(user);
  assert.equal(session.status, "signedIn");
});

test(`${name}: a logout with a token that has run out does not end anything on the server, and says so`, async (t) => {
  const { session, clock, signIn } = await open(t, backend);
  await signIn();
  await clock.advance(302);
  assert.deepEqual(await session.logout(), { revoked: false });
  assert.equal(session.status, "signedOut");
});
