// What an answer looks like, without saying what is in it.

const DEEPEST = 5;
const MOST = 24;

export const isJwt = (text) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text) && claimsOf(text) !== undefined;

/** Whether a text may be a token: one long word. */
export const isTokenLike = (value) => typeof value === "string" && /^[\w.~+/=:|-]{8,}$/.test(value) && !isDate(value);

export const isDate = (value) => typeof value === "string" && /^(\d{4}-\d\d-\d\d[T ]|[A-Z][a-z]{2}, \d\d )/.test(value) && !Number.isNaN(Date.parse(value));

/** The claims of a JWT, unchecked. */
export function claimsOf(token) {
  const [, payload, signature] = String(token).split(".");
  if (signature === undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof claims === "object" && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}

export function kindOf(value) {
  if (Array.isArray(value)) return value.length === 1 ? "a list of one" : `a list of ${value.length}`;
  if (value === null) return "null";
  if (typeof value === "object") return "an object";
  if (typeof value === "number") return "a number";
  if (typeof value !== "string") return String(value);
  if (isJwt(value)) return "a JWT";
  if (isDate(value)) return "a date";
  if (value === "") return "an empty text";
  return isTokenLike(value) && value.length >= 16 ? `a word of ${value.length} characters` : "a text";
}

/** Every member, as `{ path, value }`, the outer ones first. Paths are those of the protocol: dotted. */
export function members(json) {
  const found = [];
  let level = [{ path: "", value: json }];
  for (let depth = 0; depth < DEEPEST && level.length; depth++) {
    level = level.flatMap(({ path, value }) => {
      if (typeof value !== "object" || value === null) return [];
      return Object.entries(value).map(([name, value]) => ({ path: path ? `${path}.${name}` : name, value }));
    });
    found.push(...level);
  }
  return found;
}

/** Those whose path may be shown, and written into a configuration. */
export const nameable = (json) => members(json).filter(({ path }) => path.split(".").every(isName));

/** The names and kinds of an answer's members, in words. A name that is no name (a token as a key) is not shown. */
export function outline(json) {
  if (typeof json !== "object" || json === null) return json === undefined ? "no JSON" : kindOf(json);
  const leaves = members(json).filter(({ value }) => typeof value !== "object" || value === null || Object.keys(value).length === 0);
  const told = leaves.slice(0, MOST).map(({ path, value }) => `${path.split(".").map(named).join(".")} (${kindOf(value)})`);
  if (leaves.length > MOST) told.push(`and ${leaves.length - MOST} more`);
  return told.join(", ") || "an empty object";
}

const named = (name) => (isName(name) ? name : "…");

// Some answers have tokens, or what only the user may know, for keys.
const isName = (name) => /^[\w$@-]{1,30}$/.test(name) && !/^(?=.*\d)(?=.*[A-Za-z]).{16,}$/.test(name);

/** Where in an answer a text stands: a path, or `header:NAME`. */
export function whereIs(text, { json, headers = {}, text: body }) {
  if (text !== undefined && text === body) return "";
  const member = nameable(json).find(({ value }) => value === text);
  if (member) return member.path;
  const header = Object.entries(headers).find(([, value]) => value === text || value.split(" ").at(-1) === text);
  return header && `header:${header[0]}`;
}
