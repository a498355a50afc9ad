// The access token runs out, or is rejected, and the session renews.
import { hasTokens, isMissing, isSuccess } from "../answer.js";
import { merge } from "../configuration.js";
import { bad, good, open } from "../finding.js";
import { judgeSpoilt } from "../findings/call.js";
import { judgeFormer, judgeRenewal } from "../findings/renewal.js";
import { siblings } from "../paths.js";
import { aged, spoilt } from "../record.js";

const ROUNDS = 5;
const PLACES = [{ sends: { field: "refresh_token" } }, { sends: { field: "refreshToken" } }, { sends: { field: "refresh" } }, { sends: { scheme: "Bearer" }, body: "none" }];
const NAMES = ["refresh", "renew", "token/refresh", "refresh_token", "refresh-token"];

/** Whether a renewal has gone well. */
export async function renew(lab) {
  if (!lab.device.record.refresh) return withoutRefreshToken(lab);
  const tried = new Set();
  for (let round = 0; round < ROUNDS; round++) {
    const before = lab.device.text;
    const device = lab.resume(aged(before));
    const { error, seen, text } = await device.attempt(lab.call);
    const answer = seen.findLast((note) => !lab.isResource(note));
    const [was, is] = [JSON.parse(before), text && JSON.parse(text)];
    const { findings, need } = judgeRenewal({ answer, error, before: was, after: is?.ended ? undefined : is, secrets: lab.secrets });
    lab.note(...findings);
    if (is?.generation > was.generation && !is.ended) {
      Object.assign(lab.facts, { renews: true, rotates: is.refresh !== was.refresh, parent: before });
      lab.facts.answers.push(answer);
      lab.facts.renewal = answer;
      return true;
    }
    if (!findings.some(({ put }) => put) && (!need || tried.has(need) || !(tried.add(need) && (await search(lab, need))))) return false;
    if (!(await lab.again())) return false;
  }
  return false;
}

/** What has become of the token before the newest; and a call with one that never was. */
export async function reject(lab) {
  if (!lab.resource) return;
  const former = await lab.callWith(JSON.parse(lab.facts.parent).access);
  if (former?.status !== undefined) lab.note(...judgeFormer(former, lab.secrets));

  const device = lab.resume(spoilt(lab.device.text));
  const { seen } = await device.attempt(lab.call);
  lab.note(...judgeSpoilt({ seen, isResource: lab.isResource, known: lab.listed("expired"), secrets: lab.secrets }));
  // Its access token is a wrong one where nothing came of that.
  if (!device.isSignedIn || !seen.some((note) => !lab.isResource(note))) await lab.again();
}

// A live access token may buy the next one.
async function withoutRefreshToken(lab) {
  const device = lab.resume(lab.device.text);
  const { error, seen, text } = await device.attempt((session) => session.renew());
  const before = lab.device.record;
  if (seen.length === 0) {
    lab.note(good("renewal", "there is none: when the access token has run out, the user is asked to sign in"));
    if (lab.protocol.preset === undefined) lab.put({ renew: false });
    if (!device.isSignedIn) await lab.again();
    return false;
  }
  const after = text && JSON.parse(text);
  const { findings } = judgeRenewal({ answer: seen.at(-1), error, before: { ...before, generation: before.generation - 1 }, after: error ? undefined : after, secrets: lab.secrets });
  lab.note(...findings);
  if (error) return false;
  lab.note(good("renewal", "sliding: a live access token buys the next one", "once it has run out, the user is asked to sign in"));
  lab.facts.answers.push(seen.at(-1));
  lab.facts.sliding = true;
  return false;
}

async function search(lab, need) {
  const puts = need === "place" ? PLACES : siblings(lab, NAMES).map((path) => ({ path }));
  let tried = 0;
  for (const renew of puts) {
    if (!(await lab.again())) break;
    tried++;
    let device;
    const protocol = merge(lab.protocol, { renew });
    try {
      device = lab.open(lab.device.text, protocol);
    } catch {
      continue;
    }
    const { seen } = await device.attempt((session) => session.renew());
    const answer = seen.at(-1);
    const found = need === "place" ? isSuccess(answer) && hasTokens(answer) : answer?.status !== undefined && !isMissing(answer);
    if (!found) continue;
    lab.note(bad("renewal", need === "place" ? "sent like this, the refresh token is taken" : `there is something at ${renew.path}: it answers ${answer.status}`, "the rest is seen with it", { renew }));
    return true;
  }
  const where = need === "place" ? "`renew.sends` says where the refresh token goes, `renew.body` how the body is encoded" : "write the right one into `renew.path`, or `renew: false` if there is none";
  lab.note(open("renewal", tried ? `${tried} other ways were tried in vain` : "no other way could be tried", where));
  return false;
}

