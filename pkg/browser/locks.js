// `navigator.locks`: the lock that all tabs of a session share, and the fence that a tab leaves behind.

/**
 * @param key The lock's name.
 * @param feed Told `lockSettled`: whether the lock is there, and the newest state that a living tab holds up as a fence.
 */
export function openTurns(key, feed) {
  const prefix = `${key}:fence:`;
  // Tells the answer to the present request from that to one which was taken back.
  let asked = 0;
  let turn;
  let fence;
  let fenceRising = false;
  // Let go of, but not before the fence stands.
  let leaving;

  const letGo = () => {
    fenceRising = false;
    leaving?.();
    leaving = undefined;
  };

  return {
    acquire() {
      const mine = ++asked;
      const heard = async (granted) => {
        const newest = granted ? await highest(prefix) : undefined;
        if (mine === asked) feed({ kind: "lockSettled", granted, ...newest });
      };
      turn = hold(key, "exclusive", heard);
      if (!turn) feed({ kind: "lockSettled", granted: false });
    },
    release() {
      asked++;
      // Whoever asks again before the fence stands queues behind his own lock.
      if (fenceRising && !leaving) leaving = turn;
      else turn?.();
      turn = undefined;
    },
    raiseFence({ epoch, generation }) {
      // The old one stands until the new one does.
      const old = fence;
      fenceRising = true;
      const rising = hold(`${prefix}${epoch}.${generation}`, "shared", () => {
        old?.();
        if (fence === rising) letGo();
      });
      fence = rising;
      fenceRising = !!rising;
    },
    drop() {
      fence?.();
      fence = undefined;
      letGo();
    },
  };
}

// Asks for a lock; never steals one. `heard` is told once whether it came, also when the request was taken
// back. Returns what lets it go or takes the request back; `undefined` where there are no locks.
function hold(name, mode, heard) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const abort = new AbortController();
  let told = false;
  const tell = (granted) => {
    if (!told) heard(granted);
    told = true;
  };
  try {
    const done = navigator.locks.request(name, { mode, signal: abort.signal }, () => {
      tell(true);
      return held;
    });
    const ended = () => tell(false);
    done.then(ended, ended);
  } catch {
    return undefined;
  }
  return () => {
    release();
    abort.abort();
  };
}

async function highest(prefix) {
  let best;
  try {
    const { held = [], pending = [] } = await navigator.locks.query();
    for (const { name, mode } of [...held, ...pending]) {
      if (mode !== "shared" || !name.startsWith(prefix)) continue;
      const [epoch, generation] = name.slice(prefix.length).split(".").map(Number);
      // What is no number comes from a session whose name goes on like this.
      if (!(epoch + generation >= 0)) continue;
      if (!best || epoch > best.epoch || (epoch === best.epoch && generation > best.generation)) best = { epoch, generation };
    }
  } catch {
    // No fence is known then; the machine has other ways.
  }
  return best;
}
