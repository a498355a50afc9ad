// What every example is put through, whatever it is made of.
import assert from "node:assert/strict";
import { By, logging, open, until } from "../../packaging/support/browser.mjs";
import { ADA, OUTLIVED } from "../../web/harness/server.mjs";

const PATIENCE = 60_000;

/** A user logs in at the page at `address`, calls, outlives a token, reloads, is thrown out, comes back and logs out. */
export async function livesThrough(t, server, address) {
  const browser = await open(t, address);
  const page = new Page(browser);
  try {
    await through(page, server);
  } catch (error) {
    const text = await browser.findElement(By.css("body")).getText();
    throw new Error(`${error.message}\nThe page shows:\n${text}\n${(await page.complaints()).join("\n")}`, { cause: error });
  }
  assert.deepEqual(await page.complaints(), [], "the page complains in its console");
}

async function through(page, server) {
  await page.logIn({ ...ADA, password: "not this one" });
  await page.shows("Wrong name or password");
  await page.logIn(ADA);
  await page.shows(`Hello ${ADA.username}`);

  await page.press("Call");
  await page.shows("Calls: 1: ");
  assert.equal((await server.renewals()).asked, 0);

  await server.age(OUTLIVED);
  await page.press("Call");
  await page.shows("Calls: 2: ");
  assert.deepEqual(await server.renewals(), { asked: 1, renewed: 1, replayed: 0, refused: 0 });

  await server.age(OUTLIVED);
  await page.reload();
  await page.shows(`Hello ${ADA.username}`);
  assert.deepEqual(await server.renewals(), { asked: 2, renewed: 2, replayed: 0, refused: 0 });

  await server.revoke(ADA);
  await page.press("Call");
  await page.shows("Your session has ended");
  // Tokens of the very second in which a user was revoked are not taken.
  await server.age(1);
  await page.logIn(ADA);
  await page.shows(`Hello ${ADA.username}`);
  await page.press("Log out");
  await page.shows("Please log in");
  await server.counted("logout.ok");
  await page.reload();
  await page.shows("Please log in");
}

class Page {
  constructor(browser) {
    this.browser = browser;
  }

  async logIn({ username, password }) {
    await this.shows("Please log in");
    await this.#fill("username", username);
    await this.#fill("password", password);
    await this.press("Log in");
  }

  async press(name) {
    await (await this.#find(By.xpath(`//button[normalize-space() = "${name}"]`))).click();
  }

  async shows(text) {
    const shown = async () => (await this.browser.findElement(By.css("body")).getText()).replace(/\s+/g, " ").includes(text);
    // A page may put something new in place of what has just been found.
    await this.browser.wait(() => shown().catch(() => false), PATIENCE, `the page does not come to show "${text}"`);
  }

  async reload() {
    await this.browser.navigate().refresh();
  }

  /** What the console holds apart from answers that are errors, which the browser reports by itself. */
  async complaints() {
    this.said ??= [];
    const entries = await this.browser.manage().logs().get(logging.Type.BROWSER);
    const severe = entries.filter(({ level, message }) => level.value >= logging.Level.SEVERE.value && !/Failed to load resource/.test(message));
    this.said.push(...severe.map(({ message }) => message));
    return this.said;
  }

  async #fill(name, text) {
    const field = await this.#find(By.css(`input[name=${name}]`));
    await field.clear();
    await field.sendKeys(text);
  }

  async #find(by) {
    const element = await this.browser.wait(until.elementLocated(by), PATIENCE);
    return this.browser.wait(until.elementIsVisible(element), PATIENCE);
  }
}
