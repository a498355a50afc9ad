import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, Process } from "./process.mjs";

const root = process.env.TOKENKEEP_ROOT ?? fileURLToPath(new URL("../../..", import.meta.url));
const binary = process.env.TOKENKEEP_SERVER_BIN ?? join(root, "target/debug/tokenkeep-dev");

/** The package as it was built. */
export const PACKAGE = join(root, "pkg");
/** A page with nothing but the package and what tests need; and the demo. */
export const BARE = fileURLToPath(new URL("../page", import.meta.url));
export const DEMO = join(root, "www");

export const ADA = { username: "ada", password: "correct horse battery" };
export const BOB = { username: "bob", password: "staple correct horse" };

/** Seconds. Long enough that no token runs out by itself in the middle of a test; tests make it run out. */
const LIFETIME = 300;
/** Seconds after which an access token has surely run out; the server counts in whole ones. */
export const OUTLIVED = LIFETIME + 2;

// Pages of tests fetch from elsewhere and evaluate what they are told. The demo keeps to what the server sets by itself.
const policy = (page) => (page === DEMO ? {} : { csp: "frame-ancestors 'self'" });

/** The reference server, with its faults under control. */
export class Server {
  #process;
  #args;
  #port;
  #key = Array.from({ length: 8 }, () => Math.random().toString(36).slice(2)).join("");
  #aheadMs = 0;

  /** `flags` are those of `tokenkeep-dev`, camelCased. Strict rotation is the default here: it forgives nothing. */
  static async start({ page = BARE, users = [ADA, BOB], ...flags } = {}) {
    const server = new Server(page, users, { rotation: "strict", accessLifetime: LIFETIME, ...policy(page), ...flags });
    await server.start();
    return server;
  }

  constructor(page, users, flags) {
    const asFlag = ([name, value]) => ["--" + name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), String(value)];
    this.#args = [
      ...Object.entries(flags).flatMap(([name, values]) => [values].flat().flatMap((value) => asFlag([name, value]))),
      ...users.flatMap(({ username, password }) => ["--user", `${username}:${password}`]),
      ...["--serve", `/=${page}`, "--serve", `/pkg=${PACKAGE}`, "--faults"],
    ];
  }

  get origin() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts it; again at the same address after {@link stop}. */
  async start() {
    this.#port ??= await freePort();
    this.#process = await Process.start(binary, ["--addr", `127.0.0.1:${this.#port}`, ...this.#args], {
      ready: /^tokenkeep-dev listening on http:/,
      env: { TOKENKEEP_SIGNING_KEY: this.#key },
    });
  }

  async stop() {
    await this.#process.stop();
  }

  /** Bends the next answer, or the next `times` answers, of an endpoint. */
  rule(rule) {
    return this.#control("rules", rule);
  }

  clearRules() {
    return this.#control("rules", undefined, "DELETE");
  }

  /** Sends the answers that a rule delays, now. */
  release() {
    return this.#control("release", {});
  }

  /** Forgets rules, counters, the log, and the time that has passed here alone. */
  reset() {
    this.#aheadMs = 0;
    return this.#control("reset", {});
  }

  /** Ends all sessions of a user, access tokens included. */
  revoke({ username }) {
    return this.#control("revoke", { username });
  }

  /** Lets time pass here, and here alone: tokens that browsers think fresh have run out. */
  age(seconds) {
    this.#aheadMs += seconds * 1000;
    return this.#control("clock", { shiftMs: this.#aheadMs });
  }

  log() {
    return this.#control("log", undefined, "GET");
  }

  /** A counter of the log. */
  async count(name) {
    const { counters } = await this.log();
    return counters[name] ?? 0;
  }

  /** How renewals went since the start. */
  async renewals() {
    const { counters } = await this.log();
    const count = (how) => counters[`renew.${how}`] ?? 0;
    return { asked: counters["requests.renew"] ?? 0, renewed: count("renewed"), replayed: count("replayed"), refused: count("refused") };
  }

  /** Waits for a request to `endpoint` that has come in. It may not have been processed yet: a client that leaves now can undo it. */
  async arrival(endpoint, options) {
    await this.counted(`requests.${endpoint}`, options);
  }

  /** Waits for a counter of the log, such as `renew.renewed`: that has happened, though the answer may still be under way. */
  async counted(name, { count = 1, within = 30_000 } = {}) {
    const latest = Date.now() + within;
    while ((await this.count(name)) < count) {
      if (Date.now() > latest) throw new Error(`no ${name} number ${count} within ${within} ms`);
    }
  }

  async #control(name, body, method = "POST") {
    const headers = body && { "Content-Type": "application/json" };
    const response = await fetch(`${this.origin}/__faults/${name}`, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`the server did not take ${name}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }
}
