import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { logsInAndCalls } from "./support/claims.mjs";
import { freshProject, here } from "./support/project.mjs";
import { fileServer } from "./support/servers.mjs";

for (const app of ["default", "slim-esbuild"]) {
  test(`${app}: an app bundled by esbuild logs in and calls`, async (t) => {
    const project = await freshProject(t, "app", app);
    const dist = join(project, "dist");
    await build({
      absWorkingDir: project,
      entryPoints: ["main.js"],
      bundle: true,
      minify: true,
      format: "iife",
      // Harder than esbuild's default, which escapes all that is not ASCII.
      charset: "utf8",
      loader: { ".wasm": "file" },
      outdir: dist,
      logLevel: "warning",
    });
    await copyFile(join(here, "apps/classic.html"), join(dist, "index.html"));
    await logsInAndCalls(t, await fileServer(t, dist));
  });
}

test("a bundler keeps the prompt and the devtools of an app that only imports them, and gives them to no other app", async (t) => {
  const project = await freshProject(t);
  const inputs = async (contents, entry) => {
    const { metafile } = await build({ stdin: { contents, resolveDir: project }, bundle: true, format: "esm", write: false, metafile: true });
    const [{ inputs }] = Object.values(metafile.outputs);
    return Object.keys(inputs).filter((path) => path.includes(entry));
  };
  for (const entry of ["prompt", "devtools"]) {
    assert.notDeepEqual(await inputs(`import "tokenkeep/${entry}";`, entry), []);
    assert.deepEqual(await inputs(`import { Session } from "tokenkeep"; new Session({ baseUrl: "/" });`, entry), []);
  }
});
