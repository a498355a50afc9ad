// A reporter of `node --test` that writes down how each test went, for `table.mjs`.

export default async function* recorder(events) {
  const tests = [];
  const notes = [];
  for await (const { type, data } of events) {
    if (type === "test:diagnostic") notes.push(data.message);
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.nesting > 0 || data.name.endsWith(".mjs")) continue;
    const outcome = type === "test:fail" ? "failed" : data.skip === undefined ? "passed" : "skipped";
    tests.push({ name: data.name, outcome, ms: Math.round(data.details.duration_ms) });
  }
  yield JSON.stringify({ tests, notes }, undefined, 1);
}
