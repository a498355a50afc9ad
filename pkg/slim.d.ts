export * from "./index.js";

/**
 * Loads the wasm; wait for it before the first `new Session`. The file is `tokenkeep/tokenkeep.wasm`.
 * Safe to call again: the first success counts, and after a failure the next call tries anew.
 * @throws {SessionError} `network` where it could not be fetched, `invalid_config` where it could not start.
 */
export declare function init(wasm: WasmSource | Promise<WasmSource>): Promise<void>;

/** A URL, an answer of `fetch`, the file's bytes, or a compiled module. */
export type WasmSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;
