// What the answer to a login says about the configuration.
import { asked, describe, hasTokens, isMissing, isSuccess, matchOf } from "../answer.js";
import { bad, good } from "../finding.js";
import { guessAnswer } from "../mapping.js";
import { outline, whereIs } from "../shape.js";

/**
 * @param answer The last exchange. @param error What the session rejected with. @param record What it stored.
 * @returns `findings`; `need`: what has to be tried next, `"search"` for another endpoint or `"form"` as a body; `otherwise`: after that.
 */
export function judgeLogin({ answer, error, record, secrets }) {
  if (!answer) return { findings: [bad("configuration", "the session does not take it", `${secrets.hide(error?.message)}${/no login/.test(error?.message) ? "; --tokens hands over tokens that were obtained elsewhere" : ""}`)] };
  const how = `${asked(answer)} → ${describe(answer, secrets)}`;
  if (answer.status === undefined) return { findings: [bad("login", how, "nothing came back")] };
  if (record) return { findings: [good("login", how)] };
  const elsewhere = movedTo(answer);
  if (elsewhere) return { findings: [bad("login", how, "a redirect breaks a POST and its preflight; the path must be written as the server has it", { login: { path: elsewhere } })] };
  if (isMissing(answer)) return { findings: [bad("login", how, "there is no login at this path")], need: "search" };
  if (answer.status === 429 || answer.status >= 500) return { findings: [bad("login", how, pause(answer))] };
  if (isSuccess(answer)) return { findings: [readOtherwise(answer, how, secrets)] };
  const json = answer.sent["content-type"]?.startsWith("application/json");
  // Some servers answer like this, with a page, to whatever they do not know.
  const page = answer.status === 400 && answer.json === undefined;
  const need = json && [400, 401, 415, 422].includes(answer.status) ? "form" : undefined;
  return { findings: [bad("login", how, "the server does not accept these credentials; are their names and values right?")], need, ...(page && { otherwise: "search" }) };
}

function readOtherwise(answer, how, secrets) {
  const { subject, ...guess } = guessAnswer(answer);
  if (guess.accessToken !== undefined || guess.refreshToken) {
    return bad("login", how, `the tokens are not where the configuration says; the answer has ${outline(answer.json)}`, { answer: guess });
  }
  if (answer.json !== undefined && !hasTokens(answer)) {
    return bad("login", how, `a success status without a token; the answer has ${outline(answer.json)}. If this is how it says no, \`fails\` recognises it`, { login: { fails: [matchOf(answer, secrets)] } });
  }
  return bad("login", how, `no token is to be found in it: ${answer.json === undefined ? `it is ${answer.type ?? "of no type"}` : outline(answer.json)}`);
}

/** What an answer that was understood holds all the same. Each of these asks for another login. */
export function judgeMapping({ answer, record }) {
  const guess = guessAnswer(answer);
  const found = [];
  if (!record.refresh && guess.refreshToken && whereIs(record.access, answer) !== guess.refreshToken) {
    const why = `the session found no refresh token; the answer has ${outline(answer.json)}`;
    found.push(bad("login", `a refresh token seems to be at \`${guess.refreshToken}\``, why, { answer: { refreshToken: guess.refreshToken } }));
  }
  if (record.lifetime === undefined && guess.expiresIn) {
    const put = { expiresIn: guess.expiresIn, ...(guess.unit && { unit: guess.unit }) };
    found.push(bad("login", `the lifetime seems to be at \`${guess.expiresIn}\``, `the session found none, and would use each token until the API answers 401; the answer has ${outline(answer.json)}`, { answer: put }));
  }
  return found;
}

/** The path to which a redirect leads, where it is the same but for a slash at its end. */
export function movedTo({ status, headers, url }) {
  if (!(status >= 300 && status < 400) || !headers.location) return undefined;
  const [from, to] = [new URL(url), new URL(headers.location, url)];
  const same = from.origin === to.origin && from.pathname.replace(/\/$/, "") === to.pathname.replace(/\/$/, "");
  return same ? to.pathname : undefined;
}

/** Why there is nothing to be had at present. */
export const pause = ({ headers }) => {
  const wait = headers["retry-after"];
  return `the server is in trouble or asks to wait${wait && /^[\w ,:]+$/.test(wait) ? ` (Retry-After: ${wait})` : ", and does not say for how long"}`;
};
