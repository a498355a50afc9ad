// The code of a page, as an app that somebody has copied it into.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { filesOf, root } from "./document.mjs";

const results = join(import.meta.dirname, "../results");
const MODULE = /\.(jsx?|ts)$/;

/** What stands for the reader's own server, and is replaced by that of a test; nothing else is. */
const ADDRESS = "api.example.com";

/** The files of a document in a directory of their own, where the packages are found; `server` is the address to speak to. */
export async function copied(t, document, server) {
  await mkdir(results, { recursive: true });
  const directory = await mkdtemp(join(results, "app-"));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  await mkdir(join(directory, "node_modules"));
  await symlink(join(root, "pkg"), join(directory, "node_modules/tokenkeep"));
  await writeFile(join(directory, "package.json"), JSON.stringify({ private: true, type: "module" }));
  for (const [file, text] of filesOf(document)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), server ? addressed(text, server) : text);
  }
  return directory;
}

/** One of these files, loaded in Node; what it exports. */
export const load = (directory, file) => import(pathToFileURL(join(directory, file)));

/** One that Node cannot read as it stands, such as JSX; what it exports. */
export async function compiled(directory, file) {
  const outfile = join(directory, `${basename(file)}.compiled.js`);
  await build({ ...ESBUILD, entryPoints: [join(directory, file)], outfile, packages: "external" });
  return import(pathToFileURL(outfile));
}

/** Bundles files for the browser into `into`, each as a module of its name with `.js`. What they share they have in common. */
export async function bundle(directory, files, into) {
  const entryPoints = files.map((file) => join(directory, file));
  const define = { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "true" };
  await build({ ...ESBUILD, entryPoints, outdir: into, outbase: directory, splitting: true, define });
}

/** Checks the modules of a document with TypeScript, but for those that are not for a page. */
export async function typechecked(t, document, elsewhere = []) {
  const directory = await copied(t, document);
  const files = [...filesOf(document).keys()].filter((file) => MODULE.test(file) && !elsewhere.includes(file));
  const compilerOptions = {
    ...{ target: "esnext", lib: ["esnext", "dom", "dom.iterable"], module: "esnext", moduleResolution: "bundler", jsx: "react-jsx" },
    ...{ allowJs: true, checkJs: true, strict: false, useUnknownInCatchVariables: false, noEmit: true, skipLibCheck: true, types: [] },
  };
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, "xtask/node/node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["--project", directory]).catch(({ stdout }) => assert.fail(stdout));
}

const ESBUILD = { bundle: true, format: "esm", target: "es2022", jsx: "automatic", logLevel: "warning" };

function addressed(text, server) {
  const { protocol, host } = new URL(server);
  return text.replaceAll(`wss://${ADDRESS}`, `${protocol.replace("http", "ws")}//${host}`).replaceAll(`https://${ADDRESS}`, `${protocol}//${host}`);
}
