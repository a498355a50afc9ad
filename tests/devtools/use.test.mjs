import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, Key, newApp, reload, shown, twoTabs } from "./support/app.mjs";

test("a call under way is a bar that grows, and its lane says when the tab has closed", async (t) => {
  const { server, first, second } = await twoTabs(t);
  await server.rule({ endpoint: "resource", delayMs: 60_000 });
  await second.run(() => void outcome(session.fetch(RESOURCE)));
  await shown(first, "Tab B", "^GET /api/v1/resource, under way");
  const grows = () => first.run(() => all(".lane[aria-label='Tab B'] .call").at(-1).offsetWidth);
  await first.run(() => button("Zoom in").click());
  const before = await grows();
  await first.run((before) => shows((before) => all(".lane[aria-label='Tab B'] .call").at(-1).offsetWidth > before + 5, before), before);
  await server.release();
  await shown(first, "Tab B", "^GET /api/v1/resource, answered with 200");
  await second.close();
  await first.run(() => shows(() => "Tab B, closed" in lanes()));
  await first.run(() => button("Clear").click());
  await first.run(() => shows(() => Object.keys(lanes()).join() === "Tab A, this tab"));
});

test("the keys reach every entry, and say what each is; P lets the picture stand still, and nothing is lost", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  await tab.run(() => calls(2));
  await shown(tab, "Tab A, this tab", "^GET /api");
  await tab.run(() => button("Download").focus());
  const focus = () => tab.run(() => panel.shadowRoot.activeElement?.getAttribute("aria-label") ?? "");
  await tab.keys(Key.TAB);
  assert.match(await focus(), /^Timeline/);
  await tab.keys(Key.TAB);
  const newest = await focus();
  assert.equal(await tab.run(() => button("Follow").getAttribute("aria-pressed")), "false", "what is looked at does not run away");
  await tab.keys(Key.ARROW_LEFT);
  const before = await focus();
  assert.notEqual(before, newest);
  const words = await tab.run(() => inside(".details").textContent);
  assert.ok(words.includes(before.split(",")[0]), `${words} tells of ${before}`);
  const visited = new Set();
  await tab.keys(Key.HOME);
  const count = await tab.run(() => all(".item").length);
  for (let presses = 0; presses < count; presses++) {
    visited.add(await tab.run(() => all(".item").indexOf(panel.shadowRoot.activeElement)));
    await tab.keys(Key.ARROW_RIGHT);
  }
  assert.equal(visited.size, count);

  await tab.keys("p");
  assert.equal(await tab.run(() => button("Pause").getAttribute("aria-pressed")), "true");
  await tab.run(async () => {
    panel.mark("while it stands");
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  assert.equal(await tab.run(() => has("Tab A, this tab", "while it stands")), false);
  await tab.keys("p");
  await shown(tab, "Tab A, this tab", "while it stands");
});

test("a reload keeps nothing but the session", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  await tab.run(() => calls(1));
  await shown(tab, "Tab A, this tab", "^GET /api");
  await reload(tab, { tab: "A" });
  await shown(tab, "Tab A, this tab", "^Stored session taken up");
  const kept = await tab.run(async () => ({
    stored: [Object.keys(localStorage), Object.keys(sessionStorage)],
    databases: (await indexedDB.databases?.())?.length ?? 0,
    entries: panel.report().tabs.flatMap(({ entries }) => entries.filter(({ kind }) => kind === "call")),
    name: window.name,
  }));
  assert.deepEqual(kept, { stored: [["tokenkeep:default"], []], databases: 0, entries: [], name: "" });
});

test("closed devtools leave the session as it was, hear nothing more, and can come again", async (t) => {
  const { first, second } = await twoTabs(t);
  const left = await first.run(async () => {
    const watched = Object.hasOwn(session, "login");
    panel.remove();
    const own = ["login", "logout", "renew", "accessToken", "adopt", "call"].filter((name) => Object.hasOwn(session, name));
    await calls(1);
    return { watched, own, calls: panel.report().tabs[0].entries.filter(({ kind }) => kind === "call").map(({ what }) => what) };
  });
  assert.deepEqual(left, { watched: true, own: [], calls: ["login"] });
  await second.run(() => shows(() => "Tab A, closed" in lanes()));
  await first.run(async () => {
    document.getElementById("main").append(panel);
    await calls(1);
  });
  await second.run(() => shows(() => has("Tab A", "^GET /api")));
  const told = await first.run(() => panel.report().tabs.find(({ own }) => own).entries.filter(({ what }) => what === "signed_in" || what === "login").length);
  assert.equal(told, 2, "what was there before is there, and once");
});

test("what the element cannot take it refuses, with a typed error, and goes on as it was", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  const wrong = await tab.run(() => {
    const attempts = [() => (panel.session = 42), () => (panel.session = {}), () => (panel.name = ""), () => (panel.tab = 7), () => panel.mark(), () => panel.mark({})];
    return attempts.map((attempt) => {
      try {
        attempt();
        return "taken";
      } catch (error) {
        return `${isSessionError(error)} ${error.code}`;
      }
    });
  });
  assert.deepEqual(wrong, Array(6).fill("true invalid_config"));
  await tab.run(() => calls(1));
  await shown(tab, "Tab A, this tab", "^GET /api");
});

test("another session takes the place of the first, whose methods are its own again", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  await shown(tab, "Tab A, this tab", "^login\\(\\)");
  const own = await tab.run(async () => {
    openSession({ as: "other", name: "other" });
    panel.session = other;
    await shows(() => !has("Tab A, this tab", "^login"));
    await shows(() => has("Tab A, this tab", "^Session set up"));
    return Object.hasOwn(session, "login");
  });
  assert.equal(own, false);
});

test("it draws what is kept of a busy day, and keeps no more", async (t) => {
  const { tab } = await newApp(t, { user: ADA, tab: "A" });
  const { kept, items, longest } = await tab.run(async () => {
    for (let index = 0; index < 1_600; index++) panel.mark(`number ${index}`);
    await shows(() => has("Tab A, this tab", "^number 1599"));
    const started = performance.now();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return { kept: panel.report().tabs[0].entries.length, items: all(".item").length, longest: performance.now() - started };
  });
  t.diagnostic(`two frames: ${Math.round(longest)} ms`);
  assert.deepEqual([kept, items], [1_500, 1_500]);
});

test("a page that is left says so, is not kept out of the cache by its devtools, and goes on in its lane when it comes back", async (t) => {
  const { server, first, second } = await twoTabs(t);
  await second.run(() => void addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted)));
  await second.go(`${server.origin}/web/elsewhere.html`);
  await first.run(() => shows(() => "Tab B, closed" in lanes()));
  await first.run(() => session.renew());
  await second.back();
  if (!(await second.run(() => window.persisted))) return t.diagnostic("NOT KEPT: this browser has loaded the page again");
  await shown(second, "Tab A", "^Renewal of its own");
  for (const words of ["^Page left", "^Page taken back", "^Renewal of another tab taken over"]) {
    await shown(second, "Tab B, this tab", words);
    await shown(first, "Tab B", words);
  }
});
