import { By } from "selenium-webdriver";

export { Key } from "selenium-webdriver";

/** A failure inside a page, with the fields that a session's errors have. */
export class PageError extends Error {
  constructor({ name, message, stack, ...fields }) {
    super(message);
    Object.assign(this, fields, { name });
    if (stack) this.stack += `\n  in the page:\n${stack}`;
  }
}

let tasks = 0;

/** One tab. Functions are sent to the page as text: they see the page and their arguments, nothing of the test. */
export class Tab {
  #at;
  #closed = false;

  /** @param at Runs an action of the WebDriver while this tab is the one it speaks to. */
  constructor(at) {
    this.#at = at;
  }

  go(url) {
    return this.#at((driver) => driver.get(url));
  }

  reload() {
    return this.#at((driver) => driver.navigate().refresh());
  }

  back() {
    return this.#at((driver) => driver.navigate().back());
  }

  /** Stops everything in the page: timers, events, answers; see `FREEZES`. */
  freeze() {
    return this.#at((driver) => driver.sendDevToolsCommand("Page.setWebLifecycleState", { state: "frozen" }));
  }

  thaw() {
    return this.#at((driver) => driver.sendDevToolsCommand("Page.setWebLifecycleState", { state: "active" }));
  }

  async close() {
    if (this.#closed) return;
    this.#closed = true;
    await this.#at((driver) => driver.close());
  }

  /** Runs `action` in the page, waits for its promise and gives what it resolves to. */
  async run(action, ...args) {
    const task = await this.start(action, ...args);
    return task.result();
  }

  /** Starts `action` in the page and leaves it running, so that other tabs can be spoken to meanwhile. */
  async start(action, ...args) {
    const id = `task${++tasks}`;
    await this.#at((driver) => driver.executeScript(`(${begin})(${action}, ...arguments)`, id, `(${action})`, args));
    const result = () => this.#at((driver) => driver.executeAsyncScript(`(${end})(...arguments)`, id));
    return { result: async () => unpack(await result()) };
  }

  press(selector) {
    return this.#at(async (driver) => (await driver.findElement(By.css(selector))).click());
  }

  /** Presses keys wherever the focus is. */
  keys(...keys) {
    return this.#at((driver) => driver.actions({ async: true }).sendKeys(...keys).perform());
  }

  /** Lets the page believe in other media features, such as `{ "prefers-color-scheme": "dark" }`. Chromium only. */
  media(features) {
    const asked = Object.entries(features).map(([name, value]) => ({ name, value }));
    return this.#at((driver) => driver.sendDevToolsCommand("Emulation.setEmulatedMedia", { features: asked }));
  }

  /** What is to be seen, as a PNG in base64. */
  picture() {
    return this.#at((driver) => driver.takeScreenshot());
  }

  resize(width, height) {
    return this.#at((driver) => driver.manage().window().setRect({ width, height }));
  }

  /** Empties the field and types into it, key by key. */
  type(selector, ...keys) {
    return this.#at(async (driver) => {
      const field = await driver.findElement(By.css(selector));
      await field.clear();
      await field.sendKeys(...keys);
    });
  }
}

// These two run in the page.

// The action is there twice: as a function, and as text for a page that can make it one of its own. Firefox runs
// what WebDriver sends with globals of its own: a clock set by the page would not be set for it.
function begin(action, id, text, args) {
  const pack = ({ name, message, stack, code, status, reason, retryable, retryAfter }) => ({ name, message, stack, code, status, reason, retryable, retryAfter });
  const packAny = (error) => (typeof error === "object" && error !== null ? pack(error) : { name: typeof error, message: String(error) });
  const run = async () => (window.evaluate?.(text) ?? action)(...args);
  window.harnessTasks ??= new Map();
  window.harnessTasks.set(id, run().then((value) => ({ value: value ?? null }), (error) => ({ error: packAny(error) })));
}

function end(id, done) {
  const task = window.harnessTasks?.get(id);
  if (!task) return done({ error: { name: "Error", message: "the page was left before this came to an end" } });
  window.harnessTasks.delete(id);
  task.then(done);
}

function unpack({ value, error }) {
  if (error) throw new PageError(error);
  return value;
}
