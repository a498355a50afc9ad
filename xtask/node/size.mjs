// Prints what the entries of a package weigh: node size.mjs PACKAGE LIMIT DEVTOOLS
// LIMIT and DEVTOOLS: bytes that the default entry and the devtools may have at most, minified, wasm included, brotli 11.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const [pkg, limit, devtoolsLimit] = process.argv.slice(2);

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
const devtools = weigh(await bundled("devtools.js"));
const wasm = weigh(readFileSync(join(pkg, "wasm/tokenkeep_bg.wasm")));

const row = (name, { raw, gzip, brotli }) =>
  console.log(name.padEnd(34) + [raw, gzip, brotli].map((size) => String(size).padStart(11)).join(""));
row("bytes", { raw: "raw", gzip: "gzip -9", brotli: "brotli -11" });
row("tokenkeep (wasm inlined)", main);
row("tokenkeep/slim", slim);
row("tokenkeep/prompt", prompt);
row("tokenkeep/devtools", devtools);
row("tokenkeep.wasm", wasm);
row("tokenkeep/slim + tokenkeep.wasm", add(slim, wasm));

const LIMITS = [
  ["The default entry weighs", main, limit],
  ["The devtools weigh", devtools, devtoolsLimit],
];
for (const [words, { brotli }, most] of LIMITS) {
  if (brotli <= Number(most)) continue;
  console.error(`\n${words} ${brotli} bytes in brotli; the limit is ${most}.`);
  process.exitCode = 1;
}
if (process.exitCode) process.exit();
console.log(`\nThe default entry may weigh ${limit} bytes in brotli: ${limit - main.brotli} are left.`);
