import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, Key, newApp, newAppServer } from "./support/app.mjs";

const HOUR = 3600;

/** Lets an hour pass but for `left` seconds, as the page's clock shows it. */
const nearTheEnd = (left) => {
  sleepFor(3600 - left);
  document.dispatchEvent(new Event("resume"));
  return shows(() => seen("countdown"));
};

test("before an idle limit it counts down, without taking the focus, and says so a few times only", async (t) => {
  const { tab } = await newApp(t, { user: ADA, idle: HOUR });
  await tab.run(() => document.getElementById("draft").focus());
  await tab.run(nearTheEnd, 50);
  const shown = await tab.run(() => [text("countdown-title"), text("countdown-text"), text("stay"), spoken(), focused(), seen("dismiss")]);
  assert.equal(shown[0], "Are you still there?");
  assert.match(shown[1], /^You will be signed out in 0:(50|[34]\d)$/);
  assert.equal(shown[2], "Stay signed in");
  assert.match(shown[3], /^You will be signed out in (50|[34]\d) seconds, unless you stay signed in\.$/);
  assert.deepEqual(shown.slice(4), ["draft", false]);
  const said = await tab.run(async () => {
    const said = [];
    new MutationObserver(() => said.push(spoken())).observe(prompt.shadowRoot.querySelector('[role="status"]'), { childList: true });
    const tick = async (seconds, until) => {
      sleepFor(seconds);
      await shows(until);
    };
    const time = () => Number(text("countdown-time").slice(2));
    await tick(5, () => time() <= 45);
    await tick(15, () => time() <= 30);
    await tick(5, () => time() <= 25);
    return said;
  });
  assert.equal(said.length, 1, said.join());
  assert.match(said[0], /(30|2\d) seconds/);
});

test("a press of the button keeps the session, and closes the countdown with a word", async (t) => {
  const { tab } = await newApp(t, { user: ADA, idle: HOUR });
  await tab.run(nearTheEnd, 50);
  await tab.run(() => part("stay").click());
  await tab.run(() => shows(() => text("countdown-title") === "You stay signed in."));
  assert.deepEqual(await tab.run(() => [spoken(), seen("stay"), session.status]), ["You stay signed in.", false, "signedIn"]);
  await tab.run(() => shows(() => !seen("countdown")));
});

test("any key is a sign of life, and gives the focus back if the countdown had it", async (t) => {
  const { tab } = await newApp(t, { user: ADA, idle: HOUR });
  await tab.press("#other");
  await tab.run(nearTheEnd, 50);
  await tab.run(() => part("stay").focus());
  await tab.keys(Key.SHIFT);
  await tab.run(() => shows(() => !seen("stay")));
  assert.equal(await tab.run(() => focused()), "other");
});

test("a sign of life in one tab closes the countdown in the other", async (t) => {
  const server = await newAppServer(t);
  const { tab: first } = await newApp(t, { server, user: ADA, idle: HOUR, kind: "window" });
  const { tab: second } = await newApp(t, { server, idle: HOUR, kind: "window" });
  for (const tab of [first, second]) await tab.run(nearTheEnd, 50);
  await second.run(() => session.touch());
  for (const tab of [first, second]) await tab.run(() => shows(() => !seen("countdown")));
  assert.equal(await first.run(() => session.status), "signedIn");
});

test("at its end the countdown gives way to the prompt, which says why", async (t) => {
  const { tab } = await newApp(t, { user: ADA, idle: HOUR });
  await tab.run(nearTheEnd, 50);
  await tab.run(async () => {
    sleepFor(60);
    document.dispatchEvent(new Event("resume"));
    await shows(() => prompt.opened);
  });
  assert.deepEqual(await tab.run(() => [seen("countdown"), text("reason")]), [false, "You were signed out because nothing had happened for a while. Please sign in again."]);
});

test("before an absolute limit staying is not offered, but to sign in again, which starts anew", async (t) => {
  const { tab } = await newApp(t, { user: ADA, absolute: HOUR });
  await tab.run(nearTheEnd, 50);
  assert.deepEqual(await tab.run(() => [text("countdown-title"), text("stay")]), ["Your session ends soon", "Sign in again"]);
  await tab.run(() => part("stay").click());
  await tab.run(() => shows(() => prompt.opened));
  assert.equal(await tab.run(() => text("reason")), "");
  await tab.keys(ADA.username, Key.TAB, ADA.password, Key.ENTER);
  await tab.run(() => shows(() => !prompt.opened && !seen("countdown")));
  assert.equal(await tab.run(() => session.status), "signedIn");
});

test("a prompt that comes with the warning only counts down all the same, if it is handed on", async (t) => {
  const { tab } = await newApp(t, { user: ADA, idle: HOUR });
  await tab.run(() => {
    prompt.session = undefined;
    session.on("expiring", (limit) => {
      prompt.session = session;
      prompt.countDown(limit);
    });
  });
  await tab.run(nearTheEnd, 50);
  assert.equal(await tab.run(() => text("stay")), "Stay signed in");
  await tab.run(() => part("stay").click());
  await tab.run(() => shows(() => !seen("countdown")));
});

test("a countdown to an end that does not come goes away", async (t) => {
  const { tab } = await newApp(t, { user: ADA });
  await tab.run(() => prompt.countDown({ left: 50_000, reason: "idle" }));
  assert.equal(await tab.run(() => seen("countdown")), true);
  await tab.run(() => {
    sleepFor(60);
    return shows(() => !seen("countdown"));
  });
});

test("it can be hidden, and comes again with the next limit only", async (t) => {
  const { tab } = await newApp(t, { user: ADA, absolute: HOUR });
  await tab.run(nearTheEnd, 50);
  await tab.run(() => part("dismiss").click());
  await tab.run(() => shows(() => !seen("countdown")));
  await tab.run(() => session.logout());
  assert.equal(await tab.run(() => seen("countdown")), false);
});
