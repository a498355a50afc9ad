// The servers that are compared, and how each is spoken to.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { directory, startPostgres, startRedis } from "./services.mjs";

/** Our own, one for each store. */
export const STORES = { file: "SQLite, a file", memory: "SQLite, in memory", postgres: "PostgreSQL", redis: "PostgreSQL and Redis" };

export const TWOPI = "twopi";

/** One user for each connection, as in life. The login brake allows one user ten logins under way. */
export const users = (count) => Array.from({ length: count }, (_, n) => ({ name: `bench${n}`, password: `correct horse ${n}` }));

const form = (method, path, fields) => ({
  method,
  path,
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});
const json = (method, path, value) => ({ method, path, headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
const bearer = (method, path, access) => ({ method, path, headers: { authorization: `Bearer ${access}` } });

/** What a server answers to a login or a renewal, and the requests by which it is asked. */
const tokenkeep = {
  login: ({ name, password }) => json("POST", "/api/v1/login", { username: name, password }),
  renew: (refresh) => json("POST", "/api/v1/renew", { refreshToken: refresh }),
  request: (access) => bearer("GET", "/api/v1/resource", access),
};
const twopi = {
  login: ({ name, password }) => form("POST", "/login", { username: name, password }),
  renew: (refresh) => form("POST", "/renew", { refreshToken: refresh }),
  request: (access) => bearer("POST", "/protected", access),
};

/**
 * Starts the servers of these stores, and twopi; each with its address and its requests.
 *
 * @param programs where `tokenkeep`, the Python environment (`python`) and PostgreSQL (`postgres`) are
 */
export async function startServers(services, programs, stores, people) {
  const started = [];
  const withPostgres = stores.filter((store) => store === "postgres" || store === "redis");
  const databases = withPostgres.length ? await startPostgres(services, programs.postgres, withPostgres) : [];
  for (const store of stores) {
    const home = directory(store);
    const database = { memory: ":memory:", file: join(home, "bench.sqlite") }[store] ?? databases[withPostgres.indexOf(store)];
    const more = store === "redis" ? ["--redis", await startRedis(services)] : [];
    const command = [programs.tokenkeep, "--database", database, "--key-file", join(home, "key"), ...more];
    // What it logs goes to a file, as it would in production.
    const logged = ["sh", "-c", 'exec "$@" 2>log', "sh", ...command, ...people.flatMap(({ name, password }) => ["--user", `${name}:${password}`])];
    const [, url] = await services.start(/listening on (http:\S+)/, home, logged);
    started.push({ store, url, ...tokenkeep });
  }
  started.push({ store: TWOPI, url: await startTwopi(services, programs.python, people), ...twopi });
  return started;
}

/** Under gunicorn, with a process for each of two cores and a thread for each connection. */
async function startTwopi(services, python, people) {
  const home = directory(TWOPI);
  const env = { TWOPI_DATABASE: join(home, "bench.sqlite"), TWOPI_USERS: people.map(({ name, password }) => `${name}:${password}`).join() };
  const options = ["--bind", "127.0.0.1:0", "--preload", "--workers", "2", "--worker-class", "gthread", "--threads", String(people.length), "--keep-alive", "75"];
  const command = [join(python, "bin/python"), "-m", "gunicorn", ...options, "--chdir", fileURLToPath(new URL(".", import.meta.url)), "twopi:app"];
  const [, url] = await services.start(/Listening at: (http:\S+)/, home, command, { env });
  return url;
}
