// Where to ask: once, in the tab that the user looks at.

// The window the user is in goes first where several are in view.
const AFTER_THE_FOCUSED = 150;
// A tab may come into view before the one that leaves it has handed the prompt on.
const HANDED_ON = 500;

export class Place {
  #name;
  #wanted;
  #show;
  // Gives up the place, or the wait for it.
  #release;
  #watch;

  /** `wanted()`: whether there is something to ask that is not asked here; `show()` asks it. */
  constructor(name, { wanted, show }) {
    this.#name = name;
    this.#wanted = wanted;
    this.#show = show;
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    document.addEventListener("visibilitychange", () => this.look(), { signal });
    // Here the user has come to. What another window shows stays there, and is closed by the same login.
    window.addEventListener("focus", () => this.#ask(), { signal });
  }

  /** Asks here if the user is here. */
  async look() {
    if (document.visibilityState !== "visible") return this.leave();
    if (!this.#wanted()) return;
    if (!document.hasFocus()) await pause(AFTER_THE_FOCUSED);
    if (this.#release || this.#watch.signal.aborted) return;
    if (!navigator.locks) return void this.#ask();
    if ((await this.#take()) && !this.#ask()) this.leave();
  }

  /** Another tab may ask. */
  leave() {
    this.#release?.();
    this.#release = undefined;
  }

  close() {
    this.leave();
    this.#watch.abort();
  }

  // Two windows side by side are both visible; a lock keeps it at one of them. Its word is not waited for where the user is: on a
  // busy device it takes its time. The request is not aborted: when its grant is under way, the lock is then told as held, by nobody.
  async #take() {
    let over = false;
    let release;
    const left = new Promise((resolve) => (release = resolve));
    this.#release = () => {
      over = true;
      release();
    };
    const granted = new Promise((resolve) => {
      const hold = () => {
        resolve(true);
        return over ? undefined : left;
      };
      // The page may have none.
      navigator.locks.request(this.#name, hold).catch(() => resolve(true));
    });
    if ((await Promise.race([granted, pause(HANDED_ON)])) || document.hasFocus()) return !over;
    const { held = [] } = await navigator.locks.query().catch(() => ({}));
    if (over) return false;
    const taken = held.some(({ name }) => name === this.#name);
    if (taken) this.leave();
    return !taken;
  }

  #ask() {
    const asks = this.#wanted() && !this.#watch.signal.aborted;
    if (asks) this.#show();
    return asks;
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
