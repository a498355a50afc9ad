// The form. It is in the light tree, slotted into the dialog, and not in the shadow tree with everything else: browsers' own
// password managers have learnt to look into shadow trees, but some by `autocomplete` only, and several extensions
// (1Password, Enpass, browserpass and others, by their issue trackers) search the document with `querySelector` and find
// no field there. A real <form> with a submit button, because that is by which they know that something is to be saved.
import { clock, fill, spoken } from "./texts.js";

const FIELDS = [
  { name: "username", autocomplete: "username" },
  { name: "password", type: "password", autocomplete: "current-password" },
];
// Given as attributes, where a field has them.
const PASSED_ON = ["type", "autocomplete", "inputmode", "placeholder", "value"];
const TICK = 500;

let forms = 0;

export class LoginForm {
  element = make("form", { part: "form", method: "post", novalidate: "" });
  #host;
  #texts;
  #fields = make("div", {});
  #error = make("p", { part: "error", role: "alert", id: `tokenkeep-prompt-${++forms}-error` });
  #status = make("p", { part: "status", role: "status" });
  #submit = make("button", { part: "button main submit", type: "submit" });
  #words = make("span", {});
  // Not part of the button's name: it would be read out every second.
  #wait = make("span", { part: "wait", "aria-hidden": "true" });
  #cancel = make("button", { part: "button cancel", type: "button" });
  #inputs = [];
  #busy = false;
  #until;
  #ticking;

  /** @param act `login(credentials)`, a promise; `cancel()`. */
  constructor(host, { login, cancel }) {
    this.#host = host;
    this.#submit.append(this.#words, this.#wait);
    const buttons = make("div", { part: "buttons" });
    buttons.append(this.#cancel, this.#submit);
    this.element.append(this.#fields, this.#error, this.#status, buttons);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#submit.getAttribute("aria-disabled") !== "true" && this.#isComplete()) this.#send(login);
    });
    this.#cancel.addEventListener("click", cancel);
  }

  get busy() {
    return this.#busy;
  }

  /** Shows these fields, in these words. */
  show(fields, texts) {
    this.#texts = texts;
    this.#cancel.textContent = texts.cancel;
    this.#inputs = [];
    this.#fields.replaceChildren(...(fields ?? FIELDS).flatMap((field) => this.#row(field)));
    this.#draw();
  }

  focus() {
    (this.#inputs.find((input) => !input.value) ?? this.#inputs[0] ?? this.#submit).focus();
  }

  /** Forgets what was typed, and what was wrong with it. The server's wait goes on, whether or not anybody looks. */
  reset() {
    this.element.reset();
    if (this.#until === undefined) this.#say("");
    this.#mark();
  }

  /** Stops the clock, not the wait. */
  rest() {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** Goes on with a wait that is not over. */
  wake() {
    if (this.#until === undefined || this.#ticking) return;
    this.#ticking = setInterval(() => this.#draw(), TICK);
    this.#draw();
  }

  #row({ name, label = this.#texts.labels[name] ?? name, required = true, ...field }) {
    // No two in one document may be of one id.
    const input = make("input", { part: "input", name, id: `${this.#error.id}-${name}`, type: "text", autocapitalize: "none", spellcheck: "false" });
    for (const attribute of PASSED_ON) if (field[attribute] !== undefined) input.setAttribute(attribute, field[attribute]);
    input.required = required;
    const title = make("label", { part: "label", for: input.id });
    title.textContent = label;
    input.addEventListener("input", () => input.removeAttribute("aria-invalid"));
    this.#inputs.push(input);
    return [title, input];
  }

  #isComplete() {
    const empty = this.#inputs.find((input) => input.required && !input.value);
    if (!empty) return true;
    this.#say(fill(this.#texts.missing, { label: empty.labels[0].textContent }));
    this.#mark(empty);
    return false;
  }

  async #send(login) {
    this.#say("");
    this.#mark();
    this.#busy = true;
    this.#draw();
    try {
      await login(Object.fromEntries(this.#inputs.map(({ name, value }) => [name, value])));
    } catch (error) {
      this.#explain(error);
    } finally {
      this.#busy = false;
      this.#draw();
    }
  }

  #explain(error) {
    const { code, status, reason, retryAfter } = error;
    const texts = this.#texts;
    if (retryAfter > 0) {
      this.#until = Date.now() + retryAfter;
      this.#say(fill(status === 429 ? texts.limited : texts.serverWait, { time: spoken(retryAfter, this.#host) }));
      this.wake();
    } else if (code === "login_refused") {
      this.#say(texts.codes[reason] ?? texts.wrong);
      this.#mark(this.#inputs.findLast((input) => input.type === "password") ?? this.#inputs[0]);
    } else {
      this.#say({ network: texts.network, timeout: texts.network, server: texts.server }[code] ?? texts.failed);
      // Of these a developer should know; they are nothing that a user can put right.
      if (code !== "network" && code !== "timeout" && code !== "server") report(error);
    }
  }

  #say(text, status = "") {
    this.#error.textContent = text;
    this.#status.textContent = status;
  }

  // The one that is to be put right, if there is one.
  #mark(wrong) {
    for (const input of this.#inputs) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
    if (!wrong) return;
    wrong.setAttribute("aria-invalid", "true");
    wrong.setAttribute("aria-describedby", this.#error.id);
    wrong.focus();
    wrong.select();
  }

  #draw() {
    const left = (this.#until ?? 0) - Date.now();
    if (this.#until !== undefined && left <= 0) {
      this.#until = undefined;
      this.rest();
      this.#say("", this.#texts.ready);
    }
    setText(this.#words, this.#busy ? this.#texts.busy : this.#texts.submit);
    setText(this.#wait, left > 0 ? clock(left) : "");
    // Disabled in the true sense, it would lose the focus.
    this.#submit.setAttribute("aria-disabled", String(this.#busy || left > 0));
    this.element.setAttribute("aria-busy", String(this.#busy));
  }
}

function report(error) {
  if (typeof reportError === "function") reportError(error);
  else console.error(error);
}

export function make(tag, attributes) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
