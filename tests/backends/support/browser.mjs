// Pages in Chromium, with the built package beside them.
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Builder } from "selenium-webdriver";
import chrome from "selenium-webdriver/chrome.js";
import { answer, html } from "./gate.mjs";

const root = process.env.TOKENKEEP_ROOT ?? join(import.meta.dirname, "../../..");
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"];
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves a page at `/`, the package at `/pkg/`, and what there is else by `rest`. */
export const withPage = (rest = () => html(404)) => async (request) => {
  if (request.path === "/") return html(200, PAGE);
  if (!request.path.startsWith("/pkg/")) return rest(request);
  return answer(200, TYPES[extname(request.path)], await readFile(join(root, request.path)));
};

// Its clock is moved by hand, as the servers' is.
const PAGE = `<!doctype html><meta charset="utf-8"><title>Test</title>
<script>
  const [wall, monotonic] = [Date.now.bind(Date), performance.now.bind(performance)];
  let shift = 0;
  Date.now = () => wall() + shift;
  performance.now = () => monotonic() + shift;
  globalThis.advance = (seconds) => (shift += seconds * 1000);
</script>
<script type="module">
  import { Session } from "/pkg/index.js";
  globalThis.Session = Session;
  globalThis.ready = true;
</script>`;

/** Opens `url`. `run` runs an async function there, `prompts` are the paths that made the browser ask for a password. */
export async function openPage(t, url) {
  const options = new chrome.Options();
  options.setBinaryPath(process.env.CHROMIUM ?? "/usr/bin/chromium");
  options.addArguments(...FLAGS);
  options.enableBidi();
  const service = new chrome.ServiceBuilder(process.env.CHROMEDRIVER ?? "/usr/bin/chromedriver");
  const driver = await new Builder().forBrowser("chrome").setChromeOptions(options).setChromeService(service).build();
  t.after(() => driver.quit());
  await driver.manage().setTimeouts({ script: 30_000, pageLoad: 30_000 });
  const prompts = await cancelPrompts(await driver.getBidi());
  await driver.get(url);
  await driver.wait(() => driver.executeScript("return globalThis.ready === true"), 30_000);
  // Started and asked after: while a script runs no event gets through to us.
  const run = async (what, ...args) => {
    await driver.executeScript(`globalThis.outcome = undefined; (async (...args) => (${what})(...args))(...arguments).then((value) => (outcome = { value }), (error) => (outcome = { error: String(error) }))`, ...args);
    const { value, error } = await driver.wait(() => driver.executeScript("return globalThis.outcome"), 30_000, "the page came to no end", 20);
    if (error) throw new Error(error);
    return value ?? undefined;
  };
  return { run, prompts };
}

/** Plays the user who does not know any password; the paths that he was asked for one. */
async function cancelPrompts(bidi) {
  const prompts = [];
  bidi.socket.on("message", (data) => {
    const { method, params } = JSON.parse(data);
    if (method !== "network.authRequired") return;
    prompts.push(new URL(params.request.url).pathname);
    void bidi.send({ method: "network.continueWithAuth", params: { request: params.request.request, action: "cancel" } });
  });
  await bidi.subscribe("network.authRequired");
  await bidi.send({ method: "network.addIntercept", params: { phases: ["authRequired"] } });
  return prompts;
}
