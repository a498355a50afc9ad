// Where credentials come from, and servers that keep one waiting.
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { findCredentials } from "../../pkg/bin/probe/credentials.js";
import { json } from "../backends/support/gate.mjs";
import { lines, probe } from "./support/probe.mjs";

const ADA = { username: "ada", password: "s3cr3t-value" };

test("on a terminal credentials are asked for, and do not appear", async () => {
  const [stdin, stderr] = [new PassThrough(), new PassThrough()];
  stdin.isTTY = true;
  const shown = [];
  stderr.on("data", (data) => shown.push(data));
  const asked = findCredentials({}, { env: {}, stdin, stderr });
  stdin.write(`${JSON.stringify(ADA)}\n`);
  assert.deepEqual(await asked, { login: ADA });
  assert.match(Buffer.concat(shown).toString(), /^Credentials as JSON, .*\(not shown\): \n$/);
});

test("flags go before the environment, and a login before tokens", async () => {
  const env = { TOKENKEEP_PROBE_LOGIN: '{"from":"environment"}', TOKENKEEP_PROBE_TOKENS: '{"accessToken":"a"}' };
  const found = (flags, given = env) => findCredentials(flags, { env: given, stdin: {} });
  assert.deepEqual(await found({}), { login: { from: "environment" } });
  assert.deepEqual(await found({ login: '{"from":"flag"}' }), { login: { from: "flag" } });
  assert.deepEqual(await found({ tokens: '{"accessToken":"b"}' }), { tokens: { accessToken: "b" } });
  assert.deepEqual(await found({}, { TOKENKEEP_PROBE_TOKENS: '{"accessToken":"a"}' }), { tokens: { accessToken: "a" } });
});

test("a server that does not answer in time is said not to have answered", async (t) => {
  const never = () => new Promise(() => {});
  const { code, of } = await probe(t, never, ["--timeout", "0.2"], { login: ADA });
  assert.equal(code, 1);
  assert.match(lines(of("login"))[0], /^✖ POST \/api\/v1\/login → no answer \(/);
});

test("a server that asks to wait is left alone", async (t) => {
  const busy = () => json(429, { code: "too_many_requests" }, { "retry-after": "30" });
  const { code, of, gate } = await probe(t, busy, [], { login: ADA });
  assert.equal(code, 1);
  assert.match(of("login")[0].why, /Retry-After: 30/);
  assert.equal(gate.seen.length, 1);
});

test("a redirect to the path with a slash is followed in the configuration", async (t) => {
  const serve = ({ path }) => (path === "/api/v1/login" ? json(301, {}, { location: "/api/v1/login/" }) : path === "/api/v1/login/" ? json(200, { token: "a-token-of-some-length" }) : json(404, {}));
  const { of, protocol } = await probe(t, serve, [], { login: ADA });
  assert.match(lines(of("login")).join("\n"), /^✖ POST \/api\/v1\/login → 301 to \/api\/v1\/login\/.*\n✔ POST \/api\/v1\/login\/ → 200/);
  assert.equal(protocol.login.path, "/api/v1/login/");
});
