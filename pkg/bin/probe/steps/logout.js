// Signing out, and what is left then.
import { asked, isMissing, isSuccess } from "../answer.js";
import { merge } from "../configuration.js";
import { bad, open } from "../finding.js";
import { judgeRefusal } from "../findings/refusal.js";
import { judgeAfterLogout, judgeLogout } from "../findings/logout.js";
import { siblings } from "../paths.js";

const NAMES = ["logout", "signout", "revoke"];

export async function signOut(lab) {
  const { device, secrets } = lab;
  const before = device.text;
  const { access, refresh } = device.record;
  let { value, error, seen } = await device.attempt((session) => session.logout());
  if (seen.length > 0 && seen.every(isMissing)) {
    const found = await search(lab, before);
    if (found) ({ value, error, seen } = found);
  }
  lab.device = undefined;
  if (error) {
    lab.note(open("logout", secrets.hide(error.message)));
    return;
  }
  lab.note(...judgeLogout({ seen, revoked: value.revoked, secrets }));
  if (!seen.some(isSuccess)) return;
  lab.facts.logout = seen.find(isSuccess);

  const called = access && (await lab.callWith(access));
  let renewed;
  if (refresh) {
    const late = lab.open(before);
    const attempt = await late.attempt((session) => session.renew());
    renewed = { granted: !attempt.error && attempt.seen.length > 0, answer: attempt.seen.at(-1), error: attempt.error };
  }
  lab.note(...judgeAfterLogout({ access: called, refresh: renewed, secrets }));
  if (renewed && !renewed.granted) lab.note(...judgeRefusal({ what: "a refresh token after logout", answer: renewed.answer, error: renewed.error, known: lab.listed("refused"), secrets }));
}

// The session is over in the device, and not at the server: from the same record it can be ended again.
async function search(lab, text) {
  for (const path of siblings(lab, NAMES)) {
    const put = { logout: { path } };
    const attempt = await lab.open(text, merge(lab.protocol, put)).attempt((session) => session.logout());
    const answer = attempt.seen.at(-1);
    if (answer?.status === undefined || isMissing(answer)) continue;
    lab.note(bad("logout", `there is none at the path configured, but something at ${path}: ${asked(answer)} answers ${answer.status}`, undefined, put));
    return attempt;
  }
  return undefined;
}
