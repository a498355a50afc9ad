// `performance.now()` and `Date.now()`.

let last = 0;
let elapsed = 0;

/** Both clocks of the page, in ms. The monotonic one never goes back and never stands still, also where a test replaces the page's timers half-way. */
export function readClocks() {
  const wall = Date.now();
  const reading = globalThis.performance?.now() ?? wall;
  elapsed += Math.max(reading - last, 0);
  last = reading;
  return [elapsed, wall];
}
