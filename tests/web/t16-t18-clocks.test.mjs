import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

const HOUR = 3_600;
const ONE = { asked: 1, renewed: 1, replayed: 0, refused: 0 };

for (const [what, hours] of [["ahead of", 2], ["behind", -2]]) {
  test(`T16: a device whose clock is 2 h ${what} the server's renews when the token has run out, and never before`, async (t) => {
    const server = await newServer(t);
    const tabs = await newTabs(t, server, 2, { prepare: hours > 0 ? () => sleepFor(7_200) : () => sleepFor(-7_200) });
    await tabs[0].run((user) => session.login(user), ADA);
    await tabs[1].run(() => settled("signedIn"));
    for (const tab of tabs) assert.deepEqual(await tab.run(() => calls(20)), Array(20).fill(200));
    assert.equal((await server.renewals()).asked, 0);
    for (let expiry = 1; expiry <= 2; expiry++) {
      await server.age(OUTLIVED);
      for (const tab of tabs) await tab.run((seconds) => sleepFor(seconds), OUTLIVED);
      for (const tab of tabs) assert.deepEqual(await tab.run(() => calls(20)), Array(20).fill(200));
      assert.deepEqual(await server.renewals(), { ...ONE, asked: expiry, renewed: expiry });
    }
    assert.deepEqual(await rejected(server), []);
  });

  test(`T16: a device whose clock jumps to 2 h ${what} where it was costs one renewal at most, and no 401`, async (t) => {
    const server = await newServer(t);
    const tabs = await newTabs(t, server, 2, { user: ADA });
    for (const tab of tabs) await tab.run((seconds) => sleepFor(seconds), hours * HOUR);
    for (const tab of tabs) {
      for (let round = 0; round < 5; round++) assert.deepEqual(await tab.run(() => calls(3)), [200, 200, 200]);
    }
    const { asked, refused } = await server.renewals();
    assert.ok(asked <= 1, `${asked} renewals`);
    assert.equal(refused, 0);
    assert.deepEqual(await rejected(server), []);
  });

  test(`T16: a server whose clock stands 2 h ${hours > 0 ? "behind" : "ahead of"} the device's is no reason to renew`, async (t) => {
    const server = await newServer(t);
    await server.age(-hours * HOUR);
    const [tab] = await newTabs(t, server, 1, { user: ADA });
    for (let round = 0; round < 3; round++) assert.deepEqual(await tab.run(() => calls(5)), Array(5).fill(200));
    assert.equal((await server.renewals()).asked, 0);
    await server.age(OUTLIVED);
    assert.deepEqual(await tab.run((seconds) => (sleepFor(seconds), calls(5)), OUTLIVED), Array(5).fill(200));
    assert.deepEqual(await server.renewals(), ONE);
    assert.deepEqual(await rejected(server), []);
  });
}

test("T17: after 8 h of sleep the first requests of all tabs carry a good token: one renewal, no burst of 401s", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 3, { user: ADA });
  await server.age(8 * HOUR);
  const rounds = [];
  for (const tab of tabs) {
    rounds.push(await tab.start(async (seconds) => {
      sleepFor(seconds);
      await gunshot();
      document.dispatchEvent(new Event("resume"));
      return calls(10);
    }, 8 * HOUR));
  }
  await tabs[0].run(() => go());
  for (const round of rounds) assert.deepEqual(await round.result(), Array(10).fill(200));
  assert.deepEqual(await rejected(server), []);
  assert.deepEqual(await server.renewals(), ONE);
  for (const tab of tabs) assert.equal(await tab.run(() => count("loginRequired")), 0);
});

test("T18: offline for the life of the token: no logout, and back online one renewal across tabs", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-web-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const server = await newServer(t, { database: join(directory, "server.sqlite") });
  const tabs = await newTabs(t, server, 3, { user: ADA });
  await server.stop();
  for (const tab of tabs) {
    const errors = await tab.run((seconds) => (sleepFor(seconds), calls(2)), HOUR);
    assert.deepEqual(errors.map(({ code, retryable }) => [code, retryable]), Array(2).fill(["network", true]));
  }
  await server.start();
  await server.age(HOUR);
  const rounds = [];
  for (const tab of tabs) rounds.push(await tab.start(() => gunshot().then(() => (dispatchEvent(new Event("online")), calls(5)))));
  await tabs[0].run(() => go());
  for (const round of rounds) assert.deepEqual(await round.result(), Array(5).fill(200));
  assert.deepEqual(await server.renewals(), ONE);
  assert.deepEqual(await rejected(server), []);
  for (const tab of tabs) assert.deepEqual(await tab.run(() => [session.status, count("loginRequired"), count("signedOut")]), ["signedIn", 0, 0]);
});

const rejected = async (server) => (await server.log()).requests.filter(({ path, status }) => path.endsWith("/resource") && status !== 200);
