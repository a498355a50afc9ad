import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, newApp, newAppServer, shown } from "./support/app.mjs";

const WRONG = "tr0ub4dor&3 horse";
const KEY = "k3y-0f-a-query";
const OPAQUE = "9f86d081884c7d659a2feaa0c55ad015";
const ACCESS = "adopted-access-token-4711";
const REFRESH = "adopted.refresh.token.4712";

/** What an app and a server may do to let something slip out. */
async function everything({ user, wrong, key, opaque, access, refresh }) {
  const claims = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
  const secrets = new Set(Object.values({ ...user, wrong, key, opaque, access, refresh }));
  await outcome(session.login({ username: user.username, password: wrong }));
  await outcome(session.login({ username: user.username, password: wrong }));
  await session.login(user);
  const { subject } = session.getSnapshot();
  secrets.add(subject);
  const paths = [`/api/v1/resource?key=${key}&access_token=${await session.accessToken()}`, `/api/v1/users/${subject}/orders?${key}#${opaque}`, `/api/v1/files/${opaque}`, `/api/v1/${encodeURIComponent(`${user.username}@example.com`)}/${user.username}`, new Request(`/api/v1/resource?${key}`)];
  for (const path of paths) await outcome(session.fetch(path));
  await outcome(session.fetch("/api/v1/echo", { method: "POST", body: JSON.stringify({ key }), headers: { "X-Key": key } }));
  await session.renew();
  panel.mark(`sent ${await session.accessToken()} for ${subject} with ${opaque} to ${location.origin}/x?${key}`);
  await outcome(session.call("reset", { token: opaque, password: wrong }));
  await outcome(session.call(key));
  await session.logout();
  await session.adopt({ accessToken: access, refreshToken: refresh, expiresIn: 60, subject: "adopted-subject-1" });
  secrets.add("adopted-subject-1");
  await outcome(session.fetch(`/api/v1/users/adopted-subject-1?${key}`));
  await session.logout();
  for (const answer of issued) for (const each of [answer.token, answer.refreshToken, claims(answer.token).sub, claims(answer.token).jti]) if (each) secrets.add(String(each));
  for (const token of [...secrets]) if (token.startsWith("ey")) token.split(".").forEach((part) => secrets.add(part));
  return [...secrets];
}

test("nothing secret is in the report, in no tab's, nor in what tabs tell each other", async (t) => {
  const server = await newAppServer(t);
  const protocol = { endpoints: { reset: { path: "/api/v1/password/reset", token: { from: "token", sends: { field: "token" } } } } };
  const { tab: other } = await newApp(t, { server, tab: "B" });
  await other.run(() => {
    window.overheard = [];
    new BroadcastChannel("tokenkeep-devtools:default").onmessage = ({ data }) => overheard.push(JSON.stringify(data));
  });
  const { tab } = await newApp(t, { server, tab: "A", protocol });
  // A server that says again what it was told, as its code for a refusal.
  await server.rule({ endpoint: "login", status: 401, headers: { "content-type": "application/problem+json" }, body: JSON.stringify({ code: WRONG.replaceAll(/\W/g, "_") }) });
  await server.rule({ endpoint: "login", status: 401, headers: { "content-type": "application/problem+json" }, body: JSON.stringify({ code: ADA.username }) });
  const secrets = await tab.run(everything, { user: ADA, wrong: WRONG, key: KEY, opaque: OPAQUE, access: ACCESS, refresh: REFRESH });
  assert.ok(secrets.length > 15, "the flow has met tokens, claims and credentials");
  await shown(other, "Tab A", "^logout\\(\\)");
  await tab.run(() => shows(() => panel.report().tabs.length === 2));
  const texts = {
    report: await tab.run(() => JSON.stringify(panel.report())),
    other: await other.run(() => JSON.stringify(panel.report())),
    overheard: await other.run(() => overheard.join()),
    shown: await tab.run(() => JSON.stringify(lanes())),
  };
  for (const [where, text] of Object.entries(texts)) {
    assert.ok(text.length > 1_000, where);
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in ${where}: ${around(text, secret)}`);
    assert.ok(!text.includes(encodeURIComponent("@")) && !text.includes("access_token"), where);
  }
  const urls = JSON.parse(texts.report).tabs.flatMap(({ entries }) => entries.map(({ url }) => url)).filter(Boolean);
  assert.deepEqual(urls, ["/api/v1/resource?…", "/api/v1/users/…/orders?…", "/api/v1/files/…", "/api/v1/…/…", "/api/v1/resource?…", "/api/v1/echo", "/api/v1/users/…?…"]);
});

const around = (text, found) => text.slice(Math.max(0, text.indexOf(found) - 80), text.indexOf(found) + 120);

test("what comes over the channel is taken over as far as it is known, and cut again", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  const entries = await tab.run(async (opaque) => {
    const channel = new BroadcastChannel("tokenkeep-devtools:default");
    const at = Date.now();
    const say = (message) => channel.postMessage({ version: 1, tab: { id: "0ther", label: `B ${opaque}`, since: at }, ...message });
    for (const junk of [null, 7, "x", {}, { version: 2 }, { version: 1, tab: 3 }]) channel.postMessage(junk);
    say({ type: "entries", entries: "none" });
    const good = { id: 1, at, kind: "call", what: "fetch", method: "GET", url: `https://api.example.com/x?t=${opaque}`, end: at + 5, more: opaque, sent: [null, { at, end: at + 4, token: opaque }] };
    say({ type: "entries", entries: [null, "x", { id: 2, kind: "unknown", at, what: "x" }, { id: 3, kind: "session", what: "x" }, { id: 4, at, kind: "session", what: "rejected", detail: opaque, times: "many" }, good] });
    await shows(() => Object.keys(lanes()).length === 2 && has("Tab B …", "^GET"));
    channel.close();
    const [, { entries, label }] = panel.report().tabs;
    return { label, entries: entries.map(({ at, end, ...rest }) => ({ ...rest, sent: rest.sent?.length ?? 0 })) };
  }, OPAQUE);
  assert.deepEqual(entries, {
    label: "B …",
    entries: [
      { id: 4, kind: "session", what: "rejected", detail: "…", sent: 0 },
      { id: 1, kind: "call", what: "fetch", method: "GET", url: "https://api.example.com/x?…", sent: 1 },
    ],
  });
});

test("the buttons give the report as a file and on the clipboard, or say that they cannot", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  const given = await tab.run(async () => {
    const blobs = [];
    const texts = [];
    URL.createObjectURL = (blob) => (blobs.push(blob), "data:application/json,{}");
    HTMLAnchorElement.prototype.click = function () {
      texts.push(this.download);
    };
    button("Download").click();
    const said = [inside("[role=status]").textContent];
    navigator.clipboard.writeText = async (text) => void texts.push(text);
    button("Copy report").click();
    await shows(() => inside("[role=status]").textContent.includes("copied"));
    navigator.clipboard.writeText = () => Promise.reject(new Error());
    document.execCommand = () => false;
    button("Copy report").click();
    await shows(() => inside("[role=status]").textContent.includes("does not let"));
    return { file: JSON.parse(await blobs[0].text()), name: texts[0], copied: JSON.parse(texts[1]), said };
  });
  for (const report of [given.file, given.copied]) {
    assert.deepEqual([report.format, report.version, report.tabs.length], ["tokenkeep-devtools", 1, 1]);
    assert.match(report.exportedAt, /^\d{4}-\d\d-\d\dT/);
    const [{ label, own, entries }] = report.tabs;
    assert.deepEqual([label, own], ["A", true]);
    const login = entries.find(({ kind, what }) => kind === "call" && what === "login");
    assert.ok(login.end >= login.at);
    assert.ok(entries.some(({ kind, what, generation }) => kind === "state" && what === "signedIn" && generation === 1));
  }
  assert.match(given.name, /^tokenkeep-.*\.json$/);
  assert.deepEqual(given.said, ["The report was downloaded."]);
});

test("what an app asks of a watched session comes out as before", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  const outcomes = await tab.run(async () => {
    const unhandled = new Promise((resolve) => addEventListener("unhandledrejection", (event) => (event.preventDefault(), resolve(event.reason.code)), { once: true }));
    const { fetch } = session;
    const reason = new Error("no longer wanted");
    const results = [
      await fetch(RESOURCE).then(({ ok }) => ok),
      await session.fetch(RESOURCE, { signal: AbortSignal.abort(reason) }).catch((error) => error === reason),
      typeof (await session.accessToken()),
      (await session.logout()).revoked,
      await session.fetch(RESOURCE).catch((error) => [isSessionError(error), error.code]),
    ];
    setTimeout(evaluate("() => void session.renew()"));
    return [...results, await unhandled];
  });
  assert.deepEqual(outcomes, [true, true, "string", true, [true, "login_required"], "login_required"]);
});
