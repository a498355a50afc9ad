import { byId, make } from "./dom.js";
import { openTabs } from "./tab.js";
import { errorInWords, plural, tabs } from "./words.js";

const RESOURCE = "/api/v1/resource";
const OTHERS_TIMEOUT = 8_000;

/** Makes calls through the session, here or in every open tab, and tells how they ended. */
export class Calls {
  #session;
  #name;
  #channel = new BroadcastChannel("tokenkeep-demo:calls");
  #onAsked;

  constructor(session, name, onAsked) {
    this.#session = session;
    this.#name = name;
    this.#onAsked = onAsked;
    this.#channel.addEventListener("message", ({ data }) => data.type === "ask" && this.#answer(data));
  }

  /** `count` calls at once in this tab. */
  async here(count) {
    const started = performance.now();
    const cells = showCells(count);
    const outcomes = await Promise.all(cells.map((cell) => this.#one(cell)));
    return { outcomes, ms: Math.round(performance.now() - started), names: [this.#name] };
  }

  /** `count` calls at once in each tab. A tab the browser has put to sleep may not take part. */
  async everywhere(count) {
    const others = (await openTabs()).filter((name) => name !== this.#name);
    const reports = this.#reportsOf(others);
    this.#channel.postMessage({ type: "ask", count, from: this.#name });
    const mine = await this.here(count);
    const theirs = await reports;
    return { outcomes: [mine, ...theirs].flatMap((report) => report.outcomes), ms: mine.ms, names: [this.#name, ...theirs.map(({ name }) => name)].sort() };
  }

  async #one(cell) {
    const outcome = await attempt(this.#session);
    cell.className = outcome.ok ? "cell ok" : "cell bad";
    return outcome;
  }

  async #answer({ count, from }) {
    const report = await this.here(count);
    this.#channel.postMessage({ type: "report", to: from, name: this.#name, outcomes: report.outcomes });
    this.#onAsked(from, report);
  }

  #reportsOf(names) {
    const reports = [];
    if (names.length === 0) return reports;
    return new Promise((resolve) => {
      const stop = new AbortController();
      const finish = () => {
        stop.abort();
        resolve(reports);
      };
      const timer = setTimeout(finish, OTHERS_TIMEOUT);
      const take = ({ data }) => {
        if (data.type !== "report" || data.to !== this.#name) return;
        reports.push(data);
        if (reports.length < names.length) return;
        clearTimeout(timer);
        finish();
      };
      this.#channel.addEventListener("message", take, { signal: stop.signal });
    });
  }
}

async function attempt(session) {
  try {
    const response = await session.fetch(RESOURCE);
    await response.arrayBuffer();
    return response.ok ? { ok: true } : { ok: false, code: `HTTP ${response.status}`, words: "The server answered, but not with the resource." };
  } catch (error) {
    return { ok: false, ...errorInWords(error) };
  }
}

function showCells(count) {
  const cells = Array.from({ length: count }, () => make("i", { class: "cell" }));
  byId("cells").replaceChildren(...cells);
  return cells;
}

/** One sentence for a finished round: the sum as emphasised parts, then what went wrong. */
export function roundInWords({ outcomes, names, ms }, renewals) {
  const answered = outcomes.filter(({ ok }) => ok).length;
  const where = names.length > 1 ? ` in ${tabs(names)}` : "";
  const sum = [make("strong", {}, plural(outcomes.length, "call")), `${where}, `];
  sum.push(howMany(answered, outcomes.length));
  return [...sum, ...renewalsInWords(renewals), ` in ${ms} ms.`, ...failures(outcomes)];
}

function howMany(answered, of) {
  if (answered === 0) return of === 1 ? "not answered" : "none answered";
  if (answered < of) return `${answered} answered`;
  return of === 1 ? "answered" : "all answered";
}

function renewalsInWords(renewals) {
  if (!renewals) return [];
  const { renewed, refused } = renewals;
  const words = [];
  if (renewed || !refused) words.push(", ", make("strong", { class: "renewals" }, renewed ? plural(renewed, "renewal") : "no renewal"));
  if (refused) words.push(", ", make("strong", { class: "renewals" }, `${plural(refused, "renewal")} refused`));
  return words;
}

function failures(outcomes) {
  const kinds = new Map();
  for (const { ok, code, words, message } of outcomes) {
    if (!ok) kinds.set(code, { words, message, times: (kinds.get(code)?.times ?? 0) + 1 });
  }
  return [...kinds].map(([code, { words, message, times }]) =>
    make("span", { class: "failure" }, ` ${times > 1 ? `${times} times: ` : ""}${words} `, make("code", {}, message ? `${code}: ${message}` : code)),
  );
}
