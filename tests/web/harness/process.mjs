import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const STARTED_WITHIN = 20_000;
const ENDED_WITHIN = 5_000;
const KEPT_LINES = 40;

/** A program that a test runs beside itself. It never outlives the test process. */
export class Process {
  #name;
  #child;
  #lines = [];
  #killAtExit;

  /** Starts `program` and waits until it prints a line that matches `ready` on any of its streams, or answers at `address`. */
  static async start(program, args, { ready, address, env = {}, streams = 3 }) {
    const stdio = ["ignore", ...Array(streams - 1).fill("pipe")];
    const started = new Process(program, spawn(program, args, { env: { ...process.env, ...env }, stdio }));
    try {
      started.said = await started.#ready(ready, address);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  constructor(name, child) {
    this.#name = name;
    this.#child = child;
    this.#killAtExit = () => child.kill("SIGKILL");
    process.once("exit", this.#killAtExit);
  }

  /** What it printed last, for an error message. */
  get lines() {
    return this.#lines.join("\n");
  }

  /** Asks it to end, insists after a while, and waits until it is gone. */
  async stop(signal = "SIGTERM") {
    const child = this.#child;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill(signal);
      const late = setTimeout(() => child.kill("SIGKILL"), ENDED_WITHIN);
      await ended;
      clearTimeout(late);
    }
    process.removeListener("exit", this.#killAtExit);
  }

  #ready(ready, address) {
    return new Promise((resolve, reject) => {
      const settled = new AbortController();
      const end = (settle, value) => {
        settled.abort();
        settle(value);
      };
      const fail = (why) => end(reject, new Error(`${this.#name} ${why}\n${this.lines}`));
      const late = setTimeout(() => fail("was not ready in time"), STARTED_WITHIN);
      settled.signal.addEventListener("abort", () => clearTimeout(late));
      this.#child.once("error", (error) => fail(`could not be started: ${error.message}`));
      this.#child.once("exit", (code, signal) => fail(`ended with ${code ?? signal}`));
      this.#onLine((line) => {
        const match = ready?.exec(line);
        if (match) end(resolve, match);
      });
      if (address) answers(address, settled.signal).then(() => end(resolve), () => {});
    });
  }

  #onLine(take) {
    for (const stream of this.#child.stdio.filter(Boolean)) {
      createInterface({ input: stream }).on("line", (line) => {
        this.#lines = [...this.#lines, line].slice(-KEPT_LINES);
        take(line);
      });
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// For a program that says nothing when it listens.
async function answers(address, signal) {
  for (;;) {
    if (await fetch(address, { signal }).then(() => true, () => false)) return;
    await sleep(50, undefined, { signal });
  }
}

/** Where `program` is; `variable` of the environment names another one. */
export function locate(program, variable) {
  const named = process.env[variable];
  if (named) return named;
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", join(homedir(), ".cargo/bin")];
  const found = directories.map((directory) => join(directory, program)).find(isExecutable);
  if (!found) throw new Error(`${program} is missing; install it, or say where it is with ${variable}`);
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
