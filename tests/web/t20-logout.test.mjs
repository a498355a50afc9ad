import assert from "node:assert/strict";
import { test } from "node:test";
import { noteCache } from "./harness/limits.mjs";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

test("T20: a logout in one tab ends the others; they are told once, not asked for a login, and nothing live is left", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { spy: true });
  await first.run((user) => session.login(user), ADA);
  await second.run(() => settled("signedIn"));
  const [tokens] = await first.run(() => issued);

  assert.deepEqual(await first.run(() => session.logout()), { revoked: true });
  for (const tab of [first, second]) {
    const after = await tab.run(async () => ({
      told: (await told("signedOut")).detail,
      times: [count("signedOut"), count("loginRequired")],
      reason: session.getSnapshot().reason,
      claims: session.claims ?? null,
    }));
    assert.deepEqual(after, { told: { reason: "logout" }, times: [1, 0], reason: "logout", claims: null });
    const [late] = await tab.run(() => calls(1));
    assert.deepEqual([late.code, late.reason], ["login_required", "logout"]);
    await assertNothingLive(tab, [tokens]);
  }
  assert.equal(await server.count("requests.resource"), 0);
  await assertSpent(server, tokens);
});

test("T20: a logout wins over another tab's renewal in flight: its callers are told at once, its late result is thrown away and revoked", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { spy: true, user: ADA });
  await server.rule({ endpoint: "renew", delayMs: 20_000 });
  const renewal = await second.start(() => outcome(session.renew()).then((error) => ({ error, answered: issued.length > 0 })));
  await server.counted("renew.renewed");
  await first.run(() => session.logout());
  const { error, answered } = await renewal.result();
  assert.deepEqual([error.code, error.reason], ["login_required", "logout"]);
  assert.equal(answered, false, "the caller is not kept waiting for the server");

  await server.release();
  const late = await second.run(lateAnswer, 1);
  for (const tab of [first, second]) {
    assert.deepEqual(await tab.run(() => [session.status, session.getSnapshot().reason, count("renewed")]), ["signedOut", "logout", 0]);
    await assertNothingLive(tab, [late]);
  }
  await assertSpent(server, late);
});

test("T20: a logout in the tab that renews wins as well", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { spy: true, user: ADA });
  await server.rule({ endpoint: "renew", delayMs: 20_000 });
  await server.age(OUTLIVED);
  const waiting = await tab.start((seconds) => {
    sleepFor(seconds);
    return calls(3);
  }, OUTLIVED);
  await server.counted("renew.renewed");
  const loggedOut = await tab.run(() => session.logout());
  await server.release();
  const answers = await waiting.result();
  const late = await tab.run(lateAnswer, 2);
  assert.deepEqual(answers.map(({ code, reason }) => [code, reason]), Array(3).fill(["login_required", "logout"]));
  assert.deepEqual(loggedOut, { revoked: true });
  await assertNothingLive(tab, [late]);
  await assertSpent(server, late);
});

test("T20: a page that comes back from the back/forward cache knows of the logout before its first request", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { user: ADA });
  await second.run(() => addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted)));
  await second.go(`${server.origin}/elsewhere.html`);
  await first.run(() => session.logout());
  await second.back();
  const after = await second.run(async () => {
    await pageReady;
    const persisted = window.persisted ?? false;
    if (!window.session) openSession();
    const call = await outcome(session.fetch(RESOURCE));
    return { persisted, call: [call.code, call.reason], status: session.status };
  });
  noteCache(t, after.persisted);
  assert.deepEqual([after.call, after.status], [["login_required", "logout"], "signedOut"]);
  assert.equal(await server.count("requests.resource"), 0);
});

test("T20: a page that comes back from the back/forward cache takes up the login that it has missed", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2);
  await second.run(() => addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted)));
  await second.go(`${server.origin}/elsewhere.html`);
  await first.run((user) => session.login(user), ADA);
  await second.back();
  const after = await second.run(async () => {
    await pageReady;
    if (!window.session) openSession();
    await settled("signedIn");
    return calls(2);
  });
  assert.deepEqual(after, [200, 200]);
  assert.equal(await server.count("login.ok"), 1);
});

test("T22: a logout while the server is down forgets the tokens at once and says that they were not revoked", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { spy: true });
  await first.run((user) => session.login(user), ADA);
  await second.run(() => settled("signedIn"));
  await server.stop();
  const tokens = await first.run(() => issued);
  assert.deepEqual(await first.run(() => session.logout()), { revoked: false });
  for (const tab of [first, second]) {
    await tab.run(() => settled("signedOut"));
    await assertNothingLive(tab, tokens);
  }
  await server.start();
});

/** Waits until the server has issued tokens for the `count`th time here, and until a wrong client would have taken them up. */
async function lateAnswer(count) {
  for (const latest = performance.now() + 10_000; issued.length < count; ) {
    if (performance.now() > latest) throw new Error("the renewal was never answered");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  return issued[count - 1];
}

async function assertNothingLive(tab, tokens) {
  const kept = await tab.run(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, session.explain()]));
  assert.ok(kept.includes("tokenkeep:default"), "the mark of the logout is there to look at");
  for (const { token, refreshToken } of tokens) {
    assert.ok(token && refreshToken && !kept.includes(token) && !kept.includes(refreshToken), kept);
  }
}

async function assertSpent(server, { refreshToken }) {
  const response = await fetch(`${server.origin}/api/v1/renew`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refreshToken }),
  });
  assert.deepEqual([response.status, (await response.json()).code], [401, "refresh_token_revoked"]);
}
