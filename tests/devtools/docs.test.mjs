import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = await readFile(join(root, "docs/DEVTOOLS.md"), "utf8");
const blocks = (language) => [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)].filter((block) => block[1] === language).map((block) => block[2]);

test("the code and the report in docs/DEVTOOLS.md are right by the package's types", async (t) => {
  const project = await mkdtemp(join(tmpdir(), "tokenkeep-devtools-"));
  t.after(() => rm(project, { recursive: true, force: true }));
  const [report] = blocks("json");
  const codes = [...blocks("ts"), `import type { DevtoolsReport } from "tokenkeep/devtools";\nexport const report: DevtoolsReport = ${report};\n`];
  assert.ok(codes.length >= 3);
  const files = codes.map((_, number) => `block-${number + 1}.ts`);
  for (const [number, code] of codes.entries()) await writeFile(join(project, files[number]), code);
  const paths = { tokenkeep: [join(root, "pkg/index.d.ts")], "tokenkeep/devtools": [join(root, "pkg/devtools.d.ts")] };
  const compilerOptions = { target: "es2022", lib: ["es2022", "dom", "dom.iterable"], module: "esnext", moduleResolution: "bundler", strict: true, noEmit: true, types: [], paths };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { status, stdout } = spawnSync(join(root, "xtask/node/node_modules/.bin/tsc"), ["--project", project], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

test("the types name every custom property, and no other", async () => {
  const types = await readFile(join(root, "pkg/devtools.d.ts"), "utf8");
  const styles = await readFile(join(root, "pkg/devtools/styles.js"), "utf8");
  const [, list] = types.match(/Custom properties, all `--tokenkeep-…`:(.*?)\n \*\//s);
  const used = [...new Set([...styles.matchAll(/--tokenkeep-([a-z-]+)/g)].map(([, name]) => name))].sort();
  assert.deepEqual([...list.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name).sort(), used);
});
