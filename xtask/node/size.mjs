// Prints what the entries of a package weigh: node size.mjs PACKAGE LIMIT
// LIMIT: bytes that the default entry may have at most, minified, wasm included, brotli 11.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const [pkg, limit] = process.argv.slice(2);

const bundled = async (entry) => {
  const result = await build({ entryPoints: [join(pkg, entry)], bundle: true, minify: true, format: "esm", write: false });
  return Buffer.from(result.outputFiles[0].contents);
};
const weigh = (bytes) => ({
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length,
});
const add = (a, b) => ({ raw: a.raw + b.raw, gzip: a.gzip + b.gzip, brotli: a.brotli + b.brotli });

const main = weigh(await bundled("index.js"));
const slim = weigh(await bundled("slim.js"));
const prompt = weigh(await bundled("prompt.js"));
const wasm = weigh(readFileSync(join(pkg, "wasm/tokenkeep_bg.wasm")));

const row = (name, { raw, gzip, brotli }) =>
  console.log(name.padEnd(34) + [raw, gzip, brotli].map((size) => String(size).padStart(11)).join(""));
row("bytes", { raw: "raw", gzip: "gzip -9", brotli: "brotli -11" });
row("tokenkeep (wasm inlined)", main);
row("tokenkeep/slim", slim);
row("tokenkeep/prompt", prompt);
row("tokenkeep.wasm", wasm);
row("tokenkeep/slim + tokenkeep.wasm", add(slim, wasm));

if (main.brotli > Number(limit)) {
  console.error(`\nThe default entry weighs ${main.brotli} bytes in brotli; the limit is ${limit}.`);
  process.exit(1);
}
console.log(`\nThe default entry may weigh ${limit} bytes in brotli: ${limit - main.brotli} are left.`);
