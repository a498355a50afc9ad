// What was done to the tokens at the server, behind this browser's back. The session is not told: that is the point.
import { revokeUser, setClock } from "./server.js";

const KEY = "tokenkeep-demo:trouble";
// A JWT counts in whole seconds, so the very end of its life is up to a second away.
const JUST_PAST = 2_000;
const LONG_ENOUGH = 120 * 86_400_000;

/** By how many ms the server has aged the current tokens beyond real time. A new generation starts at zero. */
export const agedBy = (snapshot) => troubleOf(snapshot).aged ?? 0;

/** Whether the current tokens were revoked. */
export const isRevoked = (snapshot) => troubleOf(snapshot).revoked ?? false;

/** Turns the server's clock to just past the access token's life. */
export const expireAccess = (session) => age(session, session.getSnapshot().expiresAt);

/** Turns the server's clock to just past the refresh token's life. */
export const expireRefresh = (session) => age(session, session.getSnapshot().refreshExpiresAt ?? Date.now() + LONG_ENOUGH);

export async function revoke(session, username) {
  await revokeUser(username);
  note(session.getSnapshot(), { revoked: true });
}

// The server takes an absolute shift. What it was when these tokens were made shows in the JWT: its `exp` is by the server's clock,
// the snapshot's `expiresAt` by ours. So a second "expire" starts where the first one left the clock, also after a reload.
async function age(session, until) {
  const snapshot = session.getSnapshot();
  const aged = Math.max(agedBy(snapshot), until - Date.now() + JUST_PAST);
  const shiftThen = session.claims.exp * 1000 - snapshot.expiresAt;
  await setClock(shiftThen + aged);
  note(snapshot, { aged });
}

// Kept where the other tabs see it, and forgotten with the generation it was done to.
function note(snapshot, trouble) {
  localStorage.setItem(KEY, JSON.stringify({ ...troubleOf(snapshot), ...trouble, generation: snapshot.generation }));
}

function troubleOf(snapshot) {
  try {
    const trouble = JSON.parse(localStorage.getItem(KEY));
    return trouble?.generation === snapshot.generation ? trouble : {};
  } catch {
    return {};
  }
}
