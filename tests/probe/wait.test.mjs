// What takes time, in a time that is moved on: the session's and the server's alike.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeClock } from "../backends/support/clock.mjs";
import { USER, referenceServer } from "../packaging/support/servers.mjs";
import { lines, probe } from "./support/probe.mjs";

test("with --wait the probe finds out for how long an old token is taken, and what the API says to an expired one", async (t) => {
  const clock = makeClock(t);
  const server = await referenceServer(t, "http://localhost:5173", ["--rotation", "grace", "--grace", "10", "--faults"]);
  clock.follow(async (shiftMs) => {
    const { ok } = await fetch(`${server}/__faults/clock`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ shiftMs: Math.round(shiftMs) }) });
    assert.ok(ok);
  });
  const slept = [];
  const sleep = async (ms) => {
    slept.push(ms);
    await clock.advance(ms / 1000);
  };
  const { code, of, printed } = await probe(t, server, ["--resource", "/api/v1/status", "--wait"], { login: USER, sleep });
  assert.equal(code, 0, printed);
  assert.deepEqual(lines(of("grace")), ["✔ the token before the newest is taken for 5 s, and no longer after 15 s"]);
  assert.match(lines(of("expired token"))[0], /^✔ GET \/api\/v1\/status with it → 401 .*"token_expired"/);
  assert.match(lines(of("late logout"))[0], /^✔ after the access token has run out: POST \/api\/v1\/logout → 204/);
  assert.deepEqual(slept.filter((ms) => ms > 1100), [5000, 15_000, 302_500]);
});
