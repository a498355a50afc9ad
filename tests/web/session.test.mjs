import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, BOB, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTab, newTabs } from "./harness/stage.mjs";

const NONE = { asked: 0, renewed: 0, replayed: 0, refused: 0 };

test("log in, call, renew, log out", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1);
  const story = await tab.run(async (user) => {
    await settled("signedOut");
    const story = [session.getSnapshot().reason];
    const snapshot = await session.login(user);
    const { username, subject } = await (await session.fetch(STATUS)).json();
    story.push(username, snapshot.status, snapshot.subject === subject, session.claims.sub === subject, snapshot.expiresAt - snapshot.obtainedAt);
    const before = await session.accessToken();
    const renewed = await session.renew();
    story.push(renewed.generation - snapshot.generation, (await session.accessToken()) !== before);
    story.push(await session.logout(), session.status, session.claims ?? null);
    return story;
  }, ADA);
  assert.deepEqual(story, ["none", "ada", "signedIn", true, true, 300_000, 1, true, { revoked: true }, "signedOut", null]);
});

test("a login is picked up by the other tabs, without a request of their own", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 3);
  for (const tab of tabs) await tab.run(() => settled("signedOut"));
  await tabs[1].run((user) => session.login(user), ADA);
  for (const tab of tabs) {
    const seen = await tab.run(async () => {
      await settled("signedIn");
      return [await outcome(session.fetch(RESOURCE)), count("signedIn"), session.getSnapshot().generation];
    });
    assert.deepEqual(seen, [200, 1, 1]);
  }
  assert.equal(await server.count("requests.login"), 1);
  assert.deepEqual(await server.renewals(), NONE);
});

test("a reload keeps the session: no login, and no renewal while the token is fresh", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  const before = await tab.run(() => session.getSnapshot());
  for (let reload = 0; reload < 3; reload++) {
    await tab.reload();
    const after = await tab.run(async () => {
      await pageReady;
      openSession();
      return { answers: await calls(3), snapshot: session.getSnapshot(), signedIn: count("signedIn") };
    });
    assert.deepEqual(after, { answers: [200, 200, 200], snapshot: before, signedIn: 0 });
  }
  assert.equal(await server.count("requests.login"), 1);
  assert.deepEqual(await server.renewals(), NONE);
});

test("a reload with an expired token costs one renewal", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.age(OUTLIVED);
  await tab.reload();
  const answers = await tab.run(async (seconds) => {
    await pageReady;
    sleepFor(seconds);
    openSession();
    return calls(10);
  }, OUTLIVED);
  assert.deepEqual(answers, Array(10).fill(200));
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("wrong credentials are refused with the status and the server's own code, and end no session", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1);
  const error = await tab.run((user) => outcome(session.login({ ...user, password: "wrong" })), ADA);
  assert.deepEqual([error.name, error.code, error.status, error.reason, error.retryable], ["SessionError", "login_refused", 401, "invalid_credentials", false]);
  assert.deepEqual(await tab.run(() => [session.status, count("loginRequired")]), ["signedOut", 0]);

  const later = await tab.run(async (ada, bob) => {
    await session.login(ada);
    const { code } = await outcome(session.login({ ...bob, password: "wrong" }));
    return [code, session.status, ...(await calls(1))];
  }, ADA, BOB);
  assert.deepEqual(later, ["login_refused", "signedIn", 200]);
});

test("a login that the server wants later says when", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1);
  await server.rule({ endpoint: "login", status: 429, headers: { "Retry-After": "7" } });
  const error = await tab.run((user) => outcome(session.login(user)), ADA);
  assert.deepEqual([error.code, error.status, error.retryAfter, error.retryable], ["server", 429, 7_000, true]);
});

test("a login whose answer is not what the protocol says is a protocol error", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1);
  const json = { "Content-Type": "application/json" };
  for (const answer of [{ headers: { "Content-Type": "text/html" }, body: "<h1>Welcome</h1>" }, { headers: json, body: '{"token"' }, { headers: json, body: '{"user":"ada"}' }]) {
    await server.rule({ endpoint: "login", status: 200, ...answer });
    const error = await tab.run((user) => outcome(session.login(user)), ADA);
    assert.deepEqual([error.code, error.retryable], ["protocol", false], answer.body);
  }
  assert.equal(await tab.run(() => session.status), "signedOut");
});

test("another user's login in another tab takes over, and a request that waited for the first one is not sent with it", async (t) => {
  const server = await newServer(t);
  const [first, second] = await newTabs(t, server, 2, { user: ADA });
  await server.rule({ endpoint: "renew", delayMs: 20_000 });
  await server.age(OUTLIVED);
  const waiting = await first.start((seconds) => {
    sleepFor(seconds);
    return calls(3);
  }, OUTLIVED);
  await server.counted("renew.renewed");
  await second.run((seconds, user) => {
    sleepFor(seconds);
    return session.login(user);
  }, OUTLIVED, BOB);
  await server.release();
  const answers = await waiting.result();
  assert.deepEqual(answers.map(({ code }) => code), Array(3).fill("subject_changed"));
  const names = [];
  for (const tab of [first, second]) names.push(await tab.run(async () => (await (await session.fetch(STATUS)).json()).username));
  assert.deepEqual(names, ["bob", "bob"]);
});

test("tokens obtained elsewhere are adopted, in every tab", async (t) => {
  const server = await newServer(t);
  const tabs = await newTabs(t, server, 2);
  const response = await fetch(`${server.origin}/api/v1/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(ADA) });
  const { token, refreshToken, subject } = await response.json();
  const snapshot = await tabs[0].run((accessToken, refreshToken) => session.adopt({ accessToken, refreshToken }), token, refreshToken);
  assert.deepEqual([snapshot.status, snapshot.subject], ["signedIn", subject]);
  for (const tab of tabs) assert.deepEqual(await tab.run(() => settled("signedIn").then(() => calls(2))), [200, 200]);
  await server.age(OUTLIVED);
  for (const tab of tabs) assert.deepEqual(await tab.run(() => calls(2)), [200, 200]);
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });
});

test("a disposed session rejects what waits and says so ever after; the stored session stays", async (t) => {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA });
  await server.rule({ endpoint: "renew", delayMs: 500 });
  await server.age(OUTLIVED);
  const result = await tab.run(async (seconds) => {
    sleepFor(seconds);
    const waiting = calls(3);
    await when(() => session.getSnapshot().renewing, "renewal");
    session.dispose();
    const before = [...(await waiting), ...(await calls(1))].map(({ code }) => code);
    openSession();
    return { before, after: await calls(3) };
  }, OUTLIVED);
  assert.deepEqual(result, { before: Array(4).fill("disposed"), after: [200, 200, 200] });
  assert.equal(await server.count("renew.renewed"), 1);
});

test("wrong options throw at once, naming the option", async (t) => {
  const tab = await newTab(t, await newServer(t));
  const thrown = await tab.run(() => {
    const wrong = {
      baseUrl: { baseUrl: "http://[" },
      storage: { baseUrl: "/", storage: "cookie" },
      origins: { baseUrl: "/", origins: ["api.example.com"] },
      name: { baseUrl: "/", name: "" },
      fetch: { baseUrl: "/", fetch: "fetch" },
      renewal: { baseUrl: "/", renewal: { margin: "soon" } },
      protocol: { baseUrl: "/", protocol: { renew: { path: 5 } } },
    };
    return Object.entries(wrong).map(([option, options]) => {
      try {
        new Session(options);
        return [option, "no error"];
      } catch (error) {
        return [option, isSessionError(error) && error.code, error.message.includes(option)];
      }
    });
  });
  for (const one of thrown) assert.deepEqual(one, [one[0], "invalid_config", true]);
});
