// What a session may be set up with, and what is said of what it may not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session, isSessionError } from "../../pkg/index.js";
import { BASE, CREDENTIALS, Server, json } from "./support/server.mjs";

const base = "https://a";
const WRONG = [
  [null, "the argument: expected an object, got null"],
  [undefined, "the argument: expected an object, got nothing"],
  [[], "the argument: expected an object, got an array"],
  [{}, "baseUrl: expected a URL, got nothing"],
  [{ baseUrl: 7 }, "baseUrl: expected a URL, got a number"],
  [{ baseUrl: "mailto:a@b" }, "baseUrl: expected an http(s) URL"],
  [{ baseUrl: "http://" }, "baseUrl: expected an http(s) URL"],
  [{ baseUrl: "ftp://example.com" }, "baseUrl: expected an http(s) URL"],
  [{ baseUrl: "/relative" }, "baseUrl: expected an http(s) URL"],
  [{ baseURL: base }, "baseUrl: expected a URL, got nothing"],
  [{ baseUrl: base, stroage: 1 }, 'stroage: there is no such option; did you mean "storage"?'],
  [{ baseUrl: base, whatever: 1 }, "whatever: there is no such option; known are baseUrl, "],
  [{ baseUrl: base, [Symbol("odd")]: 1 }, "Symbol(odd): there is no such option"],
  [{ baseUrl: base, name: "" }, "name: expected a string that is not empty, got an empty string"],
  [{ baseUrl: base, storage: "cookie" }, 'storage: expected "local", "session", "memory" or'],
  [{ baseUrl: base, storage: { getItem: 1 } }, 'storage: expected "local", '],
  [{ baseUrl: base, storage: { getItem() {}, setItem() {} } }, 'storage: expected "local", '],
  [{ baseUrl: base, origins: "https://b" }, "origins: expected an array of strings, got a string"],
  [{ baseUrl: base, origins: [1] }, "origins: expected an array of strings, got an array"],
  [{ baseUrl: base, origins: ["b"] }, "origins[0]: expected an origin such as"],
  [{ baseUrl: base, origins: ["https://b", "https://b/path"] }, "origins[1]: expected an origin such as"],
  [{ baseUrl: base, origins: ["null"] }, "origins[0]: expected an origin such as"],
  [{ baseUrl: base, fetch: {} }, "fetch: expected a function, got an object"],
  [{ baseUrl: base, renewal: 5 }, "renewal: expected an object, got a number"],
  [{ baseUrl: base, renewal: { margin: "1" } }, "renewal.margin: expected a number of seconds ≥ 0, got a string"],
  [{ baseUrl: base, renewal: { margin: -1 } }, "renewal.margin: expected a number of seconds ≥ 0, got a number"],
  [{ baseUrl: base, renewal: { margin: NaN } }, "renewal.margin: expected a number of seconds ≥ 0, got a number"],
  [{ baseUrl: base, renewal: { margin: Infinity } }, "renewal.margin: expected a number of seconds ≥ 0, got a number"],
  [{ baseUrl: base, renewal: { timeout: 0 } }, "renewal.timeout: expected a number of seconds > 0, got a number"],
  [{ baseUrl: base, renewal: { marign: 1 } }, 'renewal.marign: there is no such option; did you mean "margin"?'],
  [{ baseUrl: base, renewal: { ahead: 1 } }, "renewal.ahead: expected true or false, got a number"],
  [{ baseUrl: base, idle: 0 }, "idle: expected a number of seconds > 0, got a number"],
  [{ baseUrl: base, absolute: "1" }, "absolute: expected a number of seconds > 0, got a string"],
  [{ baseUrl: base, warnBefore: true }, "warnBefore: expected a number of seconds ≥ 0, got a boolean"],
  [{ baseUrl: base, protocol: null }, 'protocol: expected "reference", "rest-auth", '],
  [{ baseUrl: base, protocol: "simple-jwt" }, 'protocol: expected "reference", "rest-auth", "flask-stateless-auth", "flask-jwt-auth", "fathat", "twopi", "oauth2", "simplejwt" or "flask-jwt-extended", got a string; did you mean "simplejwt"?'],
  [{ baseUrl: base, protocol: { preset: "Oauth2" } }, 'protocol.preset: expected "reference", '],
  [{ baseUrl: base, protocol: { preset: "toString" } }, 'protocol.preset: expected "reference", '],
  [{ baseUrl: base, protocol: { prest: "oauth2" } }, 'protocol.prest: there is no such option; did you mean "preset"?'],
  [{ baseUrl: base, protocol: { login: true } }, "protocol.login: expected an object, got a boolean"],
  [{ baseUrl: base, protocol: { login: { path: 7 } } }, "protocol.login.path: expected a string, got a number"],
  [{ baseUrl: base, protocol: { login: { path: "" } } }, "protocol.login.path: expected a string that is not empty"],
  [{ baseUrl: base, protocol: { preset: "oauth2", login: {} } }, "protocol.login.path: expected a string that is not empty"],
  [{ baseUrl: base, protocol: { login: { url: "/x" } } }, "protocol.login.url: there is no such option; known are path, method, "],
  [{ baseUrl: base, protocol: { login: { refuse: [] } } }, 'protocol.login.refuse: there is no such option; did you mean "refused"?'],
  [{ baseUrl: base, protocol: { login: { credentials: "basic" } } }, 'protocol.login.credentials: expected "body", got a string'],
  [{ baseUrl: base, protocol: { login: { credentials: { basic: ["u"] } } } }, "protocol.login.credentials.basic: expected the names of two credentials"],
  [{ baseUrl: base, protocol: { login: { query: { v: 2 } } } }, "protocol.login.query: expected an object whose values are strings"],
  [{ baseUrl: base, protocol: { login: { fails: [{}] } } }, "protocol.login.fails[0]: expected one of status, mediaType, path, codes, begins or challenge, got nothing"],
  [{ baseUrl: base, protocol: { login: { fails: { status: 202 } } } }, "protocol.login.fails: expected an array, got an object"],
  [{ baseUrl: base, protocol: { login: { path: "/x", method: "get" } } }, "protocol.login: expected a path, a method"],
  [{ baseUrl: base, protocol: { login: { path: "/x", method: "GET", body: "json" } } }, "protocol.login: expected a path, a method"],
  [{ baseUrl: base, protocol: { login: { path: "http://" } } }, "protocol.login: expected a path, a method"],
  [{ baseUrl: base, protocol: { login: { path: "/x", body: "xml" } } }, 'protocol.login.body: expected "json", "form" or "none", got a string'],
  [{ baseUrl: base, protocol: { login: { path: "/x", method: "GET" } } }, 'protocol.login.body: expected "json" or "form"'],
  [{ baseUrl: base, protocol: { login: { path: "/x", fields: { a: 1 } } } }, "protocol.login.fields: expected an object whose values are strings"],
  [{ baseUrl: base, protocol: { login: { path: "/x", headers: { "a b": "1" } } } }, "protocol.login: expected a path, a method"],
  [{ baseUrl: base, protocol: { logout: { path: "/x", headers: { a: "a\nb" } } } }, "protocol.logout: expected a path, a method"],
  [{ baseUrl: base, protocol: { renew: true } }, "protocol.renew: expected an object, got a boolean"],
  [{ baseUrl: base, protocol: { renew: { path: "/x", sends: {} } } }, "protocol.renew.sends: expected one of field, scheme, header or basic, got nothing"],
  [{ baseUrl: base, protocol: { renew: { sends: { basic: "user" } } } }, 'protocol.renew.sends.basic: expected "username" or "password", got a string'],
  [{ baseUrl: base, protocol: { renew: { sends: { header: "a b" } } } }, "protocol.renew: expected a path, a method"],
  [{ baseUrl: base, protocol: { renew: { token: "acess" } } }, 'protocol.renew.token: expected "refresh" or "access", got a string; did you mean "access"?'],
  [{ baseUrl: base, protocol: { renew: { path: "/x", method: "GET" } } }, 'protocol.renew.body: expected "json" or "form", because'],
  [{ baseUrl: base, protocol: { renew: { path: "/x", body: "none" } } }, "protocol.renew.body"],
  [{ baseUrl: base, protocol: { logout: { token: "refresh" } } }, "protocol.logout.body: expected"],
  [{ baseUrl: base, protocol: { logout: [{ path: "/a" }, { path: "/b", token: "both" }] } }, 'protocol.logout[1].token: expected "access", "refresh", "subject" or "none", got a string'],
  [{ baseUrl: base, protocol: { logout: [{ path: "/a" }, {}] } }, "protocol.logout.1.path: expected a string that is not empty"],
  [{ baseUrl: base, protocol: { logout: { live: 1 } } }, "protocol.logout.live: expected true or false, got a number"],
  [{ baseUrl: base, protocol: { endpoints: { verify: {} } } }, "protocol.endpoints.verify.path: expected a string that is not empty"],
  [{ baseUrl: base, protocol: { endpoints: { "a.b": { path: "/x", token: { from: "code" } } } } }, "protocol.endpoints.a.b.token.sends: expected an object, got nothing"],
  [{ baseUrl: base, protocol: { endpoints: { verify: { path: "/x", token: "refresh" } } } }, 'protocol.endpoints.verify.token: expected "access" or "none", got a string'],
  [{ baseUrl: base, protocol: { endpoints: [] } }, "protocol.endpoints: expected an object, got an array"],
  [{ baseUrl: base, protocol: { answer: { accessToken: [1] } } }, "protocol.answer.accessToken: expected a string or an array of strings"],
  [{ baseUrl: base, protocol: { answer: { unit: "h" } } }, 'protocol.answer.unit: expected "s", "ms", "date", "epoch" or "epoch-ms", got a string'],
  [{ baseUrl: base, protocol: { attach: { header: "" } } }, "protocol.attach.header: expected a string that is not empty"],
  [{ baseUrl: base, protocol: { attach: { header: "a b" } } }, "protocol.attach.header: expected the name of a header"],
  [{ baseUrl: base, protocol: { refused: {} } }, "protocol.refused: expected an array, got an object"],
  [{ baseUrl: base, protocol: { refused: [{ status: 401 }, { status: "401" }] } }, "protocol.refused[1].status: expected an HTTP status or an array of them, got a string"],
  [{ baseUrl: base, protocol: { refused: [{ status: 401, code: "x" }] } }, 'protocol.refused[0].code: there is no such option; did you mean "codes"?'],
  [{ baseUrl: base, protocol: { expired: [{ status: [401, 99] }] } }, "protocol.expired[0].status: expected an HTTP status"],
  [{ baseUrl: base, protocol: { rotation: "on" } }, 'protocol.rotation: expected "none", "strict", "grace" or "unknown", got a string; did you mean "none"?'],
  [{ baseUrl: base, protocol: { roles: [1] } }, "protocol.roles: expected a string or an array of strings"],
  [{ baseUrl: base, protocol: { claims: { roles: "x" } } }, 'protocol.claims.roles: there is no such option; did you mean "role"?'],
  [{ baseUrl: base, protocol: { attach: { as: "bearer" } } }, 'protocol.attach.as: expected "token" or "basic", got a string'],
  [{ baseUrl: base, protocol: { credentials: "ommit" } }, 'protocol.credentials: expected "omit", "same-origin" or "include", got a string; did you mean "omit"?'],
  [{ baseUrl: base, protocol: { send: "x" } }, "protocol.send: expected a function, got a string"],
  [{ baseUrl: base, protocol: { idempotencyHeader: true } }, "protocol.idempotencyHeader: expected a string that is not empty"],
];

test("wrong options throw, and say which and what was expected", () => {
  for (const [options, message] of WRONG) {
    assert.throws(
      () => new Session(options),
      (error) => {
        assert.ok(isSessionError(error), String(error));
        assert.equal(error.code, "invalid_config");
        assert.equal(error.retryable, false);
        assert.ok(error.message.startsWith(message), `${error.message} instead of ${message}`);
        return true;
      },
      message,
    );
  }
});

test("right options of every kind are taken", async () => {
  const server = new Server();
  const protocol = {
    login: { path: "/in", body: "form", fields: { grant_type: "password" }, headers: { "X-A": "1" } },
    renew: { path: "/again", method: "GET", sends: { scheme: "Refresh" } },
    logout: { path: "/out", method: "DELETE" },
    answer: {
      accessToken: "data.0.access",
      refreshToken: ["nope", "data.0.refresh"],
      expiresIn: "ttl",
      refreshExpiresIn: "rttl",
      unit: "ms",
      subject: ["who"],
    },
    attach: { header: "X-Token", scheme: "" },
    refused: [{ status: 422, path: "error.kind", codes: ["gone"] }],
    idempotencyHeader: false,
  };
  const answer = (n) => json(200, { data: [{ access: `a${n}`, refresh: `b${n}` }], ttl: 300_000, rttl: 900_000, who: 7 });
  server.on("/in", answer(1));
  server.on("/again", answer(2));
  server.on("/things", json(200, {}));
  const more = { baseUrl: new URL(`${BASE}/`), protocol, origins: ["https://b.example"], renewal: { margin: 0, timeout: 2.5 }, idle: undefined };
  const session = new Session(server.options(more));

  const snapshot = await session.login(CREDENTIALS);
  assert.equal(snapshot.subject, "7");
  assert.equal(snapshot.expiresAt - snapshot.obtainedAt, 300_000);
  assert.equal(snapshot.refreshExpiresAt - snapshot.obtainedAt, 900_000);
  await session.renew();
  await session.fetch("/things");
  server.on("/again", json(422, { error: { kind: "gone" } }));
  await assert.rejects(session.renew(), { code: "login_required" });

  const [login, renewal, things] = server.seen;
  assert.equal(login.body, "grant_type=password&username=ada&password=secret-pw");
  assert.equal(login.request.headers.get("X-A"), "1");
  assert.deepEqual([renewal.method, renewal.authorization], ["GET", "Refresh b1"]);
  assert.equal(renewal.request.headers.get("Idempotency-Key"), null);
  assert.equal(things.request.headers.get("X-Token"), "a2");
});

test("endpoints can be left out", async () => {
  const server = new Server();
  const session = new Session(server.options({ protocol: { renew: false, logout: false } }));
  await session.login(CREDENTIALS);
  await assert.rejects(session.renew());
  assert.deepEqual(await session.logout(), { revoked: false });
  assert.equal(server.seen.length, 1);
});

test("a relative base is resolved against the page", async (t) => {
  Object.defineProperty(globalThis, "location", { value: new URL("https://page.example/app/"), configurable: true });
  t.after(() => delete globalThis.location);
  const server = new Server();
  const session = new Session(server.options({ baseUrl: "/deep/" }));
  await session.login(CREDENTIALS);
  assert.equal(server.seen[0].url, "https://page.example/api/v1/login");
});

test("tokens of the wrong shape are not adopted", async () => {
  const session = new Session(new Server().options());
  for (const [tokens, message] of [
    [null, "the argument: expected an object, got null"],
    [{}, "accessToken: expected a string that is not empty, got nothing"],
    [{ accessToken: "" }, "accessToken: expected a string that is not empty, got an empty string"],
    [{ accessToken: "a", refreshToken: 7 }, "refreshToken: expected a string that is not empty, got a number"],
    [{ accessToken: "a", expiresIn: "60" }, "expiresIn: expected a number of seconds > 0, got a string"],
    [{ accessToken: "a", expires_in: 60 }, 'expires_in: there is no such option; did you mean "expiresIn"?'],
  ]) {
    await assert.rejects(session.adopt(tokens), (error) => {
      assert.equal(error.code, "invalid_config");
      assert.ok(error.message.startsWith(message), error.message);
      return true;
    });
  }
  const snapshot = await session.adopt({ accessToken: "a", refreshToken: "r", expiresIn: 60, subject: "me" });
  assert.equal(snapshot.subject, "me");
  assert.equal(snapshot.expiresAt - snapshot.obtainedAt, 60_000);
  assert.equal(await session.accessToken(), "a");
});

test("tokens are adopted from an object of any class, and read before anything else happens", async () => {
  class Tokens {
    get accessToken() {
      return "a";
    }
    get refreshToken() {
      return "r";
    }
  }
  const session = new Session(new Server().options());
  await session.adopt(new Tokens());
  assert.equal(await session.accessToken(), "a");
});

test("credentials that JSON cannot hold are refused", async () => {
  const server = new Server();
  const session = new Session(server.options());
  const cyclic = {};
  cyclic.self = cyclic;
  const form = new FormData();
  form.set("username", "ada");
  for (const wrong of [undefined, null, "ada", 7, () => 1, 1n, cyclic, form, new URLSearchParams("username=ada"), new Map(), ["ada"]]) {
    await assert.rejects(session.login(wrong), { code: "invalid_config" });
  }
  assert.equal(server.seen.length, 0);
});

test("credentials are copied when login is called", async () => {
  const server = new Server();
  const session = new Session(server.options());
  const form = { ...CREDENTIALS, devices: ["a"], totp: 123, missing: null };
  const login = session.login(form);
  form.password = "changed";
  form.devices.push("b");
  await login;
  assert.equal(server.seen[0].body, '{"username":"ada","password":"secret-pw","devices":["a"],"totp":123,"missing":null}');
});
