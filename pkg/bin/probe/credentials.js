// Where the credentials come from: a flag, the environment, or whoever sits at the terminal.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Misuse } from "./misuse.js";

/** `{ login }`, or `{ tokens }`: one or several, each for a session of its own. */
export async function findCredentials(flags, { env, stdin, stderr }) {
  const tokens = flags.tokens ?? (flags.login === undefined && !env.TOKENKEEP_PROBE_LOGIN ? env.TOKENKEEP_PROBE_TOKENS : undefined);
  if (tokens) return { tokens: readTokens(tokens, flags.tokens ? "--tokens" : "TOKENKEEP_PROBE_TOKENS") };
  const login = flags.login ?? env.TOKENKEEP_PROBE_LOGIN;
  if (login) return { login: readObject(login, flags.login ? "--login" : "TOKENKEEP_PROBE_LOGIN") };
  if (!stdin.isTTY) throw new Misuse("credentials are missing: --login, TOKENKEEP_PROBE_LOGIN, --tokens or TOKENKEEP_PROBE_TOKENS");
  return { login: await askFor(flags.preset, stdin, stderr) };
}

// What presets call the user; "username" otherwise.
const NAMES = { fathat: "email", "flask-jwt-auth": "email" };

async function askFor(preset, input, shown) {
  const keyboard = listen(input);
  try {
    const name = await keyboard.ask("User name, or all credentials as JSON (not shown): ", shown);
    if (name.trimStart().startsWith("{")) return readObject(name, "what was typed");
    const password = await keyboard.ask("Password (not shown): ", shown);
    return { [NAMES[preset] ?? "username"]: name, password };
  } finally {
    keyboard.close();
  }
}

function readTokens(text, from) {
  const value = readJson(text, from);
  if (!Array.isArray(value)) return [object(value, from)];
  if (value.length === 0) throw new Misuse(`${from}: expected tokens, got none`);
  return value.map((item) => object(item, from));
}

const readObject = (text, from) => object(readJson(text, from), from);

function readJson(text, from) {
  try {
    return JSON.parse(text);
  } catch {
    // Node's message quotes what it read.
    throw new Misuse(`${from}: expected JSON`);
  }
}

function object(value, from) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Misuse(`${from}: expected a JSON object`);
  return value;
}

function listen(input) {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  const typed = lines[Symbol.asyncIterator]();
  return {
    async ask(question, shown) {
      shown.write(question);
      const { value, done } = await typed.next();
      shown.write("\n");
      if (done) throw new Misuse("no credentials were given");
      return value;
    },
    close: () => lines.close(),
  };
}
