// What the tokens are, and how long they live.
import { good, open } from "../finding.js";
import { guessAnswer, jwtLife } from "../mapping.js";
import { claimsOf, isJwt, nameable, whereIs } from "../shape.js";

/** @param named The credential that says who signs in. */
export function describeTokens({ answer, record, named }) {
  const { access, refresh, lifetime, refreshLifetime, subject } = record;
  const at = (token) => {
    const path = answer && whereIs(token, answer);
    return path ? ` at \`${path}\`` : "";
  };
  const make = (token) => (isJwt(token) ? "a JWT" : `opaque, ${token.length} characters`);
  const found = [];
  if (access) found.push(good("access token", `${make(access)}${at(access)}`));
  else found.push(good("access token", "the login gives none; the first renewal does"));
  if (access) found.push(lifeOf(access, lifetime, answer));
  if (refresh) found.push(good("refresh token", `${make(refresh)}${at(refresh)}${refreshLifetime ? `, lives ${span(refreshLifetime)} unless it is used` : ""}`));
  else found.push(open("refresh token", "none", "when the access token has run out the user has to sign in again, unless a live one buys the next"));
  if (subject === undefined) {
    const likely = (answer && guessAnswer(answer).subject) ?? "";
    const at = likely && !/token/i.test(likely) ? likely : named && `sent:${named}`;
    const why = "another user signing in during a request would not be noticed: `answer.subject` tells where it stands, as a path or as `sent:NAME`, what the login has sent";
    found.push(open("user", "nothing says who signed in", why, at && { answer: { subject: at } }));
  }
  return found;
}

function lifeOf(access, lifetime, answer) {
  const claims = claimsOf(access);
  if (lifetime === undefined) {
    const says = claims?.exp === undefined ? "the token does not say, and no member of the answer does" : "`exp` without `iat`, and not in the future of this clock";
    return open("lifetime", "unknown", `${says}; it will be used until the API answers that it is no good`);
  }
  const seconds = lifetime / 1000;
  const member = answer && nameable(answer.json).find(({ path, value }) => /exp|ttl|life|duration|age|valid/i.test(path) && !/refresh/i.test(path) && tells(value, lifetime, answer.at));
  const life = jwtLife(access);
  const source = member ? `\`${member.path}\`` : life !== undefined && Math.abs(life - seconds) < 2 ? "`exp - iat` of the token" : claims?.exp !== undefined ? "`exp` of the token" : answer ? "the answer" : "what was given";
  if (life !== undefined && Math.abs(life - seconds) > Math.max(5, life / 20)) {
    return open("lifetime", `${span(lifetime)}, from ${source}; but the token says ${span(life * 1000)}`, "is `answer.unit` right?");
  }
  return good("lifetime", `${span(lifetime)}, from ${source}`);
}

// As a time, or as the moment of its end.
function tells(value, lifetime, at) {
  const number = Number(value);
  if ([lifetime, lifetime / 1000].includes(number)) return true;
  return [Date.parse(value), number, number * 1000].some((end) => Math.abs(end - lifetime - at) < 10_000);
}

/** A time in words. */
export function span(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}
