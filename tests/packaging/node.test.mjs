import assert from "node:assert/strict";
import { test } from "node:test";
import { freshProject, node, program } from "./support/project.mjs";
import { USER, referenceServer } from "./support/servers.mjs";

// Each runs in a process of its own, which must end by itself: a timer or a channel left open would hold it.
const run = async (t, script) => node(await freshProject(t), "--input-type=module", "--eval", script);

test("importing and constructing in Node leaves nothing running", async (t) => {
  const printed = await run(
    t,
    `import { Session } from "tokenkeep";
     const session = new Session({ baseUrl: "https://api.example.com" });
     console.log(session.status === session.getSnapshot().status, typeof session.fetch, session.claims);`,
  );
  assert.equal(printed.trim(), "true function undefined");
});

test("wrong options throw a SessionError at once, in Node too", async (t) => {
  const printed = await run(
    t,
    `import { Session, SessionError, isSessionError } from "tokenkeep";
     try {
       new Session({ baseUrl: 5 });
     } catch (error) {
       console.log(error instanceof SessionError, isSessionError(error), error.code, /baseUrl/.test(error.message));
     }`,
  );
  assert.equal(printed.trim(), "true true invalid_config true");
});

test("a disposed session rejects with its own error and answers what it last knew", async (t) => {
  const printed = await run(
    t,
    `import { Session } from "tokenkeep";
     const session = new Session({ baseUrl: "https://api.example.com", storage: "memory" });
     session.dispose();
     session.dispose();
     const calls = [session.fetch("/"), session.login({}), session.accessToken(), session.renew(), session.adopt({ accessToken: "a" }), session.logout()];
     const codes = await Promise.all(calls.map((call) => call.then(() => "resolved", (error) => error.code)));
     console.log(...new Set(codes), typeof session.status, Array.isArray(session.explain()), session.claims);`,
  );
  assert.equal(printed.trim(), "disposed string true undefined");
});

test("a session may be disposed by its own listener", async (t) => {
  const printed = await run(
    t,
    `import { Session } from "tokenkeep";
     const session = new Session({ baseUrl: "https://api.example.com", storage: "memory" });
     session.on("change", () => session.dispose());
     await session.adopt({ accessToken: "opaque", subject: "ada", expiresIn: 60 }).catch((error) => error);
     console.log(await session.accessToken().catch((error) => error.code));`,
  );
  assert.equal(printed.trim(), "disposed");
});

test("slim says what to call first, and a failed start can be tried again", async (t) => {
  const printed = await run(
    t,
    `import { Session, init, isSessionError } from "tokenkeep/slim";
     import { readFile } from "node:fs/promises";
     import { fileURLToPath } from "node:url";
     const said = (error) => [isSessionError(error), error.code];
     try { new Session({ baseUrl: "https://api.example.com" }); } catch (error) { console.log(...said(error), /init/.test(error.message)); }
     await init(new Uint8Array([1, 2, 3])).catch((error) => console.log(...said(error)));
     await init().catch((error) => console.log(...said(error)));
     await init("http://127.0.0.1:9/none.wasm").catch((error) => console.log(...said(error), error.retryable));
     const bytes = await readFile(fileURLToPath(import.meta.resolve("tokenkeep/tokenkeep.wasm")));
     await Promise.all([init(bytes), init(bytes)]);
     console.log(typeof new Session({ baseUrl: "https://api.example.com" }).status);`,
  );
  assert.deepEqual(printed.trim().split("\n"), [
    "true invalid_config true",
    "true invalid_config",
    "true invalid_config",
    "true network true",
    "string",
  ]);
});

test("both entries of one package share the errors", async (t) => {
  const printed = await run(
    t,
    `import * as main from "tokenkeep";
     import * as slim from "tokenkeep/slim";
     console.log(main.SessionError === slim.SessionError, main.isSessionError === slim.isSessionError);`,
  );
  assert.equal(printed.trim(), "true true");
});

test("the installed package brings the probe along", async (t) => {
  const project = await freshProject(t);
  const printed = await program(project, "npx", "--no-install", "tokenkeep", "probe", "--help");
  assert.match(printed, /^tokenkeep probe <url> \[options\]\n/);

  const server = await referenceServer(t, "http://localhost:5173", ["--rotation", "off"]);
  const args = ["--login", JSON.stringify(USER), "--resource", "/api/v1/status", "--timeout", "60"];
  assert.match(await program(project, "npx", "--no-install", "tokenkeep", "probe", server, ...args), /\nA session works as configured\. /);
});
