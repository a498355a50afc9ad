import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTab } from "./harness/stage.mjs";

test("after its first request a fresh token costs no storage read, no JSON and no decoding, however many there are", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const counted = await tab.run(async (user) => {
    const frame = await inFrame();
    frame.openSession();
    await frame.session.login(user);
    await frame.calls(1);
    const count = {};
    const watch = (owner, name) => {
      const own = owner[name];
      owner[name] = function (...args) {
        count[name] = (count[name] ?? 0) + 1;
        return own.apply(this, args);
      };
    };
    for (const name of ["getItem", "setItem", "removeItem"]) watch(frame.Storage.prototype, name);
    for (const name of ["request", "query"]) watch(frame.LockManager.prototype, name);
    for (const name of ["atob", "setTimeout"]) watch(frame, name);
    watch(frame.BroadcastChannel.prototype, "postMessage");
    watch(frame.JSON, "parse");
    const answers = await frame.calls(100);
    const quiet = { ...count };
    await frame.session.renew();
    const unseen = ["getItem", "setItem", "request", "postMessage", "parse"].filter((name) => !count[name]);
    return { answers: answers.filter((status) => status === 200).length, quiet, unseen };
  }, ADA);
  assert.deepEqual(counted, { answers: 100, quiet: {}, unseen: [] });
});

test("no token travels in an announcement, a lock's name, an event, the timeline or the console", async (t) => {
  const server = await newServer(t);
  const tabs = [await newTab(t, server), await newTab(t, server)];
  for (const tab of tabs) {
    await tab.run(() => {
      window.overheard = [];
      const own = BroadcastChannel.prototype.postMessage;
      BroadcastChannel.prototype.postMessage = function (message) {
        overheard.push(["said", this.name, message]);
        return own.call(this, message);
      };
      const request = LockManager.prototype.request;
      LockManager.prototype.request = function (name, ...rest) {
        overheard.push(["locked", name]);
        return request.call(this, name, ...rest);
      };
      for (const method of ["log", "info", "warn", "error", "debug"]) {
        console[method] = (...args) => overheard.push(["console", method, ...args.map(String)]);
      }
      openSession({ spy: true });
    });
  }
  await tabs[0].run((user) => session.login(user), ADA);
  await tabs[1].run(() => settled("signedIn"));
  await tabs[1].run(() => session.renew());
  await tabs[0].run(() => told("renewed"));
  await server.age(OUTLIVED);
  await tabs[0].run(() => calls(2));
  await tabs[1].run(() => when(() => count("renewed") === 2, "second renewal"));
  await tabs[1].run(() => session.logout());
  await tabs[0].run(() => settled("signedOut"));

  const tokens = [];
  const overheard = [];
  for (const tab of tabs) {
    tokens.push(...(await tab.run(() => issued.flatMap(({ token, refreshToken }) => [token, refreshToken]))));
    overheard.push(...(await tab.run(() => [...overheard, ...heard, ...session.explain()])));
  }
  assert.equal(new Set(tokens).size, 6);
  assert.ok(overheard.filter((one) => one[0] === "said").length >= 4, "there were announcements to look at");
  const text = JSON.stringify(overheard);
  for (const token of tokens) assert.ok(!text.includes(token));
  assert.doesNotMatch(text, /eyJ|[\w-]{40,}/);
});

test("the record is one item, and a session leaves nothing else in the page", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const left = await tab.run(async (user) => {
    const before = Object.keys(window);
    const session = new Session({ baseUrl: location.origin });
    await session.login(user);
    await session.renew();
    return {
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      databases: ((await indexedDB.databases?.()) ?? []).map(({ name }) => name),
      globals: Object.keys(window).filter((name) => !before.includes(name)),
      cookies: document.cookie,
    };
  }, ADA);
  assert.deepEqual(left, { local: ["tokenkeep:default"], session: [], databases: [], globals: [], cookies: "" });
});

test("a disposed session lets go of its locks", async (t) => {
  const server = await newServer(t);
  const tab = await newTab(t, server);
  const held = await tab.run(async (user) => {
    const locks = async () => (await navigator.locks.query()).held.length;
    const session = new Session({ baseUrl: location.origin });
    await session.login(user);
    await session.renew();
    const before = await locks();
    session.dispose();
    // Letting go takes the browser a moment.
    for (const latest = Date.now() + 5_000; (await locks()) > 0 && Date.now() < latest; );
    return { before: before > 0, after: await locks() };
  }, ADA);
  assert.deepEqual(held, { before: true, after: 0 });
});
