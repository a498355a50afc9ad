// Runs the probe against a server, and sees to it that nothing secret is printed, whatever the test is about.
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { run } from "../../../pkg/bin/probe/command.js";
import { openGate } from "../../backends/support/gate.mjs";

/**
 * @param serve What answers: a card, or the address of a real server.
 * @param sleep Instead of waiting.
 * @returns the `code`, what was `printed`, the `findings`, the `protocol` to put in, and the `gate`.
 */
export async function probe(t, serve, args, { login, tokens, sleep, words = false } = {}) {
  const gate = await openGate(t, serve);
  const [stdout, stderr] = [collector(), collector()];
  const env = { TOKENKEEP_PROBE_LOGIN: login && JSON.stringify(login), TOKENKEEP_PROBE_TOKENS: tokens && JSON.stringify(tokens) };
  // However busy the machine is; the last one counts.
  const patience = ["--timeout", "120"];
  const code = await run([gate.url, ...patience, ...(words ? [] : ["--json"]), ...args], { env, stdin: {}, stdout, stderr }, { sleep });
  const printed = stdout.text + stderr.text;
  showsNoSecret(printed, gate, login ?? {});
  if (words || code === 2) return { code, printed, gate };
  const told = JSON.parse(stdout.text);
  assert.equal(told.works, code === 0);
  return { code, printed, gate, ...told, of: (topic) => told.findings.filter((finding) => finding.topic === topic) };
}

/** What came of a topic: `"✔ …"`, a line each. */
export const lines = (findings) => findings.map(({ mark, says }) => `${mark} ${says}`);

/** Neither a token that went by, in whatever place, nor what somebody signed in with. */
function showsNoSecret(printed, gate, given) {
  const passed = gate.seen.flatMap(({ headers, body, target, answered }) => [...Object.values(headers), body, target, answered]);
  const long = passed.flatMap((text) => String(text ?? "").match(/[\w+/=.~-]{16,}/g) ?? []);
  for (const word of new Set(long)) {
    if (isRandom(word)) assert.ok(!printed.includes(word), `printed: ${word}`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (!/user|mail/i.test(name) && String(value).length > 3) assert.ok(!new RegExp(`(?<!\\w)${value}(?!\\w)`).test(printed), `printed: ${name}`);
  }
}

// What no media type, no path and no error code looks like.
const isRandom = (word) => /\d/.test(word) && /[A-Za-z]/.test(word) && !/^(application|text)\/|^\/|localhost|127\.0\.0\.1|undici/.test(word);

/** A stream that keeps what is written. */
export function collector() {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      stream.text += chunk;
      done();
    },
  });
  return Object.assign(stream, { text: "" });
}
