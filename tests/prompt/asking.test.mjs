import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, Key, newApp, newAppServer, newAsked, reload, signIn } from "./support/app.mjs";

test("the prompt asks when the server has ended the session, says why, and signs in by the keyboard alone", async (t) => {
  const { tab } = await newAsked(t);
  assert.deepEqual(await tab.run(() => [text("title"), text("reason"), focused()]), [
    "Sign in",
    "The server has ended your session. Please sign in again.",
    "username",
  ]);
  await signIn(tab, ADA);
  await tab.run(() => shows(() => !prompt.opened));
  assert.deepEqual(await tab.run(async () => [focused(), session.status, fired, ...(await calls(1))]), [
    "draft",
    "signedIn",
    [{ type: "login", status: "signedIn" }],
    200,
  ]);
  assert.equal(await tab.run(() => field("password").value), "", "no password stays in the page");
});

test("Escape is a cancel: one event, the focus back, and the next request asks again", async (t) => {
  const { tab } = await newAsked(t);
  await tab.keys("half typed", Key.ESCAPE);
  await tab.run(() => shows(() => !prompt.opened));
  assert.deepEqual(await tab.run(() => [focused(), fired, field("username").value]), ["draft", [{ type: "cancel", status: null }], ""]);
  await tab.run(() => prompt.open());
  await tab.keys(Key.TAB, Key.TAB, Key.ENTER);
  await tab.run(() => shows(() => !prompt.opened));
  assert.deepEqual(await tab.run(() => [focused(), fired.length]), ["draft", 2]);
});

test("the focus stays among the fields and buttons of the open prompt", async (t) => {
  const { tab } = await newAsked(t);
  const visited = new Set();
  for (let presses = 0; presses < 8; presses++) {
    visited.add(await tab.run(() => focused()));
    await tab.keys(Key.TAB);
  }
  for (const part of ["username", "password", "button cancel", "button main submit"]) assert.ok(visited.has(part), part);
  assert.ok(!visited.has("draft") && !visited.has("other"), [...visited].join());
});

test("a reload while it asks keeps it open, and its reason; after a cancel it stays closed", async (t) => {
  const { tab } = await newAsked(t);
  await reload(tab);
  await tab.run(() => shows(() => prompt.opened));
  assert.equal(await tab.run(() => text("reason")), "The server has ended your session. Please sign in again.");
  await tab.keys(Key.ESCAPE);
  await tab.run(() => shows(() => !prompt.opened));
  await reload(tab);
  assert.equal(await tab.run(() => prompt.opened), false);
  await tab.run(() => prompt.open());
  assert.equal(await tab.run(() => text("reason")), "The server has ended your session. Please sign in again.");
});

test("with at-start it asks a page's first visitor, without a reason; without it, nobody; a user who is signed in, never", async (t) => {
  const { server, tab } = await newApp(t);
  assert.equal(await tab.run(() => prompt.opened), false);
  const start = () => {
    prompt.session = undefined;
    prompt.setAttribute("at-start", "");
    prompt.session = session;
  };
  await tab.run(start);
  await tab.run(() => shows(() => prompt.opened));
  assert.equal(await tab.run(() => text("reason")), "");
  await signIn(tab, ADA);
  await tab.run(() => shows(() => !prompt.opened));
  const { tab: second } = await newApp(t, { server });
  await second.run(start);
  assert.deepEqual(await second.run(() => [session.status, prompt.opened]), ["signedIn", false]);
});

test("it asks above a dialog of the app's own, whose half-written form is there afterwards", async (t) => {
  const { server, tab } = await newApp(t, { user: ADA });
  await server.revoke(ADA);
  await tab.run(async () => {
    const dialog = document.createElement("dialog");
    dialog.innerHTML = '<form><label>Letter <input name="letter"></label></form>';
    document.body.append(dialog);
    dialog.showModal();
    window.dialog = dialog;
  });
  await tab.keys("Dear ");
  await tab.run(async () => {
    await outcome(session.fetch(RESOURCE));
    await shows(() => prompt.opened);
  });
  await signIn(tab, ADA);
  await tab.run(() => shows(() => !prompt.opened));
  await tab.keys("Bob");
  assert.deepEqual(await tab.run(() => [dialog.open, dialog.querySelector("input").value, focused()]), [true, "Dear Bob", "letter"]);
});

test("an open prompt that has asked for no reason learns of one", async (t) => {
  const { server, tab } = await newApp(t, { user: ADA });
  await tab.run(() => prompt.open());
  assert.equal(await tab.run(() => text("reason")), "");
  await server.revoke(ADA);
  await tab.run(() => outcome(session.fetch(RESOURCE)));
  await tab.run(() => told("loginRequired"));
  assert.equal(await tab.run(() => text("reason")), "The server has ended your session. Please sign in again.");
});

test("where the user is it asks, however long the word takes that nobody else does", async (t) => {
  const { server, tab } = await newApp(t, { user: ADA });
  await server.revoke(ADA);
  await tab.press("#other");
  await tab.run(async () => {
    await new Promise((granted) => void navigator.locks.request("tokenkeep-prompt:", () => (granted(), new Promise(() => {}))));
    await outcome(session.fetch(RESOURCE));
    await shows(() => document.hasFocus() && prompt.opened);
  });
});

test("a window whose turn is taken by the one where the user is leaves it to that one, and asks again when the user comes", async (t) => {
  const { server, tab } = await newApp(t, { user: ADA });
  await server.revoke(ADA);
  await tab.run(() => outcome(session.fetch(RESOURCE)));
  await tab.run(() => shows(() => prompt.opened));
  await tab.run(() => navigator.locks.request("tokenkeep-prompt:", { steal: true }, () => shows(() => !prompt.opened)));
  assert.deepEqual(await tab.run(() => fired), []);
  await tab.run(() => dispatchEvent(new Event("focus")));
  assert.equal(await tab.run(() => prompt.opened), true);
  await signIn(tab, ADA);
  await tab.run(() => shows(() => !prompt.opened));
});

test("a login in one tab closes the prompt in both, and only the one who signed in is told", async (t) => {
  const server = await newAppServer(t);
  const { tab: first } = await newAsked(t, { server });
  const { tab: second } = await newApp(t, { server });
  await second.run(() => prompt.open());
  assert.deepEqual([await first.run(() => prompt.opened), await second.run(() => prompt.opened)], [true, true]);
  await second.run(() => field("username").focus());
  await signIn(second, ADA);
  for (const tab of [first, second]) await tab.run(() => shows(() => !prompt.opened));
  assert.deepEqual([await first.run(() => fired), await second.run(() => fired.length)], [[], 1]);
  assert.equal(await server.count("login.ok"), 2);
});
