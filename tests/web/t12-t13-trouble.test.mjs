import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

const NONE = { asked: 0, renewed: 0, replayed: 0, refused: 0 };

test("T12: an answer to a renewal that is no refusal keeps the session, with a typed error", async (t) => {
  const answers = [
    [{ status: 500, body: "oops" }, "server", true],
    [{ status: 502, headers: { "Content-Type": "text/html" }, body: "<h1>Bad gateway</h1>" }, "server", true],
    [{ status: 200, headers: { "Content-Type": "text/html" }, body: "<h1>Log in to this network</h1>" }, "protocol", false],
    [{ status: 200, headers: { "Content-Type": "application/json" }, body: '{"token":"ey' }, "protocol", false],
    [{ status: 200, headers: { "Content-Type": "application/json" }, body: '{"ok":true}' }, "protocol", false],
    [{ status: 401, headers: { "Content-Type": "text/html" }, body: "<h1>Who are you?</h1>" }, "protocol", false],
    [{ status: 401, headers: { "Content-Type": "application/problem+json" }, body: '{"code":"some_other"}' }, "protocol", false],
    [{ status: 400, headers: { "Content-Type": "application/json" }, body: '{"code":"invalid_request"}' }, "protocol", false],
    [{ status: 403, body: "" }, "protocol", false],
    [{ status: 404, body: "" }, "protocol", false],
  ];
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1);
  for (const [index, [answer, code, retryable]] of answers.entries()) {
    const name = `case${index}`;
    await tab.run(async (name, user) => {
      openSession({ name, as: "session" });
      await session.login(user);
      heard.length = 0;
    }, name, ADA);
    await server.clearRules();
    await server.rule({ endpoint: "renew", times: 10, ...answer });
    await server.age(OUTLIVED);
    const { error, after } = await tab.run(async (seconds) => {
      sleepFor(seconds);
      const [error] = await calls(1);
      return { error, after: [session.status, count("loginRequired"), count("signedOut")] };
    }, OUTLIVED);
    const said = JSON.stringify(answer);
    assert.deepEqual([error.name, error.code, error.retryable, error.status], ["SessionError", code, retryable, answer.status], said);
    assert.deepEqual(after, ["signedIn", 0, 0], said);
  }
  assert.equal((await server.renewals()).asked, answers.length);
});

test("T13: after 429 with Retry-After no renewal is sent earlier, in any tab, nor after a reload", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { user: ADA });
  await server.age(OUTLIVED);
  for (const tab of [first, second]) await tab.run((seconds) => sleepFor(seconds), OUTLIVED);
  await server.rule({ endpoint: "renew", status: 429, headers: { "Retry-After": "4" } });

  const [refused] = await first.run(() => calls(1));
  assert.deepEqual([refused.code, refused.status, refused.retryable], ["server", 429, true]);
  assert.ok(refused.retryAfter > 3_000 && refused.retryAfter <= 4_000, `${refused.retryAfter}`);
  for (const early of [...(await first.run(() => calls(5))), ...(await second.run(() => calls(5)))]) assert.equal(early.code, "server");
  await first.reload();
  const reloaded = await first.run(async (seconds) => {
    await pageReady;
    sleepFor(seconds);
    openSession();
    await settled("signedIn");
    return calls(5);
  }, OUTLIVED);
  for (const early of reloaded) assert.equal(early.code, "server");
  assert.equal((await server.renewals()).asked, 1);

  const answers = await second.run(async (retryAfter) => {
    await until(Date.now() + retryAfter);
    return calls(3);
  }, reloaded[0].retryAfter);
  assert.deepEqual(answers, [200, 200, 200]);
  const [before, after, ...more] = (await server.log()).requests.filter(({ path }) => path.endsWith("/renew"));
  assert.deepEqual(more, []);
  assert.ok(after.at - before.at >= 4_000, `the next one came after ${after.at - before.at} ms`);
});

test("a renewal that fails does not fail a request whose token is still good", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.rule({ endpoint: "renew", times: 10, status: 503 });
  const result = await tab.run(async () => [(await outcome(session.renew())).code, ...(await calls(3))]);
  assert.deepEqual(result, ["server", 200, 200, 200]);
});

test("the server is down: login and renewal say network, a fresh call rejects as fetch does, and the session goes on afterwards", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-web-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const server = await newServer(t, { database: join(directory, "server.sqlite") });
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.stop();

  const [fresh] = await tab.run(() => calls(1));
  assert.equal(fresh.name, "TypeError");
  const login = await tab.run((user) => {
    openSession({ as: "other", name: "other" });
    return outcome(other.login(user));
  }, ADA);
  assert.deepEqual([login.code, login.retryable], ["network", true]);

  const [expired] = await tab.run((seconds) => {
    sleepFor(seconds);
    return calls(1);
  }, OUTLIVED);
  assert.deepEqual([expired.name, expired.code, expired.retryable], ["SessionError", "network", true]);
  assert.deepEqual(await tab.run(() => [session.status, count("loginRequired")]), ["signedIn", 0]);

  await server.start();
  await server.age(OUTLIVED);
  assert.deepEqual(await server.renewals(), NONE);
  const back = await tab.run(() => {
    dispatchEvent(new Event("online"));
    return calls(3);
  });
  assert.deepEqual(back, [200, 200, 200]);
  assert.equal((await server.renewals()).asked, 1);
});

test("the answer of a renewal is cut off: the next call recovers, and nobody logs in", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.age(OUTLIVED);
  await server.rule({ endpoint: "renew", drop: true });
  const [lost] = await tab.run((seconds) => {
    sleepFor(seconds);
    return calls(1);
  }, OUTLIVED);
  assert.equal(lost.code, "network");
  const back = await tab.run(() => {
    dispatchEvent(new Event("online"));
    return calls(3);
  });
  assert.deepEqual(back, [200, 200, 200]);
  assert.deepEqual(await server.renewals(), { asked: 2, renewed: 1, replayed: 1, refused: 0 });
});
