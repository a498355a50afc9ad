// What is drawn of a lane: its entries made into marks, and bars that have a beginning and an end. Pure.

/** Rows of a lane, from top to bottom. */
export const ROWS = ["session", "renewals", "calls"];
const CALL_ROWS = 20;

const TONES = {
  signed_in: "good",
  resumed: "good",
  renewed: "renewal",
  rejected: "warning",
  rejected_again: "bad",
  login_refused: "bad",
  login_failed: "bad",
  renewal_failed: "bad",
  renewal_refused: "bad",
  renewal_late: "warning",
  promise_lost: "warning",
  turn_overdue: "warning",
  storage_overdue: "bad",
  storage_relapsed: "warning",
  clock_moved: "warning",
  expiring: "warning",
  ended: "bad",
  login_required: "bad",
  held: "warning",
  login_cancelled: "warning",
  offline: "bad",
  frozen: "warning",
  mark: "mark",
};
// Parts of a bar.
const IN_BARS = ["renewal_wanted", "sibling_renews", "renewal_sent"];
const ENDS = {
  renewal_failed: "failed",
  renewal_refused: "refused",
  refusal_obsolete: "taken over",
  renewal_late: "late",
  ended: "ended",
};

/** Items `{ key, row, shape, tone, at, end?, entry?, … }` of a lane, in the order of time. Bars that go on have no `end`. */
export function draw(lane) {
  const entries = [...lane.entries.values()].sort((one, other) => one.at - other.at || one.id - other.id);
  const states = entries.filter(({ kind }) => kind === "state");
  const items = [...marks(entries), ...lives(states, lane.left), ...renewals(entries, lane.left), ...calls(entries, lane)];
  return items.sort((one, other) => one.at - other.at || ROWS.indexOf(one.row) - ROWS.indexOf(other.row));
}

function marks(entries) {
  const shown = entries.filter(({ kind, what }) => kind === "page" || kind === "mark" || (kind === "session" && !IN_BARS.includes(what)));
  return shown.map((entry) => ({ key: `e${entry.id}`, row: "session", shape: "mark", tone: toneOf(entry), at: entry.at, entry }));
}

// A code of the storage's own is a complaint.
function toneOf({ kind, what }) {
  return TONES[what] ?? (kind === "page" ? "page" : what.startsWith("storage_") ? "bad" : "plain");
}

// How long each access token lives, as far as that was seen.
function lives(states, left) {
  const lives = [];
  for (const state of states) {
    const last = lives.at(-1);
    if (last && last.generation === state.generation && state.what === "signedIn") continue;
    if (last && last.until === undefined) last.until = state.at;
    if (state.what !== "signedIn") continue;
    const { generation, expiresAt } = state;
    lives.push({ generation, at: state.obtainedAt ?? state.at, expiresAt, until: undefined });
  }
  return lives.map(({ generation, at, expiresAt, until = left }) => {
    const end = Math.min(until ?? Infinity, expiresAt ?? Infinity);
    return { key: `life${generation}-${at}`, row: "session", shape: "life", tone: "good", at, end: Number.isFinite(end) ? Math.max(at, end) : undefined, generation, expiresAt };
  });
}

// From the wish for a renewal to what has come of it: first the wait for its turn among the tabs, then the request.
function renewals(entries, left) {
  const bars = [];
  let bar;
  const begin = (entry) => {
    bar = { key: `r${entry.id}`, row: "renewals", shape: "renewal", tone: "renewal", at: entry.at, outcome: undefined };
    bars.push(bar);
  };
  const finish = (at, outcome) => {
    if (!bar) return;
    Object.assign(bar, { end: Math.max(at, bar.sentAt ?? bar.at), outcome });
    if (["failed", "refused", "ended", "late"].includes(outcome)) bar.tone = "bad";
    bar = undefined;
  };
  for (const entry of entries) {
    const { kind, what, detail, at } = entry;
    if (kind === "state") {
      // What has come to nothing leaves no other trace.
      if (bar && bar.renewed && !entry.renewing) finish(at, "given up");
      if (bar && entry.renewing) bar.renewed = true;
    }
    if (kind !== "session") continue;
    if (what === "renewal_wanted") {
      finish(at, "given up");
      begin(entry);
    }
    if (what === "sibling_renews" && bar) bar.sibling = at;
    if (what === "renewal_sent") {
      if (!bar) begin(entry);
      bar.sentAt ??= at;
      bar.again = detail;
    }
    if (what === "renewed") finish(at, detail === "here" ? "renewed" : "taken over");
    else if (ENDS[what]) finish(at, ENDS[what]);
  }
  if (bar && left !== undefined) finish(left, "left");
  return bars;
}

// As many rows as there are calls at once, and each stays in its own.
function calls(entries, lane) {
  const { left } = lane;
  const rows = rowsOf.get(lane) ?? new Map();
  rowsOf.set(lane, rows);
  const until = [];
  return entries
    .filter(({ kind }) => kind === "call")
    .map((entry) => {
      const end = entry.end ?? left;
      let line = rows.get(entry.id) ?? until.findIndex((time) => time <= entry.at);
      if (line === -1) line = until.length < CALL_ROWS ? until.length : entry.id % CALL_ROWS;
      rows.set(entry.id, line);
      until[line] = Math.max(until[line] ?? 0, end ?? Infinity);
      return { key: `c${entry.id}`, row: "calls", shape: "call", tone: callTone(entry), at: entry.at, end, line, entry };
    });
}

const rowsOf = new WeakMap();

function callTone({ error, status, end }) {
  if (end === undefined) return "waiting";
  if (error === "AbortError") return "plain";
  if (error || status >= 500) return "bad";
  if (status >= 400) return "warning";
  return "good";
}
