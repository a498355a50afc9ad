// The examples with the packed package in them, as `npm install tokenkeep` would leave it.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pack, root } from "../../packaging/support/project.mjs";

const run = promisify(execFile);

export const examples = join(root, "examples");
export const installed = join(examples, "node_modules/tokenkeep");

/** Replaces the link to `pkg/`, which the lockfile asks for. */
export async function installPackage() {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-examples-"));
  try {
    const { tarball } = await pack(directory);
    await rm(installed, { recursive: true, force: true });
    await mkdir(installed);
    await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs a program of the examples' `node_modules` in one of them; what it printed. */
export async function tool(example, name, ...args) {
  const { NODE_TEST_CONTEXT, NODE_OPTIONS, ...env } = process.env;
  const quiet = { CI: "1", NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };
  try {
    const { stdout } = await run(bin(name), args, { cwd: join(examples, example), env: { ...env, ...quiet }, timeout: 240_000, killSignal: "SIGKILL" });
    return stdout;
  } catch (error) {
    throw new Error(`${example}: ${name} ${args.join(" ")}\n${error.stdout}${error.stderr}`, { cause: error });
  }
}

export const bin = (name) => join(examples, "node_modules/.bin", name);
