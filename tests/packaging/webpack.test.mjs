import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import webpack from "webpack";
import { logsInAndCalls } from "./support/claims.mjs";
import { freshProject, here } from "./support/project.mjs";
import { fileServer } from "./support/servers.mjs";

for (const app of ["default", "slim-webpack"]) {
  test(`${app}: an app bundled by webpack logs in and calls`, async (t) => {
    const project = await freshProject(t, "app", app);
    const dist = join(project, "dist");
    const compiler = webpack({ context: project, mode: "production", entry: "./main.js", output: { path: dist } });
    t.after(() => promisify(compiler.close.bind(compiler))());
    const stats = await promisify(compiler.run.bind(compiler))();
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
    await copyFile(join(here, "apps/classic.html"), join(dist, "index.html"));
    await logsInAndCalls(t, await fileServer(t, dist));
  });
}
