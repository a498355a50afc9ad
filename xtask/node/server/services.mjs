// Programs that end with this one, whichever way it ends, and their data with them.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const STARTS_WITHIN = 60_000;

// Reads from a pipe that closes when we are no more, and then stops the service: terminated first, killed if it stays.
const GUARDIAN = `
directory=$1; shift
exec 3<&0
(exec "$@") </dev/null 2>&1 3<&- & child=$!
exec 2>/dev/null
(read -r _ <&3; kill -TERM $child; sleep 15; kill -KILL $child) >/dev/null & reader=$!
wait $child; code=$?
kill $reader
rm -rf "$directory"
exit $code`;

/** Services under way; the last one is ended first. */
export class Services {
  #running = [];

  /**
   * Starts a program and waits until it prints what `ready` matches; the match.
   *
   * @param directory where its data is; removed with it
   */
  async start(ready, directory, command, { env } = {}) {
    // A group of its own: a Ctrl-C is for us, and the guardian does the rest.
    const options = { cwd: directory, env: { ...process.env, ...env }, detached: true, stdio: ["pipe", "pipe", "inherit"] };
    const child = spawn("sh", ["-c", GUARDIAN, "guardian", directory, ...command], options);
    const ended = once(child, "exit");
    this.#running.push({ child, ended });
    const said = [];
    const lines = createInterface({ input: child.stdout });
    const started = new Promise((resolve) => {
      // To the end: a service whose output nobody reads stops for want of a reader.
      lines.on("line", (line) => {
        if (said.length < 100) said.push(line);
        const found = ready.exec(line);
        if (found) resolve(found);
      });
    });
    const name = command[0].split("/").at(-1);
    const failed = (how) => new Error(`${name} ${how}\n${said.join("\n")}`);
    let timer;
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(failed("did not start in time")), STARTS_WITHIN)));
    const died = ended.then(([code]) => Promise.reject(failed(`ended with ${code}`)));
    died.catch(() => {});
    try {
      return await Promise.race([started, died, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async end() {
    for (const { child, ended } of this.#running.splice(0).reverse()) {
      child.stdin.destroy();
      await ended;
    }
  }
}

export const directory = (name) => mkdtempSync(join(tmpdir(), `tokenkeep-bench-${name}-`));

/**
 * PostgreSQL as it comes, which is durable; the address of an empty database for each name.
 *
 * @param programs the directory of its programs
 */
export async function startPostgres(services, programs, names) {
  const home = directory("postgres");
  const port = await freePort();
  const data = join(home, "data");
  const program = (name) => join(programs, name);
  // It refuses to run as root.
  const root = process.getuid() === 0;
  const user = root ? ["runuser", "-u", "postgres", "--"] : [];
  const run = (command, ...args) => execFileSync(command, args, { cwd: home, stdio: ["ignore", "ignore", "inherit"] });
  if (root) run("chown", "postgres", home);
  chmodSync(home, 0o700);
  run(...user, program("initdb"), `--pgdata=${data}`, "--username=bench", "--auth=trust", "--encoding=UTF8", "--locale=C");
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories="].flatMap((setting) => ["-c", setting]);
  await services.start(/ready to accept connections/, home, [...user, program("postgres"), "-D", data, "-p", port, ...settings]);
  return names.map((name) => {
    const database = `bench_${name}`;
    run(program("createdb"), "-h", "127.0.0.1", "-p", port, "-U", "bench", database);
    return `postgres://bench@127.0.0.1:${port}/${database}`;
  });
}

/** Redis that keeps nothing on disk: what the server puts there is over soon. */
export async function startRedis(services) {
  const home = directory("redis");
  const port = await freePort();
  const command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", home];
  await services.start(/Ready to accept connections/, home, command);
  return `redis://127.0.0.1:${port}`;
}

/** Free a moment ago. Both services say so at once if somebody else took it meanwhile. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return String(port);
}
