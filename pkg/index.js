// The default entry: the wasm is part of the script, and starts with the first session.
import { drive } from "./driver.js";
import { Session as Base, misuse } from "./session.js";
import { Core, initSync } from "./wasm/tokenkeep.js";
import { decode } from "./wasm/inline.js";

export { SessionError, isSessionError } from "./session.js";

export class Session extends Base {
  /** @param page Given by tokenkeep/testing. */
  constructor(options, page) {
    super(options, (...args) => {
      start();
      return drive(Core, ...args, page);
    });
  }
}

let started = false;

function start() {
  if (started) return;
  try {
    initSync({ module: decode() });
  } catch (error) {
    throw misuse("WebAssembly could not start. Does the page's Content-Security-Policy lack 'wasm-unsafe-eval' in script-src?", error);
  }
  started = true;
}
