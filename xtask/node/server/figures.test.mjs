import assert from "node:assert/strict";
import { test } from "node:test";
import { median, percentile, ratios, short, sum, table } from "./figures.mjs";

const upTo = (count) => Array.from({ length: count }, (_, n) => n + 1);

test("a percentile is a time that occurred, by the nearest rank, in whatever order they came", () => {
  const times = upTo(200).reverse();
  assert.deepEqual([1, 50, 99, 99.9, 100].map((percent) => percentile(times, percent)), [2, 100, 198, 200, 200]);
  assert.deepEqual([0, 50, 99].map((percent) => percentile([7], percent)), [7, 7, 7]);
  // As numbers, not as texts.
  assert.equal(percentile([9, 10, 100], 50), 10);
});

test("the median of an even count lies between the two in the middle", () => {
  assert.equal(median([10, 1, 3, 2]), 2.5);
  assert.equal(median([10, 2, 9]), 9);
});

test("a ratio compares rounds in pairs, so that a round under load spoils no other", () => {
  // Everything took ten times as long in the second round.
  assert.deepEqual(ratios([400, 40, 500], [100, 10, 100]), { median: 4, least: 4, most: 5 });
});

test("rounds of different length are weighed by it", () => {
  const summed = sum([{ seconds: 1, times: [1, 1] }, { seconds: 3, times: [5, 5, 5, 5, 5, 5, 5, 5, 5, 9] }]);
  assert.deepEqual(summed, { count: 12, perSecond: 3, p50: 5, p99: 9, rates: [2, 10 / 3] });
});

test("out of nothing comes no figure", () => {
  assert.throws(() => percentile([], 50), RangeError);
  assert.throws(() => median([]), RangeError);
  assert.throws(() => ratios([1, 2], [1]), RangeError);
  assert.throws(() => sum([]), RangeError);
});

test("a table names a kind of load once, and the one compared to has no ratio", () => {
  const figures = { perSecond: 1234.5, p50: 0.5, p99: 12.34 };
  const rows = [
    { operation: "login", server: "SQLite", ...figures, ratio: { median: 2, least: 1.5, most: 10.25 } },
    { operation: "login", server: "twopi", ...figures },
    { operation: "renew", server: "twopi", ...figures },
  ];
  assert.equal(
    table(rows),
    [
      "|  |  | per second | p50, ms | p99, ms | times twopi (least–most) |",
      "| --- | --- | --: | --: | --: | --: |",
      "| login | SQLite | 1,235 | 0.50 | 12.3 | 2.00 (1.50–10.3) |",
      "|  | twopi | 1,235 | 0.50 | 12.3 | 1 |",
      "| renew | twopi | 1,235 | 0.50 | 12.3 | 1 |",
    ].join("\n"),
  );
});

test("three digits count", () => {
  assert.deepEqual([0.1234, 9.876, 54.32, 99.96, 12345.6].map(short), ["0.12", "9.88", "54.3", "100.0", "12,346"]);
});
