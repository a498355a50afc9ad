// docs/MIGRATION.md: what it says of others is measured with what they have published.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, OUTLIVED } from "../web/harness/server.mjs";
import { typechecked } from "./support/app.mjs";
import { filesOf, linksLead, readDocument } from "./support/document.mjs";
import { newApp } from "./support/page.mjs";

const MIGRATION = await readDocument("MIGRATION");

/** The columns of the table, and whose code stands in each. */
const COLUMNS = ["before/axios-auth-refresh", "before/axios-jwt", "before/interceptor", "before/wrapper", "after/axios"];

/** The rows. Each gets the tabs and the server, and says what belongs into the cell; `told` is what stands there. */
const ROWS = {
  async "the token has run out, 5 calls at once"({ tabs: [tab], server, told }) {
    await timePasses(server, tab);
    const release = await holdRenewals(server);
    const calls = await tab.start(() => calls(5));
    await release(renewalsIn(told));
    return outcome(await calls.result(), tab, server);
  },

  async "the same, a call in each of 2 tabs"({ tabs, server, told }) {
    await timePasses(server, ...tabs);
    const release = await holdRenewals(server);
    const each = [];
    for (const tab of tabs) each.push(await tab.start(() => calls(1)));
    await release(renewalsIn(told));
    const answered = [];
    for (const call of each) answered.push(...(await call.result()));
    return outcome(answered, tabs[0], server);
  },

  async "the server answers the renewal with 503, once"({ tabs: [tab], server }) {
    await timePasses(server, tab);
    await server.rule({ endpoint: "renew", status: 503, times: 1 });
    await tab.run(() => calls(1));
    // Whoever keeps the session may wait before the next renewal.
    const kept = await tab.run(() => eventually(async () => ((await calls(1))[0] ? "signed in" : localStorage.length === 0 && "logged out"), "an end"));
    return kept;
  },

  async "a 401 that comes after the renewal"({ tabs: [tab], server }) {
    await server.age(OUTLIVED); // and the device's clock does not know
    await server.rule({ endpoint: "resource", delayMs: 600_000, times: 1 });
    const before = await server.count("requests.resource");
    const late = await tab.start(() => calls(1));
    await server.counted("requests.resource", { count: before + 1 });
    const [first] = await tab.run(() => calls(1));
    await server.release();
    return outcome([first, ...(await late.result())], tab, server);
  },

  async "the device's clock is an hour slow"({ tabs: [tab], server, logIn }) {
    await tab.run(() => void shiftClock(-3600));
    await logIn();
    await server.age(OUTLIVED);
    return outcome(await tab.run(() => calls(1)), tab, server);
  },
};

const USED = [...COLUMNS, "after/fetch", "after/adopt", "before/oidc", "after/oidc"].map((name) => `${name}.js`);

test("every block of code in docs/MIGRATION.md has its test", () => {
  assert.equal(MIGRATION.blocks.length * 2, MIGRATION.text.match(/^```/gm).length);
  assert.deepEqual([...filesOf(MIGRATION).keys()].sort(), USED.toSorted());
  assert.deepEqual(MIGRATION.blocks.filter(({ file }) => !file), []);
});

test("every link within docs/MIGRATION.md leads somewhere", () => linksLead(MIGRATION));

test("TypeScript takes docs/MIGRATION.md", (t) => typechecked(t, MIGRATION));

test("what the table says of each is what happens", async (t) => {
  const { server, tab, open } = await newApp(t, MIGRATION, [...COLUMNS, "after/fetch"].map((name) => `${name}.js`));
  const both = [tab, await open()];
  const measured = {};
  for (const [name, measure] of Object.entries(ROWS)) {
    measured[name] = [];
    for (const [column, module] of COLUMNS.entries()) {
      await server.reset();
      await tab.run(() => localStorage.clear());
      const tabs = name.includes("2 tabs") ? both : [tab];
      for (const tab of tabs) {
        await tab.reload();
        await tab.run(begin, module);
      }
      const logIn = () => tab.run((user) => logIn(user), ADA);
      await logIn();
      if (module.startsWith("after")) await tabs.at(-1).run(() => eventually(() => session.status === "signedIn", "the session"));
      measured[name].push(await measure({ tabs, server, logIn, told: cell(name, column) }));
    }
  }
  const told = Object.fromEntries(Object.keys(ROWS).map((name) => [name, COLUMNS.map((_, column) => cell(name, column))]));
  assert.deepEqual(told, measured);
});

test("a session's fetch is no other in place of a wrapper than below axios", async (t) => {
  const { server, tab } = await newApp(t, MIGRATION, ["after/fetch.js"]);
  await tab.run(begin, "after/fetch");
  await tab.run((user) => logIn(user), ADA);
  await timePasses(server, tab);
  assert.deepEqual(await tab.run(() => calls(5)), [true, true, true, true, true]);
  assert.equal((await server.renewals()).asked, 1);
});

test("who is signed in stays so", async (t) => {
  const { server, tab } = await newApp(t, MIGRATION, ["before/interceptor.js", "after/axios.js", "after/adopt.js"]);
  await tab.run(begin, "before/interceptor");
  await tab.run((user) => logIn(user), ADA);
  await tab.reload();
  await tab.run(begin, "after/axios");
  await tab.run(() => use("after/adopt").then(({ adopt }) => adopt()));
  assert.deepEqual(await tab.run(() => Object.keys(localStorage)), ["tokenkeep:default"]);
  assert.deepEqual(await tab.run(() => calls(1)), [true]);
  await timePasses(server, tab);
  assert.deepEqual(await tab.run(() => calls(1)), [true]);
  const { counters } = await server.log();
  assert.deepEqual([counters["login.ok"], counters["renew.renewed"]], [1, 1]);
});

for (const [module, requests] of [["before/oidc", 3], ["after/oidc", 1]]) {
  test(`${module}: a user comes back from the provider, and 3 calls whose token has run out cause ${requests} of its own`, async (t) => {
    const provider = newProvider();
    const { server, tab, site } = await newApp(t, MIGRATION, [`${module}.js`], { routes: provider.routes });
    provider.url = site.url;
    await tab.run(begin, module);
    await tab.start(() => signIn());
    await arrives(tab, () => location.search.includes("code="));
    await tab.run(begin, module);
    await tab.run(() => start());
    assert.deepEqual(await tab.run(() => calls(1)), [true]);

    // Everybody's answer waits until all have asked.
    await server.age(OUTLIVED);
    const release = await holdRenewals(server);
    const calls = await tab.start(() => calls(3));
    await release(requests);
    await calls.result();
    assert.equal((await server.renewals()).asked, requests);
  });
}

// Signs ada in without asking, and has its tokens from the reference server.
function newProvider() {
  const provider = { routes: {}, url: undefined };
  const grants = new Map();
  const ask = async (name, body) => {
    const answer = await fetch(`${provider.url}/api/v1/${name}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return { status: answer.status, ...(await answer.json()) };
  };
  const tokens = ({ status, token, refreshToken, expiresIn, subject }) => {
    if (status !== 200) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const now = Math.floor(Date.now() / 1000);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const id = [part({ alg: "none" }), part({ iss: provider.url, aud: "web", sub: subject, iat: now, exp: now + 60 }), "x"].join(".");
    return Response.json({ access_token: token, refresh_token: refreshToken, token_type: "Bearer", expires_in: expiresIn, id_token: id, scope: "openid offline_access" });
  };
  provider.routes["open GET /.well-known/openid-configuration"] = () =>
    Response.json({ issuer: provider.url, authorization_endpoint: `${provider.url}/authorize`, token_endpoint: `${provider.url}/token`, revocation_endpoint: `${provider.url}/revoke` });
  provider.routes["open GET /authorize"] = async (request) => {
    const asked = new URL(request.url).searchParams;
    const code = crypto.randomUUID();
    grants.set(code, await ask("login", ADA));
    const back = new URL(asked.get("redirect_uri"));
    back.search = new URLSearchParams({ code, state: asked.get("state") });
    return new Response(null, { status: 302, headers: { location: back.href } });
  };
  provider.routes["open POST /token"] = async (request) => {
    const form = new URLSearchParams(await request.text());
    if (form.get("grant_type") === "refresh_token") return tokens(await ask("renew", { refreshToken: form.get("refresh_token") }));
    return tokens(grants.get(form.get("code")) ?? { status: 400 });
  };
  return provider;
}

// While the page goes elsewhere nobody answers.
async function arrives(tab, condition) {
  for (const late = performance.now() + 15_000; !(await tab.run(condition).catch(() => false)); ) assert.ok(performance.now() < late, "the page does not come back");
}

// Runs in the page.
async function begin(name) {
  const module = await use(name);
  Object.assign(window, module);
  let count = 0;
  // Each its own address: of one that is asked for twice Chromium's cache lets the second wait for the first.
  const address = () => `/api/v1/resource?call=${++count}`;
  const get = module.request ? () => module.request(address()).then(({ ok }) => ok) : () => module.api.get(address()).then(() => true);
  /** Which of so many calls at once have got their answer. */
  window.calls = (times) => Promise.all(Array.from({ length: times }, () => get().catch(() => false)));
  const now = Date.now;
  let shift = 0;
  window.shiftClock = (seconds) => {
    shift += seconds * 1000;
    Date.now = () => now() + shift;
    const Real = Date;
    window.Date = class extends Real {
      constructor(...args) {
        super(...(args.length ? args : [Real.now()]));
      }
    };
  };
}

// For the server and for the page alike.
async function timePasses(server, ...tabs) {
  await server.age(OUTLIVED);
  for (const tab of tabs) await tab.run((seconds) => void shiftClock(seconds), OUTLIVED);
}

// The server acts on what comes, but answers only when all have come that the table tells of.
async function holdRenewals(server) {
  const before = await server.count("requests.renew");
  await server.rule({ endpoint: "renew", delayMs: 600_000, times: 100 });
  return async (count) => {
    await server.counted("requests.renew", { count: before + count });
    await server.clearRules();
    await server.release();
  };
}

async function outcome(answered, tab, server) {
  const { asked } = await server.renewals();
  const renewals = asked === 0 ? "no renewal" : asked === 1 ? "1 renewal" : `${asked} renewals`;
  const good = answered.filter(Boolean).length;
  const all = good === answered.length ? "all answered" : `${good || "none"} of ${answered.length} answered`;
  // A renewal that did not help the next call either was the last.
  const [next] = await tab.run(() => calls(1));
  return `${renewals}, ${next || asked === 0 ? all : "logged out"}`;
}

const renewalsIn = (cell) => Number(/^(\d+) renewal/.exec(cell)?.[1] ?? 1);

function cell(row, column) {
  const line = MIGRATION.text.split("\n").find((line) => line.startsWith(`| ${row} |`));
  assert.ok(line, `the table has no line "${row}"`);
  return line.split("|").slice(2)[column].trim().replaceAll("**", "");
}
