import assert from "node:assert/strict";
import { test } from "node:test";
import { fathat } from "./cards/fathat.mjs";
import { answer, html, json } from "./support/gate.mjs";
import { failure, open, renews } from "./support/path.mjs";

const HOUR = 3600;
const wrong = (status, message) => json(status, { message, status: "error" });
const problem = (detail) => answer(401, "application/problem+json", JSON.stringify({ detail, status: 401, title: "Unauthorized", type: "about:blank" }));

const backend = {
  preset: "fathat",
  // Each refresh token is good for once.
  lost: true,
  serve: (_, clock) => fathat(clock),
  credentials: { email: "luke@example.com", password: "leia" },
  wrong: { email: "luke@example.com", password: "vader" },
  call: ["/films/v1/", {}, '"count":7'],
  renewal: ["/users/v1/generate_tokens", 10 * HOUR],
  ended: "access",
  async signIn(session, { served, credentials }) {
    served.unlock();
    await session.login(credentials);
  },
  rejections: {
    expired: wrong(401, "token-expired"),
    invalid: wrong(401, "token-invalid"),
  },
  refusals: {
    async "a refresh token that somebody else has used"({ gate }) {
      const { refresh_token } = JSON.parse(gate.at("/login").at(-1).answered);
      const response = await fetch(`${gate.url}/users/v1/generate_tokens?old_access_token=`, { headers: { authorization: `Bearer ${refresh_token}` } });
      assert.equal(response.status, 200);
    },
    "a refresh token that has expired": ({ clock }) => clock.advance(25 * HOUR),
  },
  alike: {
    "a proxy that took the header away": problem("No authorization token provided"),
    "a role that is too low": wrong(401, "authorisation-required"),
    "an unknown user": wrong(404, "not-found"),
  },
  others: {
    "a role that is too low": wrong(401, "authorisation-required"),
    "a proxy that took the header away": problem("No authorization token provided"),
  },
};
const name = "fathat's card";

renews(name, backend);

test(`${name}: a logout with an expired token renews it first, and so nobody is locked out`, async (t) => {
  const { session, clock, signIn, renewals, gate } = await open(t, backend);
  await signIn();
  await clock.advance(11 * HOUR);
  assert.deepEqual(await session.logout(), { revoked: true });
  assert.equal(renewals(), 1);
  assert.equal(gate.at("/logout").length, 1);
  await session.login(backend.credentials);
  assert.equal(session.status, "signedIn");
});

test(`${name}: a login while one is signed in elsewhere is refused, and says why`, async (t) => {
  const { session, signIn, another } = await open(t, backend);
  await signIn();
  const error = await failure(another().login(backend.credentials));
  assert.deepEqual([error.code, error.status, error.reason], ["login_refused", 400, "user-already-logged-in"]);
  assert.equal(session.status, "signedIn");
});

test(`${name}: roles step up`, async (t) => {
  const { session, signIn } = await open(t, backend);
  await signIn();
  assert.deepEqual([session.hasRole("basic"), session.hasRole("admin"), session.hasRole("other")], [true, false, false]);
  assert.equal((await session.fetch("/films/v1/all")).status, 401);
  await session.logout();
  assert.equal(session.hasRole("basic"), false);
  await session.login({ email: "yoda@example.com", password: "force" });
  assert.deepEqual([session.hasRole("basic"), session.hasRole("admin"), session.hasRole("other")], [true, true, false]);
  assert.equal((await session.fetch("/films/v1/all")).status, 200);
});

test(`${name}: who is signed in stays the same, although every token has another subject`, async (t) => {
  const { session, signIn, expire, call, clock } = await open(t, backend);
  const said = [];
  session.on("signedIn", ({ subject }) => said.push(subject));
  await signIn();
  await expire();
  // What waits for the renewal goes out, as the same user's.
  await Promise.all([call(), call()]);
  assert.deepEqual([session.getSnapshot().subject, said], ["1", ["1"]]);
  await clock.advance(1);
});

test(`${name}: a renewal names no old access token, and sends no body`, async (t) => {
  const { gate, signIn, expire, call } = await open(t, backend);
  await signIn();
  await expire();
  await call();
  const [{ method, target, body, headers }] = gate.at("/generate_tokens");
  assert.deepEqual([method, target, body], ["GET", "/users/v1/generate_tokens?old_access_token=", ""]);
  assert.equal(headers["content-type"], undefined);
  const { refresh_token } = JSON.parse(gate.at("/login")[0].answered);
  assert.equal(headers.authorization, `Bearer ${refresh_token}`);
});

test(`${name}: one-off tokens verify an address and set a password, and touch no session`, async (t) => {
  const protocol = {
    preset: "fathat",
    endpoints: {
      // Its mail links to a page of the app; the page has the token, and hands it on in a header.
      resetPassword: { path: "/users/v1/reset_password", token: { from: "token", sends: { scheme: "Bearer" } } },
    },
  };
  const { session, served, gate, signIn, call } = await open(t, { ...backend, protocol });
  await signIn();
  const token = served.mail("password", "luke@example.com");
  assert.deepEqual(await session.call("resetPassword", { token, password: "han" }), {});
  const [{ headers, body }] = gate.at("/reset_password");
  assert.deepEqual([headers.authorization, JSON.parse(body)], [`Bearer ${token}`, { password: "han" }]);
  assert.equal(session.status, "signedIn");
  await call();

  // Used twice, of another kind, run out: the call fails, and the session does not.
  for (const bad of [token, served.mail("email", "luke@example.com"), "garbage"]) {
    const error = await failure(session.call("resetPassword", { token: bad, password: "x" }));
    assert.deepEqual([error.code, error.status, error.reason], ["call_refused", 401, "token-invalid"]);
    assert.ok(!String(error).includes(bad));
  }
  assert.equal(session.status, "signedIn");
  await call();
  assert.equal(gate.count("/generate_tokens"), 0);
  await session.logout();
  await session.login({ ...backend.credentials, password: "han" });

  const lost = await failure(session.call("resetPassword", { password: "x" }));
  assert.equal(lost.code, "invalid_config");
  gate.instead("/reset_password", html(500), 1);
  assert.equal((await failure(session.call("resetPassword", { token, password: "x" }))).code, "server");
  gate.instead("/reset_password", "cut", 1);
  assert.equal((await failure(session.call("resetPassword", { token, password: "x" }))).code, "network");
  const unknown = await failure(session.call("resetPasswort", {}));
  assert.equal(unknown.code, "invalid_config");
  assert.match(unknown.message, /resetPasswort/);
});

test(`${name}: a new user signs up, and may log in once the address is verified`, async (t) => {
  const { session, served, gate } = await open(t, backend);
  const user = { email: "rey@example.com", password: "bb8", access_role: "basic" };
  assert.deepEqual(await session.call("register", user), {});
  const twice = await failure(session.call("register", user));
  assert.deepEqual([twice.code, twice.status, twice.reason], ["call_refused", 400, "user-already-exists"]);
  const early = await failure(session.login(user));
  assert.deepEqual([early.code, early.reason], ["login_refused", "email-unverified"]);
  // The link in the e-mail.
  await fetch(`${gate.url}/users/v1/email_verification?token=${served.mail("email", user.email)}`);
  await session.login({ email: user.email, password: user.password });
  assert.equal(session.status, "signedIn");
});
