import { fileURLToPath } from "node:url";
import { engine } from "../../web/harness/engines.mjs";
import { Key } from "../../web/harness/tab.mjs";
import { ADA, BARE, BOB, DEMO } from "../../web/harness/server.mjs";
import { newServer, newTab } from "../../web/harness/stage.mjs";

export { ADA, BOB, DEMO, Key, newServer, newTab };

// The prompt asks where somebody can see it. WebKit's WebDriver never brings a tab to the front.
const IN_VIEW = engine === "webkit" ? "window" : "tab";

// WebKit calls a page loaded before its last module has run; until then `prompt` is the browser's own.
const ready = async () => {
  while (!window.promptReady) await new Promise((resolve) => setTimeout(resolve, 10));
  await window.promptReady;
};

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** A server whose page is an app with a prompt. */
export function newAppServer(t, flags) {
  // Every user costs a password hash.
  return newServer(t, { page: here("../page"), users: [ADA], serve: [`/web=${BARE}`, `/axe=${here("../node_modules/axe-core")}`], ...flags });
}

/** A tab of it, with a session and a prompt for it. */
export async function newApp(t, { server, user, kind = IN_VIEW, ...options } = {}) {
  server ??= await newAppServer(t);
  const tab = await newTab(t, server, { kind, ready });
  await tab.run(async (options, user) => {
    ask(options);
    if (user) await session.login(user);
  }, options, user);
  return { server, tab };
}

/** Signed in, and then ended by the server: the prompt is open. */
export async function newAsked(t, options) {
  const { server, tab } = await newApp(t, { user: ADA, ...options });
  await server.revoke(ADA);
  await tab.run(async () => {
    document.getElementById("draft").focus();
    await outcome(session.fetch(RESOURCE));
    await shows(() => prompt.opened);
  });
  return { server, tab };
}

/** Loads the page again, with the same session. */
export async function reload(tab) {
  await tab.reload();
  await tab.run(ready);
  await tab.run(() => ask());
}

/** Types into the open prompt as people do: from where the focus is. */
export const signIn = (tab, { username, password }) => tab.keys(username, Key.TAB, password, Key.ENTER);
