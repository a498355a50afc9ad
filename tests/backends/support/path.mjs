// The way of every backend from the login to the login after: what must hold whatever it is called.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../../pkg/index.js";
import { makeClock } from "./clock.mjs";
import { answer, html, json, openGate } from "./gate.mjs";
import { keepTime } from "./real.mjs";

let names = 0;

/**
 * A session against a backend, and who listens to it.
 *
 * @param backend
 * - `preset`, `protocol`: how it speaks; `serve(t, clock)`: a card, or the address of a real server
 * - `credentials`, `wrong`; or `signIn(session, context)` where there is no login
 * - `call`: `[path, init, text]` of a protected resource and what it shows
 * - `renewal`: `[path, lifetime]` of the access token; `margin`: seconds before its end in which a sliding token is renewed
 */
export async function open(t, backend, more) {
  const clock = makeClock(t);
  const served = await backend.serve(t, clock);
  const gate = await openGate(t, served, clock);
  if (typeof served === "string") await keepTime(clock, served);
  const protocol = backend.protocol ?? backend.preset;
  // Renewed early where only a live token can be, so that no test has to be quick.
  const renewal = backend.margin && { margin: backend.margin + 5 };
  const begin = (other) => {
    const session = new Session({ baseUrl: gate.url, storage: "memory", name: `path-${++names}`, protocol, renewal, ...more, ...other });
    t.after(() => session.dispose());
    return session;
  };
  const session = begin();
  const asked = [];
  session.on("loginRequired", ({ reason }) => asked.push(reason));
  const [path, init, shown] = backend.call;
  const [renewalPath, lifetime] = backend.renewal;
  const context = {
    ...backend,
    served,
    clock,
    gate,
    session,
    /** Another device, or the same after a reload. */
    another: begin,
    asked,
    path,
    renewals: () => gate.count(renewalPath) - context.logins,
    /** Requests to the renewal's path that were none: where a login goes there, too. */
    logins: 0,
    async signIn() {
      await (backend.signIn ? backend.signIn(session, context) : session.login(backend.credentials));
      if (backend.loginPath === renewalPath) context.logins += 1;
    },
    fetch: () => session.fetch(path, init),
    /** Like `fetch`, and content with nothing but what the resource shows. */
    async call() {
      const response = await session.fetch(path, init);
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.ok(text.includes(shown), text);
    },
    /** With a token of an earlier time, past the session. */
    raw: (authorization) => fetch(gate.url + path, { ...init, headers: { authorization } }),
    lastHeader: () => gate.at(path).at(-1).headers.authorization,
    /** Until the token has run out, or is about to where only a live one can be renewed. */
    expire: () => clock.advance(backend.margin ? lifetime - backend.margin : lifetime + 2),
    instead: (given, times) => gate.instead(renewalPath, given, times),
  };
  return context;
}

/** What the session rejected with. */
export const failure = (promise) => promise.then(() => assert.fail("it did not fail"), (error) => error);

const scopeMissing = 'Bearer realm="x", error="insufficient_scope", scope="admin"';

/** Backends that renew, by a refresh token or by a token that still lives. */
export function renews(name, backend) {
  test(`${name}: login, call, renewal, logout, login`, async (t) => {
    const { session, asked, clock, signIn, call, expire, renewals, raw, lastHeader, ended, revoked = true } = await open(t, backend);
    assert.deepEqual([session.status, session.getSnapshot().reason], ["signedOut", "none"]);
    await signIn();
    await call();
    const first = lastHeader();
    for (let round = 1; round <= 3; round++) {
      await expire();
      await call();
      assert.equal(renewals(), round);
    }
    assert.notEqual(lastHeader(), first);
    assert.deepEqual([session.status, asked], ["signedIn", []]);

    const last = lastHeader();
    assert.deepEqual(await session.logout(), { revoked });
    assert.deepEqual([session.status, session.getSnapshot().reason], ["signedOut", "logout"]);
    if (ended === "access") assert.notEqual((await raw(last)).status, 200);
    const { code, reason } = await failure(session.fetch(backend.call[0], backend.call[1]));
    assert.deepEqual([code, reason], ["login_required", "logout"]);
    await clock.advance(2);
    await signIn();
    await call();
    assert.equal(session.status, "signedIn");
  });

  test(`${name}: fifty requests at the end of a token cause one renewal`, async (t) => {
    const { signIn, call, expire, renewals } = await open(t, backend);
    await signIn();
    await expire();
    await Promise.all(Array.from({ length: 50 }, call));
    assert.equal(renewals(), 1);
  });

  test(`${name}: a renewal whose answer is lost ${backend.lost ? "costs a login, once" : "is made again"}`, async (t) => {
    const { session, asked, clock, signIn, call, fetch, expire, instead, renewals } = await open(t, backend);
    await signIn();
    await expire();
    instead("lost", 1);
    // A token that still lives goes on being used.
    const outcome = await fetch().then(({ status }) => status, ({ code }) => code);
    assert.equal(outcome, backend.margin ? 200 : "network");
    assert.deepEqual([session.status, asked, renewals()], ["signedIn", [], 1]);
    await clock.advance(backend.margin ? 2 : 60);
    if (backend.lost) {
      assert.equal((await failure(call())).code, "login_required");
      assert.deepEqual([session.status, asked.length], ["signedOut", 1]);
      await signIn();
    }
    await call();
    assert.deepEqual([session.status, asked.length], ["signedIn", backend.lost ? 1 : 0]);
  });

  for (const [title, rejection] of Object.entries(backend.rejections)) {
    test(`${name}: a token that the API rejects (${title}) is renewed once, then its answer is the caller's`, async (t) => {
      const { gate, session, asked, signIn, fetch, call, path, renewals } = await open(t, backend);
      await signIn();
      gate.instead(path, rejection, 1);
      await call();
      assert.equal(renewals(), 1);

      const release = gate.instead(path, rejection);
      for (let round = 0; round < 3; round++) assert.equal((await fetch()).status, rejection.status);
      assert.ok(renewals() <= 2, `${renewals()} renewals`);
      assert.deepEqual([session.status, asked], ["signedIn", []]);
      release();
      await call();
    });
  }

  for (const [title, refusal] of Object.entries(backend.refusals)) {
    test(`${name}: ${title} ends the session, and asks for one login`, async (t) => {
      const context = await open(t, backend);
      const { session, asked, signIn, call, expire } = context;
      await signIn();
      await call();
      const undo = typeof refusal === "function" ? await refusal(context) : context.instead(refusal);
      await expire();
      const errors = await Promise.all(Array.from({ length: 5 }, () => failure(call())));
      for (const { code, reason } of errors) assert.deepEqual([code, reason], ["login_required", "refused"]);
      assert.deepEqual([session.status, asked], ["signedOut", ["refused"]]);
      undo?.();
      await signIn();
      await call();
    });
  }
  keepsWhatIsNone(name, backend);
  everyBackend(name, backend);
}

/** Answers to a renewal that say nothing about the session. */
function keepsWhatIsNone(name, backend) {
  const page = "<!doctype html><title>Sign in to this network</title>";
  const alike = {
    "a captive portal": html(200, page),
    "a page where there is none": html(404),
    "a forbidding firewall": html(403, page),
    "a crash": html(500),
    "a gateway without a server": html(502),
    "a server that is being looked after": html(503, page, { "retry-after": "5" }),
    "too many requests": json(429, {}, { "retry-after": "5" }),
    "an answer without a token": json(200, { status: "success" }),
    "half an answer": answer(200, "application/json", '{"token":"ey'),
    "null": json(200, null),
    "a line that is cut": "cut",
    ...backend.alike,
  };
  test(`${name}: what looks like a refusal and is none keeps the session`, async (t) => {
    const { session, asked, clock, signIn, call, expire, instead, fetch } = await open(t, backend);
    await signIn();
    for (const [title, given] of Object.entries(alike)) {
      await expire();
      const undo = instead(given);
      if (backend.margin) {
        // The token still lives: a renewal that fails is nobody's business.
        assert.equal((await fetch()).status, 200, title);
        await failure(session.renew());
      } else {
        const error = await failure(call());
        assert.ok(["network", "server", "protocol"].includes(error.code), `${title}: ${error}`);
      }
      assert.deepEqual([session.status, asked], ["signedIn", []], title);
      undo();
      if (backend.margin) {
        await session.logout();
        await signIn();
      } else {
        await clock.advance(600);
        await call();
      }
    }
  });
}

/** Backends where only the user can get the next token. */
export function asksForLogin(name, backend) {
  test(`${name}: login, call, expiry, login, logout`, async (t) => {
    const { session, asked, signIn, call, expire, raw, lastHeader, ended, revoked = true, clock } = await open(t, backend);
    await signIn();
    await call();
    await expire();
    const errors = await Promise.all(Array.from({ length: 10 }, () => failure(call())));
    for (const { code, reason } of errors) assert.deepEqual([code, reason], ["login_required", "expired"]);
    assert.deepEqual([session.status, asked], ["signedOut", ["expired"]]);
    await signIn();
    await call();
    const last = lastHeader();
    assert.deepEqual(await session.logout(), { revoked });
    if (ended === "access") assert.notEqual((await raw(last)).status, 200);
    await clock.advance(2);
    await signIn();
    await call();
    assert.deepEqual(asked, ["expired"]);
  });

  for (const [title, rejection] of Object.entries(backend.rejections)) {
    test(`${name}: a token that the API rejects (${title}) ends the session, and asks for one login`, async (t) => {
      const { gate, session, asked, signIn, call, fetch, path } = await open(t, backend);
      await signIn();
      const undo = gate.instead(path, rejection);
      for (const outcome of await Promise.allSettled(Array.from({ length: 5 }, fetch))) {
        if (outcome.status === "rejected") assert.equal(outcome.reason.code, "login_required");
        else assert.equal(outcome.value.status, rejection.status);
      }
      assert.deepEqual([session.status, asked.length], ["signedOut", 1]);
      undo();
      await signIn();
      await call();
    });
  }
  everyBackend(name, backend);
}

function everyBackend(name, backend) {
  if (backend.wrong) {
    test(`${name}: wrong credentials are refused, and nothing else happens`, async (t) => {
      const { session, asked, gate, signIn, call } = await open(t, backend);
      const error = await failure(session.login(backend.wrong));
      assert.deepEqual([error.code, error.retryable], ["login_refused", false]);
      assert.ok(error.status >= 400 && error.status < 500, String(error.status));
      assert.deepEqual([session.status, asked, gate.seen.length], ["signedOut", [], 1]);
      await signIn();
      await call();
    });
  }

  test(`${name}: a session goes on after a reload, as the same user's`, async (t) => {
    const { another, signIn, expire, call, path, gate, ...context } = await open(t, backend);
    const items = new Map();
    const storage = { getItem: (key) => items.get(key), setItem: (key, value) => items.set(key, value), removeItem: (key) => items.delete(key) };
    const before = another({ storage, name: "reloaded" });
    await (backend.signIn ? backend.signIn(before, { gate, ...context }) : before.login(backend.credentials));
    const { subject, generation } = before.getSnapshot();
    before.dispose();

    const after = another({ storage, name: "reloaded" });
    assert.deepEqual([after.status, after.getSnapshot().subject, after.getSnapshot().generation], ["signedIn", subject, generation]);
    const [, init, shown] = backend.call;
    assert.ok((await (await after.fetch(path, init)).text()).includes(shown));
    await expire();
    const outcome = await after.fetch(path, init).then(({ status }) => status, ({ code }) => code);
    assert.ok([200, "login_required"].includes(outcome), String(outcome));
    assert.deepEqual([after.status, after.getSnapshot().subject], outcome === 200 ? ["signedIn", subject] : ["signedOut", undefined]);
  });

  test(`${name}: what another token would not help is the caller's, without a renewal`, async (t) => {
    const { session, asked, gate, signIn, fetch, path, renewals } = await open(t, backend);
    await signIn();
    const others = { ...backend.others, "a missing scope": json(401, {}, { "www-authenticate": scopeMissing }), "a missing scope, too": json(403, {}, { "www-authenticate": scopeMissing }), nothing: html(404), "a crash": html(500) };
    for (const [title, given] of Object.entries(others)) {
      const undo = gate.instead(path, given);
      const before = gate.seen.length;
      assert.equal((await fetch()).status, given.status, title);
      assert.deepEqual([renewals(), gate.seen.length, session.status, asked], [0, before + 1, "signedIn", []], title);
      undo();
    }
  });

  test(`${name}: no token stands in any address, and no cookie goes along`, async (t) => {
    const { session, gate, signIn, call, expire } = await open(t, backend);
    await signIn();
    await call();
    const tokens = [await session.accessToken()];
    await expire();
    await call().catch(() => signIn());
    tokens.push(await session.accessToken());
    await session.logout();
    const [renewalPath] = backend.renewal;
    for (const { path, target, headers, body } of gate.seen) {
      // Some answer 401 to one that has run out although the refresh token is fine.
      if (path === renewalPath && !backend.margin) for (const token of tokens) assert.ok(![headers.authorization, body].join().includes(token), "a renewal carries an access token");
      for (const token of tokens) assert.ok(!target.includes(token.slice(-16)) && !target.includes(encodeURIComponent(token.slice(-16))), target.split("?")[0]);
      assert.equal(headers.cookie, undefined);
    }
    assert.ok(!JSON.stringify(session.explain()).includes(tokens[1].slice(-16)));
  });
}
