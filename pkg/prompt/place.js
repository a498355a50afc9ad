// Where to ask: once, in the tab that the user looks at.

// The window the user is in goes first where several are in view.
const AFTER_THE_FOCUSED = 150;
// A tab may come into view before the one that leaves it has handed the prompt on.
const HANDED_ON = 500;

export class Place {
  #name;
  #wanted;
  #show;
  #hide;
  // Gives up the place, or the wait for it.
  #release;
  #watch;

  /** `wanted()`: whether there is something to ask that is not asked here; `show()` asks it; `hide()` leaves that to another window. */
  constructor(name, { wanted, show, hide }) {
    this.#name = name;
    this.#wanted = wanted;
    this.#show = show;
    this.#hide = hide;
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

  // Two windows side by side are both visible; a lock keeps it at one of them, and goes to the one the user is in. It is not waited
  // for there: on a busy device its word takes its time. The request is not aborted: when its grant is under way, the lock is then
  // told as held, by nobody.
  async #take() {
    let over = false;
    let release;
    const left = new Promise((resolve) => (release = resolve));
    const own = (this.#release = () => {
      over = true;
      release();
    });
    let last;
    const request = (steal) =>
      new Promise((resolve) => {
        const mine = (last = {});
        let held = false;
        const hold = () => {
          resolve((held = true));
          return over ? undefined : left;
        };
        const lost = () => {
          // The page may have no locks; or it was taken, by another window if not by this one.
          if (!held) return resolve(true);
          if (mine !== last || this.#release !== own) return;
          this.leave();
          this.#hide();
        };
        navigator.locks.request(this.#name, { steal }, hold).catch(lost);
      });
    if (await Promise.race([request(false), pause(HANDED_ON)])) return !over;
    if (document.hasFocus()) {
      if (!over) request(true);
      return !over;
    }
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
