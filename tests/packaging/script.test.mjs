import assert from "node:assert/strict";
import { test } from "node:test";
import { open, outcome } from "./support/browser.mjs";
import { logsInAndCalls } from "./support/claims.mjs";
import { freshProject } from "./support/project.mjs";
import { fileServer } from "./support/servers.mjs";

const csp = (script) => ({ "content-security-policy": `default-src 'none'; script-src ${script}; connect-src http://127.0.0.1:*` });

test("a plain module script logs in and calls", async (t) => {
  const project = await freshProject(t, "app", "plain");
  await logsInAndCalls(t, await fileServer(t, project));
});

test("a plain module script logs in and calls under a strict Content-Security-Policy", async (t) => {
  const project = await freshProject(t, "app", "plain");
  await logsInAndCalls(t, await fileServer(t, project, csp("'self' 'wasm-unsafe-eval'")));
});

test("a policy that forbids wasm is named in the error", async (t) => {
  const project = await freshProject(t, "app", "plain");
  const page = await fileServer(t, project, csp("'self'"));
  const { error } = await outcome(await open(t, `${page}?api=${encodeURIComponent(page)}`));
  assert.equal(error.code, "invalid_config");
  assert.match(error.message, /'wasm-unsafe-eval'/);
});
