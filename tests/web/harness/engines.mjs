import { existsSync, readdirSync } from "node:fs";
import { freePort, locate, Process } from "./process.mjs";

const CHROMIUM_FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--no-first-run"];

/**
 * What differs between the engines, and nothing else does. Each starts its own WebDriver by an explicit path and
 * gives its address, the capabilities to ask for, and the processes to end afterwards.
 */
export const ENGINES = {
  async chromium() {
    const driver = await Process.start(locate("chromedriver", "CHROMEDRIVER"), ["--port=0"], { ready: /started successfully on port (\d+)/ });
    return {
      address: `http://127.0.0.1:${driver.said[1]}`,
      processes: [driver],
      capabilities: { browserName: "chrome", "goog:chromeOptions": { binary: locate("chromium", "CHROMIUM"), args: CHROMIUM_FLAGS } },
    };
  },

  async firefox() {
    const driver = await Process.start(locate("geckodriver", "GECKODRIVER"), ["--port", "0"], { ready: /Listening on 127\.0\.0\.1:(\d+)/ });
    return {
      address: `http://127.0.0.1:${driver.said[1]}`,
      processes: [driver],
      capabilities: { browserName: "firefox", "moz:firefoxOptions": { binary: locate("firefox-esr", "FIREFOX"), args: ["-headless"] } },
    };
  },

  // WebKitGTK has no headless mode; it gets a screen of its own.
  async webkit() {
    const screen = await Process.start(locate("Xvfb", "XVFB"), ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], { ready: /^(\d+)$/, streams: 4 });
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const env = { DISPLAY: `:${screen.said[1]}`, GDK_BACKEND: "x11", WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" };
    const driver = await Process.start(locate("WebKitWebDriver", "WEBKITWEBDRIVER"), [`--port=${port}`], { address: `${address}/status`, env });
    const browser = process.env.MINIBROWSER ?? miniBrowser();
    return {
      address,
      processes: [driver, screen],
      capabilities: { browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary: browser, args: ["--automation"] } },
    };
  },
};

// Debian has it outside of the PATH, in a directory of the machine's kind and the library's version.
function miniBrowser() {
  const directories = ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"];
  const kinds = readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu"));
  const places = kinds.flatMap((kind) => directories.map((directory) => `/usr/lib/${kind}/${directory}/MiniBrowser`));
  const found = places.find(existsSync);
  if (!found) throw new Error("MiniBrowser is missing; install webkit2gtk-driver, or say where it is with MINIBROWSER");
  return found;
}

/** Which engines can be told to freeze a tab, as they do by themselves with one that was not looked at for long. */
export const FREEZES = new Set(["chromium"]);

/** Which engine this run is for. */
export const engine = process.env.TOKENKEEP_ENGINE ?? "chromium";
