// The reference server in each of its ways to rotate.
import assert from "node:assert/strict";
import { test } from "node:test";
import { USER, referenceServer } from "../packaging/support/servers.mjs";
import { lines, probe } from "./support/probe.mjs";

const PAGE = "http://localhost:5173";
const ARGS = ["--resource", "/api/v1/status", "--origin", PAGE];

async function probed(t, flags, args = ARGS, more) {
  const server = await referenceServer(t, PAGE, flags);
  return probe(t, server, args, { login: USER, ...more });
}

// Most of the time they wait, for turns at the storage.
test("the reference server", { concurrency: true }, async (t) => {
  await Promise.all([
    t.test("with grace: everything works, and the defaults fit", async (t) => {
      const { code, of, protocol, findings } = await probed(t, ["--rotation", "grace", "--grace", "600"]);
      assert.equal(code, 0, JSON.stringify(findings, undefined, 1));
      assert.deepEqual(protocol, {});
      assert.deepEqual(lines(of("rotation")), ["✔ each renewal brings a new refresh token"]);
      assert.match(lines(of("lost answer"))[0], /^✔ .*under the same Idempotency-Key: the same tokens again/);
      assert.match(lines(of("reuse"))[0], /^✔ the token before the newest is taken again/);
      assert.match(lines(of("concurrent renewals"))[0], /3 granted, 3 of the sessions go on/);
      assert.deepEqual(lines(of("lifetime")), ["✔ 5 min, from `expiresIn`"]);
      assert.deepEqual(lines(of("caches")), ["✔ answers with tokens say `Cache-Control: no-store`"]);
      assert.deepEqual(lines(of("CORS")), [`✔ a page of ${PAGE} may speak to it`, "✔ pages can read Retry-After, WWW-Authenticate, Date"]);
    }),

    t.test("strict: reuse is refused, recognised, and ends the session", async (t) => {
      const { code, of, protocol, gate } = await probed(t, ["--rotation", "strict"]);
      assert.equal(code, 0);
      assert.deepEqual(protocol, {});
      assert.match(lines(of("lost answer"))[0], /the same tokens again/);
      assert.match(lines(of("reuse")).join("\n"), /^✔ the token before the newest is refused at once: 401 .*refresh_token_reused.*\n✔ and ends the session/);
      assert.match(lines(of("concurrent renewals"))[0], /1 granted, 0 of the sessions go on/);
      assert.equal(of("refusal").every(({ mark }) => mark === "✔"), true);
      assert.equal(of("refusal").length, 3);
      // It leaves no session behind.
      assert.equal(gate.seen.findLast(({ method, status }) => method === "POST" && status < 300).path, "/api/v1/logout");
    }),

    t.test("off: there is nothing to show again", async (t) => {
      const { code, of } = await probed(t, ["--rotation", "off"]);
      assert.equal(code, 0);
      assert.deepEqual(lines(of("rotation")), ["✔ none: the refresh token stays the same"]);
      assert.deepEqual([of("reuse"), of("lost answer"), of("concurrent renewals")], [[], [], []]);
    }),

    t.test("short-lived tokens: it is waited until they have really run out", async (t) => {
      const { code, of } = await probed(t, ["--rotation", "strict", "--access-lifetime", "2"], [...ARGS, "--no-concurrent"]);
      assert.equal(code, 0);
      assert.match(lines(of("expired token"))[0], /^✔ GET \/api\/v1\/status with it → 401 .*token_expired/);
      assert.match(lines(of("late logout"))[0], /^✔ after the access token has run out: POST \/api\/v1\/logout → 204/);
      assert.deepEqual(lines(of("concurrent renewals")), ["? not tried"]);
    }),

    t.test("from another page: what CORS lacks is said, and fails", async (t) => {
      const { code, of, protocol } = await probed(t, ["--rotation", "off"], ["--origin", "http://localhost:9", "--resource", "/api/v1/status"]);
      assert.equal(code, 1);
      assert.deepEqual(protocol, {});
      assert.match(lines(of("CORS"))[0], /^✖ POST \/api\/v1\/login, POST \/api\/v1\/renew, POST \/api\/v1\/logout, GET \/api\/v1\/status, for http:\/\/localhost:9: .*Access-Control-Allow-Origin/);
    }),

    t.test("a wrong password is said to be one", async (t) => {
      const { code, of } = await probed(t, [], [], { login: { ...USER, password: "not the password" } });
      assert.equal(code, 1);
      assert.match(lines(of("login"))[0], /^✖ POST \/api\/v1\/login → 401 application\/problem\+json, code "invalid_credentials"/);
    }),

    t.test("tokens that are handed over are taken, and the rest is seen with them", async (t) => {
      const server = await referenceServer(t, PAGE);
      const answer = await fetch(`${server}/api/v1/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(USER) });
      const { token, refreshToken } = await answer.json();
      const { code, of } = await probe(t, server, ARGS, { tokens: { accessToken: token, refreshToken } });
      assert.equal(code, 0);
      assert.match(lines(of("renewal"))[0], /^✔ POST \/api\/v1\/renew → 200/);
    }),
  ]);
});
