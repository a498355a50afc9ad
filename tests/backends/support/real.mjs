// Real servers, each a process of its own that ends with this one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const environments = process.env.TOKENKEEP_PYTHON ?? join(here, "../../target/python");

// Long enough for a machine that does something else, too.
const STARTS_WITHIN = 60_000;

/** Starts `real/<file>` in the Python environment of that name; its address. */
export const startPython = (t, environment, file, ...args) => start(t, join(environments, environment, "bin/python"), [join(here, "real", file), ...args]);

/** Starts `real/<file>` in Node; its address. */
export const startNode = (t, file) => start(t, process.execPath, [join(here, "real", file)]);

async function start(t, program, args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  const said = [];
  child.stderr.on("data", (data) => said.push(data));
  const ended = once(child, "exit");
  t.after(() => {
    // Ours end with their input.
    child.stdin.destroy();
    child.kill();
    return ended;
  });
  await once(child, "spawn");
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(STARTS_WITHIN);
  const [line] = await Promise.race([
    once(lines, "line", { signal }),
    ended.then(([code]) => Promise.reject(new Error(`${args[0]} ended with ${code}\n${Buffer.concat(said)}`))),
  ]);
  return /listening on (http:\S+)/.exec(line)[1];
}

/** One server for all tests of a file: started by the first that wants it. */
export function shared(start) {
  const ends = [];
  let address;
  after(() => Promise.all(ends.map((end) => end())));
  return () => (address ??= start({ after: (end) => ends.push(end) }));
}

/** Starts the reference server; its address. */
export const startReference = (t, ...args) => start(t, process.env.TOKENKEEP_SERVER_BIN ?? join(here, "../../target/debug/tokenkeep-dev"), ["--addr", "127.0.0.1:0", ...args]);

/** Has a real server keep a test's time, from now on. */
export async function keepTime(clock, address) {
  const tell = async (shift) => {
    const shiftMs = Math.round(shift);
    const ours = await fetch(`${address}/__clock?${shiftMs}`);
    if (ours.ok) return;
    // The reference server.
    const body = JSON.stringify({ shiftMs });
    const response = await fetch(`${address}/__faults/clock`, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (!response.ok) throw new Error(`the server keeps no time: ${response.status}`);
  };
  clock.follow(tell);
  await tell(clock.shift);
}
