// That `cargo xtask bench server` still measures what it says; no figure is judged: node --test smoke.mjs
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const { TOKENKEEP_SERVER_BIN: server, TOKENKEEP_PYTHON: python } = process.env;

test("each kind of load on each server is measured, and nothing stays behind", (t) => {
  const scratch = mkdtempSync(join(tmpdir(), "bench-smoke-"));
  t.after(() => rmSync(scratch, { recursive: true }));
  const json = join(scratch, "figures.json");
  const options = { stores: "file", seconds: "0.5", rounds: "1", connections: "2", tokenkeep: server, python: join(python, "legacy"), json };
  const bench = fileURLToPath(new URL("bench.mjs", import.meta.url));
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const printed = execFileSync(process.execPath, [bench, ...args], { encoding: "utf8", env: { ...process.env, TMPDIR: scratch } });

  const { rows, machine } = JSON.parse(readFileSync(json, "utf8"));
  const expected = ["login", "renew", "request"].flatMap((operation) => [`${operation} file`, `${operation} twopi`]);
  assert.deepEqual(rows.map(({ operation, store }) => `${operation} ${store}`), expected);
  for (const { store, count, perSecond, p50, p99, rates, ratio } of rows) {
    assert.ok(count >= 2 && perSecond > 0 && p50 > 0 && p99 >= p50 && rates.length === 1, JSON.stringify(rows));
    assert.equal(ratio === undefined, store === "twopi");
  }
  assert.ok(machine.cores > 0);
  assert.equal(printed.match(/^\| /gm).length, 2 + expected.length);
  assert.deepEqual(readdirSync(scratch), ["figures.json"]);
});
