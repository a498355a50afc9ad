import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { freshProject, root, tool } from "./support/project.mjs";

for (const [module, moduleResolution] of [
  ["esnext", "bundler"],
  ["nodenext", "nodenext"],
]) {
  test(`the installed package's types are found and right with "${moduleResolution}"`, async (t) => {
    const project = await freshProject(t);
    await copyFile(join(root, "xtask/node/types/consumer.ts"), join(project, "consumer.ts"));
    const compilerOptions = { module, moduleResolution, target: "es2022", lib: ["es2022", "dom"], strict: true, noEmit: true, types: [] };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    await tool(project, "tsc", "--project", project);
  });
}
