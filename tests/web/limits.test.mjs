import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

test("Limits: a sign of life in one tab keeps the session of all; without one all end, and the server is told", async (t) => {
  const server = await newServer(t);
  const [active, other] = await newTabs(t, server, 2, { kind: "window", idle: 4, warnBefore: 2 });
  await active.run(async (user) => {
    const off = session.on("expiring", ({ left, reason }) => {
      off();
      session.touch();
      window.touched = { at: Date.now(), left, reason };
    });
    await session.login(user);
  }, ADA);
  const touched = await active.run(() => told("expiring").then(() => touched));
  assert.ok(touched.left > 0 && touched.left <= 2_000, `${touched.left}`);
  assert.equal(touched.reason, "idle");
  for (const tab of [other, active]) {
    const { at, reason, asked } = await tab.run(async () => {
      const { reason } = (await told("loginRequired")).detail;
      return { at: Date.now(), reason, asked: count("loginRequired") };
    });
    assert.deepEqual([reason, asked], ["idle", 1]);
    if (tab === other) assert.ok(at - touched.at >= 3_900, `ended ${at - touched.at} ms after the last sign of life`);
  }
  const [late] = await other.run(() => calls(1));
  assert.deepEqual([late.code, late.reason], ["login_required", "idle"]);
  assert.equal(await server.count("requests.resource"), 0);
  await server.arrival("logout");
});

test("Limits: an idle limit that passed while no tab was open ends the session at the next start, before any request", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA, idle: 600 });
  await tab.reload();
  const after = await tab.run(async () => {
    await pageReady;
    sleepFor(700);
    openSession({ idle: 600 });
    const [call] = await calls(1);
    return [call.code, call.reason, session.status];
  });
  assert.deepEqual(after, ["login_required", "idle", "signedOut"]);
  assert.equal(await server.count("requests.resource"), 0);
});

test("Limits: the absolute limit ends the session in every tab, however busy the user is", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 2, { user: ADA, kind: "window", absolute: 4, warnBefore: 2 });
  for (const tab of tabs) {
    const ended = await tab.run(async () => {
      const warned = (await told("expiring")).detail.reason;
      session.touch();
      const { reason } = (await told("loginRequired")).detail;
      return { warned, reason, asked: count("loginRequired"), held: Date.now() - session.getSnapshot().obtainedAt };
    });
    assert.deepEqual([ended.warned, ended.reason, ended.asked], ["absolute", "absolute", 1]);
  }
});
