// The lanes: this tab's, and those of the other tabs that have their devtools open. Tabs tell each other what they have recorded,
// redacted before it leaves a page, over a channel of the devtools' own.

const KEPT = 1_500;
const TOLD_EVERY = 100;
const VERSION = 1;
const KINDS = ["session", "state", "call", "page", "mark"];
const NUMBERS = ["at", "until", "end", "times", "status", "generation", "obtainedAt", "expiresAt", "refreshExpiresAt", "held"];
const TEXTS = ["what", "detail", "method", "url", "error", "reason"];

export class Tabs {
  #redactor;
  #changed;
  #channel;
  #untold = new Map();
  #timer;
  #lanes = new Map();

  /** `changed()`: there is something new to be seen. */
  constructor(redactor, changed) {
    this.#redactor = redactor;
    this.#changed = changed;
  }

  /** In the order in which the tabs came. */
  get lanes() {
    return [...this.#lanes.values()];
  }

  open(name, label) {
    const id = this.#own?.id ?? randomId();
    this.#lanes.set(id, { since: Date.now(), entries: new Map(), ...this.#own, id, label, own: true, left: undefined });
    // A page that was closed and opened again is told of by others, and a browser may lack channels.
    if (!globalThis.BroadcastChannel) return;
    this.#channel = new BroadcastChannel(`tokenkeep-devtools:${name}`);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#say({ type: "hello" });
    this.#tellAll();
  }

  close() {
    this.#tellNew();
    this.#say({ type: "bye", at: Date.now() });
    this.#channel?.close();
    this.#channel = undefined;
    for (const lane of this.#lanes.values()) if (!lane.own) lane.left ??= Date.now();
    this.#changed();
  }

  /** What this tab has recorded. */
  add(entry) {
    const own = this.#own;
    if (!own) return;
    put(own, entry);
    this.#untold.set(entry.id, entry);
    // At once what cannot wait: nothing comes after it.
    if (entry.what === "left") this.#tellNew();
    else this.#timer ??= setTimeout(() => this.#tellNew(), TOLD_EVERY);
    this.#changed();
  }

  /** Forgets what was there, and who has left. */
  clear() {
    for (const lane of this.#lanes.values()) {
      lane.entries.clear();
      if (lane.left !== undefined) this.#lanes.delete(lane.id);
    }
    this.#changed();
  }

  get #own() {
    return this.lanes.find((lane) => lane.own);
  }

  #say(message) {
    const { id, label, since } = this.#own;
    this.#channel?.postMessage({ version: VERSION, tab: { id, label, since }, ...message });
  }

  #tellNew() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const entries = [...this.#untold.values()];
    this.#untold.clear();
    if (entries.length) this.#say({ type: "entries", entries });
  }

  #tellAll() {
    this.#say({ type: "entries", entries: [...this.#own.entries.values()] });
  }

  #hear(message) {
    const from = message?.version === VERSION && message.tab;
    if (!from || typeof from.id !== "string") return;
    const lane = this.#laneOf(from);
    if (message.type === "hello") this.#tellAll();
    if (message.type === "entries" && Array.isArray(message.entries)) {
      lane.left = undefined;
      for (const entry of message.entries) {
        const known = this.#known(entry);
        if (known) put(lane, known);
      }
    }
    if (message.type === "bye") lane.left = Number(message.at) || Date.now();
    this.#changed();
  }

  #laneOf({ id, label, since }) {
    const known = this.#lanes.get(id);
    if (known) return known;
    const lane = { id: this.#redactor.text(id), label: label && this.#redactor.text(label), since: Number(since) || Date.now(), own: false, entries: new Map() };
    this.#lanes.set(id, lane);
    return lane;
  }

  // Another tab may run another version of the package: nothing is taken over that is not known here.
  #known(entry) {
    if (!KINDS.includes(entry?.kind) || !Number.isInteger(entry.id) || !Number.isFinite(entry.at) || typeof entry.what !== "string") return undefined;
    const known = { id: entry.id, kind: entry.kind };
    for (const name of NUMBERS) if (Number.isFinite(entry[name])) known[name] = entry[name];
    for (const name of TEXTS) if (typeof entry[name] === "string") known[name] = name === "url" ? this.#redactor.url(entry[name]) : this.#redactor.text(entry[name]);
    if (typeof entry.renewing === "boolean") known.renewing = entry.renewing;
    const sent = Array.isArray(entry.sent) ? entry.sent.filter((each) => Number.isFinite(each?.at) && Number.isFinite(each.end)) : [];
    if (sent.length) known.sent = sent.map(({ at, end, status }) => ({ at, end, ...(Number.isFinite(status) ? { status } : {}) }));
    return known;
  }
}

function put(lane, entry) {
  lane.entries.set(entry.id, entry);
  if (lane.entries.size > KEPT) lane.entries.delete(lane.entries.keys().next().value);
}

const randomId = () => [...crypto.getRandomValues(new Uint8Array(2))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
