import assert from "node:assert/strict";
import { test } from "node:test";
import { engine, FREEZES } from "./harness/engines.mjs";
import { limit, noteCache } from "./harness/limits.mjs";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

const ONE = { asked: 1, renewed: 1, replayed: 0, refused: 0 };

test("Cache: a page that comes back from the back/forward cache uses the token that another tab has renewed meanwhile", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { user: ADA });
  await second.run(() => addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted)));
  await second.go(`${server.origin}/elsewhere.html`);
  await server.age(OUTLIVED);
  assert.deepEqual(await first.run(() => calls(3)), [200, 200, 200]);
  await second.back();
  const after = await second.run(async () => {
    await pageReady;
    const persisted = window.persisted ?? false;
    if (!window.session) openSession();
    return { persisted, answers: await calls(3), generation: session.getSnapshot().generation };
  });
  noteCache(t, after.persisted);
  assert.deepEqual([after.answers, after.generation], [[200, 200, 200], 2]);
  assert.deepEqual(await server.renewals(), ONE);
});

test("Cache: a page that is left in the middle of a renewal holds nobody up, and is up to date when it comes back", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { user: ADA });
  await server.rule({ endpoint: "renew", delayMs: 20_000 });
  await server.age(OUTLIVED);
  await first.start(() => calls(3));
  await server.counted("renew.renewed");
  const waiting = await second.start(() => calls(3));
  await first.go(`${server.origin}/elsewhere.html`);
  assert.deepEqual(await waiting.result(), [200, 200, 200]);
  await first.back();
  const after = await first.run(async () => {
    await pageReady;
    if (!window.session) openSession();
    return { answers: await calls(3), asked: count("loginRequired") };
  });
  assert.deepEqual([after.answers, after.asked], [[200, 200, 200], 0]);
  assert.deepEqual(await server.renewals(), { asked: 2, renewed: 1, replayed: 1, refused: 0 });
});

test("Freeze: a tab that is frozen misses a renewal, and goes on with its result", async (t) => {
  if (!canFreeze(t)) return;
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { user: ADA });
  await freeze(first);
  await server.age(OUTLIVED);
  assert.deepEqual(await second.run(() => calls(3)), [200, 200, 200]);
  await thaw(first);
  assert.deepEqual(await first.run(() => calls(3)), [200, 200, 200]);
  assert.equal(await first.run(() => session.getSnapshot().generation), 2);
  assert.deepEqual(await server.renewals(), ONE);
});

test("Freeze: a tab that is frozen in the middle of a renewal holds the others up no longer than a renewal may take", async (t) => {
  if (!canFreeze(t)) return;
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { user: ADA, renewal: { timeout: 4 } });
  await server.rule({ endpoint: "renew", delayMs: 20_000 });
  await server.age(OUTLIVED);
  const held = await first.start(() => calls(3));
  await server.counted("renew.renewed");
  await freeze(first);
  await server.release();
  const waiting = await second.start(() => calls(3));
  assert.deepEqual(await waiting.result(), [200, 200, 200]);
  await thaw(first);
  assert.deepEqual(await held.result(), [200, 200, 200]);
  for (const tab of [first, second]) assert.deepEqual(await tab.run(() => [session.status, count("loginRequired")]), ["signedIn", 0]);
  const { renewed, refused } = await server.renewals();
  assert.deepEqual([renewed, refused], [1, 0]);
});

async function freeze(tab) {
  await tab.run(() => void document.addEventListener("freeze", () => (window.frozen = true)));
  await tab.freeze();
}

async function thaw(tab) {
  await tab.thaw();
  assert.equal(await tab.run(() => window.frozen), true, "the tab was frozen");
}

function canFreeze(t) {
  if (FREEZES.has(engine)) return true;
  limit(t, "WebDriver cannot freeze a tab, so that this is not tested.");
  t.skip("no tab can be frozen");
}
