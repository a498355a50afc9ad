// Time that a test moves on: for the session, for the cards and for the real servers alike. Nobody has to wait for
// a token to expire, and none expires because the machine is busy.
const wall = Date.now.bind(Date);
const monotonic = performance.now.bind(performance);

/** Moves the session's two clocks by what `advance` adds up to; every listener hears of it. */
export function makeClock(t) {
  const moved = [];
  const clock = {
    shift: 0,
    /** Seconds since the epoch, as servers count. */
    seconds: () => (wall() + clock.shift) / 1000,
    /** Awaits those who have to be told. */
    async advance(seconds) {
      clock.shift += seconds * 1000;
      for (const tell of moved) await tell(clock.shift);
    },
    follow: (tell) => moved.push(tell),
    /** From now on the cards' time passes only by `advance`. */
    stop() {
      const at = wall();
      clock.seconds = () => (at + clock.shift) / 1000;
    },
  };
  t.mock.method(Date, "now", () => wall() + clock.shift);
  t.mock.method(performance, "now", () => monotonic() + clock.shift);
  return clock;
}
