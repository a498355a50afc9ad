// What headers say: caches, clocks, pauses.
import { asked, isSuccess } from "../answer.js";
import { good, open } from "../finding.js";
import { span } from "./tokens.js";

const SKEW = 30_000;

/** @param answers Those with tokens in them. */
export function judgeCaching(answers) {
  const open_ = answers.filter((answer) => isSuccess(answer) && !/no-store/i.test(answer.headers["cache-control"] ?? ""));
  const told = [...new Set(open_.map(asked))].join(", ");
  if (answers.length === 0) return [];
  if (open_.length === 0) return [good("caches", "answers with tokens say `Cache-Control: no-store`")];
  return [open("caches", `${told}: no \`Cache-Control: no-store\``, "RFC 6749, section 5.1 demands it of answers with tokens; the session itself asks past every cache")];
}

export function judgeClock(answers) {
  const dated = answers.filter(({ headers, at }) => at && !Number.isNaN(Date.parse(headers?.date)));
  if (dated.length === 0) return [open("clock", "no `Date` header", "nothing tells whether the server's clock is right; the session needs none, lifetimes are relative")];
  const skews = dated.map(({ headers, at }) => Date.parse(headers.date) + 500 - at);
  const skew = skews.sort((a, b) => a - b)[Math.floor(skews.length / 2)];
  if (Math.abs(skew) <= SKEW) return [good("clock", "the server's is this machine's, to a few seconds")];
  return [open("clock", `the server's is ${span(Math.abs(skew))} ${skew > 0 ? "ahead" : "behind"}`, "no harm where the answer tells a lifetime, or the token `iat`; one that has only `exp` will be renewed too early or too late")];
}

export function judgePauses(answers) {
  const busy = answers.find(({ status }) => status === 429 || status === 503);
  if (!busy) return [];
  const wait = busy.headers["retry-after"];
  return [open("pauses", `${asked(busy)} answered ${busy.status}${wait ? ` with \`Retry-After: ${/^[\w ,:]+$/.test(wait) ? wait : "…"}\`` : " without `Retry-After`"}`, "the session keeps to it; what the probe wanted to see there is missing above")];
}
