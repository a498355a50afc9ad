// Loads the server and twopi in turns and prints what they do: see `cargo xtask bench`, which checks these arguments.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ratios, sum, table } from "./figures.mjs";
import { measure, OPERATIONS } from "./measure.mjs";
import { STORES, startServers, TWOPI, users } from "./servers.mjs";
import { Services } from "./services.mjs";

const { values } = parseArgs({
  options: Object.fromEntries(
    ["tokenkeep", "python", "postgres", "stores", "seconds", "rounds", "connections", "json"].map((name) => [name, { type: "string" }]),
  ),
});
const stores = values.stores.split(",");
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
const people = users(Number(values.connections));

try {
  await main();
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  // Before anything is measured: a file that cannot be written is known at once.
  if (values.json) writeFileSync(values.json, "");

  const began = new Date();
  const before = { load: loadavg()[0], busy: await busy() };
  const measured = await onServers(async (servers) => {
    const slots = new Map(OPERATIONS.flatMap((operation) => servers.map(({ store }) => [`${operation} ${store}`, []])));
    for (const operation of OPERATIONS) {
      for (let round = 0; round < rounds; round++) {
        if (process.stderr.isTTY) process.stderr.write(`\r${operation}, round ${round + 1} of ${rounds}    `);
        // Each of them once a round: what else the machine does hits them alike.
        for (const server of servers) slots.get(`${operation} ${server.store}`).push(await measure(server, operation, people, seconds));
      }
    }
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    return new Map([...slots].map(([key, measurements]) => [key, sum(measurements)]));
  });

  const rows = OPERATIONS.flatMap((operation) =>
    [...stores, TWOPI].map((store) => {
      const figures = measured.get(`${operation} ${store}`);
      const ratio = store === TWOPI ? undefined : ratios(figures.rates, measured.get(`${operation} ${TWOPI}`).rates);
      return { operation, store, server: STORES[store] ?? TWOPI, ...figures, ratio };
    }),
  );
  const machine = { cpu: cpus()[0]?.model.trim(), cores: cpus().length, before, after: { load: loadavg()[0] } };
  const percent = Math.round(before.busy * 100);
  console.log(`\n${table(rows)}\n`);
  console.log(`${began.toISOString().slice(0, 16)}Z · ${machine.cores} × ${machine.cpu} · ${people.length} connections · ${rounds} rounds of ${seconds} s`);
  console.log(`load ${before.load.toFixed(1)} before and ${machine.after.load.toFixed(1)} after; other programs took ${percent} % of the processors before`);
  if (values.json) {
    const report = { at: began, machine, connections: people.length, rounds, seconds, rows: rows.map(({ server: _, ...row }) => row) };
    writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  }
}

async function onServers(work) {
  const services = new Services();
  try {
    return await work(await startServers(services, values, stores, people));
  } finally {
    await services.end();
  }
}

/** The part of the processors' time that others take now. */
async function busy() {
  const times = () => cpus().reduce(([idle, all], { times }) => [idle + times.idle, all + Object.values(times).reduce((a, b) => a + b)], [0, 0]);
  const [idle, all] = times();
  await sleep(1000);
  const [laterIdle, laterAll] = times();
  return laterAll > all ? 1 - (laterIdle - idle) / (laterAll - all) : 0;
}
