import assert from "node:assert/strict";
import { test } from "node:test";
import { restAuth } from "./cards/rest-auth.mjs";
import { html } from "./support/gate.mjs";
import { failure, open, renews } from "./support/path.mjs";

const refused = html(401, "Unauthorized Access", { "www-authenticate": 'Basic realm="Authentication Required"' });

const backend = {
  preset: "rest-auth",
  serve: (_, clock) => restAuth(clock),
  credentials: { username: "miguel", password: "python" },
  wrong: { username: "miguel", password: "cobol" },
  call: ["/api/resource", {}, "Hello, miguel!"],
  renewal: ["/api/token", 600],
  loginPath: "/api/token",
  margin: 50,
  revoked: false,
  rejections: { refused },
  refusals: { "a user who is gone": refused },
  alike: { "somebody else's sign-in page": html(401) },
};

renews("rest-auth's card", backend);

test("rest-auth's card: once the token has run out only the password helps", async (t) => {
  const { session, asked, clock, gate, signIn, call } = await open(t, backend);
  await signIn();
  await clock.advance(602);
  const before = gate.seen.length;
  const errors = await Promise.all(Array.from({ length: 10 }, () => failure(call())));
  for (const { code, reason } of errors) assert.deepEqual([code, reason], ["login_required", "expired"]);
  assert.deepEqual([asked, gate.seen.length], [["expired"], before]);
  await signIn();
  await call();
  assert.equal(session.status, "signedIn");
});

test("rest-auth's card: the token goes as the user name of Basic, and so does the one that renews", async (t) => {
  const { session, signIn, call, expire, gate, lastHeader } = await open(t, backend);
  await signIn();
  await call();
  const token = await session.accessToken();
  const decoded = (header) => Buffer.from(header.replace(/^Basic /, ""), "base64").toString();
  assert.equal(decoded(gate.at("/api/token")[0].headers.authorization), "miguel:python");
  assert.match(decoded(lastHeader()), /^[\w.-]+:x?$/);
  assert.ok(decoded(lastHeader()).startsWith(token));
  await expire();
  await call();
  const renewal = gate.at("/api/token")[1];
  assert.deepEqual([renewal.method, renewal.body], ["GET", ""]);
  assert.ok(decoded(renewal.headers.authorization).startsWith(`${token}:`));
});

test("rest-auth's card: a user registers, and logs in with any letters", async (t) => {
  const { session, signIn, gate } = await open(t, { ...backend, call: ["/api/resource", {}, "Hello, müller!"] });
  const user = { username: "müller", password: "pä:ss wörd €😀" };
  assert.deepEqual(await session.call("register", user), { username: "müller" });
  assert.equal(session.status, "signedOut");
  await session.login(user);
  assert.match(await (await session.fetch("/api/resource")).text(), /müller/);
  const error = await failure(session.call("register", user));
  assert.deepEqual([error.code, error.status], ["call_refused", 400]);
  assert.equal(session.status, "signedIn");
  assert.equal(gate.at("/api/users")[1].headers.authorization, undefined);
  await session.logout();
  await signIn();
});
