/** What the suite shows, as rows of the table of engines. A test belongs to the row that its name begins with. */
export const SCENARIOS = {
  T1: "2, 6 and 20 tabs whose token has run out wake together: one renewal, all go on",
  T2: "50 requests at once with an expired token: one renewal, 50 answers",
  T3: "a renewal takes 7 s: the other tabs wait, none errors",
  T4: "the tab that renews is reloaded or closed: another one takes its turn",
  T6: "a reload in the middle of a renewal: recovered, or one clean question for a login",
  T7: "storage takes no write after a renewal: this tab goes on, no other spends the old token",
  T8: "two 401s at once: both retried",
  T9: "a 401 that comes late: replayed, no renewal",
  T10: "an endpoint that always answers 401: one renewal, no loop, the session stays",
  T12: "an answer to a renewal that is no refusal: the session is kept",
  T13: "429 with `Retry-After`: no earlier renewal, in any tab, after a reload",
  T14: "the server revokes: one question for a login, where the user is looking",
  T16: "the device's clock is 2 h ahead or behind, or jumps: no storm",
  T17: "asleep for 8 h: the first request carries a good token, no burst of 401s",
  T18: "offline for the life of the token: no logout, and one renewal afterwards",
  T19: "storage blocked, broken, foreign, cleared or mute: the session works on",
  T20: "a logout ends every tab, also one that renews or lies in the back/forward cache",
  T22: "a logout while offline: local data is gone at once",
  T23: "an address of another host: no token",
  T24: "a redirect to another origin: the token does not follow",
  T25: "bodies are sent again rightly, or not at all",
  T26: "a caller aborts: told at once, the renewal goes on for the others",
  T29: "listeners that throw or call back: no deadlock, no lost event",
  T30: "two sessions, or two accounts, on one origin: no cross-talk",
  T32: "import and construct in a worker or a frame",
  Handover: "the turn to renew goes 1,000 times from tab to tab: no refresh token is sent twice",
  Cache: "a page in the back/forward cache holds nobody up, and is up to date when it comes back",
  Freeze: "a frozen tab holds nobody up, and is up to date when it goes on",
  Versions: "records of an earlier and of a later version on one origin",
  Limits: "idle and absolute limits, counted over all tabs",
};

export const REST = "everything else";

/** The row of a test. */
export function scenarioOf(name) {
  const id = name.slice(0, Math.max(0, name.indexOf(":")));
  return id in SCENARIOS ? id : REST;
}
