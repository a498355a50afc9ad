// Prints how each scenario went in each engine, and checks that docs/ENGINES.md says the same.
// Usage: node table.mjs RESULTS [--write], where RESULTS holds what harness/recorder.mjs wrote, one file an engine.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readLimit } from "./harness/limits.mjs";
import { REST, SCENARIOS, scenarioOf } from "./harness/scenarios.mjs";

const NAMES = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKit" };
const [directory, ...flags] = process.argv.slice(2);
const page = process.env.TOKENKEEP_ENGINES_PAGE ?? fileURLToPath(new URL("../../docs/ENGINES.md", import.meta.url));

const runs = Object.keys(NAMES).map((engine) => ({ engine, ...JSON.parse(readFileSync(join(directory, `${engine}.json`), "utf8")) }));
const limits = runs.flatMap(({ notes }) => notes.map(readLimit).filter(Boolean));
const ids = [...Object.keys(SCENARIOS), REST];

console.log(inColumns([["", ...runs.map(({ engine }) => NAMES[engine])], ...ids.map((id) => [id, ...runs.map((run) => counted(run, id))]), totals()]));
for (const { engine, notes } of runs) {
  for (const note of notes.filter((note) => note.startsWith("numbers "))) console.log(`${NAMES[engine]}: ${note.slice("numbers ".length)}`);
}

const text = document();
if (flags.includes("--write")) {
  writeFileSync(page, text);
} else if (!existsSync(page) || readFileSync(page, "utf8") !== text) {
  console.error(`\n${page} says something else. If this run is right: node ${process.argv[1]} ${directory} --write`);
  process.exitCode = 1;
}

function testsOf({ tests }, id) {
  return tests.filter(({ name }) => scenarioOf(name) === id);
}

function counted(run, id) {
  const tests = testsOf(run, id);
  const count = (outcome) => tests.filter((test) => test.outcome === outcome).length;
  const parts = [`${count("passed")}`, count("failed") && `${count("failed")} FAILED`, count("skipped") && `${count("skipped")} skipped`];
  return parts.filter(Boolean).join(", ");
}

function totals() {
  return ["seconds", ...runs.map(({ tests }) => `${Math.round(tests.reduce((sum, { ms }) => sum + ms, 0) / 1000)}`)];
}

/** As the committed page has it: the same whenever the same holds, however many tests say so. */
function verdict(run, id) {
  const tests = testsOf(run, id);
  if (tests.every(({ outcome }) => outcome === "skipped")) return "not tested";
  if (tests.some(({ outcome }) => outcome === "failed")) return "**fails**";
  return limits.some(({ engine, test }) => engine === run.engine && scenarioOf(test) === id) ? "holds, with a limit" : "holds";
}

function document() {
  const rows = ids.map((id) => `| ${id === REST ? "" : id} | ${SCENARIOS[id] ?? REST} | ${runs.map((run) => verdict(run, id)).join(" | ")} |`);
  const said = ids.flatMap((id) => [...new Set(limits.filter(({ test }) => scenarioOf(test) === id).map(({ engine, what }) => `- **${NAMES[engine]}**, ${id}: ${what}`))].sort());
  return `# What holds in which engine

Written by the test run (\`cargo xtask test --only web\`), which fails when it finds something else: real tabs of Chromium, Firefox
and WebKit (WebKitGTK) against the reference server, as [tests/web](../tests/web/README.md) tells. The numbers are those of the
project's list of scenarios.

| | scenario | ${Object.values(NAMES).join(" | ")} |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

## Limits

Of the engine, or of what its WebDriver can do. None is skipped in silence.

${said.join("\n")}
`;
}

function inColumns(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()).join("\n");
}
