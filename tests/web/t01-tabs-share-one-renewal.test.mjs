import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

const WAKES = 10;

for (const count of [2, 6]) {
  test(`T1: ${count} tabs that wake together after their token's life send one renewal, every time`, async (t) => {
    const server = await newServer(t);
    const tabs = await newTabs(t, server, count, { user: ADA });
    await wakeTogether(server, tabs);
    for (const tab of tabs) assert.equal(await tab.run(() => session.getSnapshot().generation), WAKES + 1);
    assert.equal(await server.count("login.ok"), 1);
  });

  test(`T1: ${count} tabs that are told 401 together send one renewal, and replay`, async (t) => {
    const server = await newServer(t);
    const tabs = await newTabs(t, server, count, { user: ADA });
    await wakeTogether(server, tabs, () => gunshot().then(() => calls(3)));
  });

  test(`T1: ${count} tabs whose token runs out while they look on send one renewal`, async (t) => {
    const server = await newServer(t, { accessLifetime: 4 });
    const tabs = await newTabs(t, server, count, { user: ADA });
    for (let expiry = 1; expiry <= 2; expiry++) {
      const rounds = [];
      for (const tab of tabs) rounds.push(await tab.start(() => gunshot().then(() => calls(3))));
      await tabs[0].run(() => until(session.getSnapshot().expiresAt).then(go));
      await assertOneRenewal(server, rounds, expiry);
    }
  });
}

test("T1: 20 tabs that wake together after their token's life send one renewal, every time", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 20, { user: ADA });
  await wakeTogether(server, tabs, sleepAndCall, 3);
  await wakeTogether(server, tabs, () => gunshot().then(() => calls(3)), 2, 3);
  for (const tab of tabs) assert.equal(await tab.run(() => session.getSnapshot().generation), 6);
  assert.equal(await server.count("login.ok"), 1);
});

test("T1: tabs that hear nothing of each other share one renewal through the storage", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 4, { prepare: () => deafen() });
  await tabs[0].run((user) => session.login(user), ADA);
  for (const tab of tabs.slice(1)) await tab.run(() => openSession());
  await wakeTogether(server, tabs);
});

test("T1: tabs without Web Locks share one renewal by the journal in the record", async (t) => {
  const server = await newServer(t);
  const withoutLocks = () => void Object.defineProperty(navigator, "locks", { value: undefined });
  const tabs = await newTabs(t, server, 4, { user: ADA, prepare: withoutLocks });
  await wakeTogether(server, tabs);
  assert.equal(await server.count("login.ok"), 1);
});

test("T1: the tabs that did not renew say that another one did", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 3, { user: ADA });
  await server.age(OUTLIVED);
  const rounds = [];
  for (const tab of tabs) rounds.push(await tab.start(() => gunshot().then(() => calls(3))));
  await tabs[0].run(() => go());
  await assertOneRenewal(server, rounds, 1);
  const by = [];
  for (const tab of tabs) by.push(await tab.run(() => told("renewed").then(({ detail }) => detail.by)));
  assert.deepEqual(by.sort(), ["other-tab", "other-tab", "this-tab"]);
});

/** Lets the token run out, and all tabs find out at once; again and again. */
async function wakeTogether(server, tabs, action, wakes = WAKES, before = 0) {
  for (let wake = before + 1; wake <= before + wakes; wake++) await assertOneRenewal(server, await wakeUp(server, tabs, wake, action), wake);
}

async function wakeUp(server, tabs, wake, action = sleepAndCall) {
  await server.age(OUTLIVED);
  const rounds = [];
  for (const tab of tabs) rounds.push(await tab.start(action, OUTLIVED));
  await tabs[wake % tabs.length].run(() => go());
  return rounds;
}

function sleepAndCall(seconds) {
  sleepFor(seconds);
  return gunshot().then(() => calls(3));
}

async function assertOneRenewal(server, rounds, times) {
  for (const round of rounds) assert.deepEqual(await round.result(), [200, 200, 200]);
  assert.deepEqual(await server.renewals(), { asked: times, renewed: times, replayed: 0, refused: 0 });
}
