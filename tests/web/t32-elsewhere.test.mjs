import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { ADA, PACKAGE } from "./harness/server.mjs";
import { newServer, newTab } from "./harness/stage.mjs";

const run = promisify(execFile);

/** Runs a module in a Node of its own, which has to come to its end by itself. */
async function inNode(script) {
  const source = `import { Session, isSessionError } from ${JSON.stringify(pathToFileURL(join(PACKAGE, "index.js")).href)};\n${script}`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", source], { timeout: 15_000 });
  return JSON.parse(stdout);
}

test("T32: import and construct in Node: no throw, no timer, nothing that keeps the process", async () => {
  const said = await inNode(`
    const { stdout, stderr } = process;
    const before = process.getActiveResourcesInfo();
    const sessions = ["local", "session", "memory"].map((storage) => new Session({ baseUrl: "https://api.example.com", storage }));
    await new Promise((resolve) => setImmediate(resolve));
    const left = process.getActiveResourcesInfo().filter((one) => !before.includes(one));
    console.log(JSON.stringify({ left, statuses: sessions.map((session) => session.status) }));
  `);
  assert.deepEqual(said, { left: [], statuses: ["signedOut", "signedOut", "signedOut"] });
});

test("T32: the whole way in Node: log in, call, renew, log out, and the process ends by itself", async (t) => {
  const server = await newServer(t);
  const said = await inNode(`
    const session = new Session({ baseUrl: ${JSON.stringify(server.origin)} });
    const statuses = [];
    const call = async () => statuses.push((await session.fetch("/api/v1/resource")).status);
    await session.login(${JSON.stringify(ADA)});
    await call();
    await session.renew();
    await call();
    const { revoked } = await session.logout();
    await session.fetch("/api/v1/resource").catch((error) => statuses.push(error.code));
    console.log(JSON.stringify({ statuses, revoked }));
  `);
  assert.deepEqual(said, { statuses: [200, 200, "login_required"], revoked: true });
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("T32: two sessions in Node are two users, as a server that renders pages needs it", async (t) => {
  const server = await newServer(t);
  const said = await inNode(`
    const make = () => new Session({ baseUrl: ${JSON.stringify(server.origin)}, storage: "memory" });
    const [mine, theirs] = [make(), make()];
    await mine.login(${JSON.stringify(ADA)});
    console.log(JSON.stringify([mine.status, await theirs.fetch("/api/v1/resource").catch((error) => error.code)]));
  `);
  assert.deepEqual(said, ["signedIn", "login_required"]);
});

test("T32: import and construct in a worker: no throw, no timer left, and the whole way works there", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const said = await tab.run((user) => fromWorker({ user }), ADA);
  assert.deepEqual(said, { timersAfterConstruct: 0, statuses: [200, 200], renewed: 2 });
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("T32: import and construct in a page: no timer and no request", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const used = await tab.run(async () => {
    const frame = await inFrame();
    const used = [];
    for (const name of ["setTimeout", "setInterval", "requestAnimationFrame", "requestIdleCallback", "fetch", "XMLHttpRequest"]) {
      const own = frame[name];
      frame[name] = function (...args) {
        used.push(name);
        return own.apply(this, args);
      };
    }
    new frame.Session({ baseUrl: location.origin });
    await new Promise((resolve) => setTimeout(resolve, 100));
    return used;
  });
  assert.deepEqual(used, []);
  assert.deepEqual((await server.log()).requests, []);
});
