// What options may look like, as a table, and in words what is wrong with those that do not.
import { buildRequest } from "./browser/transport.js";

const isText = (value) => typeof value === "string";
const isFilled = (value) => isText(value) && value !== "";
const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value) => Array.isArray(value) && value.every(isText);
const isFunction = (value) => typeof value === "function";
const within = (low, high) => (value) => typeof value === "number" && value >= low && value < high;

// A kind is a function: (value, path) => what is wrong, or nothing.
const kind = (expected, fits) => (value, path) => (fits(value) ? "" : wrong(expected, value, path));
const word = (...words) => kind(listed(words.map((word) => `"${word}"`)), (value) => words.includes(value));
const orFalse = (other) => (value, path) => (value === false ? "" : other(value, path));
const list = (other) => (value, path) =>
  Array.isArray(value) ? first(value, (item, index) => other(item, `${path}[${index}]`)) : wrong("an array", value, path);
const must = (other) => Object.assign((value, path) => other(value, path), { required: true });
const object = (members) => (value, path) => {
  if (!isPlain(value)) return wrong("an object", value, path);
  const at = (name) => (path ? `${path}.${name}` : name);
  const names = Object.keys(members);
  return (
    first(names, (name) => (value[name] !== undefined || members[name].required) && members[name](value[name], at(name))) ||
    first(Reflect.ownKeys(value), (name) => {
      if (names.includes(name) || value[name] === undefined) return "";
      return `${at(String(name))}: there is no such option; known are ${names.join(", ")}`;
    })
  );
};

const text = kind("a string", isText);
const filled = kind("a string that is not empty", isFilled);
const seconds = kind("a number of seconds ≥ 0", within(0, 1e12));
const positive = kind("a number of seconds > 0", within(0.001, 1e12));
const texts = kind("a string or an array of strings", (value) => isText(value) || isTexts(value));
const textMap = kind("an object whose values are strings", (value) => isPlain(value) && isTexts(Object.values(value)));

const ENDPOINT = {
  path: must(text),
  method: filled,
  body: word("json", "form", "none"),
  fields: textMap,
  headers: textMap,
};

const PROTOCOL = object({
  login: object(ENDPOINT),
  renew: orFalse(
    object({
      ...ENDPOINT,
      sends: kind("{ field: string } or { scheme: string }", (value) => isText(value?.field) !== isText(value?.scheme)),
    }),
  ),
  logout: orFalse(object(ENDPOINT)),
  answer: object({
    accessToken: texts,
    refreshToken: texts,
    expiresIn: texts,
    refreshExpiresIn: texts,
    unit: word("s", "ms"),
    subject: texts,
  }),
  attach: object({ header: filled, scheme: text }),
  refused: list(
    object({ status: must(kind("an HTTP status", within(100, 600))), path: text, codes: kind("an array of strings", isTexts) }),
  ),
  idempotencyHeader: orFalse(filled),
});

const STORAGE = ["getItem", "setItem", "removeItem"];

const OPTIONS = object({
  baseUrl: must(kind("a URL", (value) => isText(value) || isText(value?.href))),
  protocol: PROTOCOL,
  storage: kind(
    '"local", "session", "memory" or an object with getItem, setItem and removeItem',
    (value) => ["local", "session", "memory"].includes(value) || STORAGE.every((method) => isFunction(value?.[method])),
  ),
  name: filled,
  origins: kind("an array of strings", isTexts),
  renewal: object({ margin: seconds, timeout: positive, ahead: kind("true or false", (value) => typeof value === "boolean") }),
  idle: positive,
  absolute: positive,
  warnBefore: seconds,
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

  return {
    base: base.href,
    name: options.name ?? "default",
    storage: options.storage ?? "local",
    // `href` is a serialized URL, so that what follows the origin can only be its path.
    allows: (href) => origins.some((origin) => href.startsWith(`${origin}/`)),
    // Whatever `globalThis.fetch` is at the time of each call: tools for testing and monitoring replace it.
    fetch: async (input, init) => {
      const fetch = options.fetch ?? globalThis.fetch;
      return fetch(input, init);
    },
  };
}

/** What the options mean to the core, once it has taken them: whether its requests can be made at all. */
export function checkProtocol(core, { base }, refuse) {
  const attempt = (work, message) => {
    try {
      work();
    } catch {
      throw refuse(message);
    }
  };
  attempt(() => new Headers().set(core.show("header"), "x"), "protocol.attach.header: expected the name of a header");
  const complaint = core.show("complaint");
  if (complaint) throw refuse(complaint);
  ["login", "renew", "logout"].forEach((name) =>
    attempt(
      () => {
        const call = core.show(name);
        if (call) buildRequest(JSON.parse(call), base);
      },
      `protocol.${name}: expected a path, a method (GET, POST, PUT, PATCH or DELETE), a body that goes with it, and headers that a request can have`,
    ),
  );
}

/** A copy of what a login sends: the app may clear its form meanwhile. */
export function checkCredentials(credentials, refuse) {
  let copy;
  try {
    copy = JSON.parse(JSON.stringify(credentials));
  } catch {
    // `undefined` has no text at all, and a cycle has none that ends.
  }
  // Of a `FormData` or a `Map` nothing is left in JSON.
  if (isPlain(copy) && !credentials[Symbol.iterator]) return copy;
  throw refuse("credentials: expected an object that JSON can hold");
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
