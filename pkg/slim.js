// The slim entry: the app says where the wasm comes from, and waits for it once.
import { drive } from "./driver.js";
import { Session as Base, SessionError, misuse } from "./session.js";
import load, { Core } from "./wasm/tokenkeep.js";

export { SessionError, isSessionError } from "./session.js";

let loading;
let loaded = false;

export function init(wasm) {
  // A failed start is forgotten, so that the app can try again.
  loading ??= start(wasm).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

export class Session extends Base {
  constructor(options) {
    super(options, (...args) => {
      if (!loaded) throw misuse('new Session() came before the wasm was loaded; call and await init(…) of "tokenkeep/slim" first');
      return drive(Core, ...args);
    });
  }
}

async function start(wasm) {
  const source = await bytesOf(await wasm);
  try {
    await load({ module_or_path: source });
  } catch (error) {
    throw misuse("the wasm given to init() could not start: wrong file, wrong version, or a Content-Security-Policy without 'wasm-unsafe-eval'", error);
  }
  loaded = true;
}

// Fetched here and not by the glue code, which would compile the body of a 404.
async function bytesOf(wasm) {
  if (wasm === undefined) throw misuse("init() needs the URL of tokenkeep.wasm, a Response, its bytes, or a WebAssembly.Module");
  let response = wasm;
  if (typeof wasm === "string" || wasm instanceof URL || (typeof Request === "function" && wasm instanceof Request)) {
    try {
      response = await fetch(wasm);
    } catch (cause) {
      throw new SessionError("tokenkeep: the wasm could not be fetched", { code: "network", retryable: true, cause });
    }
  }
  if (typeof Response !== "function" || !(response instanceof Response)) return response;
  if (!response.ok) {
    throw new SessionError(`tokenkeep: the wasm could not be fetched, the server answered ${response.status}`, {
      code: "network",
      retryable: true,
      status: response.status,
    });
  }
  return response;
}
