import assert from "node:assert/strict";
import { test } from "node:test";
import { engine } from "./harness/engines.mjs";
import { limit } from "./harness/limits.mjs";
import { ADA, OUTLIVED } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

/** What is sent to the echo, and what must come back. Run in the page. */
const BODIES = {
  "a JSON text": () => [{ body: JSON.stringify({ a: [1, "ü"] }), headers: { "Content-Type": "application/json" } }, "application/json", '{"a":[1,"ü"]}'],
  "a plain text": () => [{ body: "tschüß" }, "text/plain;charset=utf-8", "tschüß"],
  "an empty text": () => [{ body: "" }, "text/plain;charset=utf-8", ""],
  "an ArrayBuffer": () => [{ body: new Uint8Array([0, 1, 127]).buffer }, "application/octet-stream", "\0\u0001\u007f"],
  "a view of an ArrayBuffer": () => [{ body: new Uint8Array([65, 66, 67, 68]).subarray(1, 3) }, "application/octet-stream", "BC"],
  "a Blob": () => [{ body: new Blob(["a", "b"], { type: "text/css" }) }, "text/css", "ab"],
  "URLSearchParams": () => [{ body: new URLSearchParams({ q: "a b", p: "&" }) }, "application/x-www-form-urlencoded;charset=utf-8", "q=a+b&p=%26"],
  "a Request with a body": () => [new Request(ECHO, { method: "POST", body: "in the request", headers: { "Content-Type": "text/x-own" } }), "text/x-own", "in the request"],
  "no body at all": () => [{}, "application/octet-stream", ""],
};

for (const [what, make] of Object.entries(BODIES)) {
  test(`T25: ${what} is sent again after a 401 as it was, once`, async (t) => {
    const { tab, sent } = await rejected(t);
    const { status, type, text, expected } = await tab.run(async (make) => {
      const [init, type, text] = evaluate(make)();
      const response = await (init instanceof Request ? session.fetch(init) : session.fetch(ECHO, { method: "POST", ...init }));
      return { status: response.status, type: response.headers.get("content-type").replace("; charset", ";charset").toLowerCase(), text: await response.text(), expected: [type, text] };
    }, `(${make})`);
    assert.deepEqual([status, type, text], [200, ...expected]);
    assert.deepEqual(await sent(), [401, 200]);
  });
}

test("T25: a FormData with a Blob is sent again after a 401 as it was, once", async (t) => {
  const { tab, sent } = await rejected(t);
  const back = await tab.run(async () => {
    const form = new FormData();
    form.append("name", "value ü");
    form.append("file", new Blob([new Uint8Array([1, 2, 3])], { type: "image/png" }), "dot.png");
    const response = await session.fetch(ECHO, { method: "POST", body: form });
    const echo = await response.formData();
    const file = echo.get("file");
    return { fields: [...echo.keys()], name: echo.get("name"), file: [file.name, file.type, ...new Uint8Array(await file.arrayBuffer())] };
  });
  assert.deepEqual(back, { fields: ["name", "file"], name: "value ü", file: ["dot.png", "image/png", 1, 2, 3] });
  assert.deepEqual(await sent(), [401, 200]);
});

test("T25: a Request and an init together are sent again after a 401 as fetch would have sent them", async (t) => {
  const { tab, sent } = await rejected(t);
  const text = await tab.run(async () => {
    const request = new Request(ECHO, { method: "POST", body: "of the request", headers: { "X-Tab": "request" } });
    const response = await session.fetch(request, { body: "of the init", headers: { "X-Tab": "init" } });
    return response.text();
  });
  assert.equal(text, "of the init");
  assert.deepEqual(await sent(({ status, tab }) => [status, tab]), [[401, "init"], [200, "init"]]);
});

test("T25: a caller that changes a body after the call changes nothing that is sent", async (t) => {
  const { tab, sent } = await rejected(t);
  const { sentText, native } = await tab.run(async () => {
    const text = async (send) => {
      const bytes = new TextEncoder().encode("before");
      const call = send(ECHO, { method: "POST", body: bytes });
      bytes.set(new TextEncoder().encode("AFTER!"));
      return (await call).text();
    };
    return { sentText: await text(session.fetch), native: await text(async (input, init) => new Request(input, init)) };
  });
  if (engine === "webkit") limit(t, "`new Request` does not copy a buffer, as the standard wants it to: one that is changed after the call is sent changed, as by `fetch` itself.");
  assert.equal(native, engine === "webkit" ? "AFTER!" : "before");
  assert.equal(sentText, native);
  assert.deepEqual(await sent(), [401, 200]);
});

test("T25: a Request whose body was read before ends with not_replayable, and nothing is sent", async (t) => {
  const { tab, sent } = await rejected(t);
  const error = await tab.run(async () => {
    const request = new Request(ECHO, { method: "POST", body: "once" });
    await request.text();
    return outcome(session.fetch(request));
  });
  assert.deepEqual([error.name, error.code], ["SessionError", "not_replayable"]);
  assert.deepEqual(await sent(), []);
});

test("T25: a Request is used up by the call, as it is by fetch, and a clone can be sent after it", async (t) => {
  const { tab, sent } = await rejected(t);
  const result = await tab.run(async () => {
    const request = new Request(ECHO, { method: "POST", body: "mine" });
    const clone = request.clone();
    const first = await (await session.fetch(request)).text();
    return [first, request.bodyUsed, await (await session.fetch(clone)).text()];
  });
  assert.deepEqual(result, ["mine", true, "mine"]);
  assert.deepEqual(await sent(), [401, 200, 200]);
});

// Browsers send streams over HTTP/2 only, and not all of them do. So here a `fetch` of the app's own reads the
// stream and sends what it held: what a session does about the stream is the same.
const OWN_FETCH = "A `fetch` of the app's own reads the stream and sends what it held: what a session does about it is the same.";
const STREAM_LIMITS = {
  chromium: `A stream is sent over HTTP/2 only. ${OWN_FETCH}`,
  firefox: "A stream is no body: `Request` makes a text of it. That text is sent, as by `fetch` itself.",
  webkit: `A stream is not sent. ${OWN_FETCH}`,
};
const STREAMS = {
  "a stream": () => ({ body: streamOf("drop by drop"), duplex: "half" }),
};

for (const [what, make] of Object.entries(STREAMS)) {
  test(`T25: ${what} is sent once: a 401 to it ends with not_replayable, and the token has been renewed`, async (t) => {
    const { tab, server, sent } = await rejected(t, { buffered: true });
    const error = await tab.run(async (make) => outcome(session.fetch(ECHO, { method: "POST", ...evaluate(make)() })), `(${make})`);
    assert.deepEqual([error.name, error.code, error.retryable, error.status], ["SessionError", "not_replayable", false, 401]);
    assert.deepEqual(await sent(), [401]);
    assert.equal((await server.renewals()).renewed, 1);

    const again = await tab.run(async (make) => (await session.fetch(ECHO, { method: "POST", ...evaluate(make)() })).text(), `(${make})`);
    assert.equal(again, await streamed(tab));
    assert.deepEqual(await sent(), [401, 200]);
    assert.equal((await server.renewals()).renewed, 1);
  });

  test(`T25: ${what} waits for a renewal that is due, and is sent once with the new token`, async (t) => {
    const { tab, sent } = await rejected(t, { buffered: true });
    limit(t, STREAM_LIMITS[engine]);
    const text = await tab.run(async (make, seconds) => {
      sleepFor(seconds);
      return (await session.fetch(ECHO, { method: "POST", ...evaluate(make)() })).text();
    }, `(${make})`, OUTLIVED);
    assert.equal(text, await streamed(tab));
    assert.deepEqual(await sent(), [200]);
  });
}

test("T25: a request that fails on its way is not sent twice", async (t) => {
  const { tab, server, sent } = await rejected(t);
  await tab.run(() => session.renew());
  await server.rule({ endpoint: "echo", drop: true });
  const error = await tab.run(() => outcome(session.fetch(ECHO, { method: "POST", body: "pay" })));
  assert.equal(error.name, "TypeError");
  await server.rule({ endpoint: "echo", status: 503 });
  assert.equal(await tab.run(() => outcome(session.fetch(ECHO, { method: "POST", body: "pay" }))), 503);
  assert.deepEqual(await sent(), [null, 503]);
});

/** What the echo of a stream is: where the engine knows no streams as bodies, it makes a text of them, as ever. */
function streamed(tab) {
  return tab.run(() => new Request(ECHO, { method: "POST", body: streamOf("drop by drop"), duplex: "half" }).text());
}

/** A signed-in tab whose token the server does not take any more, without the session knowing. */
async function rejected(t, options = {}) {
  const server = await newServer(t);
  const [tab] = await newTabs(t, server, 1, { user: ADA, tab: undefined, ...options });
  await server.age(OUTLIVED);
  const sent = async (take = ({ status }) => status) => (await server.log()).requests.filter(({ path }) => path.endsWith("/echo")).map(take);
  return { server, tab, sent };
}
