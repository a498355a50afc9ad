import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { freshProject } from "../packaging/support/project.mjs";

const here = import.meta.dirname;

for (const [module, moduleResolution] of [
  ["esnext", "bundler"],
  ["nodenext", "nodenext"],
]) {
  test(`the types of tokenkeep/testing are found and right with "${moduleResolution}"`, async (t) => {
    const project = await freshProject(t);
    await copyFile(join(here, "types/consumer.ts"), join(project, "consumer.ts"));
    const compilerOptions = { module, moduleResolution, target: "es2022", lib: ["es2022", "dom"], strict: true, noUncheckedIndexedAccess: true, noEmit: true, types: [] };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    const run = promisify(execFile)(join(here, "node_modules/.bin/tsc"), ["--project", project], { timeout: 100_000, killSignal: "SIGKILL" });
    await run.catch((error) => Promise.reject(new Error(`${error.stdout}${error.stderr}`, { cause: error })));
  });
}
