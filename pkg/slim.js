// The slim entry: the app says where the wasm comes from, and waits for it once.
import { coreOf } from "./core.js";
import { drive } from "./driver.js";
import { Session as Base, SessionError, misuse } from "./session.js";

export { SessionError, isSessionError } from "./session.js";

let loading;
let Core;

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
      if (!Core) throw misuse('new Session() came before the wasm was loaded; call and await init(…) of "tokenkeep/slim" first');
      return drive(Core, ...args);
    });
  }
}

async function start(wasm) {
  const source = await sourceOf(await wasm);
  try {
    const module = await compile(source);
    // Any other wasm compiles as well.
    if (!WebAssembly.Module.exports(module).some(({ name }) => name === "begin")) throw new TypeError("this is not tokenkeep.wasm");
    Core = coreOf(module);
  } catch (error) {
    throw misuse("the wasm given to init() could not start: wrong file, wrong version, or a Content-Security-Policy without 'wasm-unsafe-eval'", error);
  }
}

async function sourceOf(wasm) {
  if (wasm === undefined) throw misuse("init() needs the URL of tokenkeep.wasm, a Response, its bytes, or a WebAssembly.Module");
  let response = wasm;
  if (typeof wasm === "string" || wasm instanceof URL || (typeof Request === "function" && wasm instanceof Request)) {
    try {
      response = await fetch(wasm);
    } catch (cause) {
      throw new SessionError("tokenkeep: the wasm could not be fetched", { code: "network", retryable: true, cause });
    }
  }
  // The body of a 404 is no wasm.
  if (isResponse(response) && !response.ok) {
    throw new SessionError(`tokenkeep: the wasm could not be fetched, the server answered ${response.status}`, {
      code: "network",
      retryable: true,
      status: response.status,
    });
  }
  return response;
}

async function compile(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (!isResponse(source)) return WebAssembly.compile(source);
  // Compiled while it arrives, where the server says what it is.
  if (source.headers.get("Content-Type") === "application/wasm") return WebAssembly.compileStreaming(source);
  return WebAssembly.compile(await source.arrayBuffer());
}

const isResponse = (value) => typeof Response === "function" && value instanceof Response;
