import { byId, make } from "./dom.js";
import { tell } from "./story.js";

const MOST = 120;

/** What this tab's session did, and what its user did, newest first. */
export class Timeline {
  #session;
  #own = [];
  #shown = "";

  constructor(session) {
    this.#session = session;
  }

  /** Adds what the session itself cannot know: what its user did. Returns a function that adds how it ended. */
  add(what, why = "") {
    const entry = { at: Date.now(), what, why, kind: "you" };
    this.#own = [...this.#own, entry].slice(-MOST);
    this.show();
    return (end) => {
      entry.why = end;
      this.show();
    };
  }

  show() {
    const entries = folded([...this.#own, ...this.#session.explain().map(tell)].sort((a, b) => a.at - b.at)).slice(-MOST);
    const key = JSON.stringify(entries);
    if (key === this.#shown) return;
    this.#shown = key;
    byId("story").replaceChildren(...entries.reverse().map(line));
  }
}

// 20 calls that all meet the same 401 would bury the one line that matters. They come between other lines, so they are looked for
// back to what the user did.
function folded(entries) {
  const lines = [];
  for (const entry of entries) {
    const same = lines.slice(entry.kind === "rejected" ? lastByUser(lines) : -1).find((line) => isSame(line, entry));
    if (same) same.times += 1;
    else lines.push({ ...entry, times: 1 });
  }
  return lines;
}

const lastByUser = (lines) => Math.max(0, lines.findLastIndex((line) => line.kind === "you"));
const isSame = (line, entry) => line.what === entry.what && line.why === entry.why;

function line({ at, what, why, kind, times }) {
  const time = new Date(at);
  const text = make("p", { class: "line-what" }, what, ...(times > 1 ? [make("span", { class: "times" }, ` ×${times}`)] : []));
  return make("li", { class: `line ${kind}` }, make("time", { datetime: time.toISOString() }, time.toLocaleTimeString()), text, ...(why ? [make("p", { class: "line-why" }, why)] : []));
}
