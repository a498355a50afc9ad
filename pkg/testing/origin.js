// What tabs of one origin share: a storage, locks, and a channel on which they hear each other.
import { watchPage } from "../browser/page.js";

export class Origin {
  #clock;
  #tabs = new Set();
  #items = new Map();
  #queue = [];

  constructor(clock) {
    this.#clock = clock;
  }

  /** A `StorageLike`. Whoever reads sees what was last written. */
  storage = {
    getItem: (key) => this.#items.get(key),
    setItem: (key, text) => void this.#items.set(key, text),
    removeItem: (key) => void this.#items.delete(key),
  };

  /** The adapters of one tab, in the order in which the driver takes them. */
  page() {
    const tab = {};
    const openChannel = (_, hear) => {
      tab.hear = hear;
      return { say: (text) => this.#others(tab, (other) => other.hear?.(text)), close: () => (tab.hear = undefined) };
    };
    const watch = ({ key, ...rest }) => {
      this.#tabs.add(tab);
      tab.came = rest.came;
      // Keys, pointers and the like come from the page of jsdom or of a browser, where there is one.
      const unwatch = watchPage(rest);
      return () => {
        this.#tabs.delete(tab);
        unwatch?.();
      };
    };
    return [this.#clock.after, openChannel, (_, feed) => this.#turns(feed), this.#clock.readClocks, watch];
  }

  /** Something that happens to every tab. */
  tell(kind) {
    for (const tab of [...this.#tabs]) tab.came({ kind });
  }

  // As `openTurns` of the browser's adapter. Nobody needs a fence: this storage never lags behind the lock.
  #turns(feed) {
    let turn;
    const leave = () => {
      const place = this.#queue.indexOf(turn);
      if (place < 0) return;
      this.#queue.splice(place, 1);
      if (place === 0) this.#grant();
    };
    return {
      acquire: () => {
        turn = { granted: () => feed({ kind: "lockSettled", granted: true }) };
        if (this.#queue.push(turn) === 1) this.#grant();
      },
      release: leave,
      raiseFence() {},
      drop: leave,
    };
  }

  #grant() {
    const [turn] = this.#queue;
    if (turn) queueMicrotask(() => this.#queue[0] === turn && turn.granted());
  }

  #others(tab, tell) {
    for (const other of this.#tabs) if (other !== tab) queueMicrotask(() => this.#tabs.has(other) && tell(other));
  }
}
