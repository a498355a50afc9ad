import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./support/gate.mjs";
import { failure, open, renews } from "./support/path.mjs";
import { shared, startNode } from "./support/real.mjs";

const refused = (status, error, headers) => json(status, { error, error_description: "…" }, headers);
const invalid = 'Bearer realm="op", error="invalid_token", error_description="invalid token provided"';

/** What the app's own way through the authorization endpoint would end with. */
const grant = async (gate, scope = "openid offline_access profile") => (await fetch(`${gate.url}/__grant?${encodeURIComponent(scope)}`)).json();

const form = (gate, path, fields) => fetch(gate.url + path, { method: "POST", body: new URLSearchParams({ client_id: "spa", ...fields }) });
/** The newest refresh token that the server has given. */
const refreshToken = ({ gate }) => JSON.parse(gate.seen.findLast(({ answered }) => answered?.includes('"refresh_token"')).answered).refresh_token;
const renewElsewhere = (gate, refresh_token) => form(gate, "/token", { grant_type: "refresh_token", refresh_token });

const backend = {
  preset: "oauth2",
  // Each refresh token is good for once.
  lost: true,
  protocol: {
    preset: "oauth2",
    renew: { fields: { client_id: "spa" } },
    logout: { path: "/token/revocation", fields: { client_id: "spa" } },
  },
  serve: shared((t) => startNode(t, "oidc.mjs")),
  async signIn(session, { gate }) {
    const { access_token, refresh_token, expires_in } = await grant(gate);
    await session.adopt({ accessToken: access_token, refreshToken: refresh_token, expiresIn: expires_in, subject: "ada" });
  },
  call: ["/me", {}, '"sub":"ada"'],
  renewal: ["/token", 300],
  ended: "access",
  rejections: {
    invalid: refused(401, "invalid_token", { "www-authenticate": invalid }),
  },
  refusals: {
    async "a refresh token that somebody else has used"(context) {
      assert.equal((await renewElsewhere(context.gate, refreshToken(context))).status, 200);
      return undefined;
    },
    async "a refresh token that was revoked"(context) {
      assert.equal((await form(context.gate, "/token/revocation", { token: refreshToken(context) })).status, 200);
    },
    "a refresh token that has expired": ({ clock }) => clock.advance(2 * 24 * 3600),
  },
  alike: {
    "a client that is not known": refused(401, "invalid_client"),
    "a request that is malformed": refused(400, "invalid_request"),
    "a scope that is not granted": refused(400, "invalid_scope"),
    "a grant that is not supported": refused(400, "unsupported_grant_type"),
    "a client that may not": refused(400, "unauthorized_client"),
    "a nonce that is wanted": refused(400, "use_dpop_nonce"),
    "a nonce that is wanted, too": refused(401, "use_dpop_nonce"),
    "a server that is too busy": refused(503, "temporarily_unavailable"),
  },
};
const name = "oidc-provider";

renews(name, backend);

test(`${name}: a renewal keeps the preset's fields beside the app's, and sends a form`, async (t) => {
  const context = await open(t, backend);
  const { gate, signIn, expire, call } = context;
  await signIn();
  const token = refreshToken(context);
  await expire();
  await call();
  const [{ headers, body }] = gate.at("/token");
  assert.match(headers["content-type"], /^application\/x-www-form-urlencoded/);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), { grant_type: "refresh_token", client_id: "spa", refresh_token: token });
  assert.equal(headers.authorization, undefined);
});

test(`${name}: a logout revokes the refresh token, and with it all that came of it`, async (t) => {
  const context = await open(t, backend);
  const { session, gate, signIn, expire, call, raw, lastHeader } = context;
  await signIn();
  await expire();
  await call();
  const [access, refresh] = [lastHeader(), refreshToken(context)];
  assert.deepEqual(await session.logout(), { revoked: true });
  const [{ body, headers }] = gate.at("/token/revocation");
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), { client_id: "spa", token: refresh, token_type_hint: "refresh_token" });
  assert.equal(headers.authorization, undefined);
  assert.equal((await raw(access)).status, 401);
  assert.deepEqual((await (await renewElsewhere(gate, refresh)).json()).error, "invalid_grant");
});

test(`${name}: a client id that is wrong ends no session`, async (t) => {
  const protocol = { ...backend.protocol, renew: { fields: { client_id: "nobody" } } };
  const { session, asked, signIn, expire, call } = await open(t, { ...backend, protocol });
  await signIn();
  await expire();
  const error = await failure(call());
  assert.deepEqual([error.code, error.status], ["protocol", 401]);
  assert.deepEqual([session.status, asked], ["signedIn", []]);
});

test(`${name}: a scope that the token has not is no matter of renewing`, async (t) => {
  const { session, gate, renewals } = await open(t, backend);
  const { access_token, refresh_token } = await grant(gate, "offline_access");
  await session.adopt({ accessToken: access_token, refreshToken: refresh_token, expiresIn: 300, subject: "ada" });
  assert.deepEqual([(await session.fetch("/me")).status, renewals()], [403, 0]);
});

test(`${name}: scopes come with the renewal, and nobody logs in by a password`, async (t) => {
  const { session, signIn, expire, call } = await open(t, backend);
  await signIn();
  await expire();
  await call();
  assert.deepEqual([session.hasScope("profile"), session.hasScope("admin")], [true, false]);
  const error = await failure(session.login({ username: "ada", password: "pw" }));
  assert.equal(error.code, "invalid_config");
});
