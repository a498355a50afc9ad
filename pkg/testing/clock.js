// Time that passes only when a test says so, beside the runner's own timers, which it leaves alone.

// Taken now, because a runner may put its own in their place later; those of @sinonjs/fake-timers, which runners use, have a `clock`.
const { MessageChannel } = globalThis;
const [setImmediate, setTimeout] = ["setImmediate", "setTimeout"].map((name) => (globalThis[name]?.clock ? undefined : globalThis[name]));

// A page's promises and streams have settled after a few turns of the event loop; nothing tells for certain.
const TURNS = 12;

// More timers than any wait of a session needs.
const PATIENCE = 10_000;

export class Clock {
  #start;
  #now;
  #timers = new Set();

  constructor(now) {
    this.#start = this.#now = now;
  }

  get now() {
    return this.#now;
  }

  async advance(ms) {
    if (!(ms >= 0)) throw new TypeError(`clock.advance() takes milliseconds, not ${ms}`);
    const end = this.#now + ms;
    await this.settle();
    for (let timer; (timer = this.#next(end)); ) await this.#ring(timer);
    this.#now = end;
    await this.settle();
  }

  async until(promise) {
    let pending = true;
    const end = () => (pending = false);
    Promise.resolve(promise).then(end, end);
    await this.settle();
    for (let rung = 0; pending; rung++) {
      const timer = this.#next(Infinity);
      if (!timer || rung > PATIENCE) throw new Error("clock.until(): this does not come to an end, however much time passes");
      await this.#ring(timer);
    }
    return promise;
  }

  wait(ms) {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  async settle() {
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
  }

  /** As `after` of the browser's adapter. */
  after = (delay, callback) => {
    if (!callback) return this.wait(delay);
    const timer = { at: this.#now + Math.max(Math.ceil(delay), 0), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  /** As `readClocks` of the browser's adapter. */
  readClocks = () => [this.#now - this.#start, this.#now];

  async #ring(timer) {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
    await this.settle();
  }

  // The earliest; of several at once, the one that was set first.
  #next(end) {
    let next;
    for (const timer of this.#timers) if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    return next;
  }
}

function nextTurn() {
  const soon = setImmediate ?? (MessageChannel ? undefined : setTimeout);
  if (soon) return new Promise((resolve) => soon(resolve));
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
