// The stored record of a session, and what a page would find later in it.

export const readRecord = (text) => (text === undefined ? undefined : JSON.parse(text));

/** The access token has run out meanwhile. */
export function aged(text) {
  const record = readRecord(text);
  const lifetime = record.lifetime ?? 1000;
  return JSON.stringify({ ...record, lifetime, obtained: record.obtained - lifetime - 1000 });
}

/** The pause after a failed renewal is over. */
export function rested(text) {
  const { backoff, backoffSince, backoffLength, failures, ...record } = readRecord(text);
  return JSON.stringify(record);
}

/** With an access token that the server has not given. */
export function spoilt(text) {
  const record = readRecord(text);
  return JSON.stringify({ ...record, access: garble(record.access) });
}

/** Another token of the same make: of a JWT, only its signature is another. */
export function garble(token) {
  const at = token.split(".").length === 3 ? token.lastIndexOf(".") + 1 : Math.floor(token.length / 4);
  // Not the last sign: of base64 it may have bits that must be zero.
  return token.slice(0, at) + token.slice(at, -1).replace(/[0-9a-zA-Z]/g, turn) + token.slice(-1);
}

// The next sign of the same kind, so that hexadecimal stays so.
function turn(sign) {
  const kind = ["0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ"].find((signs) => signs.includes(sign));
  return kind[(kind.indexOf(sign) + 1) % kind.length];
}
