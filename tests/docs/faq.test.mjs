// docs/FAQ.md: what stands there as code works.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ADA, OUTLIVED } from "../web/harness/server.mjs";
import { newServer } from "../web/harness/stage.mjs";
import { bundle, copied, load, typechecked } from "./support/app.mjs";
import { filesOf, linksLead, readDocument, root } from "./support/document.mjs";
import { newApp } from "./support/page.mjs";

const FAQ = await readDocument("FAQ");
const EXAMPLES = await readDocument("EXAMPLES");
/** Its files beside the session that all recipes share. */
const FILES = { ...FAQ, blocks: [...FAQ.blocks, ...EXAMPLES.blocks.filter(({ file }) => file === "session.js")] };

test("every block of code in docs/FAQ.md has its test", () => {
  assert.equal(FAQ.blocks.length * 2, FAQ.text.match(/^```/gm).length);
  assert.deepEqual([...filesOf(FAQ).keys()], ["axios.js", "why.js", "watch.js"]);
  assert.deepEqual(FAQ.blocks.filter(({ file }) => !file).map(({ language }) => language), ["text"]);
});

test("every link within docs/FAQ.md leads somewhere", () => linksLead(FAQ));

test("TypeScript takes docs/FAQ.md", (t) => typechecked(t, FILES));

test("the FAQ and the README tell the same size", async () => {
  const sizes = [FAQ.text, await readFile(join(root, "README.md"), "utf8")].map((text) => /some (\d+) kB to download/i.exec(text)?.[1]);
  assert.ok(sizes[0]);
  assert.equal(sizes[0], sizes[1]);
});

async function inNode(t, file) {
  const server = await newServer(t, { users: [ADA] });
  const directory = await copied(t, FILES, server.origin);
  const { session } = await load(directory, "session.js");
  t.after(() => session.dispose());
  await session.login(ADA);
  return { server, session, module: await load(directory, file) };
}

test("axios.js: the session goes below", async (t) => {
  const { server, module } = await inNode(t, "axios.js");
  await server.age(OUTLIVED);
  assert.ok((await module.api.get("/api/v1/resource")).data.message);
  assert.equal((await server.renewals()).renewed, 1);
});

test("why.js: the reason and the story, without a token", async (t) => {
  const { server, session, module } = await inNode(t, "why.js");
  const token = await session.accessToken();
  const told = [];
  module.watch((reason, story) => told.push({ reason, story }));
  await server.revoke(ADA);
  await assert.rejects(session.fetch("/api/v1/resource"), { code: "login_required", reason: "refused" });
  assert.equal(told.length, 1);
  assert.equal(told[0].reason, "refused");
  assert.ok(told[0].story.length > 2);
  assert.ok(!JSON.stringify(told).includes(token));
});

test("watch.js: the lanes are there when they are asked for, and only then", async (t) => {
  const { server, tab } = await newApp(t, FILES, ["watch.js"]);
  await tab.run(() => use("watch").then(() => {}));
  assert.equal(await tab.run(() => document.querySelector("tokenkeep-devtools")), null);
  await tab.go(`${server.origin}/?again#devtools`);
  await tab.run(() => use("watch").then(() => eventually(() => document.querySelector("tokenkeep-devtools")?.session, "the lanes")).then(() => {}));
});

test("the Content-Security-Policy lets a session work, and without its word for WebAssembly one is told", async (t) => {
  const policy = FAQ.blocks.find(({ language }) => language === "text").text.trim();
  const { server, tab, page, sources } = await newApp(t, FILES, []);
  const main = `import { session } from "./session.js";
    window.told = (async () => { await session.login(${JSON.stringify(ADA)}); return (await session.fetch("/api/v1/resource")).status; })();`;
  await writeFile(join(sources, "main.js"), main);
  await bundle(sources, ["main.js"], join(page, "assets"));
  const visit = async (name, policy) => {
    const meta = `<meta http-equiv="Content-Security-Policy" content="${policy.replace("https://api.example.com", server.origin)}">`;
    await writeFile(join(page, name), `<!doctype html>${meta}<script>window.unsafe = true;</script><script type="module" src="/assets/main.js"></script>`);
    await tab.go(`${server.origin}/${name}`);
  };
  await visit("strict.html", policy);
  assert.deepEqual(await tab.run(async () => [await told, window.unsafe ?? "blocked"]), [200, "blocked"]);
  await visit("stricter.html", policy.replace(" 'wasm-unsafe-eval'", ""));
  const problem = await tab.run(() => import("/assets/main.js").then(() => ({}), ({ code, message }) => ({ code, message })));
  assert.equal(problem.code, "invalid_config");
  assert.match(problem.message, /wasm-unsafe-eval/);
});
