// What the API answers without a token, with one, and with a wrong one.
import { asked, describe, isSuccess, matchOf } from "../answer.js";
import { bad, good, open } from "../finding.js";

/** @param anonymous The answer without a token. @param tokened The first one with it. */
export function judgeCall({ anonymous, tokened, secrets }) {
  const found = [];
  const how = `${asked(tokened)} → ${describe(tokened, secrets)}`;
  if (isSuccess(tokened)) found.push(good("call", how, isSuccess(anonymous) ? "but it answers without a token, too: this resource proves nothing, choose another --resource" : undefined));
  else if ([404, 405].includes(tokened.status)) found.push(open("call", how, "is --resource right, with its method?"));
  else found.push(bad("call", how, "the API does not take the token as `attach` sends it: is the header or the scheme another one?"));
  if (!isSuccess(anonymous)) found.push(good("without a token", describe(anonymous, secrets)));
  return found;
}

/** A call with a token that is no good. @param seen What went by: the call, perhaps a renewal, perhaps the call again. */
export function judgeSpoilt({ topic = "wrong token", seen, isResource, known = [], secrets }) {
  const [first] = seen.filter(isResource);
  if (!first || first.status === undefined) return [];
  const how = `${asked(first)} with it → ${describe(first, secrets)}`;
  if (isSuccess(first)) return [open(topic, how, "the API does not check the token, or does not need one here")];
  const renewed = seen.some((note) => !isResource(note));
  if (renewed && isSuccess(seen.filter(isResource).at(-1))) return [good(topic, how, "the session renews once and calls again")];
  if (renewed) return [bad(topic, how, "the session renews, but the next answer is no better")];
  const put = { expired: [...known, matchOf(first, secrets)] };
  const why = "the session does not take this for a reason to renew";
  if (topic === "expired token") return [bad(topic, how, why, put)];
  return [open(topic, how, `${why}; if one that has run out is answered like this, it has to. --wait tells`, put)];
}

/** Whether a browser would open its own login prompt over the page. */
export function judgeChallenge(answers) {
  const prompting = answers.find(({ status, headers }) => status === 401 && /^\s*basic\b/i.test(headers["www-authenticate"] ?? ""));
  if (!prompting) return [];
  const how = `${asked(prompting)} answers 401 with \`WWW-Authenticate: Basic\``;
  if (prompting.credentials === "omit") return [good("native prompt", how, "requests go without the browser's own credentials, so that it does not open its own login prompt")];
  return [bad("native prompt", how, "browsers open their own login prompt over the page, also for fetch, unless requests go without credentials", { credentials: "omit" })];
}
