// The cards answer as the real servers do: the same requests to both, at the same time of day.
import assert from "node:assert/strict";
import { test } from "node:test";
import { flaskStatelessAuth } from "./cards/flask-stateless-auth.mjs";
import { twopi } from "./cards/twopi.mjs";
import { makeClock } from "./support/clock.mjs";
import { openGate } from "./support/gate.mjs";
import { keepTime, startPython } from "./support/real.mjs";

const HOUR = 3600;
const form = (fields) => ({ method: "POST", body: new URLSearchParams(fields) });
const json = (method, value) => ({ method, headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
const bearer = (token, method = "GET") => ({ method, headers: { authorization: `Bearer ${token}` } });

/** What stays of an answer once the tokens and the pages' wording are taken off. */
async function gist(response) {
  const type = response.headers.get("content-type")?.split(";")[0];
  const challenge = response.headers.get("www-authenticate");
  const text = await response.text();
  if (type === "application/json") {
    const value = JSON.parse(text);
    const shown = Object.entries(value).sort().map(([name, value]) => [name, /token$/i.test(name) ? `${value.length} characters` : value]);
    return { value, line: [response.status, type, challenge, JSON.stringify(shown)].join(" ") };
  }
  return { value: {}, line: [response.status, type, challenge, /^(<|$)/.test(text) ? "a page" : text].join(" ") };
}

async function conversation(url, clock, steps) {
  const lines = [];
  let given = {};
  for (const step of steps) {
    if (typeof step === "number") {
      await clock.advance(step);
      continue;
    }
    const [path, init] = step(given);
    const { value, line } = await gist(await fetch(url + path, init));
    lines.push(`${init?.method ?? "GET"} ${path} → ${line}`);
    given = { ...given, last: value, ...value };
  }
  return lines;
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

test("the card of twopi is that of the real server", async (t) => {
  const clock = makeClock(t);
  const real = await startPython(t, "legacy", "twopi.py");
  const card = await openGate(t, twopi(clock));
  const right = form({ username: "test", password: "test" });
  const steps = [
    () => ["/login", form({ username: "test", password: "wrong" })],
    () => ["/login", json("POST", { username: "test", password: "test" })],
    () => ["/login", right],
    ({ token }) => ["/protected", bearer(token, "POST")],
    () => ["/protected", { method: "POST" }],
    () => ["/protected", bearer("garbage", "POST")],
    ({ token }) => ["/protected", { method: "POST", headers: { authorization: `bearer ${token}` } }],
    ({ token }) => ["/protected", { method: "POST", headers: { authorization: `Bearer  ${token}` } }],
    ({ refreshToken }) => ["/renew", form({ refreshToken })],
    ({ refreshToken }) => ["/renew", json("POST", { refreshToken })],
    () => ["/renew", form({ refreshToken: "garbage" })],
    ({ token }) => ["/logout", bearer(token, "POST")],
    ({ token }) => ["/logout", bearer(token, "POST")],
    ({ token }) => ["/protected", bearer(token, "POST")],
    ({ refreshToken }) => ["/renew", form({ refreshToken })],
    HOUR + 2,
    ({ token }) => ["/protected", bearer(token, "POST")],
    () => ["/logout", { method: "POST" }],
    () => ["/nowhere"],
    () => ["/login"],
  ];
  await same(t, clock, real, card.url, steps);

  const claims = (await Promise.all([real, card.url].map(async (url) => (await fetch(`${url}/login`, right)).json()))).map(({ token }) => claimsOf(token));
  const shapes = claims.map(({ iat, exp, rfid, ...rest }) => [exp - iat, rfid.length, rest, Number.isInteger(exp)]);
  assert.deepEqual(shapes[1], shapes[0]);
});

test("the card of flask-stateless-auth is that of the real server", async (t) => {
  const clock = makeClock(t);
  const real = await startPython(t, "legacy", "flask_stateless.py");
  const card = await openGate(t, flaskStatelessAuth(clock));
  const omar = { username: "omar" };
  await same(t, clock, real, card.url, [
    () => ["/user", json("POST", { username: "grace" })],
    () => ["/user", json("POST", { username: "grace" })],
    () => ["/create_token", json("POST", { username: "nobody" })],
    () => ["/create_token", json("POST", omar)],
    ({ access_token }) => ["/secret", bearer(access_token)],
    ({ access_token }) => ["/whoami", bearer(access_token)],
    () => ["/whoami"],
    ({ access_token }) => ["/whoami", { headers: { authorization: `bearer ${access_token}` } }],
    ({ access_token }) => ["/whoami", { headers: { authorization: `Bearer  ${access_token}` } }],
    ({ access_token }) => ["/whoami", { headers: { authorization: access_token } }],
    ({ refresh_token }) => ["/whoami", bearer(refresh_token)],
    ({ access_token }) => ["/refresh_token", bearer(access_token, "PUT")],
    () => ["/refresh_token", { method: "PUT" }],
    ({ refresh_token }) => ["/refresh_token", bearer(refresh_token, "PUT")],
    ({ access_token }) => ["/whoami", bearer(access_token)],
    HOUR + 2,
    ({ access_token }) => ["/whoami", bearer(access_token)],
    ({ refresh_token }) => ["/refresh_token", bearer(refresh_token, "PUT")],
    366 * 24 * HOUR,
    ({ refresh_token }) => ["/refresh_token", bearer(refresh_token, "PUT")],
    () => ["/create_token", json("POST", omar)],
    () => ["/delete_token", json("DELETE", omar)],
    () => ["/delete_token", json("DELETE", omar)],
    ({ access_token }) => ["/whoami", bearer(access_token)],
    ({ refresh_token }) => ["/refresh_token", bearer(refresh_token, "PUT")],
  ]);
});

async function same(t, clock, real, card, steps) {
  await keepTime(clock, real);
  const expected = await conversation(real, clock, steps);
  clock.shift = 0;
  assert.deepEqual(await conversation(card, clock, steps), expected);
}
