// What the answer to a renewal says about the server, and about the configuration.
import { asked, describe, isMissing, isSuccess } from "../answer.js";
import { bad, good, open } from "../finding.js";
import { guessAnswer } from "../mapping.js";
import { outline } from "../shape.js";
import { movedTo, pause } from "./login.js";

/**
 * @param answer To the renewal; undefined where none was sent. @param before,after The records.
 * @returns `findings`; `need`: `"place"` where the endpoint or the place of the token has to be searched for.
 */
export function judgeRenewal({ answer, error, before, after, secrets }) {
  if (!answer) return { findings: [bad("renewal", "none was sent", secrets.hide(error?.message ?? ""))] };
  const how = `${asked(answer)} → ${describe(answer, secrets)}`;
  if (answer.status === undefined) return { findings: [bad("renewal", how, "nothing came back")] };
  if (after && (after.generation > before.generation)) return { findings: [good("renewal", how), ...describeRotation({ before, after })] };
  const elsewhere = movedTo(answer);
  if (elsewhere) return { findings: [bad("renewal", how, "a redirect breaks a POST and its preflight", { renew: { path: elsewhere } })] };
  if (isMissing(answer)) return { findings: [bad("renewal", how, "there is no renewal at this path")], need: "path" };
  if (answer.status === 429 || answer.status >= 500) return { findings: [bad("renewal", how, pause(answer))], need: answer.status === 500 ? "place" : undefined };
  if (isSuccess(answer)) {
    const { accessToken } = guessAnswer(answer);
    const why = `the answer has ${outline(answer.json)}`;
    return { findings: [bad("renewal", how, why, accessToken && { answer: { accessToken } })] };
  }
  return { findings: [bad("renewal", how, "a refresh token that the server has just given is not taken like this")], need: "place" };
}

function describeRotation({ before, after }) {
  const found = [];
  if (!before.refresh) return found;
  if (after.refresh === before.refresh) found.push(good("rotation", "none: the refresh token stays the same"));
  else found.push(good("rotation", "each renewal brings a new refresh token"));
  if (after.access === before.access) found.push(open("rotation", "the renewal gave the same access token again", "within one second some servers do; nothing to worry about"));
  return found;
}

/** What has become of the access token that was renewed. */
export function judgeFormer(answer, secrets) {
  if (isSuccess(answer)) return [good("former access token", "still works after the renewal", "until it runs out by itself; requests under way are not disturbed")];
  return [good("former access token", `dies with the renewal: ${describe(answer, secrets)}`, "requests under way are sent again with the new one")];
}
