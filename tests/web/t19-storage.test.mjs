import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTab, newTabs } from "./harness/stage.mjs";

for (const [what, text] of Object.entries({
  "broken JSON": '{"v":1,"sess',
  "foreign JSON": '{"hello":"world"}',
  "JSON that is no object": "[1,2,3]",
  "an empty text": "",
  "a bare null": "null",
  "a number": "1e999",
  "an object of objects": '{"v":{},"session":{},"stamp":[],"live":{"access":{}}}',
})) {
  test(`T19: a storage that holds ${what} is no obstacle: signed out, a diagnostic, and a login works and lasts`, async (t) => {
    const server = await newServer(t);
    const tab = await newTab(t, server);
    const began = await tab.run(async (text) => {
      localStorage.setItem(KEY, text);
      openSession();
      await settled("signedOut");
      const { code } = (await told("diagnostic")).detail;
      return { code, reason: session.getSnapshot().reason, call: (await calls(1))[0].code };
    }, text);
    assert.deepEqual(began, { code: "storage_unreadable", reason: "none", call: "login_required" });
    assert.deepEqual(await tab.run((user) => session.login(user).then(() => calls(2)), ADA), [200, 200]);
    await tab.reload();
    assert.deepEqual(await tab.run(() => pageReady.then(() => openSession()).then(() => calls(2))), [200, 200]);
    assert.equal(await server.count("login.ok"), 1);
  });
}

test("T19: where storage is blocked the session works in memory, with a diagnostic", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const result = await tab.run(async (user) => {
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("The operation is insecure.", "SecurityError");
      },
    });
    openSession();
    const { code } = (await told("diagnostic")).detail;
    await session.login(user);
    return { code, calls: await calls(2) };
  }, ADA);
  assert.deepEqual(result, { code: "storage_blocked", calls: [200, 200] });
  await server.age(OUTLIVED);
  assert.deepEqual(await tab.run(() => calls(5)), Array(5).fill(200));
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("T7: writing throws after a renewal: this tab goes on, no tab spends the old token again, and all go on once there is room", async (t) => {
  const server = await newServer(t);
  // Two windows: a tab in the background looks for what was not stored as long, but far less often.
  const [first, second] = await newTabs(t, server, 2, { user: ADA, kind: "window" });
  await server.rule({ endpoint: "renew", delayMs: 20_000 });
  await server.age(OUTLIVED);
  const renewal = await first.start(() => calls(3));
  await server.counted("renew.renewed");
  await first.run(() => {
    window.setItem = Storage.prototype.setItem;
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await server.release();
  assert.deepEqual(await renewal.result(), [200, 200, 200]);
  assert.equal(await first.run(() => told("diagnostic").then(({ detail }) => detail.code)), "storage_write_failed");

  const answers = await second.run(() => calls(3));
  assert.deepEqual(answers.map(({ code }) => code), Array(3).fill("storage"), "it knows that there is a newer token, and cannot have it");
  assert.deepEqual(await second.run(() => [session.status, count("loginRequired")]), ["signedIn", 0]);
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });

  await first.run(() => {
    Storage.prototype.setItem = window.setItem;
    dispatchEvent(new Event("online"));
  });
  assert.deepEqual(await second.run(() => told("renewed").then(() => calls(3))), [200, 200, 200]);
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("T19: the app clears the storage while running: this tab goes on", async (t) => {
  const server = await newServer(t);
  const [tab, other] = await newTabs(t, server, 2, { user: ADA });
  await other.run(() => localStorage.clear());
  assert.deepEqual(await tab.run(() => calls(2)), [200, 200]);
  await server.age(OUTLIVED);
  assert.deepEqual(await tab.run(() => calls(2)), [200, 200]);
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("sessionStorage, memory, and storages of the app's own keep a session as they should", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const kept = await tab.run(async (user) => {
    const map = new Map(Object.entries({ untouched: "yes" }));
    const sync = { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value), removeItem: (key) => void map.delete(key) };
    const later = (method) => async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return sync[method](...args);
    };
    const async_ = { getItem: later("getItem"), setItem: later("setItem"), removeItem: later("removeItem") };
    const results = {};
    for (const [name, storage] of Object.entries({ session: "session", memory: "memory", sync, async: async_ })) {
      openSession({ name, storage });
      await session.login(user);
      await session.renew();
      const again = new Session({ baseUrl: location.origin, name, storage, });
      const found = await outcome(again.fetch(RESOURCE));
      results[name] = [...(await calls(2)), found.code ?? found];
    }
    return { results, local: Object.keys(localStorage), session: Object.keys(sessionStorage), map: [...map.keys()] };
  }, ADA);
  assert.deepEqual(kept.results, { session: [200, 200, 200], memory: [200, 200, "login_required"], sync: [200, 200, 200], async: [200, 200, 200] });
  assert.deepEqual(kept.local, []);
  assert.deepEqual(kept.session, ["tokenkeep:session"]);
  assert.deepEqual(kept.map.sort(), ["tokenkeep:async", "tokenkeep:sync", "untouched"]);
});

test("T19: a storage whose first answer never comes: signed out in time, with a diagnostic, and a login works in memory", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const result = await tab.run(async (user) => {
    const never = () => new Promise(() => {});
    openSession({ storage: { getItem: never, setItem: never, removeItem: never } });
    const [held] = await calls(1);
    const { code } = (await told("diagnostic")).detail;
    await session.login(user);
    await session.renew();
    return { held: [held.code, held.reason], code, calls: await calls(2), generation: session.getSnapshot().generation };
  }, ADA);
  assert.deepEqual(result, { held: ["login_required", "none"], code: "storage_unavailable", calls: [200, 200], generation: 2 });
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("T19: a storage that stops taking writes: login and renewal go on in memory, and what it takes later is the newest", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const result = await tab.run(async (user) => {
    const map = new Map();
    let open = () => {};
    const opened = new Promise((resolve) => (open = resolve));
    let written = () => {};
    const storage = {
      getItem: (key) => map.get(key) ?? null,
      setItem: (key, value) => opened.then(() => { map.set(key, value); written(); }),
      removeItem: (key) => opened.then(() => map.delete(key)),
    };
    openSession({ storage, spy: true });
    await session.login(user);
    const { code } = (await told("diagnostic")).detail;
    await session.renew();
    const answers = await calls(2);
    const newest = issued.at(-1).refreshToken;
    const kept = new Promise((resolve) => (written = () => [...map.values()].join().includes(newest) && resolve("kept")));
    open();
    return { code, answers, kept: await kept };
  }, ADA);
  assert.deepEqual(result, { code: "storage_write_failed", answers: [200, 200], kept: "kept" });
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("T19: a storage that answers its first question too late is taken up all the same", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const result = await tab.run(async (user) => {
    const map = new Map();
    const own = { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value), removeItem: (key) => void map.delete(key) };
    openSession({ as: "before", storage: own });
    await before.login(user);
    before.dispose();
    let open = () => {};
    const opened = new Promise((resolve) => (open = resolve));
    openSession({ storage: { ...own, getItem: (key) => opened.then(() => own.getItem(key)) } });
    const [early] = await calls(1);
    open();
    await settled("signedIn");
    return { early: early.code, later: await calls(2) };
  }, ADA);
  assert.deepEqual(result, { early: "login_required", later: [200, 200] });
  assert.deepEqual([await server.count("login.ok"), (await server.renewals()).asked], [1, 0]);
});
