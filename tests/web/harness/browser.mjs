import { Builder } from "selenium-webdriver";
import { ENGINES } from "./engines.mjs";
import { Tab } from "./tab.mjs";

const PAGE_LOADS_WITHIN = 20_000;
/** How long one piece of a test may run in a page. */
const RUNS_WITHIN = 25_000;
const ANSWERS_WITHIN = 45_000;

/** Starts a browser; see {@link ENGINES}. */
export async function launch(engine) {
  if (!ENGINES[engine]) throw new Error(`there is no engine "${engine}"; there are ${Object.keys(ENGINES).join(", ")}`);
  const { address, capabilities, processes } = await ENGINES[engine]();
  try {
    const driver = await new Builder().disableEnvironmentOverrides().usingServer(address).withCapabilities(capabilities).build();
    await driver.manage().setTimeouts({ pageLoad: PAGE_LOADS_WITHIN, script: RUNS_WITHIN });
    return new Browser(driver, processes, await driver.getWindowHandle());
  } catch (error) {
    await endAll(processes);
    throw error;
  }
}

/** One browser with one profile. WebDriver speaks to one tab at a time; several tabs work at once by {@link Tab.start}. */
export class Browser {
  #driver;
  #processes;
  // Stays open, so that closing the last tab does not end the browser.
  #anchor;
  #turn = Promise.resolve();

  constructor(driver, processes, anchor) {
    this.#driver = driver;
    this.#processes = processes;
    this.#anchor = anchor;
  }

  /** Opens `url` in a tab, or in a window, of its own. */
  async tab(url, kind = "tab") {
    const handle = await this.#inTurn(async (driver) => {
      await driver.switchTo().window(this.#anchor);
      await driver.switchTo().newWindow(kind);
      return driver.getWindowHandle();
    });
    const tab = new Tab((action) => this.#inTurn((driver) => this.#at(handle, driver, action)));
    await tab.go(url);
    return tab;
  }

  async quit() {
    await this.#inTurn((driver) => driver.quit()).finally(() => endAll(this.#processes));
  }

  async #at(handle, driver, action) {
    await driver.switchTo().window(handle);
    return action(driver);
  }

  #inTurn(action) {
    const result = this.#turn.then(() => inTime(action(this.#driver)));
    this.#turn = result.catch(() => {});
    return result;
  }
}

// A browser that does not answer any more fails the test, not the whole run.
function inTime(answer) {
  let late;
  const never = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`the browser did not answer within ${ANSWERS_WITHIN} ms`)), ANSWERS_WITHIN);
  });
  return Promise.race([answer, never]).finally(() => clearTimeout(late));
}

async function endAll(processes) {
  for (const process of processes) await process.stop();
}
