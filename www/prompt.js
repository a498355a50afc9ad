import { byId, setText } from "./dom.js";
import { errorInWords, plural, reasonInWords } from "./words.js";

const ASKING = "tokenkeep-demo:asking";
// The window the user is in goes first where several are in view.
const AFTER_THE_FOCUSED = 150;
// A tab may come into view before the one that leaves it has handed the prompt on.
const HANDED_ON = 500;

/** The login dialog. Opens by itself when the session needs one, where the user is looking, and closes when any tab has logged in. */
export class Prompt {
  #session;
  #onLogin;
  #pending;
  #release;
  #countdown;
  #dialog = byId("prompt");
  #form = byId("prompt-form");
  #submit = byId("prompt-submit");

  constructor(session, onLogin) {
    this.#session = session;
    this.#onLogin = onLogin;
    session.on("loginRequired", ({ reason }) => this.#want(reason));
    session.on("signedIn", () => this.#done());
    document.addEventListener("visibilitychange", () => this.#look());
    window.addEventListener("focus", () => this.#look());
    this.#dialog.addEventListener("close", () => this.#closed());
    byId("prompt-cancel").addEventListener("click", () => this.#dialog.close());
    this.#form.addEventListener("submit", (event) => this.#send(event));
  }

  /** Opens because the user asked for it. */
  open(reason) {
    if (this.#dialog.open) return;
    this.#pending = undefined;
    setText(byId("prompt-reason"), reasonInWords(reason));
    this.#dialog.showModal();
  }

  #want(reason) {
    this.#pending = reason;
    this.#look();
  }

  async #look() {
    if (document.visibilityState !== "visible") return this.#release?.();
    if (this.#pending === undefined || this.#dialog.open) return;
    if (!document.hasFocus()) await new Promise((resolve) => setTimeout(resolve, AFTER_THE_FOCUSED));
    await this.#onlyHere(() => {
      if (this.#pending !== undefined) this.open(this.#pending);
      return this.#dialog.open;
    });
  }

  // Two windows side by side are both visible; the lock keeps it at one dialog. A tab that goes out of sight hands it on.
  async #onlyHere(show) {
    if (!navigator.locks) return show();
    const asked = navigator.locks.request(ASKING, { signal: AbortSignal.timeout(HANDED_ON) }, () => {
      if (!show()) return undefined;
      return new Promise((resolve) => (this.#release = resolve));
    });
    // Somebody else goes on asking.
    await asked.catch(() => {});
  }

  #done() {
    this.#pending = undefined;
    this.#dialog.close();
  }

  #closed() {
    this.#release?.();
    this.#release = undefined;
    // The server's wait goes on, whether or not anybody looks.
    if (this.#countdown === undefined) this.#clearError();
  }

  async #send(event) {
    event.preventDefault();
    if (this.#submit.getAttribute("aria-disabled") === "true" || !this.#complete()) return;
    this.#clearError();
    this.#busy(true);
    const { username, password } = Object.fromEntries(new FormData(this.#form));
    try {
      await this.#session.login({ username, password });
      this.#onLogin(username);
      this.#done();
    } catch (error) {
      this.#explain(error);
    } finally {
      this.#busy(false);
    }
  }

  #complete() {
    const empty = [...this.#form.querySelectorAll("input")].find((input) => input.value === "");
    if (empty) this.#fail(empty.name === "username" ? "Enter a user name." : "Enter a password.", empty);
    return !empty;
  }

  #explain(error) {
    if (error.code === "login_refused") return this.#fail(`User name or password is wrong (${error.reason ?? error.code}).`, byId("password"));
    if (error.retryAfter) return this.#wait(error);
    const { words, code, message } = errorInWords(error);
    this.#fail(`${words} (${code}: ${message})`);
  }

  #fail(text, input) {
    byId("prompt-error").textContent = text;
    input?.setAttribute("aria-invalid", "true");
    input?.focus();
    input?.select();
  }

  // The button counts down; the error text, which is read out, is written once.
  #wait(error) {
    const until = Date.now() + error.retryAfter;
    this.#fail(`Too many attempts. Try again in ${plural(Math.ceil(error.retryAfter / 1000), "second")}.`);
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (left <= 0) return this.#clearError();
      setText(this.#submit, `Wait ${left} s`);
      this.#submit.setAttribute("aria-disabled", "true");
    };
    this.#countdown = setInterval(tick, 500);
    queueMicrotask(tick);
  }

  #busy(busy) {
    if (busy || this.#countdown === undefined) setText(this.#submit, busy ? "Logging in…" : "Log in");
    this.#submit.setAttribute("aria-disabled", String(busy || this.#countdown !== undefined));
  }

  #clearError() {
    clearInterval(this.#countdown);
    this.#countdown = undefined;
    byId("prompt-error").textContent = "";
    for (const input of this.#form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    this.#busy(false);
  }
}
