import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, newApp, shown, twoTabs } from "./support/app.mjs";

test("two tabs have two lanes, each in both; a renewal stands in the lane of the tab that did it", async (t) => {
  const { first, second } = await twoTabs(t);
  await second.run(() => session.renew());
  await shown(second, "Tab B, this tab", "^Renewal of its own");
  await shown(second, "Tab A", "^Renewal of another tab taken over");
  await shown(first, "Tab B", "^Renewal of its own");
  await shown(first, "Tab B", "^Renewed,");
  await shown(first, "Tab A, this tab", "^Renewal of another tab taken over");
  for (const tab of [first, second]) {
    const wrong = await tab.run(() => Object.entries(lanes()).filter(([lane]) => lane.startsWith("Tab A")).flatMap(([, items]) => items.filter((item) => /^(Renewed,|Renewal of its own)/.test(item))));
    assert.deepEqual(wrong, []);
  }
});

test("a tab that comes later is told what the others have recorded before", async (t) => {
  const { server, first } = await twoTabs(t);
  await first.run(() => calls(3));
  const { tab: third } = await newApp(t, { server, tab: "C" });
  await shown(third, "Tab A", "^Logged in,");
  await shown(third, "Tab A", "^GET /api/v1/resource, answered with 200");
  assert.deepEqual(await third.run(() => Object.keys(lanes()).sort()), ["Tab A", "Tab B", "Tab C, this tab"]);
});

test("requests wait in their bars for one renewal", async (t) => {
  const { server, tab } = await newApp(t, { user: ADA, tab: "A" });
  await server.age(302);
  // Read to their ends: before that, browsers tell nothing of how they came.
  const read = () => Promise.all(Array.from({ length: 5 }, () => session.fetch(RESOURCE).then((answer) => answer.json().then(() => answer.status))));
  assert.deepEqual(await tab.run(read), [200, 200, 200, 200, 200]);
  await shown(tab, "Tab A, this tab", "^401: the token was not taken, 5 times");
  await shown(tab, "Tab A, this tab", "^Renewal of its own, .* for its turn among the tabs, then .* for the answer");
  const [bars, renewals] = await tab.run(() => ["^GET /api", "^Renewal of its own"].map((words) => lanes()["Tab A, this tab"].filter((item) => new RegExp(words).test(item)).length));
  assert.deepEqual([bars, renewals], [5, 1]);
  const sent = await tab.run(async () => {
    const fetches = () => panel.report().tabs[0].entries.filter(({ what }) => what === "fetch");
    const renewal = panel.report().tabs[0].entries.find(({ what }) => what === "renewal_sent");
    await shows(() => fetches().every(({ sent }) => sent?.at(-1).at >= renewal.at));
    // Not every engine tells the status.
    return fetches().map(({ at, end, sent }) => [sent[0].at >= at - 20, sent.at(-1).end <= end + 20, sent.at(-1).status ?? 200]);
  });
  assert.deepEqual(sent, Array(5).fill([true, true, 200]));
});

test("a request that is held for a login is a bar that goes on until then", async (t) => {
  const { server, tab } = await newApp(t, { user: ADA, tab: "A", relogin: "hold" });
  await server.revoke(ADA);
  const held = await tab.start(() => outcome(session.fetch(RESOURCE)));
  await shown(tab, "Tab A, this tab", "^Request waits for a log-in");
  await shown(tab, "Tab A, this tab", "^GET /api/v1/resource, under way");
  await tab.run((user) => session.login(user), ADA);
  assert.equal(await held.result(), 200);
  await shown(tab, "Tab A, this tab", "^GET /api/v1/resource, answered with 200");
});

test("faults are shown: a server in trouble, no network, a refusal, the end", async (t) => {
  const { server, tab } = await newApp(t, { user: ADA, tab: "A" });
  await server.rule({ endpoint: "renew", status: 503 });
  await tab.run(() => outcome(session.renew()));
  await shown(tab, "Tab A, this tab", "^Renewal failed, the session is kept, .*503");
  await shown(tab, "Tab A, this tab", "^renew\\(\\), server \\(503\\)");
  await tab.run(() => dispatchEvent(new Event("offline")));
  await shown(tab, "Tab A, this tab", "^Offline");
  await server.stop();
  await tab.run(() => outcome(session.fetch(RESOURCE)));
  await shown(tab, "Tab A, this tab", "^GET /api/v1/resource, TypeError");
  await server.start();
  await tab.run(() => outcome(session.login({ username: "ada", password: "wrong" })));
  await shown(tab, "Tab A, this tab", "^Log-in refused by the server, invalid_credentials");
  await tab.run((user) => session.login(user), ADA);
  await server.revoke(ADA);
  await tab.run(() => outcome(session.fetch(RESOURCE)));
  await shown(tab, "Tab A, this tab", "^Renewal refused by the server, status 401");
  await shown(tab, "Tab A, this tab", "^The session ended, the server refused the renewal");
});
