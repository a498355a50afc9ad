import assert from "node:assert/strict";
import { test } from "node:test";
import { ADA, DEMO, Key, newApp, newAsked, newServer, newTab } from "./support/app.mjs";

test("password managers find a real form in the document: its fields, what they are, and a button that submits", async (t) => {
  const { tab } = await newAsked(t);
  const found = await tab.run(() => {
    const form = document.querySelector("form");
    return {
      fields: [...form.elements].filter(({ localName }) => localName === "input").map(({ name, type, autocomplete, labels }) => [name, type, autocomplete, labels[0].textContent]),
      submits: form.querySelectorAll('[type="submit"]').length,
      method: form.method,
    };
  });
  assert.deepEqual(found, {
    fields: [["username", "text", "username", "User name"], ["password", "password", "current-password", "Password"]],
    submits: 1,
    method: "post",
  });
});

test("what a manager fills in without a key pressed is what is sent", async (t) => {
  const { tab } = await newAsked(t);
  await tab.run((user) => {
    for (const name of ["username", "password"]) {
      field(name).value = user[name];
      field(name).dispatchEvent(new Event("input", { bubbles: true }));
    }
    part("form").requestSubmit();
    return shows(() => !prompt.opened && session.status === "signedIn");
  }, ADA);
});

test("fields are what the app says, and go to the login under their names", async (t) => {
  const { tab } = await newApp(t);
  const sent = await tab.run(async () => {
    window.given = [];
    session.login = async (credentials) => {
      given.push(credentials);
      return session.getSnapshot();
    };
    prompt.fields = [
      { name: "email", label: "E-mail", type: "email", autocomplete: "username", placeholder: "you@example.com" },
      { name: "code", label: "Code", autocomplete: "one-time-code", inputmode: "numeric", value: "123" },
      { name: "note", required: false },
    ];
    prompt.open();
    const shown = [...prompt.querySelectorAll("input")].map(({ name, type, autocomplete, inputMode, labels }) => [name, type, autocomplete, inputMode, labels[0].textContent]);
    field("email").value = "ada@example.com";
    part("form").requestSubmit();
    await shows(() => given.length);
    return { shown, given };
  });
  assert.deepEqual(sent, {
    shown: [["email", "email", "username", "", "E-mail"], ["code", "text", "one-time-code", "numeric", "Code"], ["note", "text", "", "", "note"]],
    given: [{ email: "ada@example.com", code: "123", note: "" }],
  });
});

test("texts of another language take the place of the English ones, those left out say that they are English, times are told in the page's language", async (t) => {
  const { server, tab } = await newAsked(t);
  const before = await tab.run(() => {
    document.documentElement.lang = "de";
    return [part("dialog").lang, part("form").lang];
  });
  assert.deepEqual(before, ["en", "en"]);
  await tab.run(() => {
    prompt.texts = { title: "Anmelden", labels: { username: "Benutzername" }, limited: "Zu viele Versuche. Bitte warten: {time}.", reasons: { refused: "Der Server hat die Sitzung beendet." } };
  });
  await server.rule({ endpoint: "login", status: 429, headers: { "Retry-After": "50" } });
  await tab.run(() => field("username").focus());
  await tab.keys("ada", Key.TAB, "x", Key.ENTER);
  await tab.run(() => shows(() => text("error") !== ""));
  assert.deepEqual(await tab.run(() => [text("title"), text("reason"), text("label"), text("submit").startsWith("Sign in"), text("error"), part("dialog").getAttribute("lang")]), [
    "Anmelden",
    "Der Server hat die Sitzung beendet.",
    "Benutzername",
    true,
    "Zu viele Versuche. Bitte warten: 50 Sekunden.",
    null,
  ]);
});

test("in a page that reads from right to left it does, too", async (t) => {
  const { tab } = await newAsked(t);
  const places = () => tab.run(() => [part("cancel"), part("submit")].map((button) => button.getBoundingClientRect().left));
  const [cancel, submit] = await places();
  assert.ok(cancel < submit);
  await tab.run(() => void (document.documentElement.dir = "rtl"));
  const [mirroredCancel, mirroredSubmit] = await places();
  assert.ok(mirroredCancel > mirroredSubmit);
});

test("properties set before the element is known, another name, a copy and a removal do no harm", async (t) => {
  const { tab } = await newApp(t, { user: ADA });
  const outcome = await tab.run(async () => {
    const early = document.createElement("app-login");
    Object.assign(early, { session, texts: { title: "Hello" }, fields: [{ name: "pin", label: "PIN" }] });
    document.body.append(early);
    const made = definePrompt("app-login");
    const same = definePrompt("app-login") === made && definePrompt() === customElements.get("tokenkeep-prompt") && made !== definePrompt();
    const copy = early.cloneNode(true);
    document.body.append(copy);
    const forms = [early, copy].map((element) => element.querySelectorAll("form").length);
    early.open();
    const opened = [early.opened, early.shadowRoot.querySelector("h2").textContent, early.querySelectorAll("input").length, getComputedStyle(early.querySelector("input")).display];
    early.remove();
    const outer = document.createElement("div");
    outer.attachShadow({ mode: "open" }).append(early);
    document.body.append(outer);
    early.open();
    const nested = [early.opened, getComputedStyle(early.querySelector("input")).display];
    outer.remove();
    prompt.remove();
    await session.logout();
    return { same, forms, opened, nested, left: [early.opened, prompt.opened] };
  });
  assert.deepEqual(outcome, { same: true, forms: [1, 1], opened: [true, "Hello", 1, "block"], nested: [true, "block"], left: [false, false] });
});

test("it works under the demo's strict Content-Security-Policy, looks included", async (t) => {
  const user = { username: "demo", password: "password" };
  const server = await newServer(t, { page: DEMO, users: [user] });
  const tab = await newTab(t, server, {
    ready: async () => {
      while (document.getElementById("main").hidden) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  });
  await tab.press("#sign");
  const looks = await tab.run(() => {
    const prompt = document.querySelector("tokenkeep-prompt");
    const dialog = prompt.shadowRoot.querySelector("dialog");
    return [prompt.opened, getComputedStyle(dialog).paddingTop !== "16px", getComputedStyle(prompt.querySelector("input")).display];
  });
  assert.deepEqual(looks, [true, true, "block"]);
});
