// JSON Web Tokens as the seed systems make them: HS256, taken until a second after `exp` has begun.
import { createHmac } from "node:crypto";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const signature = (content, secret) => createHmac("sha256", secret).update(content).digest("base64url");

export function sign(claims, secret) {
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${content}.${signature(content, secret)}`;
}

/** The claims, or why there are none: `"invalid"`, `"expired"`. */
export function verify(token, secret, seconds) {
  const [header, payload, signed] = String(token).split(".");
  if (signed === undefined || signature(`${header}.${payload}`, secret) !== signed) return "invalid";
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  return Math.floor(seconds) > Math.floor(claims.exp) ? "expired" : claims;
}
