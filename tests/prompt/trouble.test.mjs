import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, Key, newAppServer, newApp, newAsked, signIn } from "./support/app.mjs";

test("wrong credentials are said aloud, with the password ready to be typed anew", async (t) => {
  const { tab } = await newAsked(t);
  await signIn(tab, { username: "ada", password: "not it" });
  await tab.run(() => shows(() => text("error") !== ""));
  const wrong = await tab.run(() => {
    const { selectionStart, selectionEnd } = field("password");
    return {
      said: text("error"),
      aloud: part("error").getAttribute("role"),
      about: [field("password").getAttribute("aria-invalid"), field("password").getAttribute("aria-describedby") === part("error").id],
      focus: [focused(), selectionStart, selectionEnd],
    };
  });
  assert.deepEqual(wrong, { said: "That user name or password is not right.", aloud: "alert", about: ["true", true], focus: ["password", 0, 6] });
  await tab.keys(ADA.password, Key.ENTER);
  await tab.run(() => shows(() => !prompt.opened && session.status === "signedIn"));
});

test("what the server calls a refusal may have words of its own", async (t) => {
  const { server, tab } = await newAsked(t);
  await tab.run(() => {
    prompt.texts = { codes: { account_locked: "This account is locked." } };
    field("username").focus();
  });
  await server.rule({ endpoint: "login", status: 401, headers: { "content-type": "application/problem+json" }, body: '{"code":"account_locked"}' });
  await signIn(tab, ADA);
  await tab.run(() => shows(() => text("error") !== ""));
  assert.equal(await tab.run(() => text("error")), "This account is locked.");
});

test("a field that is empty is named before anything is sent", async (t) => {
  const { server, tab } = await newAsked(t);
  const sent = await server.count("requests.login");
  await tab.keys("ada", Key.ENTER);
  await tab.run(() => shows(() => text("error") !== ""));
  assert.deepEqual(await tab.run(() => [text("error"), focused(), field("username").getAttribute("aria-invalid")]), ["Please fill in: Password.", "password", null]);
  assert.equal(await server.count("requests.login"), sent);
});

test("while a login is on its way the form is busy, and a second one is not sent", async (t) => {
  const { server, tab } = await newAsked(t);
  const sent = await server.count("requests.login");
  await server.rule({ endpoint: "login", delayMs: 60_000 });
  await signIn(tab, ADA);
  await server.arrival("login", { count: sent + 1 });
  await tab.keys(Key.ENTER, Key.ENTER);
  assert.deepEqual(await tab.run(() => [part("form").getAttribute("aria-busy"), part("submit").getAttribute("aria-disabled"), text("submit")]), ["true", "true", "Signing in…"]);
  await server.release();
  await tab.run(() => shows(() => !prompt.opened));
  assert.equal(await server.count("requests.login"), sent + 1);
  assert.deepEqual(await tab.run(() => [part("form").getAttribute("aria-busy"), fired.length]), ["false", 1]);
});

test("a rate limit is said once; the rest of it is shown, and kept over a cancel; then it can be tried again", async (t) => {
  const { server, tab } = await newAsked(t);
  const sent = await server.count("requests.login");
  await server.rule({ endpoint: "login", status: 429, headers: { "Retry-After": "40" } });
  await signIn(tab, ADA);
  await tab.run(() => shows(() => text("error") !== ""));
  assert.deepEqual(await tab.run(() => [text("error"), part("submit").getAttribute("aria-disabled")]), ["Too many attempts. Try again in 40 seconds.", "true"]);

  const changes = await tab.run(async () => {
    window.said = [];
    const watch = new MutationObserver(() => said.push(text("error") + text("status")));
    for (const name of ["error", "status"]) watch.observe(part(name), { childList: true, characterData: true, subtree: true });
    const shown = text("wait");
    sleepFor(10);
    await shows(() => text("wait") !== shown);
    return { shown: text("wait"), name: part("wait").getAttribute("aria-hidden"), said };
  });
  assert.match(changes.shown, /^0:(2\d|30)$/);
  assert.deepEqual([changes.name, changes.said], ["true", []], "the clock is for the eye");

  await tab.keys(Key.ENTER, Key.ESCAPE);
  await tab.run(() => shows(() => !prompt.opened));
  await tab.run(() => prompt.open());
  assert.deepEqual(await tab.run(() => [text("error"), part("submit").getAttribute("aria-disabled")]), ["Too many attempts. Try again in 40 seconds.", "true"]);
  assert.equal(await server.count("requests.login"), sent + 1, "nothing is sent before its time");
  await tab.run(() => {
    sleepFor(41);
    return shows(() => text("wait") === "");
  });
  assert.deepEqual(await tab.run(() => [text("error"), text("status")]), ["", "You can try again now."]);
  await signIn(tab, ADA);
  await tab.run(() => shows(() => !prompt.opened));
});

test("no network, a server in trouble, and one that asks to wait are told apart, and none is blamed on the user", async (t) => {
  const server = await newAppServer(t);
  const { tab } = await newAsked(t, { server });
  const told = async (rule) => {
    if (rule) await server.rule({ endpoint: "login", ...rule });
    await tab.run((user) => {
      for (const name of ["username", "password"]) field(name).value = user[name];
      part("error").textContent = "";
      part("form").requestSubmit();
      return shows(() => text("error") !== "" && part("form").getAttribute("aria-busy") === "false");
    }, ADA);
    return tab.run(() => [text("error"), field("password").getAttribute("aria-invalid")]);
  };
  assert.deepEqual(await told({ status: 503 }), ["The server has a problem. Please try again later.", null]);
  assert.deepEqual(await told({ status: 200, headers: { "content-type": "text/html" }, body: "<h1>Welcome to the hotel</h1>" }), ["Signing in did not work. Please try again.", null]);
  await server.stop();
  assert.deepEqual(await told(), ["The server cannot be reached. Check your connection and try again.", null]);
  await server.start();
  await server.rule({ endpoint: "login", status: 503, headers: { "Retry-After": "150" } });
  assert.deepEqual(await told(), ["The server has a problem. Try again in 3 minutes.", null]);
});

test("a login that comes to nothing because another tab was quicker is no error", async (t) => {
  const server = await newAppServer(t);
  const { tab: first } = await newAsked(t, { server });
  const { tab: second } = await newApp(t, { server });
  await server.rule({ endpoint: "login", delayMs: 60_000, status: 401, body: "{}" });
  await first.run(() => field("username").focus());
  const sent = await server.count("requests.login");
  await signIn(first, ADA);
  await server.arrival("login", { count: sent + 1 });
  await second.run((user) => session.login(user), ADA);
  await first.run(() => settled("signedIn"));
  await server.release();
  await first.run(() => shows(() => !prompt.opened));
  assert.deepEqual(await first.run(() => [fired, session.status]), [[], "signedIn"]);
});

test("it says a sentence for every reason, also without a session that has begun", async (t) => {
  const { tab } = await newApp(t);
  const said = await tab.run(() =>
    ["none", "logout", "refused", "expired", "idle", "absolute", "lost_renewal", "a reason of next year"].map((reason) => {
      const snapshot = { status: "signedOut", reason };
      prompt.session = { getSnapshot: () => snapshot, status: "signedOut", on: () => () => {}, subscribe: () => () => {} };
      prompt.open();
      return text("reason");
    }),
  );
  assert.deepEqual([said[0], said.at(-1)], ["", ""]);
  assert.equal(new Set(said.slice(1, -1).filter(Boolean)).size, 6);
});
