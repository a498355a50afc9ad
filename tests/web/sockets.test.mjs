import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

test("Sockets: a ticket opens one without a token in its address; once its token has run out, the next ticket is asked for with a renewed one", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  const username = await tab.run(connect);
  assert.equal(username, ADA.username);

  const closed = await tab.start(() => window.socketClosed);
  await server.age(OUTLIVED);
  assert.equal(await closed.result(), 4401);
  assert.equal(await tab.run(connect), ADA.username);
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });

  const { requests } = await server.log();
  assert.deepEqual(requests.filter(({ path }) => path.includes("?") || /eyJ/.test(path)), []);
});

/** As docs/CONNECT.md has it. Resolves with who the server says is connected. */
async function connect() {
  const answer = await session.fetch("/api/v1/tickets", { method: "POST" });
  const { ticket } = await answer.json();
  const socket = new WebSocket(new URL(`/api/v1/socket?ticket=${encodeURIComponent(ticket)}`, location.origin.replace("http", "ws")));
  window.socketClosed = new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  const hello = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(JSON.parse(data)), { once: true }));
  return Promise.race([hello.then(({ username }) => username), window.socketClosed.then((code) => `closed with ${code}`)]);
}
