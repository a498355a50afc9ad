// The tokens that the scripted server hands out: JWTs in form, signed by nobody.

export function accessToken(number, claims) {
  return [{ alg: "none", typ: "JWT" }, { ...claims, jti: `access-${number}` }].map(encode).join(".") + ".";
}

export const refreshToken = (number) => `refresh-${number}`;

function encode(value) {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
