import { Builder, logging, until, By } from "selenium-webdriver";
import chrome from "selenium-webdriver/chrome.js";

export { By, logging, until };

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
];

/** Opens Chromium at `url`. */
export async function open(t, url) {
  const options = new chrome.Options();
  options.setBinaryPath(process.env.CHROMIUM ?? "/usr/bin/chromium");
  options.addArguments(...FLAGS);
  const logs = new logging.Preferences();
  logs.setLevel(logging.Type.BROWSER, logging.Level.ALL);
  const browser = await new Builder()
    .forBrowser("chrome")
    .setChromeOptions(options)
    .setChromeService(new chrome.ServiceBuilder(process.env.CHROMEDRIVER ?? "/usr/bin/chromedriver"))
    .setLoggingPrefs(logs)
    .build();
  t.after(() => browser.quit());
  await browser.get(url);
  return browser;
}

/** What the app of `apps/` wrote into its page, as soon as it did. */
export async function outcome(browser) {
  try {
    const output = await browser.wait(until.elementLocated(By.css("output[data-done]")), 20_000);
    return JSON.parse(await output.getText());
  } catch (error) {
    const entries = await browser.manage().logs().get(logging.Type.BROWSER);
    throw new Error(`the page came to no end\n${entries.map(({ message }) => message).join("\n")}`, { cause: error });
  }
}
