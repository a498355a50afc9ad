import { after } from "node:test";
import { launch } from "./browser.mjs";
import { Catcher } from "./catcher.mjs";
import { engine } from "./engines.mjs";
import { Server } from "./server.mjs";

// Every test file is a process of its own, and has one browser. Every test has a server of its own, and with its
// port an origin of its own: storage, locks and channels are fresh.
let browser;
after(() => browser?.quit());

const cleanups = new WeakMap();

/** Starts a server for this test; see {@link Server.start}. */
export async function newServer(t, options) {
  const server = await Server.start(options);
  cleanUp(t, () => server.stop());
  return server;
}

/** Starts a server of somebody else; see {@link Catcher}. */
export async function newCatcher(t) {
  const catcher = await Catcher.start();
  cleanUp(t, () => catcher.stop());
  return catcher;
}

/** Opens a tab (or a window) at the server's page, and waits there until it is `ready`. */
export async function newTab(t, server, { path = "/", kind = "tab", ready = () => window.pageReady } = {}) {
  browser ??= await launch(engine);
  const tab = await browser.tab(server.origin + path, kind);
  cleanUp(t, async () => {
    if (process.env.TOKENKEEP_TRACE) t.diagnostic(await story(tab));
    await tab.close();
  });
  await tab.run(ready);
  return tab;
}

/** Opens `count` tabs, each with a session by the options of `openSession`, signed in as `user` if there is one. `prepare` runs in each page before; `kind` may be `window`. */
export async function newTabs(t, server, count, { user, prepare, kind, ...options } = {}) {
  const tabs = [];
  for (let number = 0; number < count; number++) {
    const tab = await newTab(t, server, { kind });
    if (prepare) await tab.run(prepare);
    await tab.run((options) => openSession(options), { tab: String.fromCharCode(65 + number), ...options });
    if (user && number === 0) await tab.run((user) => session.login(user), user);
    tabs.push(tab);
  }
  if (user) for (const tab of tabs) await tab.run(() => settled("signedIn"));
  return tabs;
}

async function story(tab) {
  const told = await tab.run(() => ({ tab: location.href, heard: window.heard, timeline: window.session?.explain() })).catch(String);
  return JSON.stringify(told, undefined, 1);
}

// Last come, first gone: tabs before the servers that they wait for.
function cleanUp(t, action) {
  if (!cleanups.has(t)) {
    const actions = [];
    cleanups.set(t, actions);
    t.after(async () => {
      for (const each of actions.reverse()) await each();
    });
  }
  cleanups.get(t).push(action);
}
