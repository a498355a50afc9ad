import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA } from "./harness/server.mjs";
import { newCatcher, newServer, newTabs } from "./harness/stage.mjs";

const CUSTOM = { protocol: { attach: { header: "X-Access-Token", scheme: "" } } };

test("T23: an address on another host gets the request, and no token", async (t) => {
  const { tab, catcher, token } = await stranger(t);
  const sent = await tab.run(async (origin) => {
    const port = new URL(origin).port;
    const inputs = [`${origin}/string`, new URL(`${origin}/url`), new Request(`${origin}/request`), `//127.0.0.1:${port}/relative`, `http://localhost:${port}/name`, `http:\\\\127.0.0.1:${port}\\backslash`];
    return Promise.all(inputs.map((input) => outcome(session.fetch(input))));
  }, catcher.origin);
  assert.deepEqual(sent, Array(6).fill(200));
  assert.deepEqual(catcher.requests.map(({ path }) => path).sort(), ["/backslash", "/name", "/relative", "/request", "/string", "/url"]);
  assert.deepEqual(catcher.requests.filter(({ headers }) => headers.authorization), []);
  assert.ok(!catcher.hasSeen(token));
});

test("T23: an address that only looks like the server's gets no token", async (t) => {
  const { tab, server, catcher, token } = await stranger(t);
  const { host } = new URL(server.origin);
  await tab.run(async (host, origin) => {
    const inputs = [`http://${host}@${new URL(origin).host}/userinfo`, `${origin}/?${host}`, `${origin}/#${host}`, `${origin}/http://${host}/`];
    await Promise.all(inputs.map((input) => outcome(session.fetch(input))));
  }, host, catcher.origin);
  assert.ok(catcher.requests.length >= 3);
  assert.ok(!catcher.hasSeen(token));
});

test("T23: an origin on the list gets the token, and the server's own address in any writing does", async (t) => {
  const { tab, server, catcher, token } = await stranger(t, (catcher) => ({ origins: [catcher.origin] }));
  assert.equal(await tab.run((origin) => outcome(session.fetch(`${origin}/listed`)), catcher.origin), 200);
  assert.deepEqual(catcher.requests.map(({ path, headers }) => [path, headers.authorization]), [["/listed", `Bearer ${token}`]]);
  const answers = await tab.run((origin) => Promise.all([RESOURCE, RESOURCE.slice(1), origin + RESOURCE, new URL(RESOURCE, origin), new Request(RESOURCE)].map((input) => outcome(session.fetch(input)))), server.origin);
  assert.deepEqual(answers, Array(5).fill(200));
});

test("T23: a header that the caller has set is left as it is, and a 401 to it is the caller's", async (t) => {
  const { tab, server, catcher } = await stranger(t, (catcher) => ({ origins: [catcher.origin] }));
  const answers = await tab.run(async (origin) => {
    const init = { headers: { authorization: "Basic b3duOm93bg==" } };
    return [await outcome(session.fetch(`${origin}/own`, init)), await outcome(session.fetch(RESOURCE, init))];
  }, catcher.origin);
  assert.deepEqual(answers, [200, 401]);
  assert.deepEqual(catcher.requests.map(({ headers }) => headers.authorization), ["Basic b3duOm93bg=="]);
  assert.equal((await server.renewals()).asked, 0);
});

test("T24: a redirect to another origin is followed without the token", async (t) => {
  const { tab, server, catcher, token } = await stranger(t);
  for (const status of [301, 302, 303, 307, 308]) {
    await server.rule({ endpoint: "resource", status, headers: { Location: `${catcher.origin}/${status}` } });
    // By an address of its own: browsers remember a permanent redirect.
    assert.equal(await tab.run((status) => outcome(session.fetch(`${RESOURCE}?${status}`)), status), 200);
  }
  assert.deepEqual(catcher.requests.map(({ path }) => path), ["/301", "/302", "/303", "/307", "/308"]);
  assert.deepEqual(catcher.requests.filter(({ headers }) => headers.authorization), []);
  assert.ok(!catcher.hasSeen(token));
});

test("T24: a redirect after a replay is followed without the token", async (t) => {
  const { tab, server, catcher } = await stranger(t);
  await server.rule({ endpoint: "resource", status: 401 });
  await server.rule({ endpoint: "resource", status: 302, headers: { Location: `${catcher.origin}/after` } });
  assert.equal(await tab.run(() => outcome(session.fetch(RESOURCE))), 200);
  const token = await tab.run(() => session.accessToken());
  assert.deepEqual(catcher.requests.map(({ path, headers }) => [path, headers.authorization]), [["/after", undefined]]);
  assert.ok(!catcher.hasSeen(token));
});

test("T24: a custom token header arrives where it should", async (t) => {
  const { tab, catcher, token } = await stranger(t, (catcher) => ({ ...CUSTOM, origins: [catcher.origin] }));
  assert.equal(await tab.run((origin) => outcome(session.fetch(`${origin}/listed`)), catcher.origin), 200);
  assert.deepEqual(catcher.requests.map(({ headers }) => headers["x-access-token"]), [token]);
});

test("T24: a custom token header does not follow a redirect: the call ends with redirect_blocked", async (t) => {
  const { tab, server, catcher } = await stranger(t, () => CUSTOM);
  for (const status of [301, 302, 303, 307, 308]) {
    for (const init of [undefined, { redirect: "follow" }, { method: "POST", body: "x" }]) {
      await server.rule({ endpoint: "resource", status, headers: { Location: `${catcher.origin}/${status}` } });
      const error = await tab.run((address, init) => outcome(session.fetch(address, init)), `/api/v1/resource?${status}`, init);
      assert.deepEqual([error.name, error.code], ["SessionError", "redirect_blocked"], JSON.stringify([status, init]));
    }
  }
  assert.deepEqual(catcher.requests, []);
});

test("T24: the session's own requests do not follow a redirect with a token in their body", async (t) => {
  const { tab, server, catcher } = await stranger(t);
  await server.rule({ endpoint: "renew", status: 307, headers: { Location: `${catcher.origin}/renew` } });
  const error = await tab.run(() => outcome(session.renew()));
  assert.equal(error.name, "SessionError");
  assert.equal(await tab.run(() => session.status), "signedIn");
  assert.deepEqual(catcher.requests, []);
});

/** A signed-in tab, somebody else's server, and the token that must not get there. */
async function stranger(t, options = () => ({})) {
  const server = await newServer(t);
  const catcher = await newCatcher(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA, tab: undefined, ...options(catcher) });
  const token = await tab.run(() => session.accessToken());
  assert.ok(token.length > 20);
  return { server, catcher, tab, token };
}
