// The same refresh token more than once: after a lost answer, after its successor came, and several times at once.
import { isSuccess } from "../answer.js";
import { open } from "../finding.js";
import { judgeRefusal } from "../findings/refusal.js";
import { judgeConcurrent, judgeGrace, judgeLost, judgeReuse } from "../findings/replay.js";
import { garble, rested } from "../record.js";
import { members } from "../shape.js";

const AT_ONCE = 3;
// After so many s an old token is shown again.
const DELAYS = [5, 15, 30, 60];

const renew = (session) => session.renew();

/** A refresh token that the server has never given. */
export async function garbage(lab) {
  const { access, refresh } = lab.device.record;
  const device = lab.open();
  await device.attempt((session) => session.adopt({ accessToken: access, refreshToken: garble(refresh) }));
  const { error, seen } = await device.attempt(renew);
  lab.note(...judgeRefusal({ what: "a refresh token that was never given", answer: seen.at(-1), error, known: lab.listed("refused"), secrets: lab.secrets }));
}

/** The server renews, the answer is lost, the session asks again. */
export async function lose(lab) {
  const parent = lab.device.record;
  const device = lab.resume(lab.device.text);
  device.wire.losing = true;
  const first = await device.attempt(renew);
  const [lost] = first.seen;
  if (!lost?.lost || !isSuccess(lost)) return;
  // As after a reload, the pause being over.
  const second = device.isSignedIn ? await lab.resume(rested(device.text)).attempt(renew) : { seen: [], error: first.error };
  const answer = second.seen.at(-1);
  const child = second.error ? undefined : lab.device.record.refresh;
  const outcome = child ? (lost.text.includes(JSON.stringify(child).slice(1, -1)) && child !== parent.refresh ? "same" : "other") : second.error?.code === "login_required" ? "refused" : "unclear";
  const keyed = lost.sent["idempotency-key"] !== undefined;
  lab.facts.lost = outcome;
  lab.note(...judgeLost({ outcome, keyed, answer, secrets: lab.secrets }));
  if (child === undefined) {
    if (outcome === "unclear") lab.note(...judgeRefusal({ what: "the same refresh token again", answer, error: second.error, known: lab.listed("refused"), secrets: lab.secrets }));
    if (!(await find(lab, lost, parent))) await lab.again();
  }
}

// What was lost is known here, and may be the only way back: some servers let nobody in who has not signed out.
async function find(lab, { json }, { subject }) {
  const at = (path) => members(json).find((member) => member.path === path)?.value;
  const [accessToken, refreshToken] = [at(lab.facts.paths?.accessToken), at(lab.facts.paths?.refreshToken)];
  if (!accessToken || !refreshToken) return false;
  const device = lab.open();
  await device.attempt((session) => session.adopt({ accessToken, refreshToken, subject }));
  if ((await device.attempt(renew)).error) return false;
  lab.device = device;
  return true;
}

/** The token before the newest. */
export async function reuse(lab) {
  const old = lab.device.text;
  const newest = lab.resume(old);
  if ((await newest.attempt(renew)).error) {
    await lab.again();
    return;
  }
  const { error, answer, outcome } = await show(lab, old);
  let family;
  if (outcome !== "unclear") family = !(await lab.resume(newest.text).attempt(renew)).error;
  lab.facts.reuse = outcome;
  lab.note(...judgeReuse({ outcome, answer, family, secrets: lab.secrets }));
  if (outcome !== "taken") lab.note(...judgeRefusal({ what: "an old refresh token", answer, error, known: lab.listed("refused"), secrets: lab.secrets }));
  if (family !== true && !(await lab.again())) return;
  if (outcome === "taken" && lab.flags.wait) await outlast(lab);
}

// For how long an old token is taken: each time with a session of its own, since asking changes what is asked.
async function outlast(lab) {
  let until = 0;
  for (const delay of DELAYS) {
    if (!(await lab.again())) return;
    const old = lab.device.text;
    if ((await lab.resume(old).attempt(renew)).error) return;
    await lab.sleep(delay * 1000);
    const { outcome } = await show(lab, old);
    if (outcome !== "taken") {
      lab.note(...judgeGrace({ until, from: delay }));
      await lab.again();
      return;
    }
    until = delay;
  }
  lab.note(...judgeGrace({ until }));
}

async function show(lab, old) {
  const { error, seen } = await lab.open(old).attempt(renew);
  const answer = seen.at(-1);
  const outcome = !error ? "taken" : error.code === "login_required" ? "refused" : answer?.status >= 400 && answer.status < 500 && answer.status !== 429 ? "unrecognised" : "unclear";
  return { error, answer, outcome };
}

/** Several at once: what the session never does, and what tells why. */
export async function race(lab) {
  if (!lab.flags.concurrent) {
    lab.note(open("concurrent renewals", "not tried"));
    return;
  }
  const { text } = lab.device;
  const devices = Array.from({ length: AT_ONCE }, () => lab.open(text));
  const outcomes = await Promise.all(devices.map((device) => device.attempt(renew)));
  const winners = devices.filter((_, index) => !outcomes[index].error);
  let living = 0;
  for (const winner of winners) if (!(await lab.open(winner.text).attempt(renew)).error) living++;
  lab.note(...judgeConcurrent({ sent: AT_ONCE, granted: winners.length, living }));
  await lab.again();
}
