// Writes a wasm file as a JavaScript module: node inline.mjs IN.wasm OUT.js
//
// One character a byte for the 87 most frequent bytes, two for the others, printable ASCII only. Sizes of the bundled
// default entry around 66 kB of wasm, brotli 11: base64 37.6 kB, because it hides from the compressor where bytes begin;
// Latin-1 30.4 to 31.8 kB, depending on how the bundler escapes; this 29.7 kB, which is 0.3 kB more than the wasm as a
// file of its own. And ASCII survives a page without a charset, where browsers read a bundled classic script as windows-1252.
import { readFileSync, writeFileSync } from "node:fs";

const [input, output] = process.argv.slice(2);
const wasm = readFileSync(input);

// No quotes, backslash or template marks, which need escapes in some kind of string, and no "<", for "</script".
const letters = [...Array(93).keys()].map((i) => i + 32).filter((code) => !"\"'`\\$<".includes(String.fromCharCode(code)));
const prefixes = ["}", "~"];

const counts = new Array(256).fill(0);
for (const byte of wasm) counts[byte]++;
const frequent = new Set([...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b).slice(0, letters.length));

// Bytes that are letters stand for themselves, so that text stays text; it compresses best.
const single = letters.map((code) => (frequent.delete(code) ? code : undefined));
const homeless = [...frequent].sort((a, b) => a - b);
const table = single.map((byte) => byte ?? homeless.shift());
const rest = [...Array(256).keys()].filter((byte) => !table.includes(byte));

const spelling = [];
table.forEach((byte, i) => (spelling[byte] = String.fromCharCode(letters[i])));
rest.forEach((byte, i) => (spelling[byte] = prefixes[Math.floor(i / letters.length)] + String.fromCharCode(letters[i % letters.length])));

const text = Array.from(wasm, (byte) => spelling[byte]).join("");
const module = `// The wasm as text: ${letters.length} frequent bytes take one character, the others two. Generated; see xtask/node/inline.mjs.
export function decode() {
  const letters = ${JSON.stringify(String.fromCharCode(...letters))};
  const bytes = ${JSON.stringify(table)};
  const frequent = new Set(bytes);
  for (let byte = 0; byte < 256; byte++) if (!frequent.has(byte)) bytes.push(byte);
  const places = new Uint8Array(128);
  for (let i = 0; i < letters.length; i++) places[letters.charCodeAt(i)] = i;

  const wasm = new Uint8Array(${wasm.length});
  let at = 0;
  let shift = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 124) {
      shift = (code - 124) * letters.length;
    } else {
      wasm[at++] = bytes[places[code] + shift];
      shift = 0;
    }
  }
  return wasm;
}

const text = ${JSON.stringify(text)};
`;
writeFileSync(output, module);

const { decode } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
if (!wasm.equals(decode())) throw new Error("the inlined wasm does not decode to what was put in");
