// What a logout ends.
import { asked, describe, isSuccess } from "../answer.js";
import { bad, good, open } from "../finding.js";

/** @param seen What was sent. @param revoked Whether the server has confirmed. */
export function judgeLogout({ seen, revoked, secrets }) {
  if (seen.length === 0) return [open("logout", "none is sent", "the session forgets the tokens; the server keeps them until they run out by themselves")];
  const how = seen.map((answer) => `${asked(answer)} → ${describe(answer, secrets)}`).join("; ");
  if (revoked) return [good("logout", how)];
  const missing = seen.every(({ status }) => status === 404 || status === 405);
  if (missing) return [bad("logout", how, "there is no logout at this path: write the right one into `logout.path`, or say that there is none", { logout: false })];
  return [bad("logout", how, "the server does not confirm; the tokens live on there")];
}

/** What still works after it: the answers to the old access token, and to the old refresh token. */
export function judgeAfterLogout({ access, refresh, secrets }) {
  const found = [];
  if (access) {
    if (isSuccess(access)) found.push(open("after logout", "the access token lives on until it runs out", "usual with a JWT; keep it short-lived"));
    else found.push(good("after logout", `the access token is dead: ${describe(access, secrets)}`));
  }
  if (refresh?.granted) found.push(bad("after logout", "the refresh token lives on", "whoever has a copy stays signed in; does the server want another call, or the other token? `logout` takes a list"));
  else if (refresh?.answer) found.push(good("after logout", `the refresh token is dead: ${describe(refresh.answer, secrets)}`));
  return found;
}

/** A logout after the access token has run out. */
export function judgeLateLogout({ seen, revoked, secrets }) {
  if (seen.length === 0) return [];
  const how = `after the access token has run out: ${seen.map((answer) => `${asked(answer)} → ${describe(answer, secrets)}`).join("; ")}`;
  if (revoked) return [good("late logout", how, "the session is ended all the same")];
  return [bad("late logout", how, "the session lives on at the server; with `live` the session renews first", { logout: { live: true } })];
}
