// Where credentials come from, and servers that keep one waiting.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { run } from "../../pkg/bin/probe/command.js";
import { findCredentials } from "../../pkg/bin/probe/credentials.js";
import { json } from "../backends/support/gate.mjs";
import { collector, lines, probe } from "./support/probe.mjs";

const ADA = { username: "ada", password: "s3cr3t-value" };

async function typed(lines, flags = {}) {
  const [stdin, stderr] = [new PassThrough(), new PassThrough()];
  stdin.isTTY = true;
  const shown = [];
  stderr.on("data", (data) => shown.push(data));
  const asked = findCredentials(flags, { env: {}, stdin, stderr });
  stdin.end(lines.map((line) => `${line}\n`).join(""));
  return { ...(await asked), shown: () => Buffer.concat(shown).toString() };
}

test("on a terminal credentials are asked for, and do not appear", async () => {
  const { login, shown } = await typed(["ada", "s3cr3t-value"]);
  assert.deepEqual(login, ADA);
  assert.equal(shown(), "User name, or all credentials as JSON (not shown): \nPassword (not shown): \n");
  assert.deepEqual((await typed(["ada@x.example", "pw"], { preset: "fathat" })).login, { email: "ada@x.example", password: "pw" });
  assert.deepEqual((await typed([JSON.stringify(ADA)])).login, ADA);
  await assert.rejects(typed(["{oops"]), { message: "what was typed: expected JSON" });
  await assert.rejects(typed([]), { message: "no credentials were given" });
});

test("flags go before the environment, and a login before tokens", async () => {
  const env = { TOKENKEEP_PROBE_LOGIN: '{"from":"environment"}', TOKENKEEP_PROBE_TOKENS: '{"accessToken":"a"}' };
  const found = (flags, given = env) => findCredentials(flags, { env: given, stdin: {} });
  assert.deepEqual(await found({}), { login: { from: "environment" } });
  assert.deepEqual(await found({ login: '{"from":"flag"}' }), { login: { from: "flag" } });
  assert.deepEqual(await found({ tokens: '{"accessToken":"b"}' }), { tokens: [{ accessToken: "b" }] });
  assert.deepEqual(await found({}, { TOKENKEEP_PROBE_TOKENS: '{"accessToken":"a"}' }), { tokens: [{ accessToken: "a" }] });
  await assert.rejects(found({ tokens: "[]" }), { message: "--tokens: expected tokens, got none" });
});

test("a configuration that the session does not take is said to be one, and nothing is sent", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-probe-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "protocol.json");
  await writeFile(file, JSON.stringify({ logn: { path: "/login" } }));
  const { code, of, gate } = await probe(t, () => json(200, {}), ["--config", file], { login: ADA });
  assert.deepEqual([code, gate.seen.length], [1, 0]);
  assert.match(of("configuration")[0].why, /protocol\.logn: there is no such option; did you mean "login"\?/);
});

test("a server that does not answer in time is said not to have answered", async (t) => {
  const never = () => new Promise(() => {});
  const { code, of } = await probe(t, never, ["--timeout", "0.2"], { login: ADA });
  assert.equal(code, 1);
  assert.match(lines(of("login"))[0], /^✖ POST \/api\/v1\/login → no answer \(/);
});

test("a server that hangs up in the middle of its answer is said not to have answered", async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
    response.write('{"token":', () => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const [stdout, stderr] = [collector(), collector()];
  const env = { TOKENKEEP_PROBE_LOGIN: JSON.stringify(ADA) };
  assert.equal(await run([`http://127.0.0.1:${server.address().port}`], { env, stdin: {}, stdout, stderr }), 1);
  assert.match(stdout.text, /^✖ login: POST \/api\/v1\/login → no answer \(\w+\)$/m);
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
