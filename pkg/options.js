// What options may look like, as a table, and in words what is wrong with those that do not.
import { buildRequest, encodingOf, endpointAt, placeOf } from "./browser/transport.js";
import known from "./wasm/presets.js";

const isText = (value) => typeof value === "string";
const isFilled = (value) => isText(value) && value !== "";
const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value) => Array.isArray(value) && value.every(isText);
const isFunction = (value) => typeof value === "function";
const within = (low, high) => (value) => typeof value === "number" && value >= low && value < high;

// A kind is a function: (value, path) => what is wrong, or nothing.
const kind = (expected, fits) => (value, path) => (fits(value) ? "" : wrong(expected, value, path));
const word = (...words) => (value, path) => {
  if (words.includes(value)) return "";
  return wrong(listed(words.map((word) => `"${word}"`)), value, path) + suggest(value, words);
};
const orFalse = (other) => (value, path) => (value === false ? "" : other(value, path));
const list = (other) => (value, path) =>
  Array.isArray(value) ? first(value, (item, index) => other(item, `${path}[${index}]`)) : wrong("an array", value, path);
const either = (one, other) => (value, path) => (isPlain(value) ? other : one)(value, path);
const map = (other) => (value, path) =>
  isPlain(value) ? first(Object.keys(value), (name) => other(value[name], `${path}.${name}`)) : wrong("an object", value, path);
const some = (members) => {
  const names = Object.keys(members);
  return (value, path) => object(members)(value, path) || (names.some((name) => value[name] !== undefined) ? "" : wrong(`one of ${listed(names)}`, undefined, path));
};
const must = (other) => Object.assign((value, path) => other(value, path), { required: true });
const object = (members) => (value, path) => {
  if (!isPlain(value)) return wrong("an object", value, path);
  const at = (name) => (path ? `${path}.${name}` : name);
  const names = Object.keys(members);
  return (
    first(names, (name) => (value[name] !== undefined || members[name].required) && members[name](value[name], at(name))) ||
    first(Reflect.ownKeys(value), (name) => {
      if (names.includes(name) || value[name] === undefined) return "";
      return `${at(String(name))}: there is no such option${suggest(name, names) || `; known are ${names.join(", ")}`}`;
    })
  );
};

const text = kind("a string", isText);
const filled = kind("a string that is not empty", isFilled);
const seconds = kind("a number of seconds ≥ 0", within(0, 1e12));
const positive = kind("a number of seconds > 0", within(0.001, 1e12));
const texts = kind("a string or an array of strings", (value) => isText(value) || isTexts(value));
const textMap = kind("an object whose values are strings", (value) => isPlain(value) && isTexts(Object.values(value)));

const flag = kind("true or false", (value) => typeof value === "boolean");
const status = kind("an HTTP status or an array of them", (value) => [value].flat().every((item) => Number.isInteger(item) && item > 99 && item < 600));

const PRESET = word(...Object.keys(known.presets));

const MATCHES = list(some({ status, mediaType: filled, path: texts, codes: texts, begins: texts, challenge: filled }));

const PLACE = some({ field: filled, scheme: text, header: filled, basic: word("username", "password") });

const ENDPOINT = {
  path: text,
  method: filled,
  body: word("json", "form", "none"),
  fields: textMap,
  headers: textMap,
  query: textMap,
  fails: MATCHES,
};

const LOGOUT = object({ ...ENDPOINT, token: word("access", "refresh", "subject", "none"), sends: PLACE, live: flag });

const PROTOCOL = object({
  preset: PRESET,
  login: orFalse(
    object({
      ...ENDPOINT,
      credentials: either(word("body"), object({ basic: must(kind("the names of two credentials", (value) => isTexts(value) && value.length === 2)) })),
      refused: MATCHES,
    }),
  ),
  renew: orFalse(object({ ...ENDPOINT, token: word("refresh", "access"), sends: PLACE, refused: MATCHES })),
  logout: orFalse((value, path) => (Array.isArray(value) ? list(LOGOUT) : LOGOUT)(value, path)),
  endpoints: map(
    orFalse(object({ ...ENDPOINT, token: either(word("access", "none"), object({ from: must(filled), sends: must(PLACE) })), refused: MATCHES })),
  ),
  answer: object({
    accessToken: texts,
    refreshToken: texts,
    expiresIn: texts,
    refreshExpiresIn: texts,
    unit: word("s", "ms", "date", "epoch", "epoch-ms"),
    subject: texts,
    scopes: texts,
    roles: texts,
  }),
  attach: object({ header: filled, scheme: text, as: word("token", "basic") }),
  refused: MATCHES,
  expired: MATCHES,
  claims: object({ subject: texts, scopes: texts, role: texts }),
  roles: texts,
  rotation: word("none", "strict", "grace", "unknown"),
  idempotencyHeader: orFalse(filled),
  credentials: word("omit", "same-origin", "include"),
  send: kind("a function", isFunction),
});

const RELOGIN = word("reject", "hold");

const STORAGE = ["getItem", "setItem", "removeItem"];

const OPTIONS = object({
  baseUrl: must(kind("a URL", (value) => isText(value) || isText(value?.href))),
  protocol: either(PRESET, PROTOCOL),
  storage: kind(
    '"local", "session", "memory" or an object with getItem, setItem and removeItem',
    (value) => ["local", "session", "memory"].includes(value) || STORAGE.every((method) => isFunction(value?.[method])),
  ),
  name: filled,
  origins: kind("an array of strings", isTexts),
  renewal: object({ margin: seconds, timeout: positive, ahead: flag }),
  idle: positive,
  absolute: positive,
  warnBefore: seconds,
  relogin: RELOGIN,
  hold: object({ limit: kind("a whole number > 0", (value) => value > 0 && value < 2 ** 32 && Number.isInteger(value)), deadline: positive }),
  fetch: kind("a function", isFunction),
});

const TOKENS = object({ accessToken: must(filled), refreshToken: filled, expiresIn: positive, subject: filled });

/** What the session is set up with. Throws what `refuse` makes of a message. */
export function checkOptions(options, refuse) {
  const check = (message) => {
    if (message) throw refuse(message);
  };
  check(OPTIONS(options, ""));
  const base = web(options.baseUrl, globalThis.location?.href);
  check(!base && "baseUrl: expected an http(s) URL");
  const origins = [base.origin];
  (options.origins ?? []).forEach((origin, index) => {
    const url = web(origin);
    check(url?.pathname !== "/" && `origins[${index}]: expected an origin such as https://api.example.com`);
    origins.push(url.origin);
  });

  const protocol = resolve(options.protocol);
  checkProtocol(protocol, base.href, check);

  // Whatever `globalThis.fetch` is at the time of each call: tools for testing and monitoring replace it.
  const fetch = async (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  return {
    base: base.href,
    protocol,
    header: protocol.attach.header ?? "Authorization",
    name: options.name ?? "default",
    storage: options.storage ?? "local",
    relogin: options.relogin ?? "reject",
    // `href` is a serialized URL, so that what follows the origin can only be its path.
    allows: (href) => origins.some((origin) => href.startsWith(`${origin}/`)),
    fetch,
    send: async (request, operation) => (protocol.send ? protocol.send(request, operation) : fetch(request)),
  };
}

// Members that are said anew as a whole.
const WHOLE = ["sends", "token", "credentials"];

/** The preset, and what the app says differently, as one protocol that leaves nothing out. */
function resolve(said) {
  const own = isPlain(said) ? said : { preset: said };
  return [known.presets[own.preset ?? "reference"], own].reduce(merge, known.usual);
}

// As `merge` in the crate's protocol.
function merge(into, said) {
  if (Array.isArray(into) && isPlain(said)) into = into[0];
  if (!isPlain(into) || !isPlain(said)) return said;
  const merged = { ...into };
  for (const [name, value] of Object.entries(said)) {
    if (value !== undefined) merged[name] = name in into && !WHOLE.includes(name) ? merge(into[name], value) : value;
  }
  return merged;
}

// Whether the requests that follow from it can be made at all.
function checkProtocol(protocol, base, check) {
  const can = (work) => {
    try {
      work();
      return true;
    } catch {
      return false;
    }
  };
  check(!can(() => new Headers([[protocol.attach.header ?? "Authorization", "x"]])) && "protocol.attach.header: expected the name of a header");
  const several = (name, of) => Object.entries(of ?? {}).map(([at]) => `${name}.${at}`);
  const { login, renew, logout, endpoints } = protocol;
  const paths = ["login", "renew", ...(Array.isArray(logout) ? several("logout", logout) : ["logout"]), ...several("endpoints", endpoints)];
  for (const path of paths) {
    const endpoint = endpointAt(protocol, path);
    if (!endpoint) continue;
    const { credentials, fields } = endpoint;
    const full = fields || (path === "login" ? !credentials?.basic : placeOf(protocol, path).field);
    const what = `protocol.${path}`;
    check(!endpoint.path && `${what}.path: expected a string that is not empty`);
    check(full && encodingOf(path, endpoint) === "none" && `${what}.body: expected "json" or "form", because there is something to send in it`);
    check(
      !can(() => buildRequest(protocol, { endpoint: path, token: "x" }, base)) &&
        `${what}: expected a path, a method (GET, POST, PUT, PATCH or DELETE), a body that goes with it, and headers that a request can have`,
    );
  }
}

/** What a request wants that meets the end of the session. */
export function checkRelogin({ relogin }, init, refuse) {
  const own = init?.relogin ?? relogin;
  const message = RELOGIN(own, "relogin");
  if (message) throw refuse(message);
  return own === "hold";
}

/** A copy of what a login sends: the app may clear its form meanwhile. */
export function checkCredentials(credentials, refuse, name = "credentials") {
  let copy;
  try {
    copy = JSON.parse(JSON.stringify(credentials));
  } catch {
    // `undefined` has no text at all, and a cycle has none that ends.
  }
  // Of a `FormData` or a `Map` nothing is left in JSON.
  if (isPlain(copy) && !credentials[Symbol.iterator]) return copy;
  throw refuse(`${name}: expected an object that JSON can hold`);
}

/** The further endpoint of that name. */
export function findEndpoint({ endpoints = {} }, name, refuse) {
  if (Object.hasOwn(endpoints, name) && endpoints[name]) return endpoints[name];
  throw refuse(`protocol.endpoints.${String(name)}: there is no such endpoint${suggest(name, Object.keys(endpoints))}`);
}

/** Takes a token out of what the app wants to send. */
export function takeToken(content, from, refuse) {
  const token = content[from];
  if (!isFilled(token)) throw refuse(wrong("a token", token, `body.${from}`));
  delete content[from];
  return token;
}

export function checkTokens(tokens, refuse) {
  const message = TOKENS(tokens, "");
  if (message) throw refuse(message);
  const { accessToken, refreshToken, expiresIn, subject } = tokens;
  return { accessToken, refreshToken, expiresIn, subject };
}

function wrong(expected, value, path) {
  const type = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const got = { undefined: "nothing", null: "null", array: "an array", object: "an object" }[type] ?? (value === "" ? "an empty string" : `a ${type}`);
  return `${path || "the argument"}: expected ${expected}, got ${got}`;
}

// The nearest of the words that are known.
function suggest(value, words) {
  if (!isText(value)) return "";
  const name = value.slice(0, 40).toLowerCase();
  const near = words.map((word) => ({ word, far: distance(name, word.toLowerCase()) })).sort((a, b) => a.far - b.far)[0];
  return near?.far <= Math.max(2, name.length / 3) ? `; did you mean "${near.word}"?` : "";
}

// How many letters must be put in, taken out or replaced to make one of the other (Levenshtein).
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  [...a].forEach((x, at) => {
    let left = at + 1;
    row = [left, ...[...b].map((y, to) => (left = Math.min(row[to] + (x !== y), row[to + 1] + 1, left + 1)))];
  });
  return row.at(-1);
}

function first(items, complaint) {
  for (const [index, item] of items.entries()) {
    const message = complaint(item, index);
    if (message) return message;
  }
  return "";
}

function listed(words) {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} or ${words.at(-1)}` : words[0];
}

function web(address, against) {
  try {
    const url = new URL(address, against);
    return /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
