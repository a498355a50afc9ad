// Whether a page of another origin may speak to this server.
import { bad, good, open } from "../finding.js";

const EXPOSED = ["Retry-After", "WWW-Authenticate", "Date"];

/** The headers of a request that a browser asks about first (Fetch standard: those that are not safelisted). */
export function unsafeHeaders(sent) {
  return Object.keys(sent).filter((name) => {
    if (name === "content-type") return !/^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/.test(sent[name]);
    return !["accept", "accept-language", "content-language", "origin", "user-agent", "host", "connection", "sec-fetch-mode", "accept-encoding", "content-length", "cache-control", "pragma"].includes(name);
  });
}

/**
 * One endpoint.
 * @param preflight Its answer; undefined where browsers send none. @param actual The headers of an answer to the request itself.
 * @returns `complaints`, each with `about` ("origin", "method", "headers", "preflight") and `names`.
 */
export function judgeEndpoint({ method, names, origin, preflight, actual }) {
  const complaints = [];
  const allows = (headers) => ["*", origin].includes(headers["access-control-allow-origin"]);
  if (preflight) {
    const { status, headers } = preflight;
    const listed = (name) => (headers[name] ?? "").split(",").map((item) => item.trim().toLowerCase());
    const methods = listed("access-control-allow-methods");
    const allowed = listed("access-control-allow-headers");
    // The asterisk does not stand for Authorization.
    const lacking = names.filter((name) => !allowed.includes(name) && !(allowed.includes("*") && name !== "authorization"));
    if (!(status >= 200 && status < 300)) complaints.push({ about: "preflight", text: `OPTIONS → ${status}` });
    else if (!allows(headers)) complaints.push({ about: "origin", text: "the preflight's answer has no `Access-Control-Allow-Origin` for it" });
    else {
      const simple = ["GET", "HEAD", "POST"].includes(method);
      if (!simple && !methods.includes(method.toLowerCase()) && !methods.includes("*")) complaints.push({ about: "method", text: `\`Access-Control-Allow-Methods\` lacks ${method}` });
      if (lacking.length) complaints.push({ about: "headers", names: lacking, text: `\`Access-Control-Allow-Headers\` lacks ${lacking.join(", ")}` });
    }
  }
  if (complaints.length === 0 && actual && !allows(actual)) complaints.push({ about: "origin", text: "the answer itself has no `Access-Control-Allow-Origin` for it" });
  return complaints;
}

/**
 * All endpoints together.
 * @param endpoints `{ how, complaints, actual }`. @param asked Whether somebody has said where the page comes from.
 * @param key The header of the attempt's id, if one is sent.
 */
export function judgeCors({ origin, asked, endpoints, key }) {
  const wanting = endpoints.filter(({ complaints }) => complaints.length);
  if (wanting.length === 0) return [good("CORS", `a page of ${origin} may speak to it`), ...judgeExposed(endpoints)];
  if (!asked) {
    return [open("CORS", `a page of another origin may not speak to it (asked as ${origin})`, "fine where page and API have one origin, or a proxy makes them one; --origin checks for yours")];
  }
  const lacksKey = ({ names = [] }) => key && names.length === 1 && names[0] === key.toLowerCase();
  if (wanting.every(({ complaints }) => complaints.every(lacksKey))) {
    const put = { idempotencyHeader: false };
    return [bad("CORS", `${wanting.map(({ how }) => how).join(", ")}: the header ${key} is not allowed`, "the browser would block each renewal; allow the header, or send none", put)];
  }
  const texts = new Map();
  for (const { how, complaints } of wanting) {
    const text = complaints.map(({ text }) => text).join("; ");
    texts.set(text, [...(texts.get(text) ?? []), how]);
  }
  const why = "the browser would block it, and the session see no answer; to be put right at the server";
  return [...texts].map(([text, hows]) => bad("CORS", `${hows.join(", ")}, for ${origin}: ${text}`, why));
}

function judgeExposed(endpoints) {
  const exposed = endpoints.flatMap(({ actual }) => (actual?.["access-control-expose-headers"] ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const hidden = EXPOSED.filter((name) => !exposed.includes(name.toLowerCase()));
  if (hidden.length === 0) return [good("CORS", `pages can read ${EXPOSED.join(", ")}`)];
  return [open("CORS", `pages cannot read ${hidden.join(", ")}`, "`Access-Control-Expose-Headers` shows them: Retry-After tells the session how long to wait, WWW-Authenticate why a call was rejected")];
}
