// docs/CONNECT.md: whatever stands in it as code is true.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { judgeEndpoint } from "../../pkg/bin/probe/findings/cors.js";
import { readFlags } from "../../pkg/bin/probe/flags.js";
import { PRESETS } from "../../pkg/bin/probe/presets.js";
import { Session } from "../../pkg/index.js";
import { readGuide, root, sessionsIn, words } from "./support/guide.mjs";
import { probe } from "./support/probe.mjs";
import { GUEST, stranger } from "./support/stranger.mjs";

const { blocks, rows, guide } = await readGuide();
const of = (language) => blocks.filter((block) => block.language === language);

test("every block of code is of a kind that is checked here", () => {
  assert.deepEqual([...new Set(blocks.map(({ language }) => language))].sort(), ["js", "sh", "text"]);
});

test("every block of JavaScript is right to TypeScript", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-guide-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await copyFile(new URL("support/guide-globals.d.ts", import.meta.url), join(directory, "globals.d.ts"));
  for (const { text, line } of of("js")) await writeFile(join(directory, `line-${line}.ts`), `${text}export {};\n`);
  const compilerOptions = {
    ...{ target: "es2022", lib: ["esnext", "dom", "dom.iterable"], module: "esnext", moduleResolution: "bundler", strict: true, noEmit: true, types: [] },
    paths: { tokenkeep: [join(root, "pkg/index.d.ts")] },
  };
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const tsc = join(root, "xtask/node/node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["--project", directory]).catch(({ stdout }) => assert.fail(stdout));
});

for (const { text, line } of of("js")) {
  for (const options of sessionsIn(text)) {
    test(`the configuration in line ${line} is one that a session takes`, () => construct(options));
  }
}

test("every line of the table is a configuration that a session takes", () => {
  const fragments = rows.filter(({ right }) => right.startsWith("`") && !right.startsWith('`"') && right !== "`protocol`").map(({ right }) => right.match(/^`([^`]+)`/)[1]);
  assert.ok(fragments.length > 20, fragments.join("\n"));
  for (const fragment of fragments) construct(`{ baseUrl: "https://api.example.com", protocol: { ${fragment} } }`, fragment);
});

test("what the guide says of units is taken, too", () => {
  for (const unit of ["s", "ms", "date", "epoch", "epoch-ms"]) construct(`{ baseUrl: "https://api.example.com", protocol: { answer: { unit: "${unit}" } } }`);
});

test("every preset has its line, the package knows them, and the probe knows the same", async () => {
  const told = rows.map(({ right }) => /"([\w-]+)"`$/.exec(right)?.[1]).filter(Boolean);
  assert.deepEqual(told.filter((name) => PRESETS.includes(name)).sort(), [...PRESETS].sort());
  for (const preset of PRESETS) construct(`{ baseUrl: "https://api.example.com", protocol: "${preset}" }`);
  const { default: known } = await import("../../pkg/wasm/presets.js");
  assert.deepEqual(Object.keys(known.presets).sort(), [...PRESETS].sort());
});

test("the command lines are right", () => {
  const [program, name, command, ...args] = words(of("sh")[0].text);
  assert.deepEqual([program, name, command], ["npx", "tokenkeep", "probe"]);
  assert.equal(readFlags(args).resource.path, "/me");
  for (const [flag] of guide.matchAll(/`--[a-z-]+`/g)) assert.ok(/config|json|wait/.test(flag), flag);
});

test("the output that is shown is the probe's own", async (t) => {
  const { printed } = await probe(t, stranger(), ["--resource", "/me"], { login: GUEST, words: true });
  const said = printed.split("\n");
  let from = 0;
  for (const line of of("text")[0].text.trim().split("\n")) {
    const at = said.indexOf(line, from);
    assert.ok(at >= 0, `not said, or not there: ${line}\n\n${printed}`);
    from = at + 1;
  }
});

test("the headers for CORS are those that browsers want", () => {
  const [answer, preflight] = of("text").slice(1).map(({ text }) => Object.fromEntries(text.trim().split("\n").map((line) => line.toLowerCase().split(": "))));
  const origin = answer["access-control-allow-origin"];
  for (const method of ["GET", "POST", "PUT", "DELETE"]) {
    const names = ["authorization", "content-type", "idempotency-key"];
    assert.deepEqual(judgeEndpoint({ method, names, origin, preflight: { status: 204, headers: { ...answer, ...preflight } }, actual: answer }), []);
  }
});

// Evaluated as it stands; throws what the session does not take.
function construct(options, name = options) {
  try {
    new Function("Session", `new Session(${options})`)(Session);
  } catch (error) {
    assert.fail(`${name}\n${error.message}`);
  }
}
