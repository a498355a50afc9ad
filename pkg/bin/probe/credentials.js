// Where the credentials come from: a flag, the environment, or whoever sits at the terminal.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Misuse } from "./misuse.js";

/** `{ login }` or `{ tokens }`. */
export async function findCredentials(flags, { env, stdin, stderr }) {
  const tokens = flags.tokens ?? (flags.login === undefined && !env.TOKENKEEP_PROBE_LOGIN ? env.TOKENKEEP_PROBE_TOKENS : undefined);
  if (tokens) return { tokens: readObject(tokens, flags.tokens ? "--tokens" : "TOKENKEEP_PROBE_TOKENS") };
  const login = flags.login ?? env.TOKENKEEP_PROBE_LOGIN;
  if (login) return { login: readObject(login, flags.login ? "--login" : "TOKENKEEP_PROBE_LOGIN") };
  if (!stdin.isTTY) throw new Misuse("credentials are missing: --login, TOKENKEEP_PROBE_LOGIN, --tokens or TOKENKEEP_PROBE_TOKENS");
  return { login: readObject(await ask('Credentials as JSON, such as {"username":"ada","password":"…"} (not shown): ', stdin, stderr), "what was typed") };
}

function readObject(text, from) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    // Node's message quotes what it read.
    throw new Misuse(`${from}: expected JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Misuse(`${from}: expected a JSON object`);
  return value;
}

function ask(question, input, shown) {
  shown.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  return new Promise((resolve, reject) => {
    let answered = false;
    lines.once("line", (line) => {
      answered = true;
      lines.close();
      resolve(line);
    });
    lines.once("close", () => {
      shown.write("\n");
      if (!answered) reject(new Misuse("no credentials were given"));
    });
  });
}
