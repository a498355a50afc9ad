import { make, setText } from "./form.js";
import { clock, fill, spoken } from "./texts.js";

const TICK = 500;
// When what is left is said again, to those who do not see it.
const SAID_AT = [30_000, 10_000];
const THANKS_FOR = 2_500;
// A session that has not ended by then has moved its limit unheard.
const OVERDUE = 5_000;

/** What counts down to the end of a session. It takes no focus and covers little: whoever works on need not heed it. */
export class Countdown {
  element = make("section", { part: "countdown", "aria-labelledby": "ending", hidden: "" });
  #host;
  #title = make("h2", { part: "countdown-title", id: "ending" });
  #lead = make("span", {});
  #timer = make("span", { part: "countdown-time", role: "timer" });
  #main = make("button", { part: "button main stay", type: "button" });
  #hide = make("button", { part: "button dismiss", type: "button" });
  // Stays in the tree: what is put into a live region that comes with it is not read out everywhere.
  #status = make("p", { role: "status", class: "unseen" });
  #texts;
  #reason;
  #until;
  #unsaid = [];
  #ticking;
  #buttons = make("div", { part: "countdown-buttons" });
  // Where the focus came from.
  #before;

  /** @param act `stay()`, `again()`. */
  constructor(host, { stay, again }) {
    this.#host = host;
    const line = make("p", { part: "countdown-text" });
    line.append(this.#lead, " ", this.#timer);
    this.#buttons.append(this.#hide, this.#main);
    this.element.append(this.#title, line, this.#buttons);
    // Above whatever dialog the app has open, where browsers have popovers.
    this.element.popover = "manual";
    this.#main.addEventListener("click", () => (this.#reason === "idle" ? stay() : again()));
    this.#hide.addEventListener("click", () => this.close());
    this.element.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget && !this.element.contains(relatedTarget)) this.#before = relatedTarget;
    });
  }

  /** Where it is said aloud. */
  get status() {
    return this.#status;
  }

  speak(texts) {
    this.#texts = texts;
    this.#draw();
  }

  /** For a session that ends `left` ms from now. */
  open({ left, reason }) {
    this.#until = Date.now() + left;
    this.#reason = reason;
    this.#unsaid = SAID_AT.filter((at) => at < left);
    this.#show(true);
    this.#ticking = setInterval(() => this.#tick(), TICK);
    this.#draw();
    this.#say(left);
  }

  close() {
    if (this.element.hidden) return;
    this.#yieldFocus();
    this.#show(false);
    this.#status.textContent = "";
  }

  /** The limit has moved away. Whoever was about to press the button learns why it is gone, and does not press what lies below. */
  thank() {
    if (this.element.hidden) return;
    this.#yieldFocus();
    this.#until = undefined;
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => this.close(), THANKS_FOR);
    this.#draw();
    this.#status.textContent = this.#texts.expiring.stayed;
  }

  #show(shown) {
    clearInterval(this.#ticking);
    this.element.hidden = !shown;
    // Not while it is out of the document.
    if (this.element.isConnected) this.element.togglePopover?.(shown);
  }

  // A button that goes away must not take the focus with it.
  #yieldFocus() {
    if (this.element.contains(this.element.getRootNode().activeElement)) this.#before?.focus();
    this.#before = undefined;
  }

  #tick() {
    const left = this.#until - Date.now();
    if (left < -OVERDUE) return this.close();
    const due = this.#unsaid.filter((at) => left <= at);
    if (due.length) {
      this.#unsaid = this.#unsaid.filter((at) => left > at);
      this.#say(left);
    }
    this.#draw();
  }

  #draw() {
    if (this.element.hidden) return;
    const { expiring } = this.#texts;
    const idle = this.#reason === "idle";
    const over = this.#until === undefined;
    // Before an idle limit any press is a sign of life.
    this.#hide.hidden = idle;
    this.#buttons.hidden = this.#lead.parentNode.hidden = over;
    setText(this.#title, over ? expiring.stayed : idle ? expiring.title : expiring.absoluteTitle);
    setText(this.#lead, idle ? expiring.idle : expiring.absolute);
    setText(this.#main, idle ? expiring.stay : expiring.again);
    setText(this.#hide, expiring.dismiss);
    setText(this.#timer, clock(this.#until - Date.now()));
  }

  #say(left) {
    const { idleSpoken, absoluteSpoken } = this.#texts.expiring;
    this.#status.textContent = fill(this.#reason === "idle" ? idleSpoken : absoluteSpoken, { time: spoken(left, this.#host) });
  }
}
