const PREFIX = "tokenkeep-demo:tab:";
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** This tab's name: a letter that no other open tab has, kept over a reload. */
export async function nameTab() {
  const kept = sessionStorage.getItem(PREFIX);
  const name = (await claimFirst(kept)) ?? "?";
  sessionStorage.setItem(PREFIX, name);
  return name;
}

/** The names of all open tabs, this one included. */
export async function openTabs() {
  if (!navigator.locks) return [sessionStorage.getItem(PREFIX)];
  const { held } = await navigator.locks.query();
  return held.filter((lock) => lock.name.startsWith(PREFIX)).map((lock) => lock.name.slice(PREFIX.length)).sort();
}

/** A `fetch` that tells the server which tab is asking. Only the demo server's log needs it. */
export function fetchAs(name) {
  return (input, init) => {
    const request = new Request(input, init);
    request.headers.set("X-Tab", name);
    return fetch(request);
  };
}

async function claimFirst(kept) {
  if (!navigator.locks) return kept ?? LETTERS[Math.floor(Math.random() * LETTERS.length)];
  // The page before a reload may take a moment to let go of its name.
  if (kept && (await claim(PREFIX + kept, { signal: AbortSignal.timeout(300) }))) return kept;
  for (const letter of LETTERS) if (await claim(PREFIX + letter, { ifAvailable: true })) return letter;
  return undefined;
}

// A duplicated tab copies sessionStorage, so the name alone proves nothing: it is held as a lock for as long as the page lives.
function claim(lockName, options) {
  return new Promise((resolve) => {
    const hold = (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    };
    navigator.locks.request(lockName, options, hold).catch(() => resolve(false));
  });
}
