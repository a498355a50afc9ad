// Writes a wasm file as a JavaScript module: node inline.mjs IN.wasm OUT.js
//
// As text, and its code taken apart into streams (streams.mjs), because that compresses best. The bundled default entry,
// decoder included, in brotli 11 and gzip 9:
//                      around 147 kB of wasm   around 87 kB
//   byte after byte    64.3 kB, 73.1 kB        43.7 kB, 49.2 kB   one character for frequent bytes, two for the others
//   streams            55.6 kB, 63.2 kB        39.1 kB, 43.7 kB   this
//   wasm alone         58.5 kB, 67.8 kB        35.7 kB, 40.9 kB   as a file of its own, without any JavaScript
// The decoder is 0.6 kB of that. For 87 kB it takes 1.3 ms once it is compiled, and 8 ms or more in its first run.
// Base64 is worse than the first, because it hides where bytes begin, and so is Latin-1, which bundlers escape. ASCII
// survives a page without a charset, where browsers read a bundled classic script as windows-1252.
import { readFileSync, writeFileSync } from "node:fs";
import { join, split } from "./streams.mjs";

const [input, output] = process.argv.slice(2);
const wasm = readFileSync(input);
const module = `// The wasm as text. Generated; see xtask/node/inline.mjs.
export const decode = () => join(text, ${wasm.length});

${join}

const text = ${JSON.stringify(split(wasm))};
`;
writeFileSync(output, module);

const { decode } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
if (!wasm.equals(decode())) throw new Error("the inlined wasm does not decode to what was put in");
