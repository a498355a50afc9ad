import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pack } from "./support/project.mjs";

test("the tarball holds exactly the package's files", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-pack-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const { files } = await pack(directory);
  assert.deepEqual(files.sort(), [
    "LICENSE",
    "README.md",
    "index.d.ts",
    "index.js",
    "package.json",
    "session.js",
    "slim.d.ts",
    "slim.js",
    "wasm/inline.js",
    "wasm/tokenkeep.js",
    "wasm/tokenkeep_bg.wasm",
  ]);
});
