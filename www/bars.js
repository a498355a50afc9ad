import { byId, setText } from "./dom.js";
import { agedBy, isRevoked } from "./trouble.js";
import { duration } from "./words.js";

const NOTES = {
  access: {
    live: "Goes with every call. Renewed only when it has run out, never before each call.",
    due: "So little left that the next call renews it first, once, however many calls there are.",
    over: "Run out. The next call renews it first, once, however many calls there are.",
    spent: "Run out at the server, and this browser does not know. The next call meets a 401, renews once and goes out again.",
    lost: "Run out at the server, and this browser does not know.",
    revoked: "Revoked at the server, and this browser does not know. The next call finds out and asks you to log in.",
    none: "A call made now asks you to log in.",
  },
  refresh: {
    live: "Goes to the server for a renewal only. Each renewal replaces it and starts its life anew.",
    over: "Run out. The next renewal will be refused and you will be asked to log in.",
    spent: "Run out at the server, and this browser does not know. The next call ends the session and asks you to log in.",
    revoked: "Revoked at the server, and this browser does not know.",
    unknown: "Kept. How long the server takes it is not said.",
    none: "Comes with the access token, when you log in.",
  },
};
// Time runs evenly; whatever else moves a bar is an event, and looks like one.
const JUMP = 2_500;
const MOST_TICKS = 30;
const TICKS = [1, 5, 10, 60, 600, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400].map((seconds) => seconds * 1000);

/** Draws what is left of both tokens at this moment, as the server counts. */
export function showBars(snapshot) {
  const { obtainedAt, expiresAt, refreshExpiresAt } = snapshot.status === "signedIn" ? snapshot : {};
  const signedIn = snapshot.status === "signedIn";
  const access = nearTheEnd(lifeOf(snapshot, obtainedAt, expiresAt));
  const refresh = lifeOf(snapshot, obtainedAt, refreshExpiresAt);
  const lost = access?.state === "spent" && refresh?.state === "spent";
  showBar("access", signedIn, access, lost ? "lost" : access?.state);
  showBar("refresh", signedIn, refresh);
}

function lifeOf(snapshot, from, until) {
  if (from === undefined || until === undefined) return undefined;
  if (isRevoked(snapshot)) return { left: 0, total: until - from, state: "revoked" };
  const here = Math.max(0, until - Date.now());
  const left = Math.max(0, here - agedBy(snapshot));
  return { left, total: until - from, state: left > 0 ? "live" : here > 0 ? "spent" : "over" };
}

// As the session does by default: 10 seconds, but never more than a tenth of the life.
function nearTheEnd(life) {
  const margin = life && Math.min(10_000, life.total / 10);
  return life?.state === "live" && life.left <= margin ? { ...life, state: "due" } : life;
}

function showBar(id, signedIn, life, note = life?.state) {
  const bar = byId(id);
  const state = life?.state ?? (signedIn ? "unknown" : "none");
  const share = life ? Math.min(1, life.left / life.total) : 0;
  const before = Number(bar.style.getPropertyValue("--share"));
  bar.dataset.state = state;
  bar.style.setProperty("--pace", Math.abs(before - share) * (life?.total ?? Infinity) > JUMP ? "0.6s cubic-bezier(0.4, 0, 0.2, 1)" : "1s linear");
  bar.style.setProperty("--share", share.toFixed(4));
  if (life) bar.style.setProperty("--ticks", ticksIn(life.total));
  showLeft(bar, life, state);
  setText(bar.querySelector(".note"), NOTES[id][note ?? state] ?? "");
  showMeter(bar, share);
}

function showLeft(bar, life, state) {
  const counts = life && state !== "revoked";
  setText(bar.querySelector(".left-time"), counts ? duration(life.left) : state === "revoked" ? "revoked" : "none");
  setText(bar.querySelector(".left-of"), counts ? `left of ${duration(life.total)}` : "");
}

function showMeter(bar, share) {
  const meter = bar.querySelector(".rule");
  meter.setAttribute("aria-valuenow", Math.round(share * 100));
  meter.setAttribute("aria-valuetext", bar.querySelector(".left").textContent);
}

function ticksIn(total) {
  const step = TICKS.find((each) => total / each <= MOST_TICKS) ?? total;
  return (total / step).toFixed(3);
}
