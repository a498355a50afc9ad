// `setTimeout()`.

// A browser takes a longer delay for none at all.
const LONGEST = 0x7fffffff;

/** Calls after `delay` ms, or after some 24 days if that is longer; returns what takes that back. Without a callback: a promise. */
export function after(delay, callback) {
  if (!callback) return new Promise((resolve) => after(delay, resolve));
  const handle = setTimeout(callback, Math.min(Math.max(Math.ceil(delay), 0), LONGEST));
  return () => clearTimeout(handle);
}
