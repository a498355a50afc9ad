import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

export const here = join(import.meta.dirname, "..");
export const root = resolve(process.env.TOKENKEEP_ROOT ?? join(here, "../.."));

const run = promisify(execFile);
const LIMITS = { timeout: 120_000, killSignal: "SIGKILL" };

/** Packs `pkg/` into `directory`; the tarball's path and the names of the files in it. */
export async function pack(directory) {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", directory], { cwd: join(root, "pkg"), ...LIMITS });
  const [{ filename, files }] = JSON.parse(stdout);
  return { tarball: join(directory, filename), files: files.map(({ path }) => path) };
}

/** A new project with the packed package installed and one of the apps in `apps/` copied in. */
export async function freshProject(t, ...apps) {
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-packaging-"));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  const project = join(directory, "project");
  await mkdir(project);
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const { tarball } = await pack(directory);
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: project, ...LIMITS });
  for (const app of apps) await cp(join(here, "apps", app), project, { recursive: true });
  return project;
}

/** Runs a Node program in `directory`; what it printed. Fails where it fails, or does not end by itself. */
export const node = (directory, ...args) => program(directory, process.execPath, ...args);

/** The same of any program. */
export async function program(directory, name, ...args) {
  const { stdout } = await run(name, args, { cwd: directory, ...LIMITS });
  return stdout;
}

/** Runs a program of this directory's `node_modules/.bin` in `directory`. */
export async function tool(directory, name, ...args) {
  try {
    await run(join(here, "node_modules/.bin", name), args, { cwd: directory, ...LIMITS });
  } catch (error) {
    throw new Error(`${name} ${args.join(" ")}\n${error.stdout}${error.stderr}`, { cause: error });
  }
}
