// The configuration that is probed, what is changed in it, and how it is shown.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import known from "../../wasm/presets.js";
import { Misuse } from "./misuse.js";

/** The `protocol` of the flags: an object, never a name. */
export async function findProtocol({ config, preset }) {
  const given = config === undefined ? {} : asObject(await load(config));
  return preset === undefined ? given : { ...given, preset };
}

async function load(file) {
  const path = resolve(file);
  try {
    const value = /\.[mc]?js$/.test(file) ? (await import(pathToFileURL(path))).default : JSON.parse(await readFile(path, "utf8"));
    if (value === undefined) throw new Error("it has no default export");
    const isOptions = typeof value === "object" && value !== null && ("protocol" in value || "baseUrl" in value);
    return isOptions ? (value.protocol ?? {}) : value;
  } catch (error) {
    // What JSON.parse says quotes the file.
    throw new Misuse(`--config ${file}: ${error instanceof SyntaxError ? "this is not what it should be, JSON or a module" : error.message}`);
  }
}

function asObject(protocol) {
  if (typeof protocol === "string") return { preset: protocol };
  if (isPlain(protocol)) return protocol;
  throw new Misuse("--config: expected the options of a Session, or its protocol");
}

/** `protocol` with `put` written over it. Lists replace; what was `false` gives way. */
export function merge(protocol, put) {
  const merged = { ...protocol };
  for (const [name, value] of Object.entries(put)) {
    merged[name] = isPlain(value) && isPlain(merged[name]) && !isPlace(name) ? merge(merged[name], value) : value;
  }
  return merged;
}

/** The list that holds by now, as one to be added to: lists replace. That of the default protocol is of no use to others. */
export function listOf(protocol, name) {
  const { usual, presets } = known;
  return [protocol[name] ?? presets[protocol.preset]?.[name] ?? (name in usual ? usual[name] : [])].flat();
}

// `{ field }` and `{ scheme }` exclude each other.
const isPlace = (name) => name === "sends";

/** As one would write it: a name where that is all. Secrets become `…`, functions words. */
export function shown(protocol, secrets) {
  const { preset, ...rest } = protocol;
  if (preset !== undefined && Object.keys(rest).length === 0) return preset;
  return JSON.parse(
    JSON.stringify(protocol, (name, value) => {
      if (typeof value === "function") return "(a function of yours)";
      if (typeof value !== "string") return value;
      return /secret|passw|api.?key|authorization|cookie/i.test(name) || secrets.knows(value) ? "…" : value;
    }),
  );
}

const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
