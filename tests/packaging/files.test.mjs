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
    "browser/channel.js",
    "browser/clock.js",
    "browser/locks.js",
    "browser/page.js",
    "browser/storage.js",
    "browser/timer.js",
    "browser/transport.js",
    "driver.js",
    "index.d.ts",
    "index.js",
    "options.js",
    "package.json",
    "request.js",
    "session.js",
    "slim.d.ts",
    "slim.js",
    "testing.d.ts",
    "testing.js",
    "testing/clock.js",
    "testing/origin.js",
    "testing/server.js",
    "testing/tokens.js",
    "wasm/inline.js",
    "wasm/tokenkeep.js",
    "wasm/tokenkeep_bg.wasm",
  ]);
});
