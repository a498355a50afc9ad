// One browser: a session on a storage of its own, which can begin with any record.
import { openChannel } from "../../browser/channel.js";
import { readClocks } from "../../browser/clock.js";
import { watchPage } from "../../browser/page.js";
import { after } from "../../browser/timer.js";
import { Session } from "../../index.js";
import { readRecord } from "./record.js";
import { Wire } from "./wire.js";

let devices = 0;

// The lock of a browser with one tab: it is there when it is asked for. Without any, a renewal takes half a second longer.
const alone = (_, feed) => ({ acquire: () => queueMicrotask(() => feed({ kind: "lockSettled", granted: true })), release() {}, raiseFence() {}, drop() {} });
const PAGE = [after, openChannel, alone, readClocks, watchPage];

export class Device {
  #text;
  #secrets;

  /** @param text The record that it finds. */
  constructor({ base, protocol, secrets, ...rest }, text) {
    this.#text = text;
    this.#secrets = secrets;
    this.wire = new Wire({ secrets, ...rest });
    const { send } = protocol;
    const options = {
      baseUrl: base,
      protocol: send ? { ...protocol, send: (request, operation) => this.wire.watch(request, (watched) => send(watched, operation)) } : protocol,
      storage: this,
      name: `probe-${++devices}`,
      fetch: this.wire.fetch,
    };
    this.session = new Session(options, PAGE);
  }

  /** What is stored. */
  get text() {
    return this.#text;
  }

  get record() {
    return readRecord(this.#text);
  }

  get isSignedIn() {
    return this.session.status === "signedIn";
  }

  /** Does something; what came of it, and what went over the wire meanwhile. */
  async attempt(work) {
    const from = this.wire.seen.length;
    const outcome = await Promise.resolve()
      .then(() => work(this.session))
      .then((value) => ({ value }), (error) => ({ error }));
    return { ...outcome, seen: this.wire.seen.slice(from), text: this.#text };
  }

  dispose() {
    this.session.dispose();
  }

  // The storage of the session.
  getItem() {
    return this.#text;
  }

  setItem(_, text) {
    this.#text = text;
    const { access, refresh } = readRecord(text);
    this.#secrets.learn(access, refresh);
  }

  removeItem() {
    this.#text = undefined;
  }
}
