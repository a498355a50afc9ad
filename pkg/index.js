// The default entry: the wasm is part of the script, and starts with the first session.
import { coreOf } from "./core.js";
import { drive } from "./driver.js";
import { Session as Base, misuse } from "./session.js";
import { decode } from "./wasm/inline.js";

export { SessionError, isSessionError } from "./session.js";

export class Session extends Base {
  /** @param page Given by tokenkeep/testing. */
  constructor(options, page) {
    super(options, (...args) => drive(start(), ...args, page));
  }
}

let Core;

function start() {
  try {
    return (Core ??= coreOf(new WebAssembly.Module(decode())));
  } catch (error) {
    throw misuse("WebAssembly could not start. Does the page's Content-Security-Policy lack 'wasm-unsafe-eval' in script-src?", error);
  }
}
