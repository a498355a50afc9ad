// `fetch`: every kind of argument that `window.fetch` takes, where the token goes, and what is sent twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../pkg/index.js";
import { BASE, CREDENTIALS, Server, expired, json, rejected, signedIn } from "./support/server.mjs";
import { stopTime } from "./support/time.mjs";

/** A server whose token `t1` has been revoked, and a session that does not know. */
async function revoked() {
  const server = new Server();
  const session = await signedIn(Session, server);
  server.on("", (seen) => {
    if (seen.path.endsWith("/renew")) return json(200, { token: "t2", refreshToken: "r2", expiresIn: 300 })();
    return seen.authorization === "Bearer t2" ? json(200, {})() : rejected();
  });
  return { server, session };
}

test("addresses of every kind are taken as fetch takes them", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  server.on("", json(200, {}));
  for (const [input, expected, withToken] of [
    ["/path?q=1#f", `${BASE}/path?q=1`, true],
    ["relative", `${BASE}/relative`, true],
    [BASE, `${BASE}/`, true],
    [new URL(`${BASE}/url`), `${BASE}/url`, true],
    [{ toString: () => "/made" }, `${BASE}/made`, true],
    [new Request(`${BASE}/request`), `${BASE}/request`, true],
    ["//evil.example/x", "https://evil.example/x", false],
    ["/\\evil.example/x", "https://evil.example/x", false],
    ["https:\\\\evil.example/x", "https://evil.example/x", false],
    ["data:text/plain,hello", "data:text/plain,hello", false],
    ["blob:https://api.example.com/1", "blob:https://api.example.com/1", false],
  ]) {
    await session.fetch(input);
    const seen = server.seen.at(-1);
    assert.deepEqual([seen.url.split("#")[0], seen.authorization !== null], [expected, withToken]);
  }
  // What `fetch` would not take, this does not either, and the token stays here.
  const before = server.seen.length;
  for (const wrong of ["https://", "http://[", "https://user:secret@api.example.com/x"]) {
    await assert.rejects(session.fetch(wrong), TypeError, wrong);
  }
  const thrown = new Error("mine");
  const throwing = {
    toString() {
      throw thrown;
    },
  };
  await assert.rejects(session.fetch(throwing), thrown);
  assert.equal(server.seen.length, before);
});

test("something that poses as a request gets no token for another host", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  server.on("", json(200, {}));
  await session.fetch({ url: `${BASE}/x`, bodyUsed: false, toString: () => "https://evil.example/x" });
  const seen = server.seen.at(-1);
  assert.deepEqual([seen.url, seen.authorization], ["https://evil.example/x", null]);
});

test("a request that another library has made goes along as it is", async () => {
  // No `Request` of this realm, but with all that one has.
  const foreign = { url: "https://other.example/x", bodyUsed: false, method: "POST" };
  const calls = [];
  const session = await signedIn(Session, new Server());
  session.dispose();
  const server = new Server();
  const spied = await signedIn(Session, server, {
    fetch: (...args) => (args[0] === foreign ? (calls.push(args), Promise.resolve("theirs")) : server.fetch(...args)),
  });
  assert.equal(await spied.fetch(foreign), "theirs");
  assert.equal(calls[0][0], foreign);
});

test("other origins get the caller's arguments untouched", async () => {
  const calls = [];
  const spy = (...args) => {
    calls.push(args);
    return Promise.resolve("theirs");
  };
  const session = new Session(new Server().options({ fetch: spy }));
  const input = new Request("https://other.example/x");
  const init = { method: "POST", body: "b" };
  assert.equal(await session.fetch(input, init), "theirs");
  assert.equal(calls[0][0], input);
  assert.equal(calls[0][1], init);
});

test("the token goes to the base's origin and the listed ones alone", async () => {
  const server = new Server();
  const session = await signedIn(Session, server, { origins: ["https://files.example.com:8443"] });
  server.on("/x", json(200, {}));
  for (const [url, expected] of [
    ["https://api.example.com/x", true],
    ["https://api.example.com:443/x", true],
    ["HTTPS://API.EXAMPLE.COM/x", true],
    ["https://files.example.com:8443/x", true],
    ["https://files.example.com/x", false],
    ["http://api.example.com/x", false],
    ["https://api.example.com:444/x", false],
    ["https://sub.api.example.com/x", false],
    ["https://api.example.com.evil.example/x", false],
    ["https://example.com/x", false],
    ["https://evil.example/https://api.example.com/x", false],
  ]) {
    for (const input of [url, new Request(url)]) {
      await session.fetch(input);
      assert.equal(server.seen.at(-1).authorization !== null, expected, url);
    }
  }
});

test("a header of the caller's own is never replaced", async () => {
  const { server, session } = await revoked();
  for (const name of ["Authorization", "authorization"]) {
    const headers = { [name]: "Basic abc" };
    assert.equal((await session.fetch("/own", { headers })).status, 401);
    assert.equal((await session.fetch(new Request(`${BASE}/own`, { headers }))).status, 401);
  }
  assert.ok(server.at("/own").every(({ authorization }) => authorization === "Basic abc"));
  assert.deepEqual([server.count("/own"), server.count("/renew")], [4, 0]);
});

test("headers and method of the caller go along", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  await session.fetch("/things", { method: "DELETE", headers: { "X-Own": "1" } });
  const [seen] = server.at("/things");
  assert.deepEqual([seen.method, seen.request.headers.get("X-Own"), seen.authorization], ["DELETE", "1", "Bearer t1"]);
});

test("a rejected token is renewed, and every kind of body sent again", async () => {
  const form = new FormData();
  form.append("field", "value");
  form.append("file", new Blob(["blob's content"]));
  for (const [body, parts] of [
    ['{"a":1}', ['{"a":1}']],
    [form, ["field", "value", "blob's content"]],
    [new TextEncoder().encode("bytes").buffer, ["bytes"]],
    [new TextEncoder().encode("viewed"), ["viewed"]],
    [new Blob(["blob's content"]), ["blob's content"]],
    [new URLSearchParams("a=1&b=2"), ["a=1&b=2"]],
    [null, [""]],
    [undefined, [""]],
  ]) {
    const post = { method: "POST", body };
    for (const args of [["/upload", post], [new URL(`${BASE}/upload`), post], [new Request(`${BASE}/upload`, post)]]) {
      const { server, session } = await revoked();
      assert.equal((await session.fetch(...args)).status, 200);
      const seen = server.at("/upload");
      assert.deepEqual(seen.map(({ authorization }) => authorization), ["Bearer t1", "Bearer t2"]);
      for (const part of parts) assert.ok(seen.every(({ body }) => body.includes(part)), part);
      assert.equal(server.count("/renew"), 1);
    }
  }
});

test("a body in init is sent again after a renewal, with the method", async () => {
  const { server, session } = await revoked();
  const answer = await session.fetch(new Request(`${BASE}/upload`), { method: "PUT", body: "content" });
  assert.equal(answer.status, 200);
  assert.deepEqual(server.at("/upload").map(({ method, body }) => [method, body]), [["PUT", "content"], ["PUT", "content"]]);
});

test("a stream is sent once, and said to be not replayable", async () => {
  const { server, session } = await revoked();
  const body = new ReadableStream({
    start(stream) {
      stream.enqueue(new Uint8Array([65]));
      stream.close();
    },
  });
  const upload = session.fetch("/upload", { method: "POST", body, duplex: "half" });
  await assert.rejects(upload, { code: "not_replayable", status: 401 });
  assert.deepEqual([server.count("/upload"), server.count("/renew")], [1, 1]);
  // The token is renewed all the same, and the app can send the next stream.
  assert.equal(await session.accessToken(), "t2");
});

test("a read request is told from a wrong one", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  server.on("/x", json(200, {}));
  const post = { method: "POST", body: "x" };
  const request = new Request(`${BASE}/x`, post);
  await request.text();
  await assert.rejects(session.fetch(request), (error) => {
    assert.equal(error.code, "not_replayable");
    assert.ok(error.cause instanceof TypeError);
    return true;
  });
  // With a body of its own it can be sent.
  assert.equal((await session.fetch(request, post)).status, 200);
  await assert.rejects(session.fetch("/x", { method: "GET", body: "x" }), TypeError);
  await assert.rejects(session.fetch("/x", { method: "a b" }), TypeError);
});

test("a signal in init ends the wait", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  const open = server.hold("/renew");
  const controller = new AbortController();
  const answer = session.fetch("/x", { signal: controller.signal });
  await time.until(() => server.count("/renew") === 1);
  controller.abort();
  await assert.rejects(answer, { name: "AbortError" });
  open();
  await time.until(() => session.getSnapshot().generation === 2);
  assert.equal(server.count("/x"), 0);
});

test("aborting while waiting rejects with the caller's reason, and the renewal goes on for the others", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  const open = server.hold("/renew");
  const controller = new AbortController();
  const aborted = session.fetch(new Request(`${BASE}/aborted`, { signal: controller.signal }));
  const other = session.fetch("/other");
  await time.until(() => server.count("/renew") === 1);
  controller.abort("my reason");
  assert.equal(await aborted.catch((reason) => reason), "my reason");
  open();
  assert.equal((await other).status, 200);
  assert.deepEqual([server.count("/aborted"), server.count("/renew")], [0, 1]);
});

test("aborting between a rejection and the second try rejects at once", async (t) => {
  const time = stopTime(t);
  const { server, session } = await revoked();
  const open = server.hold("/renew");
  const controller = new AbortController();
  const answer = session.fetch("/things", { signal: controller.signal });
  await time.until(() => server.count("/renew") === 1);
  controller.abort();
  await assert.rejects(answer, { name: "AbortError" });
  open();
  await time.until(() => session.getSnapshot().generation === 2);
  assert.equal(server.count("/things"), 1);
});

test("a signal aborted before sends nothing", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  server.hold("/renew");
  const reason = await session.fetch("/things", { signal: AbortSignal.abort("before") }).catch((reason) => reason);
  assert.equal(reason, "before");
  await time.settle();
  assert.equal(server.count("/things"), 0);
});

test("a browser without reasons of abortion gets an AbortError", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await expired(Session, server, time);
  server.hold("/renew");
  const controller = new AbortController();
  t.mock.getter(AbortSignal.prototype, "reason", () => undefined);
  const answer = session.fetch("/x", { signal: controller.signal });
  controller.abort();
  await assert.rejects(answer, { name: "AbortError" });
});

test("a late rejection is answered with the newer token and no renewal", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await signedIn(Session, server);
  const open = server.hold("/late");
  server.on("/late", ({ authorization }) => (authorization === "Bearer t1" ? rejected() : json(200, {})()));
  const late = session.fetch("/late");
  await time.until(() => server.count("/late") === 1);
  await session.renew();
  open();
  assert.equal((await late).status, 200);
  assert.deepEqual([server.count("/late"), server.count("/renew")], [2, 1]);
});

test("a second rejection reaches the caller, and nothing loops", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  server.on("/never", rejected);
  const answers = await Promise.all(Array.from({ length: 10 }, () => session.fetch("/never")));
  assert.ok(answers.every(({ status }) => status === 401));
  assert.deepEqual([server.count("/never"), server.count("/renew")], [20, 1]);
  // The endpoint says no to every token: it is not asked twice again, and causes no more renewals.
  assert.equal((await session.fetch("/never")).status, 401);
  assert.deepEqual([server.count("/never"), server.count("/renew")], [21, 1]);
  assert.equal((await session.fetch("/things")).status, 200);
});

test("a renewal that helped makes up for those that did not", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = await signedIn(Session, server);
  const renewals = async (path) => {
    const before = server.count("/renew");
    await session.fetch(path);
    return server.count("/renew") - before;
  };
  server.on("/never", rejected);
  assert.equal(await renewals("/never"), 1);
  assert.equal(await renewals("/never"), 0);
  await time.advance(61_000);
  server.on("/once", ({ authorization }) => (authorization === "Bearer t2" ? rejected() : json(200, {})()));
  assert.equal(await renewals("/once"), 1);
  // Otherwise the next pause would be twice as long.
  assert.equal(await renewals("/never"), 1);
  await time.advance(61_000);
  assert.equal(await renewals("/never"), 1);
});

test("a missing scope is the caller's to see", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  server.on("/scoped", () => new Response("", { status: 401, headers: { "WWW-Authenticate": 'Bearer error="insufficient_scope"' } }));
  assert.equal((await session.fetch("/scoped")).status, 401);
  assert.deepEqual([server.count("/scoped"), server.count("/renew")], [1, 0]);
});

test("when the renewal fails the request fails with its error", async () => {
  const { server, session } = await revoked();
  server.on("/renew", json(503, ""));
  await assert.rejects(session.fetch("/things"), { code: "server", status: 503 });
  assert.equal(server.count("/things"), 1);
});

test("what goes wrong with the app's own request is told as fetch tells it", async () => {
  const server = new Server();
  const session = await signedIn(Session, server);
  for (const reason of [new TypeError("Failed to fetch"), "just a string", undefined]) {
    server.on("/things", () => Promise.reject(reason));
    assert.equal(await session.fetch("/things").then(assert.fail, (error) => error), reason);
  }
  for (const value of [42, undefined, null, "text", {}, { status: 500 }]) {
    server.on("/things", () => value);
    assert.equal(await session.fetch("/things"), value);
  }
  server.thrown = { value: "thrown" };
  assert.equal(await session.fetch("/things").then(assert.fail, (error) => error), "thrown");
});

test("a rejection whose headers cannot be read is a rejection", async () => {
  for (const get of [() => { throw new Error("no such header"); }, () => 7]) {
    const server = new Server();
    const session = await signedIn(Session, server);
    server.on("/things", ({ authorization }) => ({ status: authorization === "Bearer t1" ? 401 : 200, headers: { get } }));
    assert.equal((await session.fetch("/things")).status, 200);
    assert.equal(server.count("/renew"), 1);
  }
});

test("a custom header does not follow a redirect", async () => {
  const server = new Server();
  const session = await signedIn(Session, server, { protocol: { attach: { header: "X-Token", scheme: "" } } });
  server.on("/plain", json(200, {}));
  assert.equal((await session.fetch("/plain")).status, 200);
  const [plain] = server.at("/plain");
  assert.deepEqual([plain.request.redirect, plain.request.headers.get("X-Token"), plain.authorization], ["manual", "t1", null]);
  // In a browser the answer is opaque, in Node it is not.
  for (const answer of [{ type: "opaqueredirect", status: 0 }, ...[301, 302, 303, 307, 308].map((status) => new Response(null, { status }))]) {
    server.on("/moved", () => answer);
    await assert.rejects(session.fetch("/moved"), { code: "redirect_blocked" });
  }
  for (const redirect of ["error", "manual"]) {
    await session.fetch("/plain", { redirect });
    assert.equal(server.at("/plain").at(-1).request.redirect, redirect);
  }
  // What was not modified is no redirect.
  server.on("/same", () => new Response(null, { status: 304 }));
  assert.equal((await session.fetch("/same")).status, 304);
});

test("a body goes along under a custom header too, and once more after a rejection", async () => {
  const server = new Server();
  const session = await signedIn(Session, server, { protocol: { attach: { header: "X-Token" } } });
  server.on("/upload", ({ request }) => (request.headers.get("X-Token") === "Bearer t2" ? json(200, {})() : rejected()));
  assert.equal((await session.fetch("/upload", { method: "POST", body: "body" })).status, 200);
  assert.deepEqual(server.at("/upload").map(({ body }) => body), ["body", "body"]);
});

test("the page's fetch is looked up at every call", async (t) => {
  const server = new Server();
  const session = new Session(server.options({ fetch: undefined }));
  t.mock.method(globalThis, "fetch", server.fetch);
  await session.login(CREDENTIALS);
  assert.equal((await session.fetch("/things")).status, 200);
  assert.equal(server.seen.length, 2);
});

test("without any fetch there is an error", async (t) => {
  const time = stopTime(t);
  const session = new Session(new Server().options({ fetch: undefined }));
  const { fetch } = globalThis;
  t.after(() => (globalThis.fetch = fetch));
  globalThis.fetch = undefined;
  const login = assert.rejects(session.login(CREDENTIALS), { code: "network" });
  await time.settle();
  await time.advance(250);
  await login;
});

test("a token that no header can carry is a protocol error, and is not quoted", async () => {
  const server = new Server();
  const session = new Session(server.options());
  server.on("/login", json(200, { token: "line\nbreak", expiresIn: 300 }));
  await session.login(CREDENTIALS);
  await assert.rejects(session.fetch("/things"), (error) => {
    assert.equal(error.code, "protocol");
    assert.ok(!error.message.includes("break"));
    return true;
  });
  assert.deepEqual(await session.logout(), { revoked: false });
});

test("requests that nobody is signed in for are not sent", async (t) => {
  const time = stopTime(t);
  const server = new Server();
  const session = new Session(server.options());
  await assert.rejects(session.fetch("/things"), { code: "login_required", reason: "none" });
  await time.settle();
  assert.equal(server.seen.length, 0);
});

test("an answer that nobody will read is let go of", async () => {
  const { server, session } = await revoked();
  let cancelled = 0;
  const endless = () => new ReadableStream({ cancel: () => void cancelled++ });
  server.on("/things", ({ authorization }) => (authorization === "Bearer t2" ? json(200, {})() : new Response(endless(), { status: 401 })));
  assert.equal((await session.fetch("/things")).status, 200);
  assert.equal(cancelled, 1);
});
