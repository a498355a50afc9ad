// Signing out, and what is left then.
import { isSuccess } from "../answer.js";
import { open } from "../finding.js";
import { judgeRefusal } from "../findings/refusal.js";
import { judgeAfterLogout, judgeLogout } from "../findings/logout.js";

export async function signOut(lab) {
  const { device, secrets } = lab;
  const before = device.text;
  const { access, refresh } = device.record;
  const { value, error, seen } = await device.attempt((session) => session.logout());
  lab.device = undefined;
  if (error) {
    lab.note(open("logout", secrets.hide(error.message)));
    return;
  }
  lab.note(...judgeLogout({ seen, revoked: value.revoked, secrets }));
  if (!seen.some(isSuccess)) return;

  const called = access && (await lab.callWith(access));
  let renewed;
  if (refresh) {
    const late = lab.open(before);
    const attempt = await late.attempt((session) => session.renew());
    renewed = { granted: !attempt.error && attempt.seen.length > 0, answer: attempt.seen.at(-1), error: attempt.error };
  }
  lab.note(...judgeAfterLogout({ access: called, refresh: renewed, secrets }));
  if (renewed && !renewed.granted) lab.note(...judgeRefusal({ what: "a refresh token after logout", answer: renewed.answer, error: renewed.error, known: lab.protocol.refused, secrets }));
}
