// Where in an answer tokens and lifetimes are likely to stand.
import { claimsOf, isDate, isJwt, isTokenLike, nameable } from "./shape.js";

// By the last name of a path, with nothing but letters: how likely it is an access token.
const ACCESS = { accesstoken: 10, authtoken: 9, access: 8, jwt: 8, jwttoken: 8, token: 7, bearer: 6, bearertoken: 6, sessiontoken: 6, apitoken: 5, authorization: 5, key: 4, idtoken: 2, value: 1 };
const REFRESH = /refresh|renew/i;
const LIFETIME = /expir|ttl|lifetime|duration|max.?age|valid/i;
const SUBJECT = ["subject", "sub", "userid", "user", "uid", "username", "email", "login", "id"];

/** The members of `protocol.answer` that fit an answer best; what is not there is left out. */
export function guessAnswer({ json, headers = {}, text }) {
  // The whole body.
  if (json === undefined && isTokenLike(text) && text.length >= 16) return { accessToken: "" };
  const all = [...nameable(json), ...headerMembers(headers)];
  const tokens = all.filter(({ value }) => isTokenLike(value));
  const access = best(tokens.filter(({ path }) => !REFRESH.test(path)), ({ path, value }) => likelihood(path, value));
  const refresh = best(tokens.filter(({ path }) => REFRESH.test(path)), ({ path }) => 20 - path.length / 10);
  const times = all.filter(({ path, value }) => LIFETIME.test(path) && isTime(value));
  const lifetime = best(times.filter(({ path }) => !REFRESH.test(path)), ({ path }) => 20 - path.length / 10);
  const refreshLifetime = best(times.filter(({ path }) => REFRESH.test(path)), ({ path }) => 20 - path.length / 10);
  const unit = lifetime && unitOf(lifetime.value, access && jwtLife(access.value));
  const subject = best(all.filter(({ value }) => /^(string|number)$/.test(typeof value)), ({ path }) => {
    const at = SUBJECT.indexOf(plain(lastName(path)));
    return at < 0 ? 0 : SUBJECT.length - at;
  });
  return {
    ...(access && { accessToken: access.path }),
    ...(refresh && { refreshToken: refresh.path }),
    ...(lifetime && { expiresIn: lifetime.path }),
    ...(refreshLifetime && { refreshExpiresIn: refreshLifetime.path }),
    ...(unit && unit !== "s" && { unit }),
    ...(subject && { subject: subject.path }),
  };
}

/** Seconds between `iat` and `exp`. */
export function jwtLife(token) {
  const { exp, iat } = claimsOf(token) ?? {};
  const life = Number(exp) - Number(iat);
  return life > 0 ? life : undefined;
}

/** In what a lifetime is told. `life`: how long the token says that it lives, in seconds. */
export function unitOf(value, life) {
  if (isDate(value)) return "date";
  const number = Number(value);
  if (number > 1e11) return "epoch-ms";
  if (number > 1e9) return "epoch";
  if (life !== undefined && Math.abs(number / 1000 - life) <= 2) return "ms";
  if (life !== undefined && Math.abs(number - life) <= 2) return "s";
  return number >= 100_000 && number % 1000 === 0 ? "ms" : "s";
}

function headerMembers(headers) {
  const telling = Object.entries(headers).filter(([name]) => /token|auth/.test(name) && !/^(www|proxy)-/.test(name));
  return telling.map(([name, value]) => ({ path: `header:${name}`, value: value.split(" ").at(-1) }));
}

function likelihood(path, value) {
  const names = path.replace("header:", "").split(".").map(plain);
  const last = names.at(-1).replace(/^x/, "");
  // `tokens.access.token`: the name before says which.
  const score = Math.max(ACCESS[last] ?? ACCESS[names.at(-1)] ?? 0, names.some((name) => name === "access") ? 8 : 0);
  return (score || (isJwt(value) ? 3 : 0)) - path.length / 100;
}

const isTime = (value) => isDate(value) || (typeof value !== "boolean" && value !== null && value !== "" && Number(value) > 0);
const lastName = (path) => path.split(".").at(-1);
const plain = (name) => name.toLowerCase().replace(/[^a-z]/g, "");

function best(items, score) {
  const [first] = items.map((item) => ({ item, score: score(item) })).filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
  return first?.item;
}
