// What stands between the driver and the browser, each piece by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openChannel } from "../../pkg/browser/channel.js";
import { readClocks } from "../../pkg/browser/clock.js";
import { openStorage } from "../../pkg/browser/storage.js";
import { after } from "../../pkg/browser/timer.js";
import { Store, openOrigin } from "./support/origin.mjs";
import { stopTime } from "./support/time.mjs";

const EVENT = Object.freeze({ kind: "committed", op: 7 });

test("a record is written only where the text still is the expected one", () => {
  const place = new Store();
  const { storage } = openStorage(place, "k");
  assert.deepEqual(storage.commitIf(EVENT, { expected: undefined, text: "one" }), EVENT);
  assert.deepEqual(storage.commitIf(EVENT, { expected: undefined, text: "two" }), { ...EVENT, conflict: true, text: "one" });
  assert.deepEqual(storage.commitIf(EVENT, { expected: "one", text: "two" }), EVENT);
  place.removeItem("k");
  assert.deepEqual(storage.commitIf(EVENT, { expected: "two", text: "three" }), { ...EVENT, conflict: true, text: undefined });
  assert.equal(place.getItem("k"), null);
});

test("an empty item is an item, and what is no text is none", () => {
  for (const [item, text] of [["", ""], [null, undefined], [undefined, undefined], [7, undefined], [{}, undefined], [["a"], undefined]]) {
    const { storage } = openStorage({ getItem: () => item, setItem() {}, removeItem() {} }, "k");
    assert.deepEqual(storage.read({ op: 1 }), { op: 1, text });
  }
});

test("memory keeps what it is given, for each session its own", () => {
  const [one, two] = [openStorage("memory", "k"), openStorage("memory", "k")];
  assert.deepEqual(one.storage.commitIf(EVENT, { text: "a" }), EVENT);
  assert.deepEqual([one.storage.read({}).text, two.storage.read({}).text], ["a", undefined]);
  assert.deepEqual([one.shared, one.blocked], [false, false]);
});

test("a storage that fails tells the name of the error, and never its message", async () => {
  for (const [error, fault] of [
    [new DOMException("secret", "QuotaExceededError"), "QuotaExceededError"],
    [new RangeError("secret"), "RangeError"],
    ["secret", "something that is no error was thrown"],
    [undefined, "something that is no error was thrown"],
  ]) {
    const throws = () => {
      throw error;
    };
    const rejects = () => Promise.reject(error);
    for (const fails of [throws, rejects]) {
      const { storage } = openStorage({ getItem: fails, setItem: fails, removeItem() {} }, "k");
      assert.deepEqual(await storage.read(EVENT), { ...EVENT, fault });
      assert.deepEqual(await storage.commitIf(EVENT, { text: "a" }), { ...EVENT, fault });
      const full = openStorage({ getItem: () => null, setItem: fails, removeItem() {} }, "k").storage;
      assert.deepEqual(await full.commitIf(EVENT, { text: "a" }), { ...EVENT, fault });
    }
  }
});

test("the monotonic clock never goes back and never stands still", async (t) => {
  const time = stopTime(t);
  const [before] = readClocks();
  await time.advance(100);
  assert.deepEqual(readClocks(), [before + 100, Date.now()]);
  const { now } = performance;
  t.mock.method(performance, "now", () => now() - 1e6);
  assert.equal(readClocks()[0], before + 100);
  await time.advance(50);
  assert.equal(readClocks()[0], before + 150);
});

test("without a monotonic clock the other one is read", (t) => {
  stopTime(t);
  const { performance } = globalThis;
  Object.defineProperty(globalThis, "performance", { value: undefined, configurable: true, writable: true });
  const [before] = readClocks();
  t.mock.timers.tick(70);
  const [now] = readClocks();
  Object.defineProperty(globalThis, "performance", { value: performance, configurable: true, writable: true });
  assert.equal(now - before, 70);
});

test("a timer never fires before its time, and not at all once it is taken back", async (t) => {
  const time = stopTime(t);
  const fired = [];
  after(0.2, () => fired.push("a fraction"));
  after(-5, () => fired.push("long due"));
  after(2 ** 40, () => fired.push("a long time"));
  after(10, () => fired.push("taken back"))();
  await time.advance(1);
  assert.deepEqual(fired.sort(), ["a fraction", "long due"]);
  await time.advance(0x7fffffff - 2);
  assert.equal(fired.length, 2);
  await time.advance(1);
  assert.deepEqual(fired.at(-1), "a long time");
});

test("a channel carries texts and nothing else, until it is closed", async (t) => {
  const { settle } = stopTime(t);
  const origin = openOrigin(t);
  const heard = [];
  const listening = openChannel("k", (text) => heard.push(text));
  const speaking = openChannel("k", () => assert.fail("a tab does not hear itself"));
  const foreign = new origin.broadcast("k");
  for (const data of [{ not: "text" }, null, 7]) foreign.postMessage(data);
  await settle();
  foreign.close();
  speaking.say("one");
  await settle();
  assert.deepEqual(heard, ["one"]);
  listening.close();
  speaking.say("two");
  speaking.close();
  speaking.say("three");
  await settle();
  assert.deepEqual(heard, ["one"]);
});
