import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newCatcher, newServer, newTab } from "./harness/stage.mjs";

// What the other files rely on, without the package: a suite that cannot see is a suite that always passes.

const bare = (t, server) => newTab(t, server, { ready: () => {} });

const ask = (server, path, { token, ...body }) =>
  fetch(`${server.origin}/api/v1/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });

test("an error in a page arrives with its fields", async (t) => {
  const tab = await bare(t, await newServer(t));
  const failing = tab.run((code) => Promise.reject(Object.assign(new RangeError("too far"), { code })), "some_code");
  await assert.rejects(failing, { name: "RangeError", message: "too far", code: "some_code" });
  await assert.rejects(tab.run(() => Promise.reject("bare words")), { name: "string", message: "bare words" });
});

test("several tabs work at the same time, and share an origin's storage and channels", async (t) => {
  const server = await newServer(t);
  const [first, second] = [await bare(t, server), await bare(t, server)];
  const waiting = await first.start(() => gunshot().then(() => localStorage.getItem("shot")));
  await second.run(() => {
    localStorage.setItem("shot", "yes");
    go();
  });
  assert.equal(await waiting.result(), "yes");
});

test("a task of a page that was left says so", async (t) => {
  const tab = await bare(t, await newServer(t));
  const task = await tab.start(() => new Promise(() => {}));
  await tab.reload();
  await assert.rejects(task.result(), /the page was left/);
});

test("every server starts with an empty origin", async (t) => {
  const one = await bare(t, await newServer(t));
  await one.run(() => localStorage.setItem("left", "behind"));
  const other = await bare(t, await newServer(t));
  assert.equal(await other.run(() => localStorage.length), 0);
});

test("the server is strict: a spent refresh token ends the family, and the counters tell", async (t) => {
  const server = await newServer(t);
  const { refreshToken } = await (await ask(server, "login", ADA)).json();
  assert.equal((await ask(server, "renew", { refreshToken })).status, 200);
  const again = await ask(server, "renew", { refreshToken });
  assert.equal((await again.json()).code, "refresh_token_reused");
  assert.deepEqual(await server.renewals(), { asked: 2, renewed: 1, replayed: 0, refused: 1 });
});

test("the server's clock moves, and its users can be revoked", async (t) => {
  const server = await newServer(t);
  const { token } = await (await ask(server, "login", ADA)).json();
  const echo = async () => (await ask(server, "echo", { token })).status;
  assert.equal(await echo(), 200);
  await server.age(OUTLIVED);
  assert.equal(await echo(), 401);
  await server.age(-OUTLIVED);
  assert.equal(await echo(), 200);
  await server.revoke(ADA);
  assert.equal(await echo(), 401);
});

test("an answer can be bent, held back and cut off", async (t) => {
  const server = await newServer(t);
  await server.rule({ endpoint: "login", status: 503, headers: { "Retry-After": "3" }, body: "busy" });
  const bent = await ask(server, "login", ADA);
  assert.deepEqual([bent.status, bent.headers.get("retry-after"), await bent.text()], [503, "3", "busy"]);

  await server.rule({ endpoint: "login", drop: true });
  await assert.rejects(ask(server, "login", ADA), TypeError);

  await server.rule({ endpoint: "login", delayMs: 300 });
  const began = performance.now();
  const held = ask(server, "login", ADA);
  await server.arrival("login", { count: 3 });
  assert.equal((await held).status, 200);
  assert.ok(performance.now() - began >= 300);
});

test("a server that was ended is gone, and comes back at its address", async (t) => {
  const server = await newServer(t);
  await server.stop();
  await assert.rejects(fetch(server.origin), TypeError);
  await server.start();
  assert.equal((await fetch(server.origin)).status, 200);
});

test("the catcher sees what a page sends to another origin", async (t) => {
  const catcher = await newCatcher(t);
  const tab = await bare(t, await newServer(t));
  const send = (url) => fetch(url, { method: "POST", headers: { Authorization: "Bearer s3cret" }, body: "b0dy" }).then((response) => response.status);
  assert.equal(await tab.run(send, `${catcher.origin}/path`), 200);
  assert.deepEqual(catcher.requests.map(({ method, path, body }) => [method, path, body]), [["POST", "/path", "b0dy"]]);
  assert.ok(catcher.hasSeen("s3cret"));
  assert.ok(!catcher.hasSeen("another"));
});
