// A page in Chromium with code of a document in it.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ADA, BOB } from "../../web/harness/server.mjs";
import { newServer, newTab } from "../../web/harness/stage.mjs";
import { bundle, copied } from "./app.mjs";
import { filesOf } from "./document.mjs";
import { openSite } from "./site.mjs";

const HEAD = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,">
<script>
  window.evaluate = eval;
  window.problems = [];
  addEventListener("error", ({ message }) => problems.push(message));
  addEventListener("unhandledrejection", ({ reason }) => problems.push(String(reason)));
  window.pageReady = Promise.resolve();
  // The module of one of the document's files.
  window.use = (name) => import(\`/assets/\${name}.js\`);
  window.eventually = async (condition, what) => {
    for (const late = performance.now() + 15_000; ; ) {
      const found = await condition();
      if (found) return found;
      if (performance.now() > late) throw new Error(\`not within 15 s: \${what}; the page shows: \${document.body.innerText}; \${problems}\`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  window.shows = (text) => eventually(() => document.body.innerText.includes(text), text);
</script>`;

/**
 * A page with `body`, and files of the document as modules for `use(name)`. `routes`: those of the site; see {@link openSite}.
 * `prepare` may write further files into the directory before they are bundled.
 */
export async function newApp(t, document, files, { body = "", routes, prepare, users = [ADA, BOB], ...flags } = {}) {
  const directory = await copied(t, document);
  const page = join(directory, "page");
  await mkdir(page);
  await writeFile(join(page, "index.html"), `${HEAD}<body>${body}</body>`);
  const server = await newServer(t, { page, users, ...flags });
  const site = routes ? await openSite(t, server.origin, routes) : { origin: server.origin };
  const address = site.url ?? server.origin;
  const sources = await copied(t, document, address);
  await prepare?.(sources, page);
  const shared = filesOf(document).has("session.js") ? ["session.js"] : [];
  await bundle(sources, [...shared, ...files], join(page, "assets"));
  const tabs = [];
  const open = async () => {
    const tab = await newTab(t, { origin: address });
    tabs.push(tab);
    return tab;
  };
  return { server, site, page, sources, open, tab: await open() };
}
