// The lock and the fence by themselves: every order in which they may come, rise and go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTurns } from "../../pkg/browser/locks.js";
import { Locks, openOrigin } from "./support/origin.mjs";
import { stopTime } from "./support/time.mjs";

function open(t) {
  const time = stopTime(t);
  const origin = openOrigin(t);
  const heard = [];
  const turns = openTurns("k", (event) => heard.push(event));
  return { settle: time.settle, origin, locks: origin.locks, heard, turns, held: () => origin.locks.names("held") };
}

/** The turn was had and let go, and is asked for again before the fence stands that was raised in it. */
async function askAgainWhileAFenceRises(t) {
  const opened = open(t);
  const { settle, locks, turns } = opened;
  turns.acquire();
  await settle();
  const grant = locks.delay((name) => name.includes("fence"));
  turns.raiseFence(fence(1));
  turns.release();
  turns.acquire();
  await settle();
  return { ...opened, grant };
}

const fence = (generation, epoch = 5) => ({ epoch, generation });
const granted = (more) => ({ kind: "lockSettled", granted: true, ...more });

test("a turn that is had is told with the newest fence, and one that is let go comes to the next", async (t) => {
  const { settle, locks, heard, turns, held } = open(t);
  const others = ["k:fence:5.9", "k:fence:5.10", "k:fence:4.99", "k2:fence:7.7"];
  for (const name of others) await locks.take(name, "shared");
  // Neither what somebody holds alone nor what is no fence counts.
  await locks.take("k:fence:6.1");
  turns.acquire();
  await settle();
  assert.deepEqual(heard, [granted({ epoch: 5, generation: 10 })]);
  const next = locks.take("k");
  turns.release();
  (await next)();
  await settle();
  assert.ok(!held().includes("k"));
});

test("a fence that somebody is about to raise counts, too", async (t) => {
  const { settle, locks, heard, turns } = open(t);
  const grant = locks.delay((name) => name.includes("fence"));
  locks.take("k:fence:5.3", "shared");
  turns.acquire();
  await settle();
  assert.deepEqual(heard, [granted({ epoch: 5, generation: 3 })]);
  grant();
});

test("a turn that is taken back before it is there is never told", async (t) => {
  const { settle, locks, heard, turns } = open(t);
  const release = await locks.take("k");
  turns.acquire();
  await settle();
  turns.release();
  release();
  await settle();
  assert.deepEqual([heard, locks.held, locks.pending], [[], [], []]);
});

test("an answer to a request that was taken back is not taken for one to the next", async (t) => {
  const { settle, locks, heard, turns } = open(t);
  const asked = [];
  const { query } = locks;
  locks.query = () => new Promise((resolve) => asked.push(() => resolve(query.call(locks))));
  turns.acquire();
  await settle();
  turns.release();
  turns.acquire();
  await settle();
  assert.equal(asked.length, 2);
  asked[0]();
  await settle();
  assert.deepEqual(heard, []);
  asked[1]();
  await settle();
  assert.deepEqual(heard, [granted()]);
});

test("a browser that grants what was taken back gets it back at once", async (t) => {
  const { settle, origin, heard, turns } = open(t);
  // Some have no signals.
  const deaf = new Locks();
  origin.locks = { request: (name, { mode }, callback) => deaf.request(name, { mode }, callback), query: () => deaf.query() };
  const grant = deaf.delay(() => true);
  turns.acquire();
  turns.release();
  grant();
  await settle();
  assert.deepEqual([heard, deaf.held, deaf.pending], [[], [], []]);
});

for (const order of [[1, 2], [2, 1]]) {
  test(`of two fences raised in a row the last one stands, if they rise in the order ${order}`, async (t) => {
    const { settle, origin, turns } = open(t);
    const rise = {};
    const gone = [];
    origin.locks = { request: (name, _, callback) => new Promise((resolve) => (rise[name.slice(-1)] = resolve)).then(callback).then(() => gone.push(name)) };
    turns.raiseFence(fence(1));
    turns.raiseFence(fence(2));
    for (const n of order) {
      rise[n]();
      await settle();
    }
    assert.deepEqual(gone, ["k:fence:5.1"]);
    turns.drop();
    await settle();
    assert.deepEqual(gone, ["k:fence:5.1", "k:fence:5.2"]);
  });
}

test("of two fences in a row the first is not enough to let the turn go", async (t) => {
  const { settle, locks, turns, held } = open(t);
  turns.acquire();
  await settle();
  const grant = locks.delay((name) => name.endsWith(".2"));
  turns.raiseFence(fence(1));
  turns.raiseFence(fence(2));
  turns.release();
  await settle();
  assert.deepEqual(held(), ["k", "k:fence:5.1"]);
  grant();
  await settle();
  assert.deepEqual(held(), ["k:fence:5.2"]);
});

test("a fence that cannot even be asked for does not keep the turn", async (t) => {
  const { settle, locks, turns, held } = open(t);
  turns.acquire();
  await settle();
  t.mock.method(locks, "request", () => {
    throw new Error();
  });
  turns.raiseFence(fence(1));
  turns.release();
  await settle();
  assert.deepEqual(held(), []);
});

test("a turn that another script steals is not told as one that could not be had", async (t) => {
  const { settle, origin, heard, turns } = open(t);
  let steal;
  const request = (name, _, callback) => (callback(), new Promise((_, reject) => (steal = reject)));
  origin.locks = { request, query: async () => ({}) };
  turns.acquire();
  await settle();
  steal(new DOMException("stolen", "AbortError"));
  await settle();
  assert.deepEqual(heard, [granted()]);
});

test("asking again and giving up while a fence rises does not let the turn go early", async (t) => {
  const { settle, locks, heard, turns, held, grant } = await askAgainWhileAFenceRises(t);
  turns.release();
  await settle();
  assert.deepEqual([held(), heard.length], [["k"], 1]);
  grant();
  await settle();
  assert.deepEqual([held(), locks.names("pending")], [["k:fence:5.1"], []]);
});

test("who asks again while a fence rises has the turn when it stands", async (t) => {
  const { settle, heard, held, grant } = await askAgainWhileAFenceRises(t);
  assert.equal(heard.length, 1);
  grant();
  await settle();
  assert.deepEqual([held().sort(), heard.at(-1)], [["k", "k:fence:5.1"], granted(fence(1))]);
});

test("a fence dropped while it rises never stands, and the turn goes with it", async (t) => {
  const { settle, locks, turns } = open(t);
  turns.acquire();
  turns.raiseFence(fence(1));
  await settle();
  const grant = locks.delay((name) => name.includes("fence"));
  turns.raiseFence(fence(2));
  turns.release();
  turns.drop();
  await settle();
  grant();
  await settle();
  assert.deepEqual([locks.held, locks.pending], [[], []]);
});

test("after it was dropped a fence can be raised again", async (t) => {
  const { settle, turns, held } = open(t);
  turns.raiseFence(fence(1));
  await settle();
  turns.drop();
  turns.raiseFence(fence(2));
  await settle();
  assert.deepEqual(held(), ["k:fence:5.2"]);
});

for (const [what, locks] of [
  ["missing", undefined],
  ["no locks", {}],
  ["throwing", { request() { throw new Error(); } }],
  ["odd", { request() {} }],
  ["refused", { request: () => Promise.reject(new Error()) }],
]) {
  test(`where locks are ${what} that is told once, and a fence keeps nobody`, async (t) => {
    const { settle, origin, heard, turns } = open(t);
    origin.locks = locks;
    turns.acquire();
    turns.raiseFence(fence(1));
    await settle();
    turns.release();
    turns.drop();
    await settle();
    assert.deepEqual(heard, [{ kind: "lockSettled", granted: false }]);
  });
}

test("a fence of another make is none, and hides no other", async (t) => {
  const { settle, locks, heard, turns } = open(t);
  for (const name of ["k:fence:", "k:fence:5", "k:fence:x.y", "k:fence:5.x", "k:fence:x:fence:9.9"]) await locks.take(name, "shared");
  turns.acquire();
  await settle();
  assert.deepEqual(heard, [granted()]);
  turns.release();
  await locks.take("k:fence:5.2", "shared");
  turns.acquire();
  await settle();
  assert.deepEqual(heard[1], granted(fence(2)));
});
