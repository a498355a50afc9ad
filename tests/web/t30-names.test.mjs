import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, BOB, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTab } from "./harness/stage.mjs";

test("T30: two sessions by name on one origin hear nothing of each other, in either tab", async (t) => {
  const server = await newServer(t);
  const tabs = [await newTab(t, server), await newTab(t, server)];
  for (const tab of tabs) {
    await tab.run(() => {
      openSession({ as: "a", name: "a" });
      openSession({ as: "ab", name: "ab" });
    });
  }
  const [first, second] = tabs;
  await first.run((ada, bob) => Promise.all([a.login(ada), ab.login(bob)]), ADA, BOB);
  const who = async (tab) => tab.run(() => Promise.all([a, ab].map((one) => one.fetch(STATUS).then(async (response) => (await response.json()).username, ({ code }) => code))));
  await second.run(() => Promise.all([told("signedIn", "a"), told("signedIn", "ab")]));
  assert.deepEqual([await who(first), await who(second)], [["ada", "bob"], ["ada", "bob"]]);

  await first.run(() => a.renew());
  await second.run(() => told("renewed", "a"));
  for (const tab of tabs) assert.deepEqual(await tab.run(() => [a, ab].map((one) => one.getSnapshot().generation)), [2, 1]);

  await server.age(OUTLIVED);
  const both = await Promise.all(tabs.map((tab) => tab.start(async (seconds) => {
    sleepFor(seconds);
    await gunshot();
    return Promise.all([a, ab, a, ab].map((one) => outcome(one.fetch(RESOURCE))));
  }, OUTLIVED)));
  await first.run(() => go());
  for (const round of both) assert.deepEqual(await round.result(), [200, 200, 200, 200]);
  assert.deepEqual(await server.renewals(), { asked: 3, renewed: 3, replayed: 0, refused: 0 });

  await second.run(() => a.logout());
  await first.run(() => told("signedOut", "a"));
  assert.deepEqual([await who(first), await who(second)], [["login_required", "bob"], ["login_required", "bob"]]);
  for (const tab of tabs) assert.deepEqual(await tab.run(() => [count("signedOut", "ab"), count("loginRequired", "ab")]), [0, 0]);
});

test("T30: one name in two session objects of one page is one session", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const result = await tab.run(async (user) => {
    openSession({ as: "one" });
    openSession({ as: "two" });
    await one.login(user);
    await told("signedIn", "two");
    return Promise.all([one, two].map((each) => outcome(each.fetch(RESOURCE))));
  }, ADA);
  assert.deepEqual(result, [200, 200]);
  await server.age(OUTLIVED);
  const renewed = await tab.run((seconds) => {
    sleepFor(seconds);
    return Promise.all([one, two, one, two].map((each) => outcome(each.fetch(RESOURCE))));
  }, OUTLIVED);
  assert.deepEqual(renewed, [200, 200, 200, 200]);
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});
