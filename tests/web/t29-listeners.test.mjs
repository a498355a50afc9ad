import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

test("T29: a listener that throws is reported, keeps no other from hearing, and breaks nothing", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1);
  const result = await tab.run(async (user) => {
    const reported = [];
    addEventListener("error", (event) => {
      reported.push(event.error.message);
      event.preventDefault();
    });
    const after = [];
    for (const type of ["signedIn", "renewed", "signedOut", "loginRequired", "change"]) {
      session.on(type, throwing(`mine: ${type}`));
      session.on(type, () => after.push(type));
    }
    session.subscribe(throwing("mine: subscribe"));
    await session.login(user);
    await session.renew();
    const answers = await calls(3);
    await session.logout();
    await calls(1);
    return { answers, reported: [...new Set(reported)].sort(), after: [...new Set(after)].sort() };
  }, ADA);
  assert.deepEqual(result, {
    answers: [200, 200, 200],
    reported: ["mine: change", "mine: loginRequired", "mine: renewed", "mine: signedIn", "mine: signedOut", "mine: subscribe"],
    after: ["change", "loginRequired", "renewed", "signedIn", "signedOut"],
  });
});

test("T29: listeners that call the session back get their answers, and no event is lost", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1);
  const result = await tab.run(async (user) => {
    const calledBack = [];
    const back = (what, promise) => calledBack.push(promise.then(({ status }) => `${what} ${status}`, ({ code }) => `${what} ${code}`));
    session.on("signedIn", () => {
      back("signedIn: fetch", session.fetch(RESOURCE));
      back("signedIn: renew", session.renew());
    });
    session.on("renewed", () => {
      back("renewed: fetch", session.fetch(RESOURCE));
      session.explain();
      session.getSnapshot();
    });
    session.on("signedOut", () => {
      back("signedOut: fetch", session.fetch(RESOURCE));
      back("signedOut: login", session.login(user));
    });
    const off = session.on("signedIn", () => off());
    await session.login(user);
    await told("renewed");
    await session.logout();
    await when(() => count("signedIn") === 2 && count("renewed") === 2, "second round");
    return { said: (await Promise.all(calledBack)).sort(), order: heard.map(({ type }) => type) };
  }, ADA);
  assert.deepEqual(result.order, ["signedIn", "renewed", "signedOut", "loginRequired", "signedIn", "renewed"]);
  assert.deepEqual(result.said, [
    "renewed: fetch 200",
    "renewed: fetch 200",
    "signedIn: fetch 200",
    "signedIn: fetch 200",
    "signedIn: renew signedIn",
    "signedIn: renew signedIn",
    "signedOut: fetch login_required",
    "signedOut: login signedIn",
  ]);
});

test("T29: a listener that logs out, or disposes, in the middle of a renewal leaves nobody waiting", async (t) => {
  const server = await newServer(t);
  for (const [method, code] of [["logout", "login_required"], ["dispose", "disposed"]]) {
    const [tab] = await newTabs(t, server, 1, { user: ADA });
    await server.age(OUTLIVED);
    const answers = await tab.run(async (method, seconds) => {
      sleepFor(seconds);
      session.on("change", ({ renewing }) => renewing && session[method]());
      return calls(5);
    }, method, OUTLIVED);
    assert.deepEqual(answers.map((answer) => answer.code), Array(5).fill(code));
    await tab.close();
  }
});

test("T29: an event comes when the snapshot already says so, and a snapshot is the same object until something changes", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1);
  const seen = await tab.run(async (user) => {
    const seen = [];
    session.on("signedIn", (snapshot) => seen.push(["signedIn", session.status, snapshot === session.getSnapshot()]));
    session.on("signedOut", () => seen.push(["signedOut", session.status]));
    session.on("change", (snapshot) => seen.push(["change", snapshot === session.getSnapshot()]));
    await session.login(user);
    const before = session.getSnapshot();
    await calls(5);
    seen.push(["same", before === session.getSnapshot()]);
    await session.logout();
    seen.push(["same", before === session.getSnapshot()]);
    return [...new Set(seen.map((one) => JSON.stringify(one)))].sort();
  }, ADA);
  assert.deepEqual(seen.map((one) => JSON.parse(one)), [
    ["change", true],
    ["same", false],
    ["same", true],
    ["signedIn", "signedIn", true],
    ["signedOut", "signedOut"],
  ]);
});
