import { reasonInWords } from "./words.js";

// The session's own timeline speaks in stable names; here they become sentences: what, why, and the marker where it is not the plain one.
const TOLD = {
  started: () => ["Session set up", "Nothing is sent until it is needed."],
  resumed: () => ["Took up the stored session", "Without a log-in and without a request."],
  signed_in: (by) => (by === "here" ? ["Logged in", ""] : ["Logged in by another tab", "The token came through the storage, the server was not asked."]),
  login_refused: (code) => ["The server refused the log-in", code, "end"],
  login_failed: (why) => ["The log-in did not get through", why, "end"],

  rejected: (which) => (which.includes("older") ? LATE : CURRENT),
  rejected_again: () => ["A 401 with the new token, too", "The answer goes to the caller: no loop.", "end"],
  renewal_wanted: () => ["A renewal is due", "One for all calls that wait, in its turn among the tabs."],
  sibling_renews: () => ["Another tab is renewing", "Waiting for its result."],
  renewal_sent: (again) => (again ? ["Sent the renewal again", "The answer to the first was lost."] : ["Sent the renewal", "The one time this refresh token goes out."]),
  renewed: (by) => (by === "here" ? RENEWED : TAKEN_OVER),
  renewal_late: () => ["A renewal’s answer came too late", "The session has moved on; it is not used."],
  renewal_failed: (why) => ["The renewal failed, the session is kept", why, "end"],
  renewal_refused: (status) => ["The server refused the renewal", `That is an end, not a hiccup (${status}).`, "end"],
  refusal_obsolete: () => ["The refusal does not count", "Another tab has renewed in the meantime."],
  turn_overdue: () => ["Went on without the lock", "It took too long to come; the record’s journal keeps order."],

  clock_moved: (how) => ["The clock moved, or the device slept", `${how.charAt(0).toUpperCase()}${how.slice(1)}. Lifetimes are measured on two clocks.`],
  announced: (what) => ["Word from another tab", what.includes("end") ? "The session has ended." : "There is a newer token in the storage."],
  expiring: (reason) => ["The session will end soon", reasonInWords(reason)],
  ended: (reason) => ["The session ended", reasonInWords(reason), "end"],
  login_required: () => ["Asked for a log-in", "Once, however many calls need it."],
  revocation: (how) => (how === "confirmed" ? ["The server revoked the refresh token", ""] : ["The server could not be told", "Its side ends by itself."]),
};
const CURRENT = ["The server did not take the token (401)", "It was the current one, so a renewal is called for.", "rejected"];
const LATE = ["A 401 came late", "For an older token: the call goes out again with the current one, without a renewal.", "rejected"];
const RENEWED = ["Renewed", "All that waited goes on with the new token.", "renewal"];
const TAKEN_OVER = ["Took over another tab’s renewal", "Without a request of its own.", "renewal"];

/** One entry of `session.explain()` as a line of the story. Names not known here are shown as they are. */
export function tell({ at, what, detail = "" }) {
  const [words, why, kind = "session"] = TOLD[what]?.(detail) ?? [sentence(what), detail];
  return { at, what: words, why, kind };
}

function sentence(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
