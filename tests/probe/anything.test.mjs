// Servers that answer anything: the probe comes to an end, in words, and tells nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, html, json } from "../backends/support/gate.mjs";
import { probe } from "./support/probe.mjs";

const SERVERS = Number(process.env.TOKENKEEP_SERVERS ?? 40);
const FIRST = Number(process.env.TOKENKEEP_FIRST ?? 0);

// Mulberry32.
function generator(seed) {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Each endpoint has a mind of its own, and changes it now and then. */
function anything(seed) {
  const random = generator(seed);
  const pick = (...choices) => choices[Math.floor(random() * choices.length)];
  const word = () => Buffer.from(Array.from({ length: 24 }, () => random() * 256)).toString("base64url");
  const jwt = () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = pick({}, { exp: now + 600, iat: now }, { exp: String(now + 60) }, { exp: now - 9, sub: 7 }, { exp: 1e300, iat: -1 }, { sub: null }, [7]);
    return `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${word()}`;
  };
  const token = () => pick(jwt, word, word, () => "", () => null, () => 7, () => ({ token: word() }), () => `${word()}+/==`)();
  const body = () =>
    pick(
      () => ({ token: token(), refreshToken: token(), expiresIn: pick(300, "300", -1, 0.001, null, 1e300, "2026-11-22T20:00:00Z", [], 1e13) }),
      () => ({ access_token: token(), refresh_token: token(), expires_in: pick(1, 3600, "soon") }),
      () => ({ data: { [pick("auth", word(), "a.b", "")]: { access: token() } }, list: [token(), [token()]] }),
      () => ({ code: pick("refresh_token_unknown", word(), "", 7), message: `no ${word()}` }),
      () => ({ error: pick("invalid_grant", { code: 1 }, ["x"], null), detail: "one\ntwo\u001b[2J" }),
      () => pick(null, 7, "text", [], {}, true),
    )();
  const headers = () => pick({}, { "retry-after": pick("30", "soon", "-1") }, { "www-authenticate": pick("Basic", "Bearer", word()) }, { "access-control-allow-origin": "*" }, { location: pick("/", "/api/v1/login/", "http://elsewhere.example/", "::") }, { "x-auth-token": word() }, { date: pick("yesterday", "Sun, 22 Nov 1998 20:00:00 GMT") });
  const status = () => pick(200, 200, 200, 201, 202, 204, 301, 302, 400, 401, 401, 403, 404, 405, 409, 415, 422, 429, 500, 503, 599);
  const make = () => {
    const code = status();
    return pick(
      () => (code === 204 ? answer(204) : json(code, body(), headers())),
      () => (code === 204 ? answer(204) : json(code, body(), headers())),
      () => html(code === 204 ? 200 : code, pick("<p>", word(), `token ${word()}`), headers()),
      () => answer(code === 204 ? 200 : code, pick("text/plain", "application/json", "", "application/octet-stream"), pick("", word(), '{"half":', "null"), headers()),
    )();
  };
  const minds = new Map();
  return ({ method, path }) => {
    const at = `${method} ${path}`;
    // Some logins have to go well, or there is nothing to be seen.
    const kind = path.endsWith("/login") && !minds.has(at) && random() < 0.8;
    if (kind) minds.set(at, json(200, { token: pick(jwt, word)(), refreshToken: word(), expiresIn: pick(300, 3600, undefined) }));
    else if (!minds.has(at) || random() < 0.3) minds.set(at, make());
    return minds.get(at);
  };
}

test(`${SERVERS} servers that answer anything`, { concurrency: 8 }, async (t) => {
  const login = { username: "ada", password: "s3cr3t-value" };
  const run = (seed) =>
    t.test(`server ${seed}`, async (t) => {
      const args = ["--resource", "/thing", "--timeout", "5", ...(seed % 2 ? ["--wait"] : []), ...(seed % 3 ? ["--origin", "http://localhost:5173"] : [])];
      const { code, findings, printed } = await probe(t, anything(seed), args, { login, sleep: async () => {} });
      assert.ok(findings.length > 0 && [0, 1].includes(code));
      assert.ok(!/\u001b|probe: \w*Error/.test(printed), printed);
      for (const { mark, topic, says } of findings) assert.ok(/^[✔✖?]$/.test(mark) && topic && says && !/undefined|\[object/.test(says), `${topic}: ${says}`);
    });
  await Promise.all(Array.from({ length: SERVERS }, (_, index) => run(FIRST + index)));
});
