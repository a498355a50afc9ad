// What is made of measurements: rates, percentiles, ratios, and a table.

/** The nearest rank: a time that occurred, and that so many of a hundred took at most. */
export function percentile(times, percent) {
  if (!times.length) throw new RangeError("no times, no percentile");
  const sorted = Float64Array.from(times).sort();
  return sorted[Math.max(Math.ceil((percent / 100) * sorted.length), 1) - 1];
}

export function median(numbers) {
  if (!numbers.length) throw new RangeError("no numbers, no median");
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How one server's rates compare to another's, round by round: both had the same load beside them only within a round.
 */
export function ratios(ours, theirs) {
  if (ours.length !== theirs.length) throw new RangeError("rounds are compared in pairs");
  const each = ours.map((rate, round) => rate / theirs[round]);
  return { median: median(each), least: Math.min(...each), most: Math.max(...each) };
}

/** All rounds `{ seconds, times }` of one server under one kind of load. */
export function sum(rounds) {
  const rates = rounds.map(({ seconds, times }) => times.length / seconds);
  const times = rounds.flatMap((round) => round.times);
  const seconds = rounds.reduce((total, round) => total + round.seconds, 0);
  return { count: times.length, perSecond: times.length / seconds, p50: percentile(times, 50), p99: percentile(times, 99), rates };
}

/** Rows `{ operation, server, perSecond, p50, p99, ratio }` in Markdown; the one that is compared to has no ratio. */
export function table(rows) {
  const head = ["", "", "per second", "p50, ms", "p99, ms", "times twopi (least–most)"];
  const cells = rows.map(({ operation, server, perSecond, p50, p99, ratio }, n) => [
    rows[n - 1]?.operation === operation ? "" : operation,
    server,
    short(perSecond),
    short(p50),
    short(p99),
    ratio ? `${short(ratio.median)} (${short(ratio.least)}–${short(ratio.most)})` : "1",
  ]);
  return [head, ["---", "---", "--:", "--:", "--:", "--:"], ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Three digits that count. */
export function short(number) {
  if (number >= 100) return Math.round(number).toLocaleString("en");
  return number.toFixed(number >= 10 ? 1 : 2);
}
