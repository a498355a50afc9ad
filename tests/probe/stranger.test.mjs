// A server that nobody has described yet.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { GUEST, stranger } from "./support/stranger.mjs";
import { lines, probe } from "./support/probe.mjs";

const ARGS = ["--resource", "/me"];

test("the probe finds out how to speak to a stranger, and what it says works", async (t) => {
  const first = await probe(t, stranger(), ARGS, { login: GUEST });
  assert.equal(first.code, 1);
  const { login, renew, logout, answer, refused } = first.protocol;
  assert.deepEqual([login.path, renew.path, renew.sends, logout.path], ["/auth/login", "/auth/refresh", { field: "refresh_token" }, "/auth/logout"], first.printed);
  assert.deepEqual([answer.accessToken, answer.refreshToken, answer.expiresIn], ["data.tokens.access.token", "data.tokens.refresh.token", "data.tokens.access.expires"]);
  assert.deepEqual(refused, [{ status: 403, path: "error.code", codes: ["unknown_refresh"] }]);
  assert.match(lines(first.of("login")).join("\n"), /✖ POST \/auth\/login → 200/);
  assert.match(first.of("login").map(({ why }) => why).join("\n"), /the answer has .*data\.tokens\.access\.token \(a word of 32 characters\)/);

  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-probe-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "protocol.json");
  await writeFile(file, JSON.stringify({ protocol: first.protocol }));
  const second = await probe(t, stranger(), [...ARGS, "--config", file], { login: GUEST });
  assert.deepEqual([second.code, lines(second.findings.filter(({ mark }) => mark === "✖"))], [0, []]);
  assert.deepEqual(second.protocol, first.protocol);
  assert.match(lines(second.of("reuse"))[0], /is refused at once: 403 application\/json, error\.code "unknown_refresh"/);
});

test("a module can be the configuration, and its functions are used", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-probe-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "options.mjs");
  await writeFile(
    file,
    `export default { baseUrl: "https://elsewhere.example", protocol: {
       login: { path: "/nowhere" },
       renew: false, logout: false,
       answer: { accessToken: "data.tokens.access.token", expiresIn: "data.tokens.access.expires" },
       // The path is put right on the way.
       send: (request, operation) => (operation === "login" ? fetch(new Request(new URL("/auth/login", request.url), request)) : fetch(request)),
     } };`,
  );
  const { code, of, protocol, printed } = await probe(t, stranger(), [...ARGS, "--config", file], { login: GUEST });
  assert.match(lines(of("access token"))[0], /opaque, 32 characters at `data.tokens.access.token`/, printed);
  assert.equal(protocol.send, "(a function of yours)");
  assert.equal(typeof code, "number");
});

test("in words, the summary is a session to be copied", async (t) => {
  const { code, printed } = await probe(t, stranger(), [...ARGS, "--no-concurrent"], { login: GUEST, words: true });
  assert.equal(code, 1);
  assert.match(printed, /^tokenkeep probe http:/);
  assert.match(printed, /What to put into the configuration:\n\nnew Session\(\{\n {2}baseUrl: "http:.*",\n {2}protocol: \{\n {4}login: \{ path: "\/auth\/login" \},\n/);
  assert.match(printed, /\d+ ✔, \d+ ✖, \d+ \?/);
});
