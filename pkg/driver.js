// Drives the core: feeds it what happened, does what it says, answers who waits. What is to be done is
// decided in the wasm alone; see `Machine` in the crate for the contract.
import { openChannel } from "./browser/channel.js";
import { readClocks } from "./browser/clock.js";
import { openTurns } from "./browser/locks.js";
import { watchPage } from "./browser/page.js";
import { openStorage } from "./browser/storage.js";
import { after } from "./browser/timer.js";
import { makeTransport, tellSent } from "./browser/transport.js";
import { checkCredentials, checkOptions, checkTokens, findEndpoint, takeToken } from "./options.js";
import { makeFetch } from "./request.js";
import { isSessionError } from "./session.js";

// A page that is reloaded or left sees its requests fail, and runs on for some ten milliseconds: not
// long enough to take that for a network that is down, and to tell the other tabs.
const GOING_AWAY = 250;

// How long a storage of the app's own may keep its answer to itself. Another one answers at once.
const STORAGE_ANSWERS_WITHIN = 5_000;

// How long a fence stands that is raised after `dispose`: until every tab can see what was stored, and no
// longer. Whoever holds it cannot give anybody the token that it stands for.
const LAST_FENCE = 1_000;

// A list, because names would weigh as much as all the rest of it.
const PAGE = [after, openChannel, openTurns, readClocks, watchPage];

/**
 * @param Core The wasm's class.
 * @param hooks `error(code, message, rest)` makes an error of the session; `emit(type, detail)` tells the app.
 * @param page The adapters of this page, or those of `tokenkeep/testing`.
 */
export function drive(Core, options, hooks, [after, openChannel, openTurns, readClocks, watchPage] = PAGE) {
  const refuse = (message) => hooks.error("invalid_config", message);
  const settings = checkOptions(options, refuse);
  const key = `tokenkeep:${settings.name}`;
  const { storage, shared, blocked } = openStorage(settings.storage, key);
  const { renewal, idle, absolute, warnBefore, hold } = options;
  // Of `crypto`, which nobody replaces by something that gives every tab the same.
  const [seed] = crypto.getRandomValues(new BigUint64Array(1));
  const core = new Core(JSON.stringify({ protocol: settings.protocol, renewal, idle, absolute, warnBefore, hold }), shared, seed, ...readClocks());
  const transport = makeTransport(settings);
  const about = (kind, more) => core.handle(...readClocks(), JSON.stringify({ kind, ...more }));

  const events = [];
  const waiting = new Map();
  const secrets = new Map();
  const storing = [];
  const untold = [];
  let pumping = false;
  let storageBusy = false;
  let storageMute = false;
  let storagePatience;
  let tickets = 0;
  let lease;
  let shown;
  let claims;
  let timer;
  let armed;
  let due;
  let channel;
  let disposed = false;
  // Until the app can have begun to listen.
  let telling = true;

  const feed = (event) => {
    events.push(event);
    pump();
  };

  const turns = openTurns(key, (event) => feed(event));

  function pump() {
    if (pumping) return;
    pumping = true;
    try {
      for (let event; (event = events.shift()); ) {
        lease = undefined;
        const turn = JSON.parse(core.handle(...readClocks(), JSON.stringify(event)));
        due = turn.due;
        turn.effects.forEach(execute);
      }
    } finally {
      pumping = false;
    }
    arm();
    tell();
  }

  function execute(effect) {
    const { kind, ticket } = effect;
    if (kind === "read" || kind === "commitIf") {
      storing.push(effect);
      store();
    } else if (kind === "acquireLock") turns.acquire();
    else if (kind === "releaseLock") turns.release();
    else if (kind === "raiseFence") {
      turns.raiseFence(effect);
      if (disposed) after(LAST_FENCE, turns.drop);
    } else if (kind === "renew") send("renew", effect, { kind: "renewalSettled", flight: effect.flight });
    else if (kind === "sendLogin") send("login", effect, { kind: "loginSettled", ticket }, secrets.get(ticket));
    else if (kind === "revoke") send("logout", effect, { kind: "revocationSettled", ticket }, undefined, true);
    else if (kind === "deliver") waiting.get(ticket)?.(effect);
    else if (kind === "announce") channel?.say(effect.text);
    else {
      if (effect.type === "change") shown = undefined;
      untold.push(effect);
    }
  }

  // One after the other. What is answered at once is taken in at once. A storage that does not answer is one
  // that fails, until it does.
  function store() {
    if (storageMute) storeNothing();
    if (storageBusy) return;
    storageBusy = true;
    while (storing.length) {
      const effect = storing.shift();
      const { op } = effect;
      const event = effect.kind === "read" ? storage.read({ kind: "recordRead", op }) : storage.commitIf({ kind: "committed", op }, effect);
      if (event.then) {
        storagePatience = after(STORAGE_ANSWERS_WITHIN, () => {
          storageMute = true;
          storing.unshift(effect);
          storeNothing();
          pump();
        });
        event.then((event) => {
          storagePatience();
          storageMute = false;
          events.push(event);
          storageBusy = false;
          store();
          pump();
        });
        return;
      }
      events.push(event);
    }
    storageBusy = false;
  }

  function storeNothing() {
    for (const { kind, op } of storing.splice(0)) {
      events.push({ kind: kind === "read" ? "recordRead" : "committed", op, fault: "the storage did not answer in time" });
    }
  }

  async function send(operation, { call }, event, secret, outlivesPage) {
    // Later, so that nothing of the app's own runs in the middle of a turn.
    await null;
    const reply = await transport.exchange(operation, call, secret, { outlivesPage });
    if (secret && reply) tellSent(settings.protocol, secret, reply.headers);
    if (!reply && !outlivesPage) await after(GOING_AWAY);
    feed({ ...event, ...reply });
  }

  function arm() {
    if (due === armed) return;
    timer?.();
    armed = due;
    timer = due === undefined ? undefined : after(due - readClocks()[0], wake);
  }

  function wake() {
    armed = undefined;
    feed({ kind: "timeout" });
  }

  function tell() {
    if (telling) return;
    telling = true;
    for (let notice; (notice = untold.shift()); ) hooks.emit(notice.type, notice.detail ?? snapshot());
    telling = false;
  }

  // The machine is asked at once, before anything is awaited: calls keep the order in which they are made.
  function ask(event, signal, secret) {
    // Older browsers have no reasons.
    const why = () => signal.reason ?? new DOMException("the operation was aborted", "AbortError");
    if (signal?.aborted) return Promise.reject(why());
    return new Promise((resolve, reject) => {
      const ticket = ++tickets;
      const settle = (settled, value) => {
        waiting.delete(ticket);
        secrets.delete(ticket);
        signal?.removeEventListener("abort", abort);
        settled(value);
      };
      const abort = () => {
        if (!waiting.has(ticket)) return;
        settle(reject, why());
        feed({ kind: "aborted", ticket });
      };
      waiting.set(ticket, (delivery) => {
        const { error } = delivery;
        if (error) settle(reject, failed(error));
        else settle(resolve, delivery);
      });
      if (secret) secrets.set(ticket, secret);
      feed({ ...event, ticket });
      signal?.addEventListener("abort", abort);
    });
  }

  // The way of nearly every request: no storage, no JSON, no event.
  function freshLease() {
    if (lease && core.fresh(...readClocks())) return lease;
    const text = about("lease");
    return (lease = text ? JSON.parse(text) : undefined);
  }

  const failed = (error) => hooks.error(error.code, error.message, error);
  const show = (what) => JSON.parse(about(what));
  const snapshot = () => (shown ??= show("snapshot"));
  const settled = async (delivery) => (await delivery, snapshot());

  // Beside the session: none of its tokens is changed by it.
  async function call(name, body = {}) {
    const content = checkCredentials(body, refuse, "body");
    const { token } = findEndpoint(settings.protocol, name, refuse);
    const given = token?.from && takeToken(content, token.from, refuse);
    const sent = { endpoint: `endpoints.${name}`, token: given };
    let failure;
    const via = (request) => api(request, undefined, (request) => settings.send(request, name)).catch((error) => ((failure = error), undefined));
    const reply = await transport.exchange(name, sent, content, token === "access" ? { via } : {});
    if (isSessionError(failure)) throw failure;
    const error = about("failure", { ...reply, name });
    if (error) throw failed(JSON.parse(error));
    try {
      return reply.body ? JSON.parse(reply.body) : undefined;
    } catch {
      return reply.body;
    }
  }

  function join() {
    channel ??= shared ? openChannel(key, (text) => feed({ kind: "announced", text })) : undefined;
  }

  // An open channel or a held lock keeps a page out of the back/forward cache.
  function leave() {
    channel?.close();
    channel = undefined;
    turns.drop();
  }

  const unwatch = watchPage({
    key: shared && key,
    activity: idle !== undefined,
    left: leave,
    came(event) {
      if (event.kind === "pageResumed") {
        join();
        wake();
      }
      feed(event);
    },
  });
  // Without a page, as in Node, there are no other tabs, and an open channel would keep the process alive.
  if (unwatch) join();

  if (blocked) {
    const message = "the browser's storage is blocked or missing; the session lasts as long as this page";
    untold.push({ type: "diagnostic", detail: { code: "storage_blocked", message } });
  }
  wake();
  telling = untold.length > 0;
  if (telling) {
    queueMicrotask(() => {
      telling = false;
      tell();
    });
  }

  const api = makeFetch({
    ask,
    feed,
    settings,
    error: hooks.error,
    refuse,
    rejects: (answer) => about("rejects", answer),
    lease: freshLease,
  });

  return {
    fetch: (input, init) => api(input, init),
    call,
    has: (what, name) => about(what, { name: String(name) }) !== "",
    login: (credentials) => settled(ask({ kind: "loginWanted" }, undefined, checkCredentials(credentials, refuse))),
    accessToken: async () => (freshLease() ?? (await ask({ kind: "tokenWanted" })).lease).token,
    renew: () => settled(ask({ kind: "renewalWanted" })),
    adopt: (tokens) => settled(ask({ ...checkTokens(tokens, refuse), kind: "adopted" })),
    logout: async () => ({ revoked: (await ask({ kind: "logoutWanted" })).revoked }),
    cancelLogin: () => feed({ kind: "loginCancelled" }),
    touch: () => feed({ kind: "userActive" }),
    snapshot,
    claims() {
      const text = about("claims");
      if (claims?.text !== text) claims = { text, value: text ? parse(text) : undefined };
      return claims?.value;
    },
    explain: () => show("timeline"),
    dispose() {
      disposed = true;
      feed({ kind: "disposed" });
      storagePatience?.();
      unwatch?.();
      leave();
    },
  };
}

function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
