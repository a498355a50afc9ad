// Entries in words: what happened, and why or what that means.

const REASONS = {
  logout: "somebody logged out",
  refused: "the server refused the renewal",
  expired: "it could not be renewed any more",
  lost_renewal: "the answer to a renewal was lost, and the token with it",
  idle: "nobody did anything for too long",
  absolute: "it has lasted as long as it may",
  none: "nobody has logged in yet",
};
const because = (reason) => REASONS[reason] ?? reason;

const TOLD = {
  // The session's timeline.
  started: () => ["Session set up"],
  resumed: () => ["Stored session taken up", "without a request"],
  signed_in: (by) => [by === "here" ? "Logged in" : "Logged in by another tab"],
  login_refused: (code) => ["Log-in refused by the server", code],
  login_failed: (why) => ["Log-in did not get through", why],
  rejected: (which) => ["401: the token was not taken", which],
  rejected_again: (why) => ["401 with the new token, too", why],
  renewal_wanted: () => ["Renewal wanted"],
  sibling_renews: (why) => ["Another tab is renewing", why],
  renewal_sent: (how) => ["Renewal sent", how],
  renewed: (by) => (by === "here" ? ["Renewed"] : ["Renewal of another tab taken over", "without a request"]),
  renewal_late: (why) => ["Renewal answered too late", why],
  renewal_failed: (why) => ["Renewal failed, the session is kept", why],
  renewal_refused: (why) => ["Renewal refused by the server", why],
  refusal_obsolete: (why) => ["The refusal does not count", why],
  turn_overdue: (why) => ["The lock did not come in time", why],
  storage_overdue: () => ["The storage did not answer in time"],
  storage_relapsed: (why) => ["The storage fell back", why],
  promise_lost: (why) => ["A promised token is lost", why],
  clock_moved: (how) => ["The clock moved, or the device slept", how],
  announced: (what) => ["Word from another tab", what?.replace("another tab: ", "")],
  expiring: (reason) => ["The session will end soon", because(reason)],
  ended: (reason) => ["The session ended", because(reason)],
  login_required: (reason) => ["Log-in required", because(reason)],
  held: () => ["Request waits for a log-in"],
  login_cancelled: () => ["Log-in given up", "what waited for it has failed"],
  revocation: (how) => ["Log-out told to the server", how],
  // The page.
  opened: () => ["Devtools opened"],
  online: () => ["Online again"],
  offline: () => ["Offline"],
  hidden: () => ["Tab out of view"],
  visible: () => ["Tab in view"],
  left: () => ["Page left"],
  back: () => ["Page taken back from the cache"],
  frozen: () => ["Page frozen"],
  resumed_page: () => ["Page runs again"],
  mark: (text) => [text],
};
const CALLS = { fetch: "Request", login: "login()", logout: "logout()", renew: "renew()", accessToken: "accessToken()", adopt: "adopt()", call: "call()" };
const OUTCOMES = {
  renewed: "Renewal of its own",
  "taken over": "Renewal left to another tab",
  failed: "Renewal failed, the session is kept",
  refused: "Renewal refused by the server",
  late: "Renewal answered too late",
  ended: "Renewal overtaken by the session's end",
  "given up": "Renewal no longer needed",
  left: "Renewal left behind by the page",
};

/** `[what, why?]` of an item of the picture. */
export function tell(item) {
  const { shape, entry } = item;
  if (shape === "life") return [`Access token, generation ${item.generation}`, item.expiresAt ? `runs out at ${clock(item.expiresAt)}` : undefined];
  if (shape === "renewal") return [OUTCOMES[item.outcome] ?? "Renewal under way", phases(item)];
  if (shape === "call") return [nameOf(entry), outcomeOf(entry)];
  const name = entry.kind === "page" && entry.what === "resumed" ? "resumed_page" : entry.what;
  const [what, why] = Object.hasOwn(TOLD, name) ? TOLD[name](entry.detail) : [sentence(name), entry.detail];
  return [`${what}${entry.times > 1 ? `, ${entry.times} times` : ""}`, why || undefined];
}

/** Members of an item beside what it is, as pairs of words. */
export function details(item, tab) {
  const { at, end, entry } = item;
  const pairs = [["Tab", tab], ["At", clock(at, true)]];
  if (item.shape !== "mark") pairs.push(["Took", end === undefined ? "goes on" : length(end - at)]);
  if (item.shape === "life") pairs[pairs.length - 1][0] = "In use";
  entry?.sent?.forEach((sent, index) => pairs.push([index + 1 < entry.sent.length ? "First sent" : "Last sent", sending(at, sent)]));
  return pairs;
}

function sending(from, { at, end, status }) {
  return `${at > from + 1 ? `after ${length(at - from)}` : "at once"}, answered in ${length(end - at)}${status ? ` with ${status}` : ""}`;
}

function nameOf({ what, method, url, detail }) {
  if (what === "fetch") return `${method} ${url}`;
  return what === "call" && detail ? `call("${detail}")` : (CALLS[what] ?? what);
}

function outcomeOf({ what, end, error, status, detail }) {
  if (end === undefined) return "under way";
  if (error) return `${error}${status ? ` (${status})` : ""}`;
  return what === "logout" ? detail : status ? `answered with ${status}` : "done";
}

function phases({ at, end, sentAt, sibling, again }) {
  if (sibling && !sentAt) return `waited for another tab${end === undefined ? "" : ` for ${length(end - at)}`}`;
  if (!sentAt) return `${end === undefined ? "waits" : "waited"} for its turn among the tabs`;
  const waited = `${length(sentAt - at)} for its turn among the tabs`;
  return `${waited}${end === undefined ? "" : `, then ${length(end - sentAt)} for the answer`}${again ? `; ${again}` : ""}`;
}

function sentence(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `12:03:04`, with milliseconds where wanted. */
export function clock(at, exact) {
  const time = new Date(at);
  const two = (number) => String(number).padStart(2, "0");
  const whole = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return exact ? `${whole}.${String(Math.floor(time.getMilliseconds())).padStart(3, "0")}` : whole;
}

/** `12 ms`, `3.4 s`, `5 min`. */
export function length(ms) {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${trim(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${trim(ms / 60_000)} min`;
  return `${trim(ms / 3_600_000)} h`;
}

const trim = (number) => String(Number(number.toFixed(number < 10 ? 1 : 0)));
