const UNITS = [
  [86_400, "d", 3_600, "h"],
  [3_600, "h", 60, "min"],
];

/** `4:32`, `2 h 5 min`, `13 d 23 h`. */
export function duration(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  for (const [big, bigName, small, smallName] of UNITS) {
    if (seconds < big) continue;
    const rest = Math.floor((seconds % big) / small);
    return rest ? `${Math.floor(seconds / big)} ${bigName} ${rest} ${smallName}` : `${Math.floor(seconds / big)} ${bigName}`;
  }
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** "Tab A", "Tabs A and B", "Tabs A, B and C". */
export function tabs(names) {
  if (names.length === 1) return `tab ${names[0]}`;
  return `tabs ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

export const REASONS = {
  logout: "You logged out.",
  refused: "The server has ended your session.",
  expired: "Your session has run out and cannot be renewed.",
  lost_renewal: "The answer to a renewal was lost, and the session with it.",
  idle: "Nobody did anything for too long.",
  absolute: "The session has lasted as long as it may.",
  none: "You are not logged in yet.",
};

/** Why there is no session, for the one who has to log in. */
export const reasonInWords = (reason) => REASONS[reason] ?? "Your session has ended.";

const ERRORS = {
  login_required: "There is no session to make this call with.",
  login_refused: "The server did not accept that.",
  network: "The server could not be reached. The session is kept; try again.",
  timeout: "The renewal took too long. The session is kept; try again.",
  server: "The server is in trouble or asks to wait. The session is kept.",
  protocol: "The server’s answer made no sense. The session is kept.",
  storage: "This browser would not store the session.",
  not_replayable: "The token was renewed, but this call’s body cannot be sent twice.",
  subject_changed: "Somebody else logged in while the call was waiting.",
  disposed: "This page’s session was closed.",
};

/** What went wrong, first for people, then the code and message a developer will look for. */
export function errorInWords(error) {
  const words = ERRORS[error.code] ?? "Something went wrong.";
  const wait = error.retryAfter ? ` Wait ${plural(Math.ceil(error.retryAfter / 1000), "second")}.` : "";
  return { words: words + wait, code: error.code ?? error.name, message: error.message };
}
