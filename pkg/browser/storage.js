// `localStorage`, `sessionStorage`, or whatever the app keeps its record in.

/** `shared`: whether other tabs may use it. `blocked`: whether what was asked for is not to be had. */
export function openStorage(wanted, key) {
  if (typeof wanted === "object") return { storage: item(wanted, key), shared: true };
  const place = wanted === "memory" ? undefined : webStorage(`${wanted}Storage`, key);
  return { storage: item(place ?? inMemory(), key), shared: wanted === "local" && !!place, blocked: wanted !== "memory" && !place };
}

// Node has storages too, which its processes do not share as tabs do, and warns of them.
function webStorage(name, key) {
  try {
    const storage = globalThis.window && globalThis[name];
    storage?.getItem(key);
    return storage;
  } catch {
    return undefined;
  }
}

function inMemory() {
  let item;
  return { getItem: () => item, setItem: (_, text) => void (item = text) };
}

// Both complete the event that they are given, now or as a promise. The name of an error is told, not its
// message, which may quote what was stored.
function item(place, key) {
  const attempt = (event, work) => {
    const failed = (error) => ({ ...event, fault: String(error?.name ?? "something that is no error was thrown") });
    try {
      const done = work();
      return done.then ? done.catch(failed) : done;
    } catch (error) {
      return failed(error);
    }
  };
  // What the core has seen is well-formed, and what is there is compared with it.
  const found = (next) => then(place.getItem(key), (text) => next(typeof text === "string" ? (text.toWellFormed?.() ?? text) : undefined));
  return {
    read: (event) => attempt(event, () => found((text) => ({ ...event, text }))),
    // In one step, except in a storage that answers later.
    commitIf: (event, { expected, text }) =>
      attempt(event, () => found((now) => (now === expected ? then(place.setItem(key, text), () => event) : { ...event, conflict: true, text: now }))),
  };
}

const then = (value, next) => (typeof value?.then === "function" ? Promise.resolve(value).then(next) : next(value));
