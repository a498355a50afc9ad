import { reasonInWords } from "./words.js";

// The session's own timeline speaks in stable names; here they become sentences. `kind` is the marker.
const TOLD = {
  started: () => ["Session set up", "Nothing is sent until it is needed."],
  resumed: () => ["Took up the stored session", "No log-in, no request."],
  signed_in: (by) => (by === "here" ? ["Logged in", ""] : ["Logged in by another tab", "The token came through the storage; nothing was asked of the server."]),
  renewed: (by) => (by === "here" ? ["Renewed", "Everything that waited goes on with the new token.", "renewal"] : ["Took over another tab’s renewal", "No request of its own.", "renewal"]),
  rejected: (which) =>
    which.includes("older") ? ["A 401 came late", "It was sent with an older token. The call goes out again with the current one, without a renewal."] : ["The server did not take the token (401)", "It was the current one, so one renewal is due."],
  rejected_again: () => ["401 with the new token, too", "The answer goes to the caller. No loop.", "end"],
  login_refused: (code) => ["The server refused the log-in", code, "end"],
  login_failed: (why) => ["The log-in did not get through", why, "end"],
  announced: (what) => ["Another tab says: look", what.includes("end") ? "The session has ended." : "There is a newer token in the storage."],
  ended: (reason) => ["The session ended", reasonInWords(reason), "end"],
  login_required: () => ["Asked for a log-in", "Once for this session, however many calls need it."],
  revocation: (how) => (how === "confirmed" ? ["The server revoked the refresh token", ""] : ["The server could not be told", "Its side ends by itself."]),
};

/** One entry of `session.explain()` as a line of the story. Names not known here are shown as they are. */
export function tell({ at, what, detail = "" }) {
  const [words, why, kind = "session"] = TOLD[what]?.(detail) ?? [sentence(what), detail];
  return { at, what: words, why, kind };
}

function sentence(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
