// What the steps share: the configuration as it is by now, a device that is signed in, and what was found.
import { asked, describe } from "./answer.js";
import { listOf, merge } from "./configuration.js";
import { Device } from "./device.js";
import { open } from "./finding.js";
import { Secrets } from "./secrets.js";
import { Wire } from "./wire.js";

export class Lab {
  secrets = new Secrets();
  findings = [];
  /** Every exchange of every device. */
  #wires = [];
  #devices = new Set();
  /** Tokens that were handed over, and not used yet. */
  #left;
  /** Access tokens that were signed out. */
  #ended = new Set();
  /** The device that is signed in, if there is one. */
  device;
  /** What was learned on the way: `rotates`, `reuse`, `lost`, `paths`. */
  facts = {};

  /** @param say Hears of each finding. @param sleep Waits so many ms. */
  constructor({ flags, protocol, login, tokens, say = () => {}, sleep, fetch }) {
    Object.assign(this, { flags, protocol, login, tokens, resource: flags.resource, say, sleep, fetch });
    for (const given of [login, tokens ?? []].flat()) this.secrets.learnCredentials(given ?? {});
    this.#left = [...(tokens ?? [])];
    learnFixed(protocol, this.secrets);
  }

  note(...findings) {
    for (const finding of findings) {
      this.findings.push(finding);
      this.say(finding);
      if (finding.put) this.put(finding.put);
    }
  }

  /** Goes on with a changed configuration. */
  put(put) {
    const protocol = merge(this.protocol, put);
    try {
      this.open(undefined, protocol);
    } catch (error) {
      this.note(open("configuration", "one that seemed to fit is not taken by the session", this.secrets.hide(error.message)));
      return;
    }
    this.protocol = protocol;
  }

  /** A list of the protocol, to be added to. */
  listed(name) {
    return listOf(this.protocol, name);
  }

  /** @param text The record that it finds. @param protocol Another one than that of now. */
  open(text, protocol = this.protocol) {
    const { base, origin, timeout } = this.flags;
    const device = new Device({ base, protocol, origin, timeout, secrets: this.secrets, fetch: this.fetch }, text);
    this.#devices.add(device);
    this.#wires.push(device.wire);
    return device;
  }

  /** A device on which somebody has just signed in. What came of it; `device` stays as it was where nothing did. */
  async signIn(protocol = this.protocol) {
    const attempt = await this.#signIn(protocol);
    const { access } = attempt.device?.record ?? {};
    if (!access || !this.#ended.has(access)) return attempt;
    // Within one second a server may give the same token again, which a logout has just ended.
    await this.sleep(1100);
    return this.#signIn(protocol);
  }

  async #signIn(protocol) {
    let device;
    try {
      device = this.open(undefined, protocol);
    } catch (error) {
      return { error, seen: [] };
    }
    const tokens = this.#left.shift();
    const attempt = await device.attempt((session) => (tokens ? session.adopt(tokens) : session.login(this.login)));
    if (device.isSignedIn) this.device = device;
    return { ...attempt, device };
  }

  /** Signs out and in again, so that what a step does harms no other. Whether there is a session then. */
  async again() {
    await this.leave();
    // Tokens that were handed over cannot be had again.
    if (this.tokens && this.#left.length === 0) {
      if (!this.facts.spent) this.note(open("tokens", "used up", "what needs a session is missing from here on; --tokens takes several, each for a session of its own, as a list"));
      this.facts.spent = true;
      return false;
    }
    const { device, seen } = await this.signIn();
    if (device?.isSignedIn) return true;
    const answer = seen.at(-1);
    if (answer) this.note(open("login", `once more: ${asked(answer)} → ${describe(answer, this.secrets)}`, "what needs a session is missing from here on"));
    return false;
  }

  async leave() {
    const { device } = this;
    this.device = undefined;
    if (!device?.isSignedIn) return;
    this.#ended.add(device.record.access);
    await device.attempt((session) => session.logout());
  }

  /** Goes on with this record, as one who opens the page does. */
  resume(text) {
    this.device = this.open(text);
    return this.device;
  }

  /** A call of the app's, or else asking for a token, which renews alike. */
  call = (session) => (this.resource ? session.fetch(this.resource.path, { method: this.resource.method }) : session.accessToken());

  isResource = ({ method, path }) => this.resource !== undefined && method === this.resource.method && path === this.resource.path;

  /** Calls with an access token and nothing else. The answer. */
  async callWith(accessToken) {
    if (!this.resource) return undefined;
    const device = this.open();
    await device.attempt((session) => session.adopt({ accessToken, expiresIn: 3600 }));
    const { seen } = await device.attempt(this.call);
    return seen.find(this.isResource);
  }

  /** The same call without a token. Its answer. */
  anonymously() {
    const { base, origin } = this.flags;
    return this.#send(new Request(new URL(this.resource.path, base), { method: this.resource.method }), origin);
  }

  /** What a browser asks before it sends a request like `example` from a page of `origin`. The answer, if one comes. */
  preflight({ url, method }, origin, names) {
    const headers = { "access-control-request-method": method, ...(names.length && { "access-control-request-headers": names.sort().join(",") }) };
    return this.#send(new Request(url, { method: "OPTIONS", headers, redirect: "manual" }), origin);
  }

  async #send(request, origin) {
    const wire = new Wire({ origin, timeout: this.flags.timeout, secrets: this.secrets, fetch: this.fetch });
    await wire.fetch(request).catch(() => {});
    const [note] = wire.seen;
    return note.status === undefined ? undefined : note;
  }

  /** Everything that went over any wire, and was answered. */
  get exchanges() {
    return this.#wires.flatMap(({ seen }) => seen).filter(({ status }) => status !== undefined);
  }

  dispose() {
    for (const device of this.#devices) device.dispose();
  }
}

// Whatever the app sends along and does not want to see again.
function learnFixed(value, secrets, name = "") {
  if (typeof value === "string" && /secret|passw|api.?key|authorization|cookie/i.test(name)) secrets.learn(value, ...value.split(" ").slice(1));
  else if (typeof value === "object" && value !== null) for (const [name, inner] of Object.entries(value)) learnFixed(inner, secrets, name);
}
