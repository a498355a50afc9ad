import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { ADA, newApp, newAppServer, newAsked, signIn } from "./support/app.mjs";

// With TOKENKEEP_PICTURES=DIRECTORY each state is kept as a picture, to be looked at.
const pictures = process.env.TOKENKEEP_PICTURES;

async function check(tab, name) {
  if (pictures) {
    await mkdir(pictures, { recursive: true });
    await writeFile(`${pictures}/${name}.png`, await tab.picture(), "base64");
  }
  assert.deepEqual(await tab.run(() => violations()), [], name);
}

const SCHEMES = {
  light: { "prefers-color-scheme": "light" },
  dark: { "prefers-color-scheme": "dark" },
  forced: { "forced-colors": "active" },
};

for (const [scheme, features] of Object.entries(SCHEMES)) {
  test(`axe finds nothing wrong with the prompt, open and in error, and the countdown (${scheme})`, async (t) => {
    const server = await newAppServer(t);
    const { tab } = await newAsked(t, { server, absolute: 3600 });
    await tab.media(features);
    await check(tab, `${scheme}-open`);
    await signIn(tab, { username: "ada", password: "not it" });
    await tab.run(() => shows(() => text("error") !== ""));
    await check(tab, `${scheme}-error`);
    await server.rule({ endpoint: "login", status: 429, headers: { "Retry-After": "90" } });
    await tab.keys("not it either", "\uE007");
    await tab.run(() => shows(() => text("wait") !== ""));
    await check(tab, `${scheme}-wait`);
    await tab.run(async (user) => {
      await session.login(user);
      await shows(() => !prompt.opened);
      sleepFor(3550);
      document.dispatchEvent(new Event("resume"));
      await shows(() => seen("countdown"));
    }, ADA);
    await check(tab, `${scheme}-countdown`);
  });
}

test("on a narrow screen everything is in view, and nothing overflows", async (t) => {
  const { tab } = await newAsked(t, { kind: "window" });
  await tab.resize(340, 600);
  await check(tab, "narrow-open");
  const overflow = await tab.run(() => {
    const box = part("dialog").getBoundingClientRect();
    return { wide: document.documentElement.scrollWidth > innerWidth, left: box.left < 0, right: box.right > innerWidth, clipped: part("dialog").scrollWidth > part("dialog").clientWidth };
  });
  assert.deepEqual(overflow, { wide: false, left: false, right: false, clipped: false });
});

test("it follows the page's own color-scheme, whatever the system prefers", async (t) => {
  const { tab } = await newAsked(t);
  const surface = () => tab.run(() => {
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = getComputedStyle(part("dialog")).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data[0];
  });
  await tab.media({ "prefers-color-scheme": "light" });
  assert.ok((await surface()) > 200);
  await tab.run(() => void (document.documentElement.style.colorScheme = "dark"));
  assert.ok((await surface()) < 60);
});

test("whoever wants no motion gets none, others an entrance", async (t) => {
  const { tab } = await newAsked(t);
  const motion = () => tab.run(() => getComputedStyle(part("dialog")).animationName);
  await tab.media({ "prefers-reduced-motion": "reduce" });
  assert.equal(await motion(), "none");
  await tab.media({ "prefers-reduced-motion": "no-preference" });
  assert.notEqual(await motion(), "none");
});

test("custom properties, parts and slots change its looks; a page's own rules for inputs and buttons do not", async (t) => {
  const { tab } = await newAsked(t);
  const looks = await tab.run(() => {
    const style = document.createElement("style");
    style.textContent = `
      input { border-radius: 33px; } button { background: rgb(0, 128, 0); }
      tokenkeep-prompt { --tokenkeep-accent: rgb(90, 20, 160); --tokenkeep-radius: 20px; }
      tokenkeep-prompt::part(title) { text-transform: uppercase; }
      tokenkeep-prompt [part~="label"] { font-style: italic; }`;
    document.head.append(style);
    const link = document.createElement("a");
    link.slot = "end";
    link.href = "/forgotten";
    link.textContent = "Forgot your password?";
    prompt.append(link);
    const of = (name, property) => getComputedStyle(part(name))[property];
    return [of("submit", "backgroundColor"), of("input", "borderRadius"), of("title", "textTransform"), of("label", "fontStyle"), of("cancel", "backgroundColor"), part("dialog").contains(link.assignedSlot), link.checkVisibility()];
  });
  assert.deepEqual(looks, ["rgb(90, 20, 160)", "12px", "uppercase", "italic", "rgba(0, 0, 0, 0)", true, true]);
});
