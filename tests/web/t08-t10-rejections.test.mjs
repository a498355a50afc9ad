import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

const NONE = { asked: 0, renewed: 0, replayed: 0, refused: 0 };
const ONE = { asked: 1, renewed: 1, replayed: 0, refused: 0 };

test("T8: two parallel 401s are both retried after one renewal", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.age(OUTLIVED);
  assert.deepEqual(await tab.run(() => calls(2)), [200, 200]);
  assert.deepEqual(await server.renewals(), ONE);
  assert.deepEqual(await statuses(server), [401, 401, 200, 200]);
});

test("T9: a 401 that comes late, sent with the token before a renewal, costs a replay and no renewal", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.rule({ endpoint: "resource", status: 401, delayMs: 20_000 });
  const call = await tab.start(() => outcome(session.fetch(RESOURCE)));
  await server.arrival("resource");
  await tab.run(() => session.renew());
  assert.deepEqual(await statuses(server), [null], "the 401 is still on its way");
  await server.release();
  assert.equal(await call.result(), 200);
  assert.deepEqual(await statuses(server), [401, 200]);
  assert.deepEqual(await server.renewals(), ONE);
});

test("T9: a 401 that comes late, after another tab's renewal, costs a replay and no renewal", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { user: ADA });
  await server.rule({ endpoint: "resource", status: 401, delayMs: 20_000 });
  const call = await first.start(() => outcome(session.fetch(RESOURCE)));
  await server.arrival("resource");
  await second.run(() => session.renew());
  await first.run(() => told("renewed"));
  assert.deepEqual(await statuses(server), [null], "the 401 is still on its way");
  await server.release();
  assert.equal(await call.result(), 200);
  assert.deepEqual(await server.renewals(), ONE);
});

test("T10: an endpoint that always answers 401 costs one renewal; its Response reaches the caller, and the session stays", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.rule({ endpoint: "resource", times: 1_000, status: 401, headers: { "Content-Type": "application/json" }, body: '{"why":"because"}' });
  const answer = await tab.run(async () => {
    const response = await session.fetch(RESOURCE);
    return { status: response.status, body: await response.json() };
  });
  assert.deepEqual(answer, { status: 401, body: { why: "because" } });
  assert.deepEqual(await statuses(server), [401, 401]);
  assert.deepEqual(await server.renewals(), ONE);

  assert.deepEqual(await tab.run(() => calls(5)), Array(5).fill(401));
  assert.deepEqual(await server.renewals(), ONE, "renewing did not help, so it is not tried again at once");
  assert.deepEqual(await tab.run(() => [session.status, count("loginRequired")]), ["signedIn", 0]);

  await server.clearRules();
  assert.deepEqual(await tab.run(() => calls(5)), Array(5).fill(200));
});

test("T10: 20 requests at once to an endpoint that always answers 401 cost one renewal", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.rule({ endpoint: "resource", times: 1_000, status: 401 });
  assert.deepEqual(await tab.run(() => calls(20)), Array(20).fill(401));
  assert.deepEqual(await server.renewals(), ONE);
  assert.equal(await server.count("requests.resource"), 40);
});

test("a 401 about a scope is the caller's: no renewal", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.rule({ endpoint: "resource", status: 401, headers: { "WWW-Authenticate": 'Bearer error="insufficient_scope"' } });
  assert.deepEqual(await tab.run(() => calls(1)), [401]);
  assert.deepEqual(await server.renewals(), NONE);
});

test("a 403 is the caller's: no renewal", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: { ...ADA, scopes: ["read"] } });
  assert.deepEqual(await tab.run(() => calls(1, ECHO, { method: "POST", body: "x" })), [403]);
  assert.deepEqual(await server.renewals(), NONE);
});

const statuses = async (server) => (await server.log()).requests.filter(({ path }) => path.endsWith("/resource")).map(({ status }) => status);
