// The examples of docs/TESTING.md, as they stand there, in an app that has installed the packed package.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { filesOf, readDocument } from "../docs/support/document.mjs";
import { freshProject } from "../packaging/support/project.mjs";

const here = import.meta.dirname;
const run = promisify(execFile);

// How each runner is started, what says which files are its own, and where it says how many tests have passed.
const RUNNERS = {
  vitest: { imports: "vitest", args: (files) => [bin("vitest/vitest.mjs"), "run", "--reporter=json", ...files], passed: json },
  jest: { imports: "@jest/globals", args: (files) => ["--experimental-vm-modules", "--no-warnings", bin("jest/bin/jest.js"), "--json", "--watchman=false", ...files], passed: json },
  "node:test": { imports: "node:test", args: (files) => ["--test", "--test-reporter=tap", ...files], passed: (printed) => Number(/^# pass (\d+)$/m.exec(printed)[1]) },
};

for (const [name, { imports, args, passed }] of Object.entries(RUNNERS)) {
  test(`the examples for ${name} pass`, async (t) => {
    const files = filesOf(await readDocument("TESTING"));
    const project = await openProject(t, files);
    const tests = [...files].filter(([, text]) => text.includes(`from "${imports}"`));
    const wanted = tests.flatMap(([, text]) => text.match(/^test\(/gm)).length;
    assert.ok(wanted > 0, "there is no example");
    const printed = await start(project, args(tests.map(([file]) => file)));
    assert.equal(passed(printed), wanted, printed);
  });
}

test("every example is for one of these runners", async () => {
  const files = filesOf(await readDocument("TESTING"));
  const runnable = Object.values(RUNNERS).map(({ imports }) => `from "${imports}"`);
  const stray = [...files].filter(([file, text]) => file.endsWith(".test.js") && !runnable.some((line) => text.includes(line)));
  assert.deepEqual(stray, []);
});

// Below this directory, where the runners are found, and with the package as its users have it.
async function openProject(t, files) {
  const results = join(here, "results");
  await mkdir(results, { recursive: true });
  const project = await mkdtemp(join(results, "app-"));
  t.after(() => rm(project, { recursive: true, force: true, maxRetries: 3 }));
  await cp(await freshProject(t), project, { recursive: true });
  for (const [file, text] of files) await writeFile(join(project, file), text);
  return project;
}

function bin(path) {
  return join(here, "node_modules", path);
}

async function start(cwd, args) {
  // A test runner that runs in another one behaves differently.
  const { NODE_TEST_CONTEXT, NODE_OPTIONS, ...env } = process.env;
  try {
    const { stdout } = await run(process.execPath, args, { cwd, env: { ...env, CI: "1" }, timeout: 100_000, killSignal: "SIGKILL" });
    return stdout;
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
  }
}

function json(printed) {
  return JSON.parse(printed.slice(printed.indexOf("{"))).numPassedTests;
}
