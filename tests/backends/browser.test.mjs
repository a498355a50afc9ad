// What only a browser does: ask for a password by itself, and keep headers of other origins to itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { restAuth } from "./cards/rest-auth.mjs";
import { openPage, withPage } from "./support/browser.mjs";
import { makeClock } from "./support/clock.mjs";
import { html, openGate } from "./support/gate.mjs";
import { keepTime, shared, startPython } from "./support/real.mjs";

const simplejwt = shared((t) => startPython(t, "current", "simplejwt.py", "rotate"));

test("rest-auth: a Basic challenge never makes the browser ask for a password", async (t) => {
  const clock = makeClock(t);
  const challenge = html(401, "Unauthorized Access", { "www-authenticate": 'Basic realm="Authentication Required"' });
  const card = restAuth(clock);
  const gate = await openGate(t, withPage((request) => (request.path === "/plain" ? challenge : card(request))));
  const { run, prompts } = await openPage(t, gate.url);

  const outcome = await run(async () => {
    const asked = [];
    const session = (globalThis.session = new Session({ baseUrl: location.origin, protocol: "rest-auth" }));
    session.on("loginRequired", ({ reason }) => asked.push(reason));
    const wrong = await session.login({ username: "miguel", password: "cobol" }).catch(({ code }) => code);
    await session.login({ username: "miguel", password: "python" });
    const { data } = await (await session.fetch("/api/resource")).json();
    return { wrong, data, asked };
  });
  assert.deepEqual(outcome, { wrong: "login_refused", data: "Hello, miguel!", asked: [] });

  // The API's challenge, the renewal's, and that of a session that has run out on the server.
  gate.instead("/api/resource", challenge, 1);
  assert.equal(await run(async () => (await session.fetch("/api/resource")).status), 200);
  gate.instead("/api/resource", challenge, 2);
  assert.equal(await run(async () => (await session.fetch("/api/resource")).status), 401);
  gate.instead("/api/token", challenge, 1);
  assert.equal(await run(async () => session.renew().catch(({ code }) => code)), "login_required");

  // One request without the session's care, so that it is known what would have been heard.
  assert.equal(await run(async () => (await fetch("/plain")).status), 401);
  assert.deepEqual(prompts, ["/plain"]);
});

test("simplejwt: another origin that exposes no header, a clock that is wrong", async (t) => {
  const clock = makeClock(t);
  const address = await simplejwt();
  await keepTime(clock, address);
  const api = await openGate(t, address);
  const page = await openGate(t, withPage());
  const { run } = await openPage(t, page.url);

  const first = await run(async (baseUrl) => {
    // The device is two hours ahead.
    advance(7200);
    globalThis.asked = [];
    globalThis.session = new Session({ baseUrl, protocol: "simplejwt" });
    session.on("loginRequired", ({ reason }) => asked.push(reason));
    await session.login({ username: "ada", password: "pw" });
    const response = await session.fetch("/api/whoami/");
    const { expiresAt } = session.getSnapshot();
    return { name: (await response.json()).username, date: response.headers.get("date"), left: expiresAt - Date.now() };
  }, api.url);
  assert.deepEqual([first.name, first.date], ["ada", null]);
  assert.ok(first.left > 200_000 && first.left <= 300_000, `${first.left} ms are left`);
  assert.equal(api.count("/api/token/refresh/"), 0);

  await clock.advance(301);
  const second = await run(async () => {
    advance(301);
    const answers = await Promise.all(Array.from({ length: 20 }, () => session.fetch("/api/whoami/")));
    return answers.map(({ status }) => status);
  });
  assert.deepEqual(new Set(second), new Set([200]));
  const renewals = () => api.at("/api/token/refresh/").filter(({ method }) => method === "POST").length;
  assert.equal(renewals(), 1);

  const third = await run(async () => {
    const { revoked } = await session.logout();
    return { revoked, code: await session.fetch("/api/whoami/").catch(({ code }) => code), asked };
  });
  assert.deepEqual([third.revoked, third.code], [true, "login_required"]);
  // Without a preflight for anything but what such servers allow by themselves.
  const wanted = new Set(api.seen.flatMap(({ headers }) => headers["access-control-request-headers"]?.split(",") ?? []));
  for (const name of wanted) assert.ok(["authorization", "content-type"].includes(name), name);
});
