// Time that passes only when a test says so.
import { setImmediate as turn } from "node:timers/promises";

const START = Date.UTC(2030, 0, 1);

/** `advance` lets time pass, `settle` lets everything happen that needs none. */
export function stopTime(t) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: START });
  const now = t.mock.method(performance, "now", () => Date.now() - START);
  const time = {
    now,
    async settle() {
      for (let round = 0; round < 12; round++) await turn();
    },
    async until(so) {
      for (let round = 0; round < 50; round++) {
        if (so()) return;
        await turn();
      }
      throw new Error(`what was waited for did not happen: ${so}`);
    },
    /** Lets time pass until something is so. */
    async pass(so, step = 10) {
      for (let round = 0; round < 2000 && !so(); round++) await time.advance(step);
      if (!so()) throw new Error(`what was waited for did not happen: ${so}`);
    },
    /** Lets time pass until a promise is settled. */
    async finish(promise, step) {
      let settled = false;
      const end = () => (settled = true);
      promise.then(end, end);
      await time.settle();
      await time.pass(() => settled, step);
      return promise;
    },
    /** In steps: what is set off by a timer comes to pass before the next one is due. */
    async advance(ms, step = ms) {
      for (let passed = 0; passed < ms; passed += step) {
        t.mock.timers.tick(Math.min(step, ms - passed));
        await time.settle();
      }
    },
  };
  return time;
}
