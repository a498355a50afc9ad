// docs/EXAMPLES.md: every recipe does what it is there for.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { gql } from "@apollo/client";
import { graphql, buildSchema } from "graphql";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { ADA, BOB, OUTLIVED } from "../web/harness/server.mjs";
import { newServer } from "../web/harness/stage.mjs";
import { Key } from "../web/harness/tab.mjs";
import { bundle, compiled, copied, load, typechecked } from "./support/app.mjs";
import { filesOf, linksLead, readDocument } from "./support/document.mjs";
import { newApp } from "./support/page.mjs";
import { openSite } from "./support/site.mjs";

const EXAMPLES = await readDocument("EXAMPLES");

/** What the others import. */
const SHARED = ["session.js", "pages.js"];

const RECIPES = {
  "react-router.jsx": (t) => guards(t, "react-router", '<div id="app"></div>'),

  "vue-router.js": (t) =>
    guards(t, "vue-main", '<div id="app"></div>', (sources) =>
      writeFile(join(sources, "vue-main.js"), `import { createApp } from "vue";\nimport { RouterView } from "vue-router";\nimport router from "./vue-router.js";\ncreateApp(RouterView).use(router).mount("#app");\n`),
    ),

  async "guard.js"(t) {
    const body = EXAMPLES.blocks.find(({ language }) => language === "html").text;
    const { tab } = await newApp(t, EXAMPLES, ["guard.js"], { body });
    const shown = () => Promise.resolve([...document.querySelectorAll("[data-for]")].filter(({ hidden }) => !hidden).map(({ dataset }) => dataset.for));
    await tab.run(async () => void (window.stop = (await use("guard")).guard()));
    assert.deepEqual(await tab.run(shown), ["signedOut"]);
    await signIn(tab);
    assert.deepEqual(await tab.run(shown), ["signedIn"]);
    await tab.run(async () => (stop(), (await use("session")).session.logout()));
    assert.deepEqual(await tab.run(shown), ["signedIn"]);
  },

  async "form.js"(t) {
    const body = EXAMPLES.blocks.filter(({ language }) => language === "html")[1].text;
    const { server, tab } = await newApp(t, EXAMPLES, ["form.js"], { body });
    await tab.run(() => use("form").then(() => customElements.whenDefined("tokenkeep-prompt")).then(() => {}));
    const save = async (text) => {
      await tab.type("textarea", text);
      await tab.press("#note button");
    };
    const asked = () => tab.run(() => eventually(() => document.querySelector("tokenkeep-prompt").opened, "the prompt"));
    const says = (text) => tab.run((text) => eventually(() => document.querySelector("output").value.startsWith(text), text), text);
    const ends = async (user) => {
      await server.revoke(user);
      await server.age(++age); // tokens of the very second in which a user was revoked are not taken
    };
    const signIn = ({ username, password }) => tab.keys(username, Key.TAB, password, Key.ENTER);
    let age = 0;

    await save("never signed in");
    await asked();
    await signIn(ADA);
    await says("Saved");

    await ends(ADA);
    await save("half-written");
    await asked();
    await says("Saving");
    await signIn(ADA);
    await says("Saved");
    assert.equal(await tab.run(() => document.querySelector("textarea").value), "half-written");

    await ends(ADA);
    await save("another's");
    await asked();
    await signIn(BOB);
    await says("Not saved: somebody else");

    await ends(BOB);
    await save("not now");
    await asked();
    await tab.keys(Key.ESCAPE);
    await says("Not saved: you have not");
    const { requests } = await server.log();
    assert.equal(requests.filter(({ path, status }) => path.endsWith("/echo") && status === 200).length, 2);
  },

  "apollo.js": (t) => asks(t, "apollo.js", async ({ client }) => (await client.query({ query: gql`{ hello }`, fetchPolicy: "network-only" })).data),
  "urql.js": (t) => asks(t, "urql.js", async ({ client }) => (await client.query("{ hello }", {}).toPromise()).data),
  "graphql-request.js": (t) => asks(t, "graphql-request.js", ({ client }) => client.request("{ hello }")),

  async "graphql-session.js"(t) {
    const tokens = [];
    const routes = {
      "POST /graphql": (request) => {
        tokens.push(request.headers.get("authorization"));
        return Response.json(tokens.length === 1 ? { errors: [{ message: "no", extensions: { code: "UNAUTHENTICATED" } }] } : { data: { hello: "you" } });
      },
    };
    const { server, module } = await inNode(t, "graphql-session.js", { routes });
    const answer = await module.session.fetch("/graphql", { method: "POST", body: "{}" });
    assert.deepEqual(await answer.json(), { data: { hello: "you" } });
    assert.deepEqual([tokens.length, new Set(tokens).size, (await server.renewals()).renewed], [2, 2, 1]);
  },

  async "upload.js"(t) {
    const sizes = async (request) => Response.json({ size: (await request.formData()).get("file").size });
    const { server, site, module, session } = await inNode(t, "upload.js", { routes: { "POST /files": sizes } });
    await server.age(OUTLIVED);
    assert.deepEqual(await module.upload(session, new File(["x".repeat(100_000)], "x.txt")), { size: 100_000 });
    assert.deepEqual(statuses(site), [401, 200]);
  },

  async "progress.js"(t) {
    const routes = { "POST /files": async (request) => Response.json({ size: (await request.arrayBuffer()).byteLength }) };
    const { server, site, tab } = await newApp(t, EXAMPLES, ["progress.js"], { routes });
    await signIn(tab);
    const send = async () => {
      window.told = [];
      const { upload } = await use("progress");
      const { status, responseText } = await upload("/files", new Blob(["x".repeat(500_000)]), (part) => told.push(part));
      return { status, responseText, last: told.at(-1) };
    };
    const whole = { status: 200, responseText: '{"size":500000}', last: 1 };
    assert.deepEqual(await tab.run(send), whole);
    await server.age(OUTLIVED);
    assert.deepEqual(await tab.run(send), whole);
    assert.deepEqual(statuses(site), [200, 401, 200]);
    assert.equal((await server.renewals()).renewed, 1);
  },

  async "stream.js"(t) {
    const routes = { "POST /files": async (request) => new Response(await request.text()) };
    const { server, site, module } = await inNode(t, "stream.js", { routes });
    await server.age(OUTLIVED);
    let opened = 0;
    const answer = await module.upload("/files", () => (opened++, new Blob(["a ", "stream"]).stream()));
    assert.equal(await answer.text(), "a stream");
    assert.deepEqual([opened, statuses(site)], [2, [401, 200]]);
  },

  async "pictures.js"(t) {
    const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
    const routes = { "GET /picture": () => new Response(png, { headers: { "content-type": "image/png" } }) };
    const { tab } = await newApp(t, EXAMPLES, ["pictures.js"], { routes, body: "<img>" });
    await signIn(tab);
    const width = await tab.run(async () => {
      const image = document.querySelector("img");
      await (await use("pictures")).show(image, "/picture");
      return image.naturalWidth;
    });
    assert.equal(width, 1);
  },

  async "socket.js"(t) {
    const { server, tab } = await newApp(t, EXAMPLES, ["socket.js"]);
    await tab.run(async () => {
      window.heard = [];
      window.end = (await use("socket")).keepOpen((data) => heard.push(JSON.parse(data).username));
    });
    const heard = (count) => tab.run((count) => eventually(() => heard.length >= count && heard, `${count} greetings`), count);
    await signIn(tab);
    assert.deepEqual(await heard(1), ["ada"]);
    await server.age(OUTLIVED); // the server closes it with 4401
    assert.deepEqual(await heard(2), ["ada", "ada"]);
    assert.equal((await server.renewals()).renewed, 1);
    await tab.run(async () => (await use("session")).session.logout());
    await signIn(tab);
    assert.deepEqual(await heard(3), ["ada", "ada", "ada"]);
    await tab.run(() => void end());
    const { requests } = await server.log();
    assert.deepEqual(requests.filter(({ path }) => /eyJ/.test(path)), []);
  },

  async "events.js"(t) {
    const asked = [];
    const answers = [
      () => new Response("id: 1\ndata: one\n\nevent: news\r\nid: 2\r\ndata: two\r\ndata: lines\r\n\r\n: nothing\n\nid: 3\ndata: cut o"),
      () => new Response(null, { status: 503 }),
      () => new Response("id: 3\ndata: three\n\n"),
      () => new Response(null, { status: 204 }),
    ];
    const routes = { "GET /events": (request) => (asked.push(request.headers.get("last-event-id")), answers[asked.length - 1]()) };
    const { server, module, session } = await inNode(t, "events.js", { routes });
    await server.age(OUTLIVED);
    const seen = [];
    for await (const event of module.events("/events")) seen.push(event);
    assert.deepEqual(seen, [
      { type: "message", data: "one", id: "1" },
      { type: "news", data: "two\nlines", id: "2" },
      { type: "message", data: "three", id: "3" },
    ]);
    assert.deepEqual([asked, (await server.renewals()).renewed], [[null, "2", "2", "3"], 1]);
    await session.logout();
    await assert.rejects(async () => { for await (const _ of module.events("/events")) assert.fail(); }, { code: "login_required" });
  },

  async "accounts.js"(t) {
    const { tab } = await newApp(t, EXAMPLES, ["accounts.js"]);
    const users = async () => {
      const { accounts } = await use("accounts");
      return Promise.all([...accounts.values()].map(async (session) => (await (await session.fetch("/api/v1/status")).json()).username));
    };
    for (const user of [ADA, BOB]) await tab.run(async (user) => void (await (await use("accounts")).add(user)), user);
    assert.deepEqual(await tab.run(users), ["ada", "bob"]);
    await tab.reload();
    assert.deepEqual(await tab.run(users), ["ada", "bob"]);
    await tab.run(async () => (await use("accounts")).remove("bob"));
    assert.deepEqual(await tab.run(users), ["ada"]);
    await tab.reload();
    assert.deepEqual(await tab.run(users), ["ada"]);
  },

  async "remember-at-server.js"(t) {
    const sent = [];
    const { module } = await inNode(t, "remember-at-server.js", { signedIn: false });
    t.mock.method(globalThis, "fetch", async (input) => (sent.push(await input.json()), Response.json({ token: "a", refreshToken: "r", expiresIn: 60, subject: "u1" })));
    await module.logIn("ada", "pw", true);
    assert.deepEqual(sent, [{ username: "ada", password: "pw", remember: true }]);
  },

  async "remember.js"(t) {
    const { tab, open } = await newApp(t, EXAMPLES, ["remember.js"]);
    const logIn = async (user, remember) => void (await (await use("remember")).logIn(user, remember));
    const status = async () => (await use("remember")).session.status;
    await tab.run(logIn, ADA, false);
    await tab.reload();
    assert.equal(await tab.run(status), "signedIn");
    const other = await open();
    assert.equal(await other.run(status), "signedOut");
    await tab.run(logIn, ADA, true);
    await tab.reload();
    assert.equal(await tab.run(status), "signedIn");
    await other.reload();
    assert.equal(await other.run(status), "signedIn");
  },

  async "account.jsx"(t) {
    const { Account } = await compiled(await copied(t, EXAMPLES), "account.jsx");
    const html = renderToString(createElement(Account));
    assert.match(html, /One moment/);
    const main = `import { hydrateRoot } from "react-dom/client";
      import { Account } from "./account.jsx";
      hydrateRoot(document.getElementById("app"), <Account />, { onRecoverableError: (error) => problems.push(String(error)) });`;
    const { tab } = await newApp(t, EXAMPLES, ["main.jsx"], { body: `<div id="app">${html}</div>`, prepare: (sources) => writeFile(join(sources, "main.jsx"), main) });
    await tab.run(() => use("main").then(() => shows("Please log in")));
    await signIn(tab);
    await tab.run(() => shows("Hello "));
    await tab.reload();
    await tab.run(() => shows("One moment"));
    await tab.run(() => use("main").then(() => shows("Hello ")));
    assert.deepEqual(await tab.run(() => problems), []);
  },

  async "sw.js"(t) {
    const { tab } = await newApp(t, EXAMPLES, [], { prepare: (sources, page) => bundle(sources, ["sw.js"], page) });
    await tab.run(async () => {
      await navigator.serviceWorker.register("/sw.js");
      await navigator.serviceWorker.ready;
    });
    await tab.reload();
    await signIn(tab);
    const { controlled, kept, status } = await tab.run(async () => {
      const { session } = await use("session");
      const { status } = await session.fetch("/api/v1/resource");
      const cache = await caches.open("app");
      const keys = async () => (await cache.keys()).map(({ url }) => new URL(url).pathname);
      const kept = await eventually(async () => (await keys()).includes("/assets/session.js") && keys(), "a file in the cache");
      return { controlled: !!navigator.serviceWorker.controller, kept, status };
    });
    assert.deepEqual([controlled, status, kept.filter((path) => !path.startsWith("/assets/"))], [true, 200, []]);
  },

  async "upload.test.js"(t) {
    const directory = await copied(t, EXAMPLES);
    const { NODE_TEST_CONTEXT, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, ["--test", "--test-reporter=tap", "upload.test.js"], { cwd: directory, env, timeout: 60_000, killSignal: "SIGKILL" });
    assert.match(stdout, /^# pass 1$/m);
  },
};

test("every block of code in docs/EXAMPLES.md has its test", () => {
  assert.equal(EXAMPLES.blocks.length * 2, EXAMPLES.text.match(/^```/gm).length);
  assert.deepEqual([...filesOf(EXAMPLES).keys()].sort(), [...SHARED, ...Object.keys(RECIPES)].sort());
  assert.deepEqual(EXAMPLES.blocks.filter(({ file }) => !file).map(({ language }) => language), ["html", "html"]);
});

test("every link within docs/EXAMPLES.md leads somewhere", () => linksLead(EXAMPLES));

test("TypeScript takes docs/EXAMPLES.md", (t) => typechecked(t, EXAMPLES, ["sw.js", "upload.test.js"]));

for (const [file, run] of Object.entries(RECIPES)) test(file, run);

// What every router guard is put through: it sends away, lets in, follows what happens elsewhere, and stays in this app.
async function guards(t, main, body, prepare) {
  const { server, tab } = await newApp(t, EXAMPLES, [prepare ? `${main}.js` : `${main}.jsx`], { body, prepare });
  const start = (main) => use(main).then(() => {});
  const at = (path) => tab.run((path) => eventually(() => decodeURIComponent(location.pathname + location.search) === path, path), path);
  await tab.go(`${server.origin}/?page=2`);
  await tab.run(start, main);
  await at("/login?next=/?page=2");
  await fill(tab, { ...ADA, password: "not this one" });
  await tab.run(() => shows("Wrong name or password"));
  await fill(tab, ADA);
  await tab.run(() => shows("Log out"));
  await at("/?page=2");

  await server.revoke(ADA);
  await tab.run(async () => {
    const { session } = await use("session");
    await session.fetch("/api/v1/resource").catch(() => {});
    await eventually(() => location.pathname === "/login", "the login");
  });
  await server.age(1);
  await signIn(tab); // as another tab would
  await at("/?page=2");
  await tab.run(() => shows("Log out"));
  await tab.press("button");
  await tab.run(() => eventually(() => location.pathname === "/login", "the login"));

  for (const foreign of ["//evil.example/", "/\\evil.example/"]) {
    await tab.go(`${server.origin}/?next=${encodeURIComponent(foreign)}`);
    await tab.run((foreign) => history.replaceState({}, "", `/login?next=${encodeURIComponent(foreign)}`), foreign);
    await tab.run(start, main);
    await fill(tab, ADA);
    await tab.run(() => shows("Log out"));
    await at("/");
    await tab.press("button");
    await tab.run(() => eventually(() => location.pathname === "/login", "the login"));
  }
  assert.deepEqual(await tab.run(() => problems), []);
}

async function fill(tab, { username, password }) {
  await tab.run(() => eventually(() => document.querySelector("input[name=password]"), "the form"));
  await tab.type("input[name=username]", username);
  await tab.type("input[name=password]", password);
  await tab.press("button");
}

const signIn = (tab, user = ADA) => tab.run(async (user) => void (await (await use("session")).session.login(user)), user);

// A GraphQL client gets its answer, and after the token's end gets it by one renewal for three queries.
async function asks(t, file, ask) {
  const schema = buildSchema("type Query { hello: String }");
  const routes = { "POST /graphql": async (request) => Response.json(await graphql({ schema, source: (await request.json()).query, rootValue: { hello: "you" } })) };
  const { server, module } = await inNode(t, file, { routes });
  assert.equal((await ask(module)).hello, "you");
  await server.age(OUTLIVED);
  for (const { hello } of await Promise.all([1, 2, 3].map(() => ask(module)))) assert.equal(hello, "you");
  assert.equal((await server.renewals()).renewed, 1);
}

async function inNode(t, file, { routes = {}, signedIn = true } = {}) {
  const server = await newServer(t, { users: [ADA] });
  const site = await openSite(t, server.origin, routes);
  const directory = await copied(t, EXAMPLES, site.url);
  const module = await load(directory, file);
  const session = module.session ?? (await load(directory, "session.js")).session;
  t.after(() => session.dispose());
  if (signedIn) await session.login(ADA);
  return { server, site, directory, module, session };
}

const statuses = ({ seen }) => seen.map(({ status }) => status);
