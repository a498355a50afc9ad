// The command line.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readFlags } from "../../pkg/bin/probe/flags.js";

const PROGRAM = fileURLToPath(new URL("../../pkg/bin/tokenkeep.js", import.meta.url));

const program = (args, env = {}) =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
    child.stdin.end();
  });

const URL_ = "http://127.0.0.1:9";

for (const [args, expected] of [
  [[], /the URL of the server is missing/],
  [["example.com"], /must begin with http:\/\/ or https:\/\//],
  [["ftp://example.com"], /must begin with http/],
  [["http://ada:secret@example.com"], /no user name or password in the URL/],
  [[URL_, "another"], /one URL, please: what is "another"/],
  [[URL_, "--presett", "twopi"], /Unknown option '--presett'/],
  [[URL_, "--preset"], /'--preset <value>' argument missing/],
  [[URL_, "--preset", "toopi"], /there is no preset "toopi"; there are reference, .*twopi/],
  [[URL_, "--resource", "a b c"], /--resource: expected a path/],
  [[URL_, "--resource", "http://elsewhere.example/x"], /--resource: expected a path at the server/],
  [[URL_, "--origin", "localhost:5173"], /--origin: expected something like/],
  [[URL_, "--origin", "http://localhost:5173/page"], /--origin: expected something like/],
  [[URL_, "--timeout", "soon"], /--timeout: expected a number of seconds/],
  [[URL_, "--login", "{}", "--tokens", "{}"], /--login or --tokens, not both/],
]) {
  test(`wrong: ${args.join(" ") || "nothing"}`, () => {
    assert.throws(() => readFlags(args), { message: expected });
  });
}

test("a resource is a path, or a method and a path", () => {
  assert.deepEqual(readFlags([URL_, "--resource", "/a?b=1"]).resource, { method: "GET", path: "/a?b=1" });
  assert.deepEqual(readFlags([URL_, "--resource", "post /a"]).resource, { method: "POST", path: "/a" });
});

test("what is wrong ends with 2 and shows nothing of what was given", { concurrency: true }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-probe-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const broken = join(directory, "broken.json");
  await writeFile(broken, '{"client_secret": "s3cr3t-value", oops');
  const cases = [
    [["probe", URL_, "--nonsense"], {}, /Unknown option '--nonsense'/],
    [["probe", URL_], {}, /credentials are missing: --login, TOKENKEEP_PROBE_LOGIN/],
    [["probe", URL_, "--login", "s3cr3t-value"], {}, /--login: expected JSON/],
    [["probe", URL_], { TOKENKEEP_PROBE_LOGIN: "s3cr3t-value" }, /TOKENKEEP_PROBE_LOGIN: expected JSON/],
    [["probe", URL_], { TOKENKEEP_PROBE_TOKENS: '["s3cr3t-value"]' }, /TOKENKEEP_PROBE_TOKENS: expected a JSON object/],
    [["probe", URL_, "--login", "{}", "--config", join(directory, "none.json")], {}, /none\.json: ENOENT/],
    [["probe", URL_, "--login", "{}", "--config", broken], {}, /broken\.json: this is not what it should be/],
    [["prob", URL_], {}, /there is no command "prob"/],
  ];
  await Promise.all(
    cases.map(async ([args, env, expected]) => {
      const { code, stdout, stderr } = await program(args, env);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr, expected);
      assert.ok(!stderr.includes("s3cr3t-value"), stderr);
    }),
  );
});

test("help is given, and a server that is not there is said not to be", { concurrency: true }, async () => {
  const [general, own, nobody] = await Promise.all([program(["--help"]), program(["probe", "--help"]), program(["probe", URL_, "--login", '{"username":"ada","password":"s3cr3t-value"}'])]);
  assert.equal(general.code, 0);
  assert.match(general.stdout, /probe <url>/);
  assert.equal(own.code, 0);
  assert.match(own.stdout, /--resource PATH/);
  assert.equal(nobody.code, 1, nobody.stderr);
  assert.match(nobody.stdout, /✖ login: POST \/api\/v1\/login → no answer \(.+\)/);
  assert.ok(!nobody.stdout.includes("s3cr3t-value"));
});
