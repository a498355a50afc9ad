// An answer in words: its status, and what it says of an error.
import { isTokenLike, members, nameable } from "./shape.js";

const TITLES = ["code", "error", "error_code", "errorcode", "error.code", "reason", "msg", "message", "error.message", "detail", "description", "title"];

/** Where an error answer says which error it is: `{ path, text }`. */
export function codeOf({ json }) {
  const texts = nameable(json).filter(({ value }) => typeof value === "string" && value !== "");
  const named = (name) => texts.find(({ path }) => path.toLowerCase() === name) ?? texts.find(({ path }) => path.toLowerCase().endsWith(`.${name}`));
  const found = TITLES.map(named).find(Boolean) ?? (texts.length === 1 ? texts[0] : texts.find(({ path }) => /err|msg|messag/i.test(path)));
  return found && { path: found.path, text: found.value };
}

/** `401 application/json, code "token_expired"`, without anything secret. */
export function describe(answer, secrets) {
  if (!answer) return "no request";
  if (answer.status === undefined) return `no answer (${answer.failure})`;
  const code = codeOf(answer);
  const where = answer.headers.location && ` to ${secrets.hide(answer.headers.location)}`;
  return [`${answer.status}${where ?? ""}${answer.type ? ` ${answer.type}` : ""}`, code && answer.status >= 300 && `${code.path} ${JSON.stringify(secrets.hide(code.text).slice(0, 120))}`].filter(Boolean).join(", ");
}

/** `POST /login`, without the query: it may hold what is secret. */
export const asked = ({ method, path }) => `${method} ${path.split("?")[0]}`;

/** What recognises this answer and as little else as can be, for lists such as `refused`. */
export function matchOf(answer, secrets) {
  const code = codeOf(answer);
  if (!code) return { status: answer.status, ...(answer.type && answer.type !== "application/json" && { mediaType: answer.type }) };
  const path = ["code", "error"].includes(code.path) ? {} : { path: code.path };
  const whole = secrets.hide(code.text);
  if (whole === code.text) return { status: answer.status, ...path, codes: [code.text] };
  // Of a text with something secret in it, what comes before.
  const [begins] = whole.split("…");
  return begins.length > 3 ? { status: answer.status, ...path, begins: [begins] } : { status: answer.status };
}

export const isSuccess = ({ status } = {}) => status >= 200 && status < 300;

/** Nothing that could be an endpoint for this is there. */
export function isMissing({ status, type, json } = {}) {
  if (status === 404 || status === 405 || status === 501) return json === undefined || !/fail|wrong|credential|password|does not exist/i.test(JSON.stringify(json));
  // The page of a single-page app, given for every path.
  return isSuccess({ status }) && type === "text/html";
}

export const hasTokens = ({ json } = {}) => members(json).some(({ path, value }) => isTokenLike(value) && /token|jwt|access|key/i.test(path));
