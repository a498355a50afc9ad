import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA } from "./harness/server.mjs";
import { newServer, newTabs } from "./harness/stage.mjs";

const HANDOVERS = 1_000;
const STRIDE = 20;

test("Handover: 4 tabs hand the turn to renew over 1,000 times; no refresh token is sent twice, nobody is logged out", async (t) => {
  // The session takes the server's seconds for milliseconds: its token has run out as soon as it is there, and all tabs
  // want the next one while the write of the last one is still on its way to them.
  const server = await newServer(t, { accessLifetime: 2 });
  // Each in a window of its own: Firefox lets the timers of a tab in the background wait for a second.
  const tabs = await newTabs(t, server, 4, { kind: "window", user: ADA, protocol: { answer: { unit: "ms" } } });
  for (const tab of tabs) await tab.run(() => void (window.relay = runRelay()));
  const began = performance.now();
  const stopped = await renewUpTo(HANDOVERS + 1 + STRIDE, tabs).catch((error) => error);
  const took = performance.now() - began;

  const by = new Map();
  let tokens = 0;
  let logouts = 0;
  for (const tab of tabs) {
    const { renewed, answered, ended } = await tab.run(() => endRelay());
    for (const generation of renewed) by.set(generation, tabs.indexOf(tab));
    tokens += answered;
    logouts += ended;
  }
  const order = [...by].sort(([one], [other]) => one - other).map(([, tab]) => tab);
  const handovers = order.filter((tab, index) => index > 0 && tab !== order[index - 1]).length;
  const { asked, renewed, replayed, refused } = await server.renewals();
  const { renewals } = await server.log();
  const sentTwice = renewals.length - new Set(renewals.map(({ parent }) => parent)).size;
  t.diagnostic(`numbers ${handovers} handovers in ${renewed} renewals, ${Math.round(took / renewed)} ms each; sent twice: ${asked - renewed}; tokens handed out: ${tokens}`);
  if (stopped) throw stopped;
  assert.deepEqual({ asked, replayed, refused, sentTwice }, { asked: renewed, replayed: 0, refused: 0, sentTwice: 0 });
  assert.equal(order.length, renewed);
  assert.equal(logouts, 0);
  assert.ok(handovers >= HANDOVERS, `${handovers}`);
  assert.equal(await server.count("login.ok"), 1);
});

/** In strides, because no script in a page may run for long. */
async function renewUpTo(last, tabs) {
  for (let generation = 1; generation < last; generation += STRIDE) {
    const tab = tabs[generation % tabs.length];
    await tab.run((generation) => when(() => session.getSnapshot().generation >= generation, `generation ${generation}`), generation + STRIDE);
  }
}
