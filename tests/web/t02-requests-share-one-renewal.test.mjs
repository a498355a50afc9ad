import assert from "node:assert/strict";
import { test } from "node:test";
import { engine } from "./harness/engines.mjs";
import { limit } from "./harness/limits.mjs";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

test("T2: 50 requests at once with an expired token share one renewal, and none goes out before it", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.age(OUTLIVED);
  const answers = await tab.run((seconds) => {
    sleepFor(seconds);
    return calls(50);
  }, OUTLIVED);
  assert.deepEqual(answers, Array(50).fill(200));
  const { counters, requests } = await server.log();
  assert.equal(counters["renew.renewed"], 1);
  assert.equal(counters["requests.renew"], 1);
  assert.equal(counters["requests.resource"], 50);
  assert.deepEqual(requests.filter(({ status }) => status !== 200), []);
});

test("T2: 50 requests, renewals, and questions for the token at once share one renewal", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.age(OUTLIVED);
  const outcomes = await tab.run(async (seconds) => {
    sleepFor(seconds);
    const all = await Promise.all([calls(10), ...Array.from({ length: 20 }, () => [session.renew(), session.accessToken()]).flat()]);
    const [statuses, ...rest] = all;
    return { statuses, generations: [...new Set(rest.filter((one) => one.generation).map((one) => one.generation))], tokens: new Set(rest.filter((one) => typeof one === "string")).size };
  }, OUTLIVED);
  assert.deepEqual(outcomes, { statuses: Array(10).fill(200), generations: [2], tokens: 1 });
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("T3: while a renewal takes 7 s the other tabs wait, and none errors", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 3, { user: ADA });
  await server.rule({ endpoint: "renew", delayMs: 7_000 });
  await server.age(OUTLIVED);
  const rounds = [];
  for (const tab of tabs) {
    rounds.push(await tab.start(async (seconds) => {
      sleepFor(seconds);
      await gunshot();
      const began = performance.now();
      return { answers: await calls(4), took: performance.now() - began };
    }, OUTLIVED));
  }
  await tabs[0].run(() => go());
  for (const round of rounds) {
    const { answers, took } = await round.result();
    assert.deepEqual(answers, [200, 200, 200, 200]);
    assert.ok(took >= 6_900, `waited ${took} ms`);
  }
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("T26: a caller that aborts while it waits is rejected at once with its own reason, and the renewal goes on for the others", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.rule({ endpoint: "renew", delayMs: 1_500 });
  await server.age(OUTLIVED);
  const result = await tab.run(async (seconds) => {
    sleepFor(seconds);
    const reason = new Error("changed my mind");
    const caller = new AbortController();
    const aborted = session.fetch(RESOURCE, { signal: caller.signal }).then(() => "answered", (error) => ({ same: error === reason, renewing: session.getSnapshot().renewing }));
    const other = outcome(session.fetch(RESOURCE));
    await when(() => session.getSnapshot().renewing, "renewal");
    caller.abort(reason);
    const plain = new AbortController();
    const rejected = outcome(session.fetch(RESOURCE, { signal: plain.signal }));
    plain.abort();
    const late = await outcome(session.fetch(RESOURCE, { signal: plain.signal }));
    return { aborted: await aborted, rejected: (await rejected).name, late: late.name, other: await other };
  }, OUTLIVED);
  assert.deepEqual(result, { aborted: { same: true, renewing: true }, rejected: "AbortError", late: "AbortError", other: 200 });
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
  assert.equal(await server.count("requests.resource"), 1);
});

test("T26: a caller that aborts a request under way is told what fetch would tell", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.rule({ endpoint: "resource", times: 2, delayMs: 20_000 });
  const asked = await tab.start(() => {
    window.caller = new AbortController();
    const told = (send, address) => send(address, { signal: caller.signal }).then(() => "answered", (reason) => reason.name ?? reason);
    // Two addresses: browsers let two requests for one wait for each other.
    return Promise.all([told(session.fetch, `${RESOURCE}?session`), told(fetch, `${RESOURCE}?fetch`)]);
  });
  await server.arrival("resource", { count: 2 });
  await tab.run(() => caller.abort("enough"));
  const expected = engine === "webkit" ? "AbortError" : "enough";
  if (engine === "webkit") limit(t, "`fetch` tells an `AbortError`, whatever the reason; the session tells the same.");
  assert.deepEqual(await asked.result(), [expected, expected]);
});
