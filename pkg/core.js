// The wasm as the driver calls it: what wasm-bindgen would write for it, without what only other modules need.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// So many sessions share an instance, which goes as a whole when nobody has one of them any more. Browsers have no room
// for more than a hundred instances, and freeing sessions one by one takes more code than sessions take memory.
const SHARED = 64;

/** The class of cores of that module. */
export function coreOf(module) {
  let newest;
  let count = 0;
  return class {
    #wasm = count++ % SHARED ? newest : (newest = new WebAssembly.Instance(module).exports);
    #id;

    constructor(options, ...more) {
      this.#id = this.#wasm.begin(...this.#tell(options), ...more);
    }

    handle(mono, wall, told) {
      const { memory, handle, __wbindgen_free: free } = this.#wasm;
      const [at, length] = handle(this.#id, mono, wall, ...this.#tell(told));
      const text = decoder.decode(new Uint8Array(memory.buffer, at, length));
      free(at, length, 1);
      return text;
    }

    fresh(mono, wall) {
      return this.#wasm.fresh(this.#id, mono, wall) !== 0;
    }

    // The wasm lets go of it.
    #tell(text) {
      const bytes = encoder.encode(text);
      const at = this.#wasm.__wbindgen_malloc(bytes.length, 1);
      new Uint8Array(this.#wasm.memory.buffer).set(bytes, at);
      return [at, bytes.length];
    }
  };
}
