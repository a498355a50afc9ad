import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { freePort, Process } from "../web/harness/process.mjs";
import { Server } from "../web/harness/server.mjs";
import { openFront } from "./support/front.mjs";
import { livesThrough } from "./support/life.mjs";
import { bin, examples, installPackage, installed, tool } from "./support/project.mjs";

async function serve(t, flags) {
  const server = await Server.start(flags);
  t.after(() => server.stop());
  return server;
}

// Each gets its own browser; two at once, because most of the time they wait for one.
describe("examples", { concurrency: 2 }, () => {
  before(installPackage);

  for (const name of ["react", "vue", "svelte"]) {
    test(`${name}: a user lives through a session`, async (t) => {
      await tool(name, "vite", "build", "--logLevel=warn");
      const server = await serve(t, { page: join(examples, name, "dist") });
      await livesThrough(t, server, server.origin);
    });
  }

  for (const name of ["react", "vue"]) {
    test(`${name}: its own tests pass, on tokenkeep/testing`, async () => {
      const { numPassedTests, numTotalTests } = JSON.parse(await tool(name, "vitest", "run", "--reporter=json"));
      assert.ok(numPassedTests > 0);
      assert.equal(numPassedTests, numTotalTests);
    });
  }

  test("next: it has the components of react, word for word", async () => {
    for (const name of ["Account.jsx", "LoginForm.jsx", "api.js"]) {
      assert.equal(await readFile(join(examples, "next/app", name), "utf8"), await readFile(join(examples, "react/src", name), "utf8"), name);
    }
  });

  test("next: a page that is rendered on the server lives through a session in the browser", async (t) => {
    await tool("next", "next", "build");
    const port = await freePort();
    const next = await Process.start(process.execPath, [bin("next"), "start", join(examples, "next"), "--hostname", "127.0.0.1", "--port", String(port)], {
      ready: /Ready/,
      env: { NEXT_TELEMETRY_DISABLED: "1" },
    });
    t.after(() => next.stop());
    const server = await serve(t);
    const address = await openFront(t, server.origin, `http://127.0.0.1:${port}`);
    assert.match(await (await fetch(address)).text(), /One moment/);
    await livesThrough(t, server, address);
  });

  test("plain: a page without a bundler lives through a session", async (t) => {
    const server = await serve(t, { page: join(examples, "plain"), serve: `/tokenkeep=${installed}` });
    await livesThrough(t, server, server.origin);
  });

  test("yew: an app in Rust, on the crate, lives through a session", async (t) => {
    const page = process.env.TOKENKEEP_YEW;
    assert.ok(page, "TOKENKEEP_YEW must name the directory that `cargo xtask test --only examples` builds");
    await access(join(page, "app_bg.wasm"));
    const server = await serve(t, { page });
    await livesThrough(t, server, server.origin);
  });
});
