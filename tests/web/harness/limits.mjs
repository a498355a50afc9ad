import { engine } from "./engines.mjs";

const MARK = "limit ";

/** Writes down, for the table of engines, what this engine cannot do, and what the test does about it. */
export function limit(t, what) {
  t.diagnostic(MARK + JSON.stringify({ engine, test: t.name, what }));
}

/** What {@link limit} wrote, if that is what `note` is. */
export function readLimit(note) {
  return note.startsWith(MARK) ? JSON.parse(note.slice(MARK.length)) : undefined;
}
