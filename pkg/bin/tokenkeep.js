#!/usr/bin/env node
// The command line of the package. Nothing of it is part of what apps import.
import { run } from "./probe/command.js";

const HELP = `tokenkeep <command>

  probe <url>   sign in at your server, renew, reuse, sign out, and say what to put into the configuration

tokenkeep probe --help tells its options.
`;

const [command, ...args] = process.argv.slice(2);
if (command === "probe") {
  process.exitCode = await run(args, { env: process.env, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr });
} else if (command === undefined || command === "--help" || command === "-h" || command === "help") {
  process.stdout.write(HELP);
} else {
  process.stderr.write(`tokenkeep: there is no command ${JSON.stringify(command)}\n\n${HELP}`);
  process.exitCode = 2;
}
