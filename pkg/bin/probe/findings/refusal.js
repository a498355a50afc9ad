// Whether the configuration recognises a refusal.
import { asked, describe, isSuccess, matchOf } from "../answer.js";
import { bad, good, open } from "../finding.js";
import { pause } from "./login.js";

/**
 * @param what The token that was shown. @param answer What the server said. @param error What the session made of it.
 * @param known The list that the configuration has by now.
 */
export function judgeRefusal({ what, answer, error, known = [], secrets }) {
  if (!answer || answer.status === undefined) return [];
  const how = `${what}: ${describe(answer, secrets)}`;
  if (isSuccess(answer) && !error) return [bad("refusal", how, "the server renews with it")];
  if (error?.code === "login_required") return [good("refusal", how, "recognised: the user is asked to sign in")];
  if (answer.status >= 500 || answer.status === 429) return [open("refusal", how, `${pause(answer)}: the session is kept, and tries again later. If this is how the server refuses, \`refused\` can say so`)];
  const put = { refused: [...known.filter((match) => !sameMatch(match, matchOf(answer, secrets))), matchOf(answer, secrets)] };
  return [bad("refusal", how, "not recognised: the session is kept, and the user never asked to sign in", put)];
}

const sameMatch = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** A login with a wrong password. */
export function judgeWrongPassword({ answer, error, secrets }) {
  if (!answer || answer.status === undefined) return [];
  const how = `${asked(answer)} with a wrong password → ${describe(answer, secrets)}`;
  if (isSuccess(answer) && !error) return [bad("wrong password", how, "the server lets anybody in, or this was not the password")];
  if (error?.code === "login_refused") return [good("wrong password", how, "recognised")];
  if (answer.status === 429 || answer.status >= 500) return [open("wrong password", how, pause(answer))];
  return [bad("wrong password", how, `the app is told ${error?.code ?? "nothing"} instead of login_refused`, isSuccess(answer) ? { login: { fails: [matchOf(answer, secrets)] } } : { login: { refused: [matchOf(answer, secrets)] } })];
}
