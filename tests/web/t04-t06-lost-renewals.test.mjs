import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

/** Longer than anybody should have to wait for a tab that is gone. */
const DELAY = 20_000;

for (const leave of ["close", "reload"]) {
  test(`T4: the tab that renews is gone by ${leave}: another one takes its turn, and nothing hangs`, async (t) => {
    const server = await newServer(t);
    const [first, second] = await newTabs(t, server, 2, { user: ADA });
    await server.rule({ endpoint: "renew", delayMs: DELAY });
    await server.age(OUTLIVED);
    await first.start(sleepAndCall, OUTLIVED);
    await server.counted("renew.renewed");
    const waiting = await second.start(sleepAndCall, OUTLIVED);
    await first[leave]();
    const { answers, took } = await waiting.result();
    assert.deepEqual(answers, [200, 200, 200]);
    assert.ok(took < DELAY, `${took} ms`);
    assert.deepEqual(await server.renewals(), { asked: 2, renewed: 1, replayed: 1, refused: 0 });
  });
}

for (const [what, flags, protocol] of [
  ["a grace window", { rotation: "grace" }, { idempotencyHeader: false }],
  ["idempotency keys", { rotation: "strict" }, {}],
]) {
  test(`T6: a reload in the middle of a renewal, with a server that has ${what}: recovered`, async (t) => {
    const server = await newServer(t, flags);
    const { answers, asked } = await reloadWhileRenewing(t, server, protocol);
    assert.deepEqual(answers, [200, 200, 200]);
    assert.equal(asked, 0);
    assert.deepEqual(await server.renewals(), { asked: 2, renewed: 1, replayed: 1, refused: 0 });
  });
}

test("T6: a reload in the middle of a renewal, with a server that forgives nothing: one clean question for a login", async (t) => {
  const server = await newServer(t, { rotation: "strict" });
  const { answers, asked } = await reloadWhileRenewing(t, server, { idempotencyHeader: false });
  assert.deepEqual(answers.map(({ code, reason }) => [code, reason]), Array(3).fill(["login_required", "lost_renewal"]));
  assert.equal(asked, 1);
  assert.deepEqual(await server.renewals(), { asked: 2, renewed: 1, replayed: 0, refused: 1 });
});

async function reloadWhileRenewing(t, server, protocol) {
  const [tab] = await newTabs(t, server, 1, { user: ADA, protocol });
  await server.rule({ endpoint: "renew", delayMs: DELAY });
  await server.age(OUTLIVED);
  await tab.start(sleepAndCall, OUTLIVED);
  await server.counted("renew.renewed");
  await tab.reload();
  return tab.run(async (protocol, seconds) => {
    await pageReady;
    sleepFor(seconds);
    openSession({ protocol });
    return { answers: await calls(3), asked: count("loginRequired") };
  }, protocol, OUTLIVED);
}

async function sleepAndCall(seconds) {
  sleepFor(seconds);
  const began = performance.now();
  return { answers: await calls(3), took: performance.now() - began };
}
