// The command line, read and checked.
import { parseArgs } from "node:util";
import { Misuse } from "./misuse.js";
import { PRESETS } from "./presets.js";

export const HELP = `tokenkeep probe <url> [options]

Signs in at a developer's server, calls, lets the token run out, renews, shows an old refresh token again, renews at
once from several places and signs out; then says in words what the server does and what to put into the configuration.
Use an account that may be signed out. Nothing secret is printed.

  --preset NAME      the protocol to start from: ${PRESETS.slice(0, 5).join(", ")},
                     ${PRESETS.slice(5).join(", ")}
  --config FILE      a .json or .mjs file with the options of your Session, or with its \`protocol\` alone
  --login JSON       the credentials, as session.login takes them: '{"username":"…","password":"…"}'
                     (better in TOKENKEEP_PROBE_LOGIN, which no process list shows; on a terminal you are asked)
  --tokens JSON      instead of a login: what session.adopt takes, '{"accessToken":"…","refreshToken":"…"}', or a list
                     of several, each of a session of its own (better in TOKENKEEP_PROBE_TOKENS)
  --resource PATH    something that needs the token; with its method where that is not GET: 'POST /protected'
  --origin URL       where your page comes from: what CORS must allow becomes part of the verdict
  --wait             wait for what takes time: that the token really runs out, how long an old one is taken again
  --no-concurrent    do not send several renewals at once
  --timeout SECONDS  how long to wait for an answer (15)
  --json             print the findings as JSON
  --help

Exit code: 0 a session works as configured; 1 it would not; 2 the command line is wrong.
`;

const OPTIONS = {
  preset: { type: "string" },
  config: { type: "string" },
  login: { type: "string" },
  tokens: { type: "string" },
  resource: { type: "string" },
  origin: { type: "string" },
  wait: { type: "boolean" },
  "no-concurrent": { type: "boolean" },
  timeout: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};

/** What the arguments say. Throws {@link Misuse}. */
export function readFlags(args) {
  const { values, positionals } = parse(args);
  if (values.help) return { help: true };
  const [url, ...more] = positionals;
  if (url === undefined) throw new Misuse("the URL of the server is missing");
  if (more.length) throw new Misuse(`one URL, please: what is ${JSON.stringify(more[0])}?`);
  const base = web(url);
  if (!base) throw new Misuse("the URL must begin with http:// or https://");
  if (base.username || base.password) throw new Misuse("no user name or password in the URL, please: use --login");
  if (values.preset !== undefined && !PRESETS.includes(values.preset)) {
    throw new Misuse(`there is no preset ${JSON.stringify(values.preset)}; there are ${PRESETS.join(", ")}`);
  }
  if (values.login !== undefined && values.tokens !== undefined) throw new Misuse("--login or --tokens, not both");
  const origin = values.origin === undefined ? undefined : web(values.origin);
  if (values.origin !== undefined && origin?.pathname !== "/") throw new Misuse("--origin: expected something like http://localhost:5173");
  const timeout = Number(values.timeout ?? 15);
  if (!(timeout > 0 && timeout <= 3600)) throw new Misuse("--timeout: expected a number of seconds");
  return {
    base: base.href,
    preset: values.preset,
    config: values.config,
    login: values.login,
    tokens: values.tokens,
    resource: readResource(values.resource, base),
    origin: origin?.origin,
    wait: values.wait ?? false,
    concurrent: !values["no-concurrent"],
    timeout: timeout * 1000,
    json: values.json ?? false,
  };
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch ({ message }) {
    // Its second sentence explains how to pass on what begins with a dash.
    throw new Misuse(message.split(/\. To specify/)[0]);
  }
}

function readResource(text, base) {
  if (text === undefined) return undefined;
  const [, method = "GET", path] = /^(?:([A-Za-z]+)\s+)?(\S+)$/.exec(text) ?? [];
  if (!path || !URL.canParse(path, base)) throw new Misuse("--resource: expected a path, or a method and a path: 'POST /protected'");
  const url = new URL(path, base);
  if (url.origin !== base.origin) throw new Misuse("--resource: expected a path at the server that is probed");
  return { method: method.toUpperCase(), path: url.pathname + url.search };
}

function web(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}
