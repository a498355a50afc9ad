import { byId, draw, setText } from "./dom.js";
import { plural } from "./words.js";

const GAP = { narrow: 2, wide: 3 };
const NARROW = 480;
const WIDTHS = { answered: 4, rejected: 4, renewed: 9, refused: 9, signed: 8 };
const ROW = 22;
const LABEL = 38;
const OUTCOMES = { renewed: "", replayed: ", who got the same answer again" };

/** Draws the newest requests in the order the server got them, one row a tab, and counts them. */
export function showServer(log) {
  byId("server").hidden = log === undefined;
  if (log === undefined) return;
  const requests = log.requests.map((request) => ({ ...request, kind: kindOf(request) })).filter((request) => request.kind);
  showCounters(log.counters, requests);
  showWire(requests);
  showLastRenewal(log.renewals);
}

/** How many renewals the server answered between two logs, or undefined where it keeps none. */
export function renewalsBetween(before, after) {
  if (!before || !after) return undefined;
  const grown = (name) => (after.counters[name] ?? 0) - (before.counters[name] ?? 0);
  return { renewed: grown("renew.renewed"), refused: grown("renew.refused") };
}

function kindOf({ path, status }) {
  // Under way, or cut off.
  if (status === null) return undefined;
  if (path.endsWith("/renew")) return status < 300 ? "renewed" : "refused";
  if (path.endsWith("/login")) return status < 300 ? "signed" : "refused";
  if (path.endsWith("/logout")) return "signed";
  if (!path.startsWith("/api/")) return undefined;
  return status < 300 ? "answered" : status === 401 ? "rejected" : "refused";
}

function showCounters(counters, requests) {
  showCounter("calls", requests.filter((request) => request.kind === "answered").length, "call answered", "calls answered");
  showCounter("renewals", counters["renew.renewed"] ?? 0, "renewal", "renewals");
  showCounter("logins", counters["login.ok"] ?? 0, "log-in", "log-ins");
}

function showCounter(id, count, one, many) {
  setText(byId(`count-${id}`), String(count));
  setText(byId(`count-${id}-name`), count === 1 ? one : many);
}

function showWire(requests) {
  const wire = byId("wire");
  const width = wire.clientWidth;
  const shown = newestThatFit(requests, width);
  const key = JSON.stringify([width, shown.map(({ kind, tab }) => [kind, tab])]);
  if (wire.dataset.key === key) return;
  wire.dataset.key = key;
  wire.replaceChildren(shown.length ? picture(shown, width) : "Nothing yet.");
}

/** Each with `x`, the middle of its tick. */
function newestThatFit(requests, width) {
  const gap = width < NARROW ? GAP.narrow : GAP.wide;
  const placed = [];
  let used = 0;
  for (const request of [...requests].reverse()) {
    const wide = WIDTHS[request.kind];
    if (LABEL + used + wide > width) break;
    placed.unshift({ ...request, x: used + wide / 2 });
    used += wide + gap;
  }
  return placed.map((request) => ({ ...request, x: LABEL + used - gap - request.x }));
}

function picture(shown, width) {
  const names = [...new Set(shown.map(({ tab }) => tab ?? "–"))].sort();
  const height = names.length * ROW;
  const lanes = names.flatMap((name, row) => lane(name, row * ROW, width));
  const ticks = shown.map(({ kind, tab, x }) => draw("use", { href: `#tick-${kind}`, x: x - 5, y: names.indexOf(tab ?? "–") * ROW + 2, width: 10, height: 18 }));
  return draw("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": summary(shown) }, ...lanes, ...ticks);
}

function lane(name, top, width) {
  const y = top + ROW / 2;
  return [draw("line", { class: "lane", x1: LABEL, x2: width, y1: y, y2: y }), draw("text", { class: "lane-name", x: 0, y: y + 4 }, name === "–" ? name : `tab ${name}`)];
}

function summary(shown) {
  const count = (kind) => shown.filter((request) => request.kind === kind).length;
  return `The last ${plural(shown.length, "request")} at the server: ${count("answered")} answered, ${count("rejected")} with a token not taken, ${plural(count("renewed"), "renewal")}, ${count("refused")} refused.`;
}

// Without a time: the log goes by the server's clock, which this page sets forward.
function showLastRenewal(renewals) {
  const last = renewals.at(-1);
  const by = last?.tab ? `tab ${last.tab}` : "a page without a tab name";
  setText(byId("last-renewal"), last ? `The last renewal was asked for by ${by}${OUTCOMES[last.outcome] ?? `, and refused: ${last.outcome.replaceAll("_", " ")}`}.` : "");
}
