import { fileURLToPath } from "node:url";
import { engine } from "../../web/harness/engines.mjs";
import { ADA, BARE, BOB, DEMO } from "../../web/harness/server.mjs";
import { newServer, newTab } from "../../web/harness/stage.mjs";
import { Key } from "../../web/harness/tab.mjs";

export { ADA, BOB, DEMO, engine, Key, newServer, newTab };

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const ready = async () => {
  while (!window.devtoolsReady) await new Promise((resolve) => setTimeout(resolve, 10));
  await window.devtoolsReady;
};

/** A server whose page is an app with devtools. */
export function newAppServer(t, flags) {
  return newServer(t, { page: here("../page"), users: [ADA], serve: [`/web=${BARE}`, `/axe=${here("../../prompt/node_modules/axe-core")}`], ...flags });
}

/** A window of it, where everything is in view: a page out of view draws nothing. */
export async function newApp(t, { server, user, kind = "window", ...options } = {}) {
  server ??= await newAppServer(t);
  const tab = await newTab(t, server, { kind, ready });
  await tab.run(async (options, user) => {
    watch(options);
    if (user) await session.login(user);
  }, options, user);
  return { server, tab };
}

/** Loads the page again, with the same session. */
export async function reload(tab, options) {
  await tab.reload();
  await tab.run(ready);
  await tab.run((options) => watch(options), options);
}

/** Waits in the page until `lane` has an item with these words. */
export const shown = (tab, lane, words) => tab.run((lane, words) => shows(has, lane, words), lane, words);

/** Two of them, signed in: A and B. */
export async function twoTabs(t) {
  const server = await newAppServer(t);
  const { tab: first } = await newApp(t, { server, user: ADA, tab: "A" });
  const { tab: second } = await newApp(t, { server, tab: "B" });
  await second.run(() => settled("signedIn"));
  return { server, first, second };
}
