import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readDocument, root } from "../docs/support/document.mjs";
import { ADA, Key, newServer, newTab } from "./support/app.mjs";

const { text: page, blocks: all } = await readDocument("PROMPT");
const blocks = (language) => all.filter((block) => block.language === language).map(({ text }) => text);

async function directory(t) {
  const made = await mkdtemp(join(tmpdir(), "tokenkeep-prompt-"));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

test("the page in docs/PROMPT.md asks, signs in and loads", async (t) => {
  const app = await directory(t);
  const [html] = blocks("html");
  await writeFile(join(app, "index.html"), html);
  const server = await newServer(t, { page: app, users: [ADA] });
  const tab = await newTab(t, server, {
    ready: async () => {
      const prompt = document.querySelector("tokenkeep-prompt");
      for (const late = performance.now() + 15_000; !prompt.opened; ) {
        if (performance.now() > late) throw new Error("it does not ask");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  });
  await tab.keys(ADA.username, Key.TAB, ADA.password, Key.ENTER);
  const loaded = await tab.run(async () => {
    const until = async (condition) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await until(() => !document.querySelector("tokenkeep-prompt").opened);
    document.getElementById("load").click();
    await until(() => document.querySelector("output").textContent);
    return document.querySelector("output").textContent;
  });
  assert.ok(loaded.length > 3);
});

test("the other code of docs/PROMPT.md is right by the package's types", async (t) => {
  const project = await directory(t);
  const codes = blocks("ts");
  assert.ok(codes.length >= 3);
  const files = codes.map((_, number) => `block-${number + 1}.ts`);
  for (const [number, code] of codes.entries()) await writeFile(join(project, files[number]), code);
  const paths = { tokenkeep: [join(root, "pkg/index.d.ts")], "tokenkeep/prompt": [join(root, "pkg/prompt.d.ts")] };
  const compilerOptions = { target: "es2022", lib: ["es2022", "dom", "dom.iterable"], module: "esnext", moduleResolution: "bundler", strict: true, noEmit: true, types: [], paths };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { status, stdout } = spawnSync(join(root, "xtask/node/node_modules/.bin/tsc"), ["--project", project], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

test("docs/PROMPT.md and its types name every text and every custom property, and no other", async () => {
  const { ENGLISH } = await import(join(root, "pkg/prompt/texts.js"));
  const names = (texts) => Object.entries(texts).flatMap(([name, text]) => (typeof text === "string" ? name : [name, ...names(text)]));
  const types = await readFile(join(root, "pkg/prompt.d.ts"), "utf8");
  const [german] = blocks("ts").filter((code) => code.includes("PromptTexts"));
  for (const name of names(ENGLISH)) if (name !== "none") assert.match(german, new RegExp(`\\b${name}:`), name);
  for (const [name, text] of [...Object.entries(ENGLISH), ...Object.entries(ENGLISH.expiring)]) {
    if (typeof text === "string") assert.ok(types.includes(`/** "${text}"`), `the types tell the English of ${name}`);
  }

  const properties = (text) => [...new Set(text.match(/--tokenkeep-[a-z-]+/g))].sort();
  assert.deepEqual(properties(page), properties(await readFile(join(root, "pkg/prompt/styles.js"), "utf8")));
});
