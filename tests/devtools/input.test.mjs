import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const pkg = fileURLToPath(new URL("../../pkg", import.meta.url));
const { devtools, defineDevtools } = await import(join(pkg, "devtools.js"));
const { Redactor } = await import(join(pkg, "devtools/redact.js"));
const { appended } = await import(join(pkg, "devtools/recorder.js"));
const { draw } = await import(join(pkg, "devtools/picture.js"));

const session = { fetch() {}, login() {}, explain: () => [], getSnapshot: () => ({}), on: () => () => {} };

test("on a server it does nothing, and what is wrong is said there, too", () => {
  assert.equal(defineDevtools(), undefined);
  assert.equal(devtools(session), undefined);
  const wrong = [
    [[], /no fetch\(\)/],
    [[null], /no fetch\(\)/],
    [[{ fetch() {} }], /no login\(\)/],
    [[session, null], /must be an object/],
    [[session, { dock: true }], /no option "dock"; known are into, name, tab/],
    [[session, { into: "#here" }], /into: expected an element/],
    [[session, { name: "" }], /name: expected a string/],
    [[session, { tab: 7 }], /tab: expected a string/],
  ];
  for (const [args, message] of wrong) assert.throws(() => devtools(...args), { name: "SessionError", code: "invalid_config", message });
});

test("addresses are cut to what is harmless", () => {
  const redactor = new Redactor();
  redactor.learn("ada");
  redactor.learn(42);
  const cut = {
    "/todos/7?x=1#y": "/todos/7?…",
    "/users/ada/42/17": "/users/…/…/17",
    "https://ada:secret@api.example.com/v1/me": "https://api.example.com/v1/me",
    "https://ada.example.com/": "https://_.example.com/",
    "/reset/4f9a3c2d1e5b": "/reset/…",
    "/confirm/eyJhbGciOiJIUzI1NiJ9.e30.c2ln": "/confirm/…",
    "/a%20b/x@y.z": "/…/…",
    "/api/v1/refresh-token": "/api/v1/refresh-token",
    "data:text/plain,secret": "data:…",
    "http://[": "…",
  };
  for (const [address, expected] of Object.entries(cut)) assert.equal(redactor.url(address), expected, address);
  for (const expected of Object.values(cut)) assert.equal(redactor.url(expected), expected, "cut twice, the same");
});

test("texts lose words that are known, and those that look like tokens or addresses, and keep the others", () => {
  const redactor = new Redactor();
  const forget = redactor.during(["p4ss", "correct horse"]);
  redactor.learn("ada");
  const cut = {
    "no such user ada (ada@example.com)": "no such user … (…)",
    "xp4ssx": "x…x",
    "the correct horse runs": "the … runs",
    "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln ended": "token … ended",
    "see https://example.com/a?b": "see https://example.com/a?…",
    "the server is in trouble (status 503); no other for 12 s": "the server is in trouble (status 503); no other for 12 s",
    "application/problem+json refresh_token_revoked QuotaExceededError": "application/problem+json refresh_token_revoked QuotaExceededError",
  };
  for (const [text, expected] of Object.entries(cut)) assert.equal(redactor.text(text), expected);
  forget();
  assert.equal(redactor.text("p4ss"), "…", "a word is known for good");
  assert.equal(redactor.code("wrong password: x"), "…");
  assert.ok(redactor.text("a ".repeat(5_000)).length <= 200);
});

test("of a growing list whose beginning is dropped, what is new is found", () => {
  const line = (at) => ({ at, what: "w" });
  const lines = (from, to) => Array.from({ length: to - from }, (_, index) => line(from + index));
  assert.deepEqual(appended([], lines(0, 3)), lines(0, 3));
  assert.deepEqual(appended(lines(0, 3), lines(0, 3)), []);
  assert.deepEqual(appended(lines(0, 3), lines(0, 5)), lines(3, 5));
  assert.deepEqual(appended(lines(0, 200), lines(50, 250)), lines(200, 250));
  assert.deepEqual(appended(lines(0, 200), lines(900, 1100)), lines(900, 1100));
});

test("renewals become bars: their wait, their request, and what has come of them", () => {
  let id = 0;
  const lane = (...lines) => ({ entries: new Map(lines.map(([at, what, detail]) => [++id, { id, at, kind: "session", what, detail }])) });
  const bars = (...lines) => draw(lane(...lines)).filter(({ shape }) => shape === "renewal").map(({ at, sentAt, end, outcome }) => [at, sentAt, end, outcome]);
  assert.deepEqual(bars([1, "renewal_wanted"], [3, "renewal_sent"], [9, "renewed", "here"]), [[1, 3, 9, "renewed"]]);
  assert.deepEqual(bars([1, "renewal_wanted"], [2, "sibling_renews"], [9, "renewed", "by another tab"]), [[1, undefined, 9, "taken over"]]);
  assert.deepEqual(bars([1, "renewal_wanted"], [3, "renewal_sent"], [5, "renewal_refused"], [6, "ended"]), [[1, 3, 5, "refused"]]);
  assert.deepEqual(bars([1, "renewal_wanted"], [3, "renewal_sent"]), [[1, 3, undefined, undefined]]);
  assert.deepEqual(bars([3, "renewal_sent", "to log out"], [4, "renewal_late"]), [[3, 3, 4, "late"]]);
  assert.deepEqual(bars([1, "renewal_wanted"], [5, "renewal_wanted"], [6, "renewal_failed"]), [[1, undefined, 5, "given up"], [5, undefined, 6, "failed"]]);
});

test("every entry of the timeline that the core can make has words of its own", async () => {
  const { readdirSync } = await import("node:fs");
  const machine = fileURLToPath(new URL("../../src/machine", import.meta.url));
  const names = new Set();
  for (const file of readdirSync(machine)) {
    const text = await readFile(join(machine, file), "utf8");
    for (const [, name] of text.matchAll(/timeline\.note\(\s*now,\s*"(\w+)"/g)) names.add(name);
  }
  assert.ok(names.size > 15);
  const words = await readFile(join(pkg, "devtools/words.js"), "utf8");
  for (const name of names) assert.match(words, new RegExp(`^  ${name}: `, "m"), name);
});
