// The HTTP clients that people have, on top of a session's `fetch`, each by the line that pkg/README.md shows.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import axios from "axios";
import ky from "ky";
import createClient from "openapi-fetch";
import { Session, isSessionError } from "../../pkg/index.js";
import { makeClock } from "../backends/support/clock.mjs";
import { json, openGate } from "../backends/support/gate.mjs";
import { USER, referenceServer } from "../packaging/support/servers.mjs";

const recipes = {
  axios: (session, baseURL) => axios.create({ baseURL, adapter: "fetch", env: { fetch: session.fetch } }),
  ky: (session, baseUrl) => ky.create({ baseUrl, fetch: session.fetch }),
  "openapi-fetch": (session, baseUrl) => createClient({ baseUrl, fetch: session.fetch }),
};

// The same few things asked of each.
const clients = {
  axios: (api) => ({
    get: async (path, options) => (await api.get(path, options)).data,
    post: async (path, body, options) => (await api.post(path, body, options)).data,
    statusOf: (error) => error.response?.status,
    sessionErrorOf: (error) => error.cause,
  }),
  ky: (api) => ({
    get: (path, options) => api.get(path, options).json(),
    post: (path, body, options) => api.post(path, { ...(typeof body === "string" ? { body, headers: { "content-type": "text/plain" } } : { json: body }), ...options }).then((response) => response.text()).then(parsed),
    statusOf: (error) => error.response?.status,
    sessionErrorOf: (error) => (isSessionError(error) ? error : error.cause),
  }),
  "openapi-fetch": (api) => ({
    get: async (path, options) => unpack(await api.GET(path, options)),
    post: async (path, body, options) =>
      unpack(await api.POST(path, { body, parseAs: "text", ...(typeof body === "string" && { bodySerializer: (text) => text, headers: { "content-type": "text/plain" } }), ...options }), parsed),
    statusOf: (error) => error.status,
    sessionErrorOf: (error) => error,
  }),
};

// It answers where the others throw.
function unpack({ data, response }, read = (data) => data) {
  if (!response.ok) throw response;
  return read(data);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

test("TypeScript takes the lines in the README", async () => {
  const { dirname: here } = import.meta;
  const said = await promisify(execFile)(`${here}/node_modules/.bin/tsc`, ["--project", here]).then(() => "", ({ stdout }) => stdout);
  assert.equal(said, "");
});

async function open(t, name) {
  const clock = makeClock(t);
  const gate = await openGate(t, await referenceServer(t, "http://127.0.0.1"));
  const session = new Session({ baseUrl: gate.url, storage: "memory", name: `${name}-${gate.url}` });
  t.after(() => session.dispose());
  const asked = [];
  session.on("loginRequired", ({ reason }) => asked.push(reason));
  await session.login(USER);
  const api = recipes[name](session, gate.url);
  return { clock, gate, session, asked, api, ...clients[name](api) };
}

for (const name of Object.keys(recipes)) {
  test(`${name}: the line in the README is the one that is tested`, async () => {
    const [, line] = recipes[name].toString().split("=> ");
    for (const file of ["../../pkg/README.md", "recipes.ts"]) {
      const text = await readFile(new URL(file, import.meta.url), "utf8");
      assert.ok(text.replace("<paths>", "").includes(line), `${file}: ${line}`);
    }
  });

  test(`${name}: requests carry the token, and twenty at its end cause one renewal`, async (t) => {
    const { clock, gate, get } = await open(t, name);
    assert.ok((await get("/api/v1/resource")).message);
    await clock.advance(301);
    const answers = await Promise.all(Array.from({ length: 20 }, () => get("/api/v1/resource")));
    assert.equal(new Set(answers.map(({ subject }) => subject)).size, 1);
    assert.equal(gate.count("/renew"), 1);
  });

  test(`${name}: what is uploaded arrives whole, also at the second try`, async (t) => {
    const { gate, post } = await open(t, name);
    const long = "ünïcödé ".repeat(20_000);
    for (const body of [{ list: [1, 2, { deep: "ü" }] }, long]) {
      const before = gate.count("/renew");
      gate.instead("/echo", json(401, { code: "token_expired" }), 1);
      assert.deepEqual(await post("/api/v1/echo", body), body);
      assert.equal(gate.count("/renew"), before + 1);
      const [first, second] = gate.at("/echo").slice(-2);
      assert.equal(first.body, second.body);
      assert.notEqual(first.headers.authorization, second.headers.authorization);
    }
  });

  test(`${name}: an answer that is no success comes in the client's own way, once`, async (t) => {
    const { gate, get, statusOf, session } = await open(t, name);
    const problem = await get("/api/v1/nowhere").then(assert.fail, (error) => error);
    assert.equal(statusOf(problem), 404);
    gate.instead("/resource", json(401, { code: "token_invalid" }));
    const rejected = await get("/api/v1/resource").then(assert.fail, (error) => error);
    assert.equal(statusOf(rejected), 401);
    assert.deepEqual([gate.count("/resource"), gate.count("/renew"), session.status], [2, 1, "signedIn"]);
  });

  test(`${name}: the end of the session comes as the session's error`, async (t) => {
    const { clock, gate, session, asked, get, sessionErrorOf } = await open(t, name);
    const authorization = `Bearer ${await session.accessToken()}`;
    await fetch(`${gate.url}/api/v1/logout`, { method: "POST", headers: { authorization } });
    await clock.advance(301);
    const error = await get("/api/v1/resource").then(assert.fail, (error) => error);
    assert.ok(isSessionError(sessionErrorOf(error)), String(error));
    assert.deepEqual([sessionErrorOf(error).code, sessionErrorOf(error).reason], ["login_required", "refused"]);
    assert.equal(error.code, "login_required");
    assert.deepEqual([asked, gate.count("/resource")], [["refused"], 0]);
  });

  test(`${name}: a request that is called off while it waits for a renewal is not sent`, async (t) => {
    const { clock, gate, session, get } = await open(t, name);
    await clock.advance(301);
    const release = gate.hold("/renew");
    const controller = new AbortController();
    const cancelled = get("/api/v1/resource", { signal: controller.signal });
    const kept = get("/api/v1/status");
    await gate.arrived("/renew", 1);
    controller.abort();
    const error = await cancelled.then(assert.fail, (error) => error);
    assert.ok(axios.isCancel(error) || error.name === "AbortError", String(error));
    release();
    assert.ok((await kept).subject);
    assert.deepEqual([gate.count("/resource"), gate.count("/renew"), session.status], [0, 1, "signedIn"]);
  });
}

test("axios: an upload whose progress is watched is sent again as well", async (t) => {
  const { gate, post } = await open(t, "axios");
  gate.instead("/echo", json(401, { code: "token_expired" }), 1);
  const seen = [];
  const body = "x".repeat(200_000);
  assert.equal(await post("/api/v1/echo", body, { onUploadProgress: ({ loaded }) => seen.push(loaded) }), body);
  assert.equal(gate.count("/echo"), 2);
  assert.equal(seen.at(-1), body.length);
});

test("axios: its own time-out ends the request, not the renewal", async (t) => {
  const { clock, gate, get, session } = await open(t, "axios");
  await clock.advance(301);
  const release = gate.hold("/renew");
  const error = await get("/api/v1/resource", { timeout: 1 }).then(assert.fail, (error) => error);
  assert.equal(error.code, "ETIMEDOUT");
  await gate.arrived("/renew", 1);
  release();
  assert.ok(await session.accessToken());
  assert.equal(gate.count("/renew"), 1);
});

test("axios: interceptors of the app's own see the answer after the renewal", async (t) => {
  const { clock, api, gate } = await open(t, "axios");
  const seen = [];
  api.interceptors.request.use((config) => (config.headers.set("X-Tab", "mine"), config));
  api.interceptors.response.use((answer) => (seen.push(answer.status), answer));
  await clock.advance(301);
  await api.get("/api/v1/resource");
  assert.deepEqual([seen, gate.at("/resource")[0].headers["x-tab"]], [[200], "mine"]);
});
