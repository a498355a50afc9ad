import { setClock } from "./server.js";

const KEY = "tokenkeep-demo:aged";
// A JWT counts in whole seconds, so the very end of its life is up to a second away.
const JUST_PAST = 2_000;
const MONTH = 30 * 86_400_000;

/** By how many ms the server has aged the current tokens beyond real time. A new generation starts at zero. */
export function agedBy(snapshot) {
  const aged = stored();
  return aged?.generation === snapshot.generation ? aged.ms : 0;
}

/** Turns the server's clock to just past the access token's life. */
export const expireAccess = (session) => age(session, session.getSnapshot().expiresAt);

/** Turns the server's clock to just past the refresh token's life. */
export const expireRefresh = (session) => {
  const { refreshExpiresAt } = session.getSnapshot();
  return age(session, refreshExpiresAt ?? Date.now() + 4 * MONTH);
};

// The server takes an absolute shift. What it was when these tokens were made shows in the JWT: its `exp` is by the server's clock,
// the snapshot's `expiresAt` by ours. So a second "expire" starts where the first one left the clock, also after a reload.
async function age(session, until) {
  const snapshot = session.getSnapshot();
  const ms = Math.max(agedBy(snapshot), until - Date.now() + JUST_PAST);
  const shiftThen = session.claims.exp * 1000 - snapshot.expiresAt;
  await setClock(shiftThen + ms);
  localStorage.setItem(KEY, JSON.stringify({ generation: snapshot.generation, ms }));
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return undefined;
  }
}
