// Watches one session of this page: its timeline, what it says, what the app asks of it, and the page it lives in.
// Everything is redacted before it is kept.
import { RELATIVE, textsIn } from "./redact.js";

const LOOK_EVERY = 250;
const FOLDED_WITHIN = 1_000;
const FOLDED_OVER = 6;
const CALLS = ["fetch", "login", "logout", "renew", "accessToken", "adopt", "call"];
const CREDENTIALS = { login: 0, adopt: 0, call: 1 };
const EVENTS = ["signedIn", "renewed", "loginRequired", "signedOut", "expiring", "extended", "change"];
// Clocks of a page and of its network log differ by as much.
const SLACK = 20;
// Requests whose way through the network may still be told.
const TRACED = 200;

// Of all entries of this page, whatever session they are of.
let ids = 0;

export class Recorder {
  #session;
  #redactor;
  #tell;
  #lines = [];
  #state;
  #recent = [];
  #traced = new Map();
  #stops = [];
  #opened;

  /** `tell(entry)`: of a new entry, and of one that has changed. */
  constructor(session, redactor, tell) {
    this.#session = session;
    this.#redactor = redactor;
    this.#tell = tell;
  }

  start() {
    this.#opened = Date.now();
    const timer = setInterval(() => this.look(), LOOK_EVERY);
    this.#stops = [
      () => clearInterval(timer),
      ...EVENTS.map((type) => this.#session.on(type, () => this.look())),
      this.#session.on("diagnostic", ({ code, message }) => this.#diagnosed(code, message)),
      ...CALLS.map((name) => this.#watch(name)),
      this.#watchPage(),
      this.#watchNetwork(),
    ];
    this.#page("opened");
    if (navigator.onLine === false) this.#page("offline");
    this.look();
  }

  stop() {
    this.look();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** A mark of the app's own. */
  mark(text) {
    this.#add({ kind: "mark", what: "mark", detail: this.#redactor.text(text) });
  }

  look() {
    const snapshot = this.#session.getSnapshot();
    this.#redactor.learn(snapshot.subject);
    this.#redactor.learn(this.#session.claims?.sub);
    const lines = this.#session.explain();
    for (const line of appended(this.#lines, lines)) this.#note(line);
    this.#lines = lines;
    this.#noteState(snapshot);
  }

  // What the server called a refusal is of its own making; with what was typed at hand it can be told from that.
  #note({ at, what, detail }) {
    const told = what === "login_refused" ? at >= this.#opened && detail && this.#redactor.code(detail) : detail && this.#redactor.text(detail);
    const text = told || undefined;
    const same = this.#recent.find((entry) => entry.what === what && entry.detail === text && at - (entry.until ?? entry.at) <= FOLDED_WITHIN);
    if (same) {
      Object.assign(same, { times: (same.times ?? 1) + 1, until: at });
      return this.#tell(same);
    }
    const entry = this.#add({ kind: "session", what, detail: text, at });
    this.#recent = [...this.#recent, entry].slice(-FOLDED_OVER);
  }

  #noteState({ status, renewing, generation, obtainedAt, expiresAt, refreshExpiresAt, reason, held }) {
    const state = { what: status, renewing, generation, obtainedAt, expiresAt, refreshExpiresAt, reason, held: held || undefined };
    const text = JSON.stringify(state);
    if (text === this.#state) return;
    this.#state = text;
    this.#add({ kind: "state", ...state });
  }

  // Most of them stand in the timeline, too; one from before the session's first turn does not.
  #diagnosed(code, message) {
    this.look();
    if (this.#lines.some((line) => line.what === code)) return;
    this.#add({ kind: "session", what: this.#redactor.code(code), detail: this.#redactor.text(message) });
  }

  #page(what) {
    this.#add({ kind: "page", what });
  }

  #add(entry) {
    const added = { id: ++ids, at: Date.now(), ...entry };
    this.#tell(added);
    return added;
  }

  // On the instance, so that nothing is changed for any other session, and taken back in the end. Whoever has taken the method away
  // before, or put his own over it, keeps what he has: it goes on to work, unseen.
  #watch(name) {
    const session = this.#session;
    const original = session[name];
    if (typeof original !== "function") return () => {};
    const isOwn = Object.hasOwn(session, name);
    let open = true;
    const watched = (...args) => (open ? this.#call(name, args, () => original.apply(session, args)) : original.apply(session, args));
    session[name] = watched;
    return () => {
      open = false;
      if (session[name] !== watched) return;
      if (isOwn) session[name] = original;
      else delete session[name];
    };
  }

  #call(what, args, proceed) {
    const request = what === "fetch" ? requestOf(args) : undefined;
    const forget = this.#redactor.during(textsIn(args[CREDENTIALS[what]]));
    const about = request ? { method: request.method, url: this.#redactor.url(request.url) } : {};
    const entry = this.#add({ kind: "call", what, ...about });
    if (request) this.#trace(entry, request.url);
    const endpoint = () => (what === "call" ? { detail: this.#redactor.code(args[0]) } : {});
    const end = (outcome) => {
      this.look();
      forget();
      Object.assign(entry, { end: Date.now(), ...outcome });
      this.#tell(entry);
    };
    // A promise of its own, which nobody has looked at yet: a rejection that the app forgets is still reported as one.
    return proceed().then(
      (answer) => {
        const revoked = what === "logout" && { detail: answer.revoked ? "revoked" : "not revoked" };
        end(request ? { status: Number(answer?.status) } : (revoked || endpoint()));
        return answer;
      },
      (error) => {
        const { code, name = "thrown", status } = error ?? {};
        // What there is no endpoint of that name for is no name, perhaps.
        end({ error: this.#redactor.code(typeof code === "string" ? code : name), status, ...(code === "invalid_config" ? {} : endpoint()) });
        throw error;
      },
    );
  }

  #watchPage() {
    const watch = new AbortController();
    const { signal } = watch;
    const on = (target, type, what) => target.addEventListener(type, (event) => this.#page(what(event)), { signal, capture: true });
    on(window, "online", () => "online");
    on(window, "offline", () => "offline");
    on(window, "pagehide", () => "left");
    on(document, "visibilitychange", () => document.visibilityState);
    on(document, "freeze", () => "frozen");
    on(document, "resume", () => "resumed");
    window.addEventListener("pageshow", (event) => event.persisted && this.#page("back"), { signal });
    return () => watch.abort();
  }

  // The browser's own log tells when a request of the app's was really on its way: the rest of the time it has waited for a token.
  #watchNetwork() {
    if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes("resource")) return () => {};
    const observer = new PerformanceObserver((list) => {
      for (const timing of list.getEntries()) if (timing.initiatorType === "fetch") this.#sent(timing);
    });
    observer.observe({ type: "resource" });
    return () => observer.disconnect();
  }

  #trace(entry, url) {
    this.#traced.set(entry, url);
    if (this.#traced.size > TRACED) this.#traced.delete(this.#traced.keys().next().value);
  }

  // An answer that nobody reads to its end may be told of late, or never.
  #sent({ name, startTime, responseStart, responseEnd, responseStatus }) {
    const shift = Date.now() - performance.now();
    const sent = { at: Math.round(startTime + shift), end: Math.round((responseStart || responseEnd) + shift), ...(responseStatus ? { status: responseStatus } : {}) };
    const fits = [...this.#traced].filter(([{ at, end = Infinity }, url]) => sent.at >= at - SLACK && sent.end <= end + SLACK && isAddress(name, url)).map(([entry]) => entry);
    const entry = fits.find((entry) => !entry.sent) ?? fits.find((entry) => isAnother(sent, entry.sent));
    if (!entry) return;
    entry.sent = [...(entry.sent ?? []), sent].sort((one, other) => one.at - other.at);
    this.#tell(entry);
  }
}

// The same request is sent a second time where the first was refused, and no third time.
function isAnother(sent, [known, more]) {
  const apart = known.end <= sent.at || sent.end <= known.at;
  return !more && apart && [known, sent].some(({ status = 401 }) => status >= 400);
}

/** What `after` has more than `before`: both show the end of one growing list. */
export function appended(before, after) {
  for (let from = 0; from < before.length; from++) {
    const kept = before.length - from;
    if (kept <= after.length && isSame(before[from], after[0]) && isSame(before.at(-1), after[kept - 1])) return after.slice(kept);
  }
  return after;
}

const isSame = (one, other) => one.at === other.at && one.what === other.what && one.detail === other.detail;

function requestOf([input, init]) {
  const isRequest = typeof input === "object" && input !== null && typeof input.url === "string";
  return { method: String(init?.method ?? (isRequest ? input.method : "GET")).toUpperCase().slice(0, 16), url: isRequest ? input.url : String(input) };
}

// What the app has called it, and what the browser has.
function isAddress(absolute, given) {
  try {
    const [one, other] = [new URL(absolute), new URL(given, RELATIVE)];
    return one.pathname + one.search === other.pathname + other.search && (other.origin === RELATIVE || other.origin === one.origin);
  } catch {
    return false;
  }
}
