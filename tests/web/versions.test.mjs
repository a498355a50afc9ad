import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTab, newTabs } from "./harness/stage.mjs";

const LATER = '{"v":2,"session":"s","something":{"new":true}}';

test("Versions: a record of a later version is left alone: signed out, a diagnostic, and not a byte changed", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const seen = await tab.run(async (text) => {
    localStorage.setItem(KEY, text);
    openSession();
    const { code } = (await told("diagnostic")).detail;
    const [call] = await calls(1);
    const { revoked } = await session.logout();
    return { code, call: call.code, revoked, text: localStorage.getItem(KEY) };
  }, LATER);
  assert.deepEqual(seen, { code: "storage_newer", call: "login_required", revoked: false, text: LATER });
});

test("Versions: a tab with a later version takes the session over: this one goes on with its token, then says so, and writes nothing", async (t) => {
  const server = await newServer(t);
  const [tab, other] = await newTabs(t, server, 2, { user: ADA });
  await other.run((text) => {
    session.dispose();
    localStorage.setItem(KEY, text);
  }, LATER);
  assert.equal(await tab.run(() => told("diagnostic").then(({ detail }) => detail.code)), "storage_newer");
  assert.deepEqual(await tab.run(() => calls(3)), [200, 200, 200]);
  await server.age(OUTLIVED);
  const later = await tab.run(async (seconds) => {
    sleepFor(seconds);
    const [error] = await calls(1);
    return { code: error.code, message: error.message, status: session.status, asked: count("loginRequired"), text: localStorage.getItem(KEY) };
  }, OUTLIVED);
  assert.match(later.message, /later version/);
  assert.deepEqual([later.code, later.status, later.asked, later.text], ["storage", "signedIn", 0, LATER]);
  assert.equal((await server.renewals()).asked, 0, "the refresh token is not this tab's to spend any more");
});

test("Versions: a record of the first builds, which knew of no limits, is taken up and completed", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await tab.reload();
  const seen = await tab.run(async () => {
    await pageReady;
    const { began, active, ...record } = JSON.parse(localStorage.getItem(KEY));
    localStorage.setItem(KEY, JSON.stringify(record));
    openSession();
    const answers = await calls(2);
    await session.renew();
    const now = JSON.parse(localStorage.getItem(KEY));
    return { answers, knew: [began, active].every(Number.isInteger), knows: [now.began, now.active].every(Number.isInteger), generation: now.generation };
  });
  assert.deepEqual(seen, { answers: [200, 200], knew: true, knows: true, generation: 2 });
});

test("Versions: a record of a version that never was is foreign, and the next login replaces it", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const seen = await tab.run(async (user) => {
    localStorage.setItem(KEY, '{"v":0,"access":"a","refresh":"r"}');
    openSession();
    const { code } = (await told("diagnostic")).detail;
    await session.login(user);
    return { code, answers: await calls(1), v: JSON.parse(localStorage.getItem(KEY)).v };
  }, ADA);
  assert.deepEqual(seen, { code: "storage_unreadable", answers: [200], v: 1 });
});
