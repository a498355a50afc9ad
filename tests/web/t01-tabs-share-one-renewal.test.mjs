import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

const WAKES = 10;

for (const count of [2, 6]) {
  test(`T1: ${count} tabs that wake together after their token's life send one renewal, every time`, async (t) => {
    const server = await newServer(t);
    const tabs = await newTabs(t, server, count, { user: ADA });
    for (let wake = 1; wake <= WAKES; wake++) {
      await server.age(OUTLIVED);
      const rounds = [];
      for (const tab of tabs) rounds.push(await tab.start(wakeAndCall, OUTLIVED));
      await tabs[wake % count].run(() => go());
      for (const round of rounds) assert.deepEqual(await round.result(), [200, 200, 200]);
      assert.deepEqual(await server.renewals(), { asked: wake, renewed: wake, replayed: 0, refused: 0 });
    }
    for (const tab of tabs) assert.equal(await tab.run(() => session.getSnapshot().generation), WAKES + 1);
    assert.equal(await server.count("login.ok"), 1);
  });
}

function wakeAndCall(seconds) {
  sleepFor(seconds);
  return gunshot().then(() => calls(3));
}

for (const count of [2, 6]) {
  test(`T1: ${count} tabs whose token runs out while they look on send one renewal`, async (t) => {
    const server = await newServer(t, { accessLifetime: 4 });
    const tabs = await newTabs(t, server, count, { user: ADA });
    for (let expiry = 1; expiry <= 2; expiry++) {
      const rounds = [];
      for (const tab of tabs) rounds.push(await tab.start(() => gunshot().then(() => calls(3))));
      await tabs[0].run(() => until(session.getSnapshot().expiresAt).then(go));
      for (const round of rounds) assert.deepEqual(await round.result(), [200, 200, 200]);
      assert.deepEqual(await server.renewals(), { asked: expiry, renewed: expiry, replayed: 0, refused: 0 });
    }
  });

  test(`T1: ${count} tabs that are told 401 together send one renewal, and replay`, async (t) => {
    const server = await newServer(t);
    const tabs = await newTabs(t, server, count, { user: ADA });
    for (let wake = 1; wake <= WAKES; wake++) {
      await server.age(OUTLIVED);
      const rounds = [];
      for (const tab of tabs) rounds.push(await tab.start(() => gunshot().then(() => calls(2))));
      await tabs[wake % count].run(() => go());
      for (const round of rounds) assert.deepEqual(await round.result(), [200, 200]);
      assert.deepEqual(await server.renewals(), { asked: wake, renewed: wake, replayed: 0, refused: 0 });
    }
  });
}

test("T1: the tabs that did not renew say that another one did", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 3, { user: ADA });
  await server.age(OUTLIVED);
  const rounds = [];
  for (const tab of tabs) rounds.push(await tab.start(wakeAndCall, OUTLIVED));
  await tabs[0].run(() => go());
  for (const round of rounds) await round.result();
  const by = [];
  for (const tab of tabs) by.push(await tab.run(() => heard.filter(({ type }) => type === "renewed").map(({ detail }) => detail.by)));
  assert.deepEqual(by.flat().sort(), ["other-tab", "other-tab", "this-tab"]);
  assert.equal((await server.log()).renewals.length, 1);
});
