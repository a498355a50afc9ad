// Where to ask: once, in the tab that the user looks at.

// The window the user is in goes first where several are in view.
const AFTER_THE_FOCUSED = 150;
// A tab may come into view before the one that leaves it has handed the prompt on.
const HANDED_ON = 500;

export class Place {
  #name;
  #wanted;
  #show;
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
    if (!document.hasFocus()) await new Promise((resolve) => setTimeout(resolve, AFTER_THE_FOCUSED));
    if (this.#release || this.#watch.signal.aborted) return;
    if (!navigator.locks) return void this.#ask();
    // Two windows side by side are both visible; the lock keeps it at one of them.
    const asked = navigator.locks.request(this.#name, { signal: AbortSignal.timeout(HANDED_ON) }, () => {
      if (!this.#ask()) return undefined;
      return new Promise((resolve) => (this.#release = resolve));
    });
    await asked.catch(async () => {
      // Somebody else goes on asking; or nobody does, and the lock takes its time, or the page may have none.
      const { held = [] } = await navigator.locks.query().catch(() => ({}));
      if (!held.some(({ name }) => name === this.#name)) this.#ask();
    });
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

  #ask() {
    const asks = this.#wanted() && !this.#watch.signal.aborted;
    if (asks) this.#show();
    return asks;
  }
}
