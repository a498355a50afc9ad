// The seed systems: with their preset everything fits; without any configuration the probe says which one it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fathat } from "../backends/cards/fathat.mjs";
import { flaskJwtAuth } from "../backends/cards/flask-jwt-auth.mjs";
import { flaskStatelessAuth } from "../backends/cards/flask-stateless-auth.mjs";
import { restAuth } from "../backends/cards/rest-auth.mjs";
import { twopi } from "../backends/cards/twopi.mjs";
import { makeClock } from "../backends/support/clock.mjs";
import { lines, probe } from "./support/probe.mjs";

const LUKE = { email: "luke@films.example", password: "using the force" };

const CARDS = {
  "rest-auth": {
    card: restAuth,
    login: { username: "miguel", password: "python" },
    resource: "/api/resource",
    says: { "native prompt": /^✔ GET \/api\/resource answers 401 with `WWW-Authenticate: Basic`/, renewal: /✔ sliding: a live access token buys the next one/, logout: /^\? none is sent/ },
  },
  "flask-stateless-auth": {
    card: flaskStatelessAuth,
    login: { username: "omar" },
    resource: "/whoami",
    says: { "access token": /opaque, 44 characters at `access_token`/, lifetime: /60 min, from `expiry`/, "former access token": /dies with the renewal/, "lost answer": /^\? .*: refused, 401/, logout: /^✔ DELETE \/delete_token → 201/, "after logout": /the refresh token is dead/ },
  },
  "flask-jwt-auth": {
    card: flaskJwtAuth,
    login: { email: "joe@gmail.com", password: "123456" },
    resource: "/auth/status",
    says: { lifetime: /5 s, from `exp - iat`/, renewal: /there is none/, "expired token": /the API answers 401/, "wrong password": /^✔ POST \/auth\/login with a wrong password → 404/ },
  },
  fathat: {
    card: fathat,
    login: LUKE,
    resource: "/films/v1/",
    async prepare(serve) {
      const signup = { method: "POST", path: "/users/v1/signup", headers: { "content-type": "application/json" }, body: JSON.stringify(LUKE) };
      await serve({ ...signup, query: new URLSearchParams() });
      await serve({ method: "GET", path: "/users/v1/email_verification", headers: {}, body: "", query: new URLSearchParams({ token: serve.mail("email", LUKE.email) }) });
    },
    says: { rotation: /each renewal brings a new refresh token/, reuse: /^✔ the token before the newest is refused at once.*\n\? and the newest token lives on/, "concurrent renewals": /1 granted/ },
  },
  twopi: {
    card: twopi,
    login: { username: "test", password: "test" },
    resource: "POST /protected",
    says: { rotation: /none: the refresh token stays the same/, "late logout": /^✔ .*POST \/renew → 200 application\/json; POST \/logout → 200/, "after logout": /the access token lives on/, refusal: /401 text\/html/ },
  },
};

for (const [name, { card, login, resource, prepare, says }] of Object.entries(CARDS)) {
  const probed = async (t, args) => {
    const clock = makeClock(t);
    const serve = card(clock);
    await prepare?.(serve);
    return probe(t, serve, ["--resource", resource, "--wait", ...args], { login, sleep: (ms) => clock.advance(ms / 1000) });
  };

  test(`${name}: with its preset a session works`, async (t) => {
    const { code, of, findings, protocol } = await probed(t, ["--preset", name]);
    assert.deepEqual([code, lines(findings.filter(({ mark }) => mark === "✖"))], [0, []]);
    assert.equal(protocol, name);
    for (const [topic, expected] of Object.entries(says)) assert.match(lines(of(topic)).join("\n"), expected, topic);
  });

  test(`${name}: without a configuration the probe says what to put in`, async (t) => {
    const { code, of, protocol } = await probed(t, ["--no-concurrent"]);
    assert.equal(code, 1);
    assert.match(lines(of("login")).join("\n"), new RegExp(`✖ POST /api/v1/login → 40.*\n✖ the preset "${name}" signs in here\n✔`));
    assert.equal(protocol, name);
  });
}
