// What may be shown, told to another tab, and exported: what is known to be harmless. The rest is cut.

export const CUT = "…";
const LONGEST = 200;
// Shorter ones would cut holes into words.
const SUBSTANTIAL = 4;
// An address of the web, or a word, which may be one of mail.
const PIECES = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+|[^\s"'<>(),;:]+/gi;
// Names such as `application/problem+json` or `refresh_token_revoked`.
const NAMES = /^[a-z]{1,18}([-_/+.][a-z]{1,18})*$/i;
const CODE = /^[a-z][a-z0-9_.-]{0,47}$/i;

export class Redactor {
  // Of what must not come out, for as long as the page lives: marks, which nobody can turn back.
  #known = new Set();
  #salt = Math.floor(Math.random() * 2 ** 32);
  // What is on its way to the server at this moment.
  #passing = new Set();

  /** Never shows this word again. */
  learn(value) {
    const text = String(value ?? "");
    if (text) this.#known.add(this.#mark(text));
  }

  /** While these are on their way they are found in the middle of a text, too. Returns what forgets them. */
  during(values) {
    const passing = { values: values.filter((value) => value.length >= SUBSTANTIAL) };
    this.#passing.add(passing);
    values.forEach((value) => this.learn(value));
    return () => void this.#passing.delete(passing);
  }

  /** A text that somebody else has written. */
  text(value) {
    let text = String(value).slice(0, 4 * LONGEST);
    for (const { values } of this.#passing) for (const secret of values) text = text.replaceAll(secret, CUT);
    text = text.replace(PIECES, (piece) => (piece.includes("://") ? this.url(piece) : this.#word(piece)));
    return text.length > LONGEST ? text.slice(0, LONGEST - 1) + CUT : text;
  }

  /** A name that a program gives, such as an error's code; anything else is no such name. */
  code(value) {
    const text = String(value);
    return CODE.test(text) ? this.text(text) : CUT;
  }

  /** Where a request goes: the path, before it the origin of another server. No query is shown, nor what looks like an id. */
  url(address) {
    if (address === CUT) return CUT;
    let url;
    try {
      // A relative one goes to the session's own server.
      url = new URL(address, RELATIVE);
    } catch {
      return CUT;
    }
    if (url.protocol !== "http:" && url.protocol !== "https:") return url.protocol + CUT;
    const host = url.host.split(".").map((label) => (this.#isKnown(label) ? "_" : label)).join(".");
    const path = url.pathname.split("/").map((segment) => this.#segment(segment)).join("/");
    const near = url.origin === RELATIVE || url.origin === globalThis.location?.origin;
    return `${near ? "" : `${url.protocol}//${host}`}${path}${url.search ? `?${CUT}` : ""}`;
  }

  #word(word) {
    return word.includes("@") || this.#isKnown(word) || isOpaque(word) ? CUT : word;
  }

  #segment(segment) {
    if (segment === "" || /^\d{1,6}$/.test(segment)) return this.#isKnown(segment) ? CUT : segment;
    const plain = /^[\w.~-]{1,40}$/.test(segment) && !(segment.length > 11 && /\d/.test(segment)) && !isOpaque(segment);
    return plain && !this.#isKnown(segment) ? segment : CUT;
  }

  #isKnown(word) {
    return this.#known.has(this.#mark(word));
  }

  // Two 32-bit hashes (cyrb53): enough to tell words apart, and not the word.
  #mark(text) {
    let [one, two] = [0xdeadbeef ^ this.#salt, 0x41c6ce57 ^ this.#salt];
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      one = Math.imul(one ^ code, 2654435761);
      two = Math.imul(two ^ code, 1597334677);
    }
    return (two >>> 0) * 2 ** 21 + ((one >>> 0) & 0x1fffff);
  }
}

export const RELATIVE = "https://relative.invalid";

// As tokens and ids are, and words are not.
function isOpaque(word) {
  if (word.length < 16) return false;
  return !NAMES.test(word) || word.length > 60;
}

/** All texts in what is sent to a server. */
export function textsIn(value, depth = 3) {
  if (typeof value === "string") return value ? [value] : [];
  if (typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null || depth === 0) return [];
  return Object.values(value).flatMap((each) => textsIn(each, depth - 1));
}
