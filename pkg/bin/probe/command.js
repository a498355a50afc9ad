// `tokenkeep probe`, from its arguments to its exit code.
import { findProtocol } from "./configuration.js";
import { findCredentials } from "./credentials.js";
import { HELP, readFlags } from "./flags.js";
import { Misuse } from "./misuse.js";
import { lineOf, summaryOf } from "./report.js";
import { probe } from "./run.js";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param sleep Waits so many ms. */
export async function run(args, io, { sleep = pause } = {}) {
  const { stdout, stderr } = io;
  try {
    const flags = readFlags(args);
    if (flags.help) {
      stdout.write(HELP);
      return 0;
    }
    const protocol = await findProtocol(flags);
    const credentials = await findCredentials(flags, io);
    const say = (finding) => flags.json || stdout.write(lineOf(finding));
    const told = (ms) => {
      if (!flags.json) stderr.write(`  … waiting ${Math.ceil(ms / 1000)} s\n`);
      return sleep(ms);
    };
    if (!flags.json) stdout.write(`tokenkeep probe ${flags.base}\n\n`);
    const { works, findings, protocol: found } = await probe({ flags, protocol, ...credentials, say, sleep: told });
    stdout.write(flags.json ? `${JSON.stringify({ works, findings, protocol: found }, undefined, 2)}\n` : summaryOf({ works, findings, protocol: found }, flags.base));
    return works ? 0 : 1;
  } catch (error) {
    if (error instanceof Misuse) {
      stderr.write(`tokenkeep probe: ${error.message}\n\ntokenkeep probe --help tells the options.\n`);
      return 2;
    }
    // A bug of the probe's. Where, but not what: messages may quote what was read.
    stderr.write(`tokenkeep probe: ${error?.name} ${String(error?.stack).split("\n").filter((line) => /^ +at /.test(line)).slice(0, 5).join("\n")}\n`);
    return 1;
  }
}
