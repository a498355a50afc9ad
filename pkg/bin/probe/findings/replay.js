// What a server does when it is shown the same refresh token again.
import { describe } from "../answer.js";
import { bad, good, open } from "../finding.js";

/**
 * A renewal whose answer was lost, repeated under the same key.
 * @param outcome `"same"` tokens, `"other"` tokens, `"refused"` or `"unclear"`. @param keyed Whether a key was sent.
 */
export function judgeLost({ outcome, keyed, answer, secrets }) {
  const says = `a renewal whose answer got lost, repeated${keyed ? " under the same Idempotency-Key" : ""}`;
  const how = describe(answer, secrets);
  if (outcome === "same") return [good("lost answer", `${says}: the same tokens again`, "a tunnel or a reload in the middle of a renewal costs nobody the session")];
  if (outcome === "other") return [good("lost answer", `${says}: other tokens, which work`, "nobody loses the session by it")];
  if (outcome === "refused") {
    return [open("lost answer", `${says}: refused, ${how}`, "a user who reloads in the middle of a renewal has to sign in again; a server that answers the same key, or the token before the newest for some seconds, alike spares them that")];
  }
  return [open("lost answer", `${says}: ${how}`)];
}

/**
 * The refresh token before the newest, shown once more under a new key.
 * @param outcome `"taken"`, `"refused"`, `"unrecognised"` or `"unclear"`. @param family Whether the newest token lives on.
 */
export function judgeReuse({ outcome, answer, after, family, secrets }) {
  const how = describe(answer, secrets);
  const late = after === undefined ? "at once" : `${after} s later`;
  if (outcome === "taken") {
    const found = [good("reuse", `the token before the newest is taken again ${late}`, "the server has grace, or forgets nothing; --wait tells for how long")];
    if (family === false) found.push(open("reuse", "and the newest one is dead after that", "whoever is slow ends the session of who was fast"));
    return found;
  }
  if (outcome === "unclear") return [open("reuse", `the token before the newest, ${late}: ${how}`)];
  const found = [good("reuse", `the token before the newest is refused ${late}: ${how}`)];
  if (family === false) found.push(good("reuse", "and ends the session: the newest token is dead, too", "as RFC 9700, section 4.14.2 demands; the session therefore never sends one twice but to repeat a lost renewal"));
  if (family === true) found.push(open("reuse", "and the newest token lives on", "the server does not take reuse for theft (RFC 9700, section 4.14.2)"));
  return found;
}

/** For how long an old token is taken. @param until The last time in s that it was. @param from The first that it was not. */
export function judgeGrace({ until, from }) {
  if (from === undefined) return [open("grace", `the token before the newest is still taken after ${until} s`, "perhaps for ever: then rotation protects nobody")];
  return [good("grace", `the token before the newest is taken for ${until} s, and no longer after ${from} s`)];
}

/** Several renewals at once with one refresh token. @param living How many of the winners' sessions can go on. */
export function judgeConcurrent({ sent, granted, living }) {
  const says = `${sent} renewals at once with one refresh token: ${granted} granted${granted ? `, ${living} of the sessions go on` : ""}`;
  if (granted === sent && living === granted) return [good("concurrent renewals", says)];
  return [good("concurrent renewals", says, "the session sends one at a time, across all tabs")];
}

/** What `rotation` is to be set to. */
export function rotationOf({ rotates, reuse, lost }) {
  if (!rotates) return "none";
  if (lost === "same" || lost === "other" || reuse === "taken") return "grace";
  return reuse === "refused" || reuse === "unrecognised" || lost === "refused" ? "strict" : "unknown";
}
