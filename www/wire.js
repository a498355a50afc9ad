import { byId, draw, setText } from "./dom.js";
import { plural } from "./words.js";

const STEP = 9;
const NARROW_STEP = 6;
const NARROW = 480;
const ROW = 22;
const LABEL = 34;
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
  const renewals = counters["renew.renewed"] ?? 0;
  setText(byId("count-calls"), String(requests.filter((request) => request.kind === "answered").length));
  setText(byId("count-renewals"), String(renewals));
  setText(byId("count-renewals-name"), renewals === 1 ? "renewal" : "renewals");
  setText(byId("count-logins"), String(counters["login.ok"] ?? 0));
}

function showWire(requests) {
  const wire = byId("wire");
  const step = wire.clientWidth < NARROW ? NARROW_STEP : STEP;
  const shown = requests.slice(-Math.max(10, Math.floor((wire.clientWidth - LABEL) / step) - 1));
  const names = [...new Set(shown.map(({ tab }) => tab ?? "–"))].sort();
  const key = JSON.stringify([wire.clientWidth, shown.map(({ kind, tab }) => [kind, tab])]);
  if (wire.dataset.key === key) return;
  wire.dataset.key = key;
  wire.replaceChildren(shown.length ? picture(shown, names, wire.clientWidth, step) : "Nothing yet.");
}

function picture(shown, names, width, step) {
  const height = Math.max(1, names.length) * ROW;
  const rows = names.map((name, row) => [
    draw("line", { class: "lane", x1: LABEL, x2: width, y1: row * ROW + ROW / 2, y2: row * ROW + ROW / 2 }),
    draw("text", { class: "lane-name", x: 0, y: row * ROW + ROW / 2 + 4 }, name === "–" ? name : `tab ${name}`),
  ]);
  const ticks = shown.map(({ kind, tab }, column) => {
    const y = names.indexOf(tab ?? "–") * ROW + 2;
    return draw("use", { href: `#tick-${kind}`, x: LABEL + column * step + 1, y, width: 10, height: 18 });
  });
  return draw("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": summary(shown) }, ...rows.flat(), ...ticks);
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
