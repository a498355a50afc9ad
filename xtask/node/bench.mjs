// Times what the session adds to a request while its token is fresh, and its start: node bench.mjs PACKAGE
// The network is a function that answers at once, so what is left is the session's own work.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [pkg] = process.argv.slice(2);
const ROUNDS = 15;
const CALLS = 2_000;

const started = performance.now();
const { Session } = await import(pathToFileURL(join(pkg, "index.js")));
const imported = performance.now();

const answer = async () => new Response(null, { status: 204 });
const session = new Session({ baseUrl: "https://api.example.com", storage: "memory", fetch: answer });
const constructed = performance.now();
new Session({ baseUrl: "https://api.example.com", storage: "memory", name: "second" }).dispose();
const second = performance.now();

await session.adopt({ accessToken: "opaque", refreshToken: "opaque too", subject: "ada", expiresIn: 3600 });

const microseconds = async (call) => {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < CALLS; i++) await call();
    rounds.push(((performance.now() - begin) * 1000) / CALLS);
  }
  return rounds.sort((a, b) => a - b);
};
const url = "https://api.example.com/api/v1/resource";
const line = (name, rounds) =>
  console.log(`${name.padEnd(44)}${[rounds[0], rounds[ROUNDS >> 1], rounds.at(-1)].map((us) => us.toFixed(1).padStart(9)).join("")}`);
const once = (name, ms) => console.log(`${name.padEnd(44)}${ms.toFixed(1).padStart(9)}`);

console.log("ms, once");
once("import", imported - started);
once("first session (decode and compile the wasm)", constructed - imported);
once("second session", second - constructed);
console.log(`\n${`µs a call, ${ROUNDS} rounds of ${CALLS}`.padEnd(44)}${["min", "median", "max"].map((name) => name.padStart(9)).join("")}`);
line("a Request and a Response, no session", await microseconds(() => answer(new Request(url))));
line("session.fetch, token fresh", await microseconds(() => session.fetch(url)));
line("session.accessToken, token fresh", await microseconds(() => session.accessToken()));
line("session.getSnapshot", await microseconds(() => session.getSnapshot()));
session.dispose();
