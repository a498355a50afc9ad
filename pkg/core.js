// The wasm as the driver calls it: what wasm-bindgen would write for it, without what only other modules need.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The class of cores of that module. Each is an instance of its own, with its own memory, and goes as a whole. */
export const coreOf = (module) =>
  class {
    #wasm = new WebAssembly.Instance(module).exports;

    constructor(options, ...more) {
      this.#wasm.begin(...this.#tell(options), ...more);
    }

    handle(mono, wall, told) {
      const { memory, handle, __wbindgen_free: free } = this.#wasm;
      const [at, length] = handle(mono, wall, ...this.#tell(told));
      const text = decoder.decode(new Uint8Array(memory.buffer, at, length));
      free(at, length, 1);
      return text;
    }

    fresh(mono, wall) {
      return this.#wasm.fresh(mono, wall) !== 0;
    }

    // The wasm lets go of it.
    #tell(text) {
      const bytes = encoder.encode(text);
      const at = this.#wasm.__wbindgen_malloc(bytes.length, 1);
      new Uint8Array(this.#wasm.memory.buffer).set(bytes, at);
      return [at, bytes.length];
    }
  };
