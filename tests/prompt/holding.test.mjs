import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, BOB, newApp, newAppServer, signIn, Key } from "./support/app.mjs";

/** Makes requests that wait for a login, and leaves them waiting. */
const hold = async (count) => {
  window.held = Array.from({ length: count }, () => outcome(session.fetch(RESOURCE, { relogin: "hold" })));
  await when(() => session.getSnapshot().held === count, `${count} requests that wait`);
};

/** Ended by the server; tokens from now on are good. */
async function end(server) {
  await server.revoke(ADA);
  await server.age(1);
}

async function newHeld(t, count) {
  const { server, tab } = await newApp(t, { user: ADA });
  await end(server);
  await tab.run(hold, count);
  await tab.run(() => shows(() => prompt.opened));
  return { server, tab };
}

test("it says how many requests wait for the login, and they go out after it", async (t) => {
  const { server, tab } = await newHeld(t, 1);
  assert.equal(await tab.run(() => text("held")), "1 request waits, and is sent after you sign in.");
  await tab.run(() => void held.push(...[1, 2].map(() => outcome(session.fetch(RESOURCE, { relogin: "hold" })))));
  await tab.run(() => shows(() => text("held") === "3 requests wait, and are sent after you sign in."));
  assert.equal(await tab.run(() => part("dialog").getAttribute("aria-describedby")), "reason held");
  await signIn(tab, ADA);
  assert.deepEqual(await tab.run(() => Promise.all(held)), [200, 200, 200]);
  await tab.run(() => shows(() => !prompt.opened));
  await tab.run(() => prompt.open());
  assert.equal(await tab.run(() => text("held")), "");
  assert.equal((await server.renewals()).renewed, 0);
});

test("Escape gives up what waits, and the next request that would wait asks again", async (t) => {
  const { tab } = await newHeld(t, 2);
  await tab.keys(Key.ESCAPE);
  assert.deepEqual((await tab.run(() => Promise.all(held))).map(({ code }) => code), ["login_cancelled", "login_cancelled"]);
  assert.deepEqual(await tab.run(() => [prompt.opened, fired.map(({ type }) => type)]), [false, ["cancel"]]);
  await tab.run(hold, 1);
  await tab.run(() => shows(() => prompt.opened && text("held") !== ""));
});

test("after an Escape with nothing waiting, the next request that would wait asks", async (t) => {
  const { server, tab } = await newApp(t, { user: ADA });
  await end(server);
  await tab.run(() => outcome(session.fetch(RESOURCE)));
  await tab.run(() => shows(() => prompt.opened));
  await tab.keys(Key.ESCAPE);
  await tab.run(() => shows(() => !prompt.opened));
  await tab.run(hold, 1);
  await tab.run(() => shows(() => prompt.opened));
});

test("a prompt that comes, or is moved, while requests wait asks", async (t) => {
  const { tab } = await newHeld(t, 1);
  await tab.run(() => {
    const { session } = prompt;
    prompt.session = undefined;
    prompt.session = session;
    return shows(() => prompt.opened);
  });
  await tab.run(() => {
    document.body.prepend(prompt);
    return shows(() => prompt.opened);
  });
  await signIn(tab, ADA);
  assert.deepEqual(await tab.run(() => Promise.all(held)), [200]);
});

test("closed by the app, it leaves them waiting", async (t) => {
  const { tab } = await newHeld(t, 1);
  const after = await tab.run(async (user) => {
    prompt.close();
    const waiting = session.getSnapshot().held;
    await session.login(user);
    return [waiting, ...(await Promise.all(held))];
  }, ADA);
  assert.deepEqual(after, [1, 200]);
});

test("what waits is counted in the page's language, where the app gives the words", async (t) => {
  const { tab } = await newHeld(t, 2);
  const said = await tab.run(() => {
    document.documentElement.lang = "cs";
    const said = [];
    for (const held of [{ one: "{count} požadavek", few: "{count} požadavky", other: "{count} požadavků" }, { other: "čeká: {count}" }, {}]) {
      prompt.texts = { held };
      said.push(text("held"));
    }
    return said;
  });
  assert.deepEqual(said, ["2 požadavky", "čeká: 2", ""]);
});

// Of two tabs one is in view; of two windows both are.
for (const kind of ["tab", "window"]) {
  test(`of two ${kind}s the one that is looked at asks, and its login frees what waits in the other and closes both`, async (t) => {
    const server = await newAppServer(t);
    const apps = [await newApp(t, { server, user: ADA, kind }), await newApp(t, { server, kind })];
    const [first, second] = apps.map(({ tab }) => tab);
    await second.run(() => settled("signedIn"));
    const shown = await second.run(() => document.visibilityState);
    if (shown === "hidden") return t.skip("this WebDriver never brings a tab to the front");
    await end(server);
    const tries = await server.count("requests.resource");
    // Told over a channel: to speak to the first would be to look at it.
    await first.run(() => {
      window.openings = [];
      new MutationObserver(() => prompt.opened && openings.push(document.visibilityState)).observe(part("dialog"), { attributeFilter: ["open"] });
      window.held = [];
      gunshot().then(() => held.push(outcome(session.fetch(RESOURCE, { relogin: "hold" }))));
    });
    await second.run(async () => {
      go();
      await told("loginRequired");
    });
    await second.run(hold, 1);
    await second.run(() => {
      // Of two windows the first may have been the quicker; then the user comes to this one.
      if (!prompt.opened) dispatchEvent(new Event("focus"));
      return shows(() => prompt.opened);
    });
    await second.run(() => field("username").focus());
    await signIn(second, ADA);
    assert.deepEqual(await second.run(() => Promise.all(held)), [200]);
    // One was sent before: the first's, which was refused.
    await server.counted("requests.resource", { count: tries + 3 });
    assert.deepEqual(await first.run(() => Promise.all(held)), [200]);
    for (const tab of [first, second]) await tab.run(() => shows(() => !prompt.opened));
    if (kind === "tab") assert.deepEqual(await first.run(() => openings), [], "nobody was looking at the first");
    assert.equal(await server.count("login.ok"), 2);
  });
}

test("another user's login closes the prompt, and sends nothing of the first one's", async (t) => {
  const server = await newAppServer(t, { users: [ADA, BOB] });
  const { tab } = await newApp(t, { server, user: ADA });
  await end(server);
  await tab.run(hold, 1);
  await tab.run(() => shows(() => prompt.opened));
  const tries = await server.count("requests.resource");
  await signIn(tab, BOB);
  assert.deepEqual((await tab.run(() => Promise.all(held))).map(({ code }) => code), ["subject_changed"]);
  await tab.run(() => shows(() => !prompt.opened));
  assert.equal(await server.count("requests.resource"), tries);
});
