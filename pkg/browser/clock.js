// `performance.now()` and `Date.now()`.

let latest = 0;

/** Both clocks of the page, in ms. The monotonic one never goes back, also where a test replaces the page's timers half-way. */
export function readClocks() {
  const wall = Date.now();
  latest = Math.max(latest, globalThis.performance?.now() ?? wall);
  return [latest, wall];
}
