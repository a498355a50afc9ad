// Signing in, if need be with another preset, another body, another mapping.
import { asked, hasTokens, isMissing, isSuccess } from "../answer.js";
import { merge } from "../configuration.js";
import { bad, good, open } from "../finding.js";
import { judgeLogin, judgeMapping } from "../findings/login.js";
import { describeTokens } from "../findings/tokens.js";
import { LOGINS } from "../paths.js";
import { PRESETS } from "../presets.js";
import { isUserName } from "../secrets.js";
import { whereIs } from "../shape.js";

const ROUNDS = 6;

/** Whether somebody is signed in at its end. */
export async function signIn(lab) {
  if (lab.tokens) return adopt(lab);
  const tried = new Set();
  for (let round = 0; round < ROUNDS; round++) {
    const { error, seen, device } = await lab.signIn();
    const answer = seen.at(-1);
    const record = device?.isSignedIn ? device.record : undefined;
    const { findings, need, otherwise } = judgeLogin({ answer, error, record, secrets: lab.secrets });
    lab.note(...findings);
    if (record) {
      const mapped = judgeMapping({ answer, record });
      if (mapped.length) {
        lab.note(...mapped);
        await lab.leave();
        continue;
      }
      lab.facts.paths = { accessToken: whereIs(record.access, answer), refreshToken: whereIs(record.refresh, answer) };
      lab.facts.answers = [answer];
      lab.note(...describeTokens({ answer, record, named: Object.keys(lab.login).find(isUserName) }));
      return true;
    }
    if (findings.some(({ put }) => put)) continue;
    if (!(await findOtherwise(lab, [need, otherwise], tried))) return false;
  }
  return false;
}

async function findOtherwise(lab, needs, tried) {
  for (const need of needs) {
    if (need === undefined || tried.has(need)) continue;
    tried.add(need);
    if (await SEARCHES[need](lab)) return true;
  }
  return false;
}

async function adopt(lab) {
  const { error, device } = await lab.signIn();
  if (!device?.isSignedIn) {
    lab.note(bad("tokens", "the session does not take them", lab.secrets.hide(error?.message ?? "")));
    return false;
  }
  lab.facts.answers = [];
  lab.note(good("tokens", "taken as given"), ...describeTokens({ record: device.record }));
  return true;
}

const SEARCHES = {
  async form(lab) {
    const put = { login: { body: "form" } };
    const { seen } = await tryWith(lab, put);
    if (!isSuccess(seen.at(-1)) || !hasTokens(seen.at(-1))) return false;
    lab.note(bad("login", "the server takes forms, and no JSON", "with `body: \"form\"` it answers with tokens", { ...put, renew: { body: "form" } }));
    return true;
  },

  async search(lab) {
    return (await searchPresets(lab)) || (await searchPaths(lab));
  },
};

async function searchPresets(lab) {
  const { login, renew, logout, answer, ...rest } = lab.protocol;
  const there = [];
  for (const preset of PRESETS.filter((preset) => preset !== (lab.protocol.preset ?? "reference"))) {
    const { seen, device } = await lab.signIn({ ...rest, preset });
    if (device?.isSignedIn) {
      await lab.leave();
      lab.protocol = rest;
      lab.note(bad("login", `the preset "${preset}" signs in here`, "the rest is seen with it", { preset }));
      return true;
    }
    const last = seen.at(-1);
    if (last?.status !== undefined && !isMissing(last) && !isSuccess(last) && last.status < 500) there.push(`${asked(last)} (preset ${preset}) answers ${last.status}`);
  }
  if (there.length) lab.note(open("login", `presets were tried: ${there.join("; ")}`, "other names in the credentials, perhaps?"));
  return false;
}

async function searchPaths(lab) {
  for (const path of LOGINS) {
    const put = { login: { path } };
    const { seen } = await tryWith(lab, put);
    const last = seen.at(-1);
    if (last?.status === undefined || isMissing(last) || last.status >= 500) continue;
    lab.note(bad("login", `there is something at ${path}: it answers ${last.status}`, "the rest is seen with it", put));
    return true;
  }
  lab.note(open("login", `neither the presets nor ${LOGINS.length} usual paths fit`, "write yours into `login.path`, relative to the URL"));
  return false;
}

async function tryWith(lab, put) {
  const attempt = await lab.signIn(merge(lab.protocol, put));
  if (attempt.device?.isSignedIn) await lab.leave();
  return attempt;
}
