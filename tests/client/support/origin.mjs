// The tabs of one origin, in one process: what they share, and what each of them hears.

/** `locks`, `storage` and `broadcast` may be replaced before a tab is opened; `undefined` is a browser without. */
export function openOrigin(t) {
  const channels = new Set();
  const tabs = [];
  let current;

  class Channel extends EventTarget {
    constructor(name) {
      super();
      this.name = name;
      channels.add(this);
    }
    postMessage(data) {
      if (!channels.has(this)) throw new DOMException("closed", "InvalidStateError");
      for (const other of [...channels]) {
        if (other === this || other.name !== this.name) continue;
        queueMicrotask(() => channels.has(other) && other.dispatchEvent(new MessageEvent("message", { data })));
      }
    }
    close() {
      channels.delete(this);
    }
  }

  const origin = {
    channels,
    storage: new Store(),
    locks: new Locks(),
    broadcast: Channel,
    /** Opens a tab. `start` runs in it. */
    tab() {
      const tab = {
        window: new EventTarget(),
        document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
        run(start) {
          const before = current;
          current = tab;
          try {
            return start();
          } finally {
            current = before;
          }
        },
        /** Something happens to the page. */
        tell(type, more) {
          tab.window.dispatchEvent(Object.assign(new Event(type), more));
        },
        look(visible) {
          tab.document.visibilityState = visible ? "visible" : "hidden";
          tab.document.dispatchEvent(new Event("visibilitychange"));
        },
      };
      tabs.push(tab);
      return tab;
    },
    fences: (name) => origin.locks.names("held").flatMap((held) => (held.startsWith(`tokenkeep:${name}:fence:`) ? [held.split(":fence:")[1]] : [])),
  };

  const globals = {
    window: () => globalThis,
    document: () => current?.document,
    localStorage: () => (typeof origin.storage === "function" ? origin.storage() : origin.storage),
    navigator: () => ({ locks: origin.locks }),
    BroadcastChannel: () => origin.broadcast,
    addEventListener: () => (type, listener) => current.window.addEventListener(type, listener),
    removeEventListener: () => (type, listener) => tabs.forEach((tab) => tab.window.removeEventListener(type, listener)),
  };
  const before = new Map();
  for (const [name, get] of Object.entries(globals)) {
    before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { get, configurable: true });
  }
  t.after(() => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  });
  return origin;
}

/** `localStorage`. */
export class Store {
  items = new Map();
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  setItem(key, text) {
    this.items.set(key, text);
  }
  removeItem(key) {
    this.items.delete(key);
  }
}

/** `navigator.locks`. */
export class Locks {
  held = [];
  pending = [];
  #late = () => false;

  request(name, { mode = "exclusive", signal }, callback) {
    return new Promise((resolve, reject) => {
      if (name.startsWith("-")) return reject(new DOMException("reserved", "NotSupportedError"));
      if (signal?.aborted) return reject(signal.reason);
      const lock = { name, mode, callback, resolve, reject };
      this.pending.push(lock);
      signal?.addEventListener("abort", () => {
        if (!this.pending.includes(lock)) return;
        this.pending.splice(this.pending.indexOf(lock), 1);
        reject(signal.reason);
        this.#grant();
      });
      queueMicrotask(() => this.#grant());
    });
  }

  async query() {
    const show = ({ name, mode }) => ({ name, mode });
    return { held: this.held.map(show), pending: this.pending.map(show) };
  }

  names(which) {
    return this[which].map(({ name }) => name);
  }

  /** Grants nothing of such names until the function that this returns is called. */
  delay(matches) {
    this.#late = matches;
    return () => {
      this.#late = () => false;
      this.#grant();
    };
  }

  /** Takes a lock as a tab of elsewhere would. */
  async take(name, mode) {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await new Promise((granted) => this.request(name, { mode }, () => (granted(), held)));
    return release;
  }

  #grant() {
    for (const lock of [...this.pending]) {
      const before = this.pending.slice(0, this.pending.indexOf(lock));
      const conflicts = ({ name, mode }) => name === lock.name && (mode === "exclusive" || lock.mode === "exclusive");
      if (this.#late(lock.name) || this.held.some(conflicts) || before.some(conflicts)) continue;
      this.pending.splice(this.pending.indexOf(lock), 1);
      this.held.push(lock);
      const ended = (settle) => (value) => {
        this.held.splice(this.held.indexOf(lock), 1);
        settle(value);
        this.#grant();
      };
      queueMicrotask(() => {
        let answer;
        try {
          answer = lock.callback({ name: lock.name, mode: lock.mode });
        } catch (error) {
          answer = Promise.reject(error);
        }
        Promise.resolve(answer).then(ended(lock.resolve), ended(lock.reject));
      });
    }
  }
}
