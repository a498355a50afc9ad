import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./project.mjs";

export const USER = { username: "demo", password: "correct horse battery" };

/** Starts the reference server for a page of `origin`, with these flags of its own; its address. */
export async function referenceServer(t, origin, flags = []) {
  const binary = process.env.TOKENKEEP_SERVER_BIN ?? join(root, "target/debug/tokenkeep-dev");
  const args = ["--addr", "127.0.0.1:0", "--database", ":memory:", "--origin", origin, "--user", `${USER.username}:${USER.password}`, ...flags];
  const env = { ...process.env, TOKENKEEP_LOG: "warn" };
  const child = spawn(binary, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => stop(child));
  await once(child, "spawn");

  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(20_000);
  const [line] = await Promise.race([
    once(lines, "line", { signal }),
    once(child, "exit", { signal }).then(([code]) => Promise.reject(new Error(`the reference server ended with ${code}`))),
  ]);
  const address = /listening on (http:\S+)/.exec(line)?.[1];
  if (!address) throw new Error(`unexpected first line of the reference server: ${line}`);
  return address;
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves the files of `directory`, on purpose without a charset, as plain servers do; its address. */
export async function fileServer(t, directory, headers = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    const file = join(directory, path === "/" ? "index.html" : path);
    if (!(await stat(file).catch(() => undefined))?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", ...headers });
    createReadStream(file).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await ended;
  clearTimeout(late);
}
