import { engine } from "./engines.mjs";

const MARK = "limit ";

/** Writes down, for the table of engines, what this engine cannot do, and what the test does about it. */
export function limit(t, what) {
  t.diagnostic(MARK + JSON.stringify({ engine, test: t.name, what }));
}

/** For a page that was to come back from the back/forward cache. */
export function noteCache(t, persisted) {
  if (!persisted) limit(t, "Under WebDriver not even a plain page is kept in the back/forward cache. It is loaded again, and the same is asked of it.");
}

/** What {@link limit} wrote, if that is what `note` is. */
export function readLimit(note) {
  return note.startsWith(MARK) ? JSON.parse(note.slice(MARK.length)) : undefined;
}
