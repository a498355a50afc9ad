import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { ADA, DEMO, newApp, newServer, newTab, shown, twoTabs } from "./support/app.mjs";

// With TOKENKEEP_PICTURES=DIRECTORY each state is kept as a picture, to be looked at.
const pictures = process.env.TOKENKEEP_PICTURES;

async function check(tab, name) {
  if (pictures) {
    await mkdir(pictures, { recursive: true });
    await writeFile(`${pictures}/devtools-${name}.png`, await tab.picture(), "base64");
  }
  assert.deepEqual(await tab.run(() => violations()), [], name);
}

test("axe finds nothing wrong with lanes, an entry that is looked at, and the list, in light, dark and forced colours", async (t) => {
  const { server, first: tab } = await twoTabs(t);
  await server.age(302);
  await tab.run(() => calls(4));
  await server.rule({ endpoint: "renew", status: 503 });
  await tab.run(() => outcome(session.renew()));
  await shown(tab, "Tab A, this tab", "^Renewal failed");
  const schemes = { light: { "prefers-color-scheme": "light" }, dark: { "prefers-color-scheme": "dark" }, forced: { "forced-colors": "active" } };
  for (const [scheme, features] of Object.entries(schemes)) {
    await tab.media(features);
    await check(tab, `${scheme}-lanes`);
    await tab.run(() => all(".item.renewal:not(.mark)")[0].click());
    await check(tab, `${scheme}-looked-at`);
    await tab.run(() => button("List").click());
    await check(tab, `${scheme}-list`);
    await tab.run(() => button("List").click());
  }
});

test("the list says what the lanes say, the newest first", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  await tab.run(() => calls(1));
  await shown(tab, "Tab A, this tab", "^GET /api");
  const rows = await tab.run(() => {
    button("List").click();
    return all("tbody tr").map((row) => all("td", row).map((cell) => cell.textContent));
  });
  assert.deepEqual(rows[0].slice(1, 4), ["A", "GET /api/v1/resource", "answered with 200"]);
  assert.ok(rows.some(([, , what]) => what === "Logged in"));
});

test("docked on a narrow screen everything is in view, nothing overflows, and it can be closed", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A", docked: true });
  await tab.resize(360, 640);
  await shown(tab, "Tab A, this tab", "^Logged in");
  await check(tab, "narrow-docked");
  const outcome = await tab.run(() => {
    const { left, right, bottom, top } = inside("section").getBoundingClientRect();
    const overflow = { wide: document.documentElement.scrollWidth > innerWidth, left: left < 0, right: right > innerWidth, bottom: Math.round(bottom) !== innerHeight, top: top < 0 };
    button("Close").click();
    return { overflow, there: panel.isConnected };
  });
  assert.deepEqual(outcome, { overflow: { wide: false, left: false, right: false, bottom: false, top: false }, there: false });
});

test("zoom keeps what is looked at in view, and all of it fits", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  await tab.run(() => calls(1));
  await shown(tab, "Tab A, this tab", "^GET /api");
  const seen = await tab.run(async () => {
    const item = all(".item").find((each) => each.getAttribute("aria-label").startsWith("Logged in"));
    item.click();
    const inView = () => {
      const [{ left, right }, box] = [item.getBoundingClientRect(), inside(".scroll").getBoundingClientRect()];
      return left >= box.left && right <= box.right + 1;
    };
    const seen = [];
    for (let times = 0; times < 8; times++) {
      button("Zoom in").click();
      seen.push(inView());
    }
    button("All").click();
    seen.push(inside(".canvas").offsetWidth - inside(".scroll").clientWidth < 40);
    return seen;
  });
  assert.deepEqual(seen, Array(9).fill(true));
});

test("the demo has them, two tabs with two lanes and a mark for each trouble, under its strict Content-Security-Policy", async (t) => {
  const server = await newServer(t, { page: DEMO, users: [{ username: "demo", password: "password" }] });
  const ready = async () => {
    while (document.getElementById("main").hidden) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const first = await newTab(t, server, { ready, kind: "window" });
  await newTab(t, server, { ready, kind: "window" });
  const seen = await first.run(async () => {
    const { shadowRoot } = document.querySelector("tokenkeep-devtools");
    while (shadowRoot.querySelectorAll(".lane").length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    const item = shadowRoot.querySelector(".item.mark");
    const { session } = document.querySelector("tokenkeep-devtools");
    await session.login({ username: "demo", password: "password" });
    document.getElementById("revoke").click();
    while (![...shadowRoot.querySelectorAll(".item")].some((each) => each.getAttribute("aria-label").startsWith("Revoke at the server"))) await new Promise((resolve) => setTimeout(resolve, 20));
    return { lanes: [...shadowRoot.querySelectorAll(".lane")].map((lane) => lane.getAttribute("aria-label")), styled: getComputedStyle(item).position, placed: item.style.left !== "" };
  });
  assert.deepEqual(seen, { lanes: ["Tab A, this tab", "Tab B"], styled: "absolute", placed: true });
});
