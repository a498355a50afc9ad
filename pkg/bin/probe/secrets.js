// What must not be printed.

// Who signs in is no secret; everything else of a login is.
const NAMES = /user|mail|login|name|ident|account|phone|subject/i;
const SECRETS = /pass|pwd|pin|secret|token|key|code|otp|answer/i;
// A JWT, or what no word of a language looks like.
const RANDOM = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?=[A-Za-z+/_=-]*\d)(?=[\d+/_=-]*[A-Za-z])[A-Za-z0-9+/_=-]{20,}/g;

/** Whether a credential of this name says who signs in. */
export const isUserName = (name) => NAMES.test(name) && !SECRETS.test(name);

export class Secrets {
  #known = new Set();

  learnCredentials(credentials) {
    for (const [name, value] of Object.entries(credentials)) {
      if (typeof value === "object" && value !== null) this.learnCredentials(value);
      else if (!isUserName(name)) this.learn(String(value));
    }
  }

  learn(...texts) {
    for (const text of texts) if (typeof text === "string" && text.length > 2) this.#known.add(text);
  }

  knows(text) {
    return this.#known.has(text);
  }

  /** A text of the server's, fit to be shown. */
  hide(text) {
    let hidden = String(text);
    for (const secret of this.#known) hidden = hidden.replaceAll(within(secret), "…");
    return hidden.replace(RANDOM, "…").replace(/[\p{Cc}\p{Cf}]+/gu, " ");
  }
}

// A short one may be part of an innocent word.
function within(secret) {
  const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(secret.length < 8 ? `(?<!\\w)${literal}(?!\\w)` : literal, "g");
}
