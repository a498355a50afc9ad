// The order of the steps, and what comes out in the end.
import { shown } from "./configuration.js";
import { rotationOf } from "./findings/replay.js";
import { Lab } from "./lab.js";
import { call } from "./steps/call.js";
import { headers } from "./steps/headers.js";
import { signIn } from "./steps/login.js";
import { signOut } from "./steps/logout.js";
import { outlive } from "./steps/outlive.js";
import { wrongPassword } from "./steps/password.js";
import { reject, renew } from "./steps/renewal.js";
import { garbage, lose, race, reuse } from "./steps/replay.js";

// Each begins with a session, if there is one to be had; what burns it comes late.
const WITH_RENEWAL = [reject, garbage, lose, reuse, race];

/** Probes a server; `{ works, findings, protocol }`, fit to be shown. */
export async function probe(settings) {
  const lab = new Lab(settings);
  try {
    if (await signIn(lab)) await seeAll(lab);
  } finally {
    await lab.leave();
    lab.dispose();
  }
  const works = !lab.findings.some(({ mark }) => mark === "✖");
  return { works, findings: lab.findings, protocol: shown(lab.protocol, lab.secrets), secrets: lab.secrets };
}

async function seeAll(lab) {
  lab.facts.lifetime = lab.device.record.lifetime;
  await call(lab);
  if ((lab.device?.isSignedIn || (await lab.again())) && (await renew(lab))) {
    // Without rotation there is no old token to be shown.
    const steps = lab.facts.rotates ? WITH_RENEWAL : [reject, garbage];
    for (const step of steps) if (lab.device?.isSignedIn) await step(lab);
  }
  for (const step of [outlive, signOut]) if (lab.device?.isSignedIn || (await lab.again())) await step(lab);
  if (lab.login) await wrongPassword(lab);
  await headers(lab);
  advise(lab);
}

// What belongs into a configuration that was made up here, and changes nothing in what was seen.
function advise(lab) {
  const { protocol, facts } = lab;
  if (Object.keys(protocol).length === 0 || protocol.preset !== undefined) return;
  const rotation = rotationOf(facts);
  if (protocol.rotation === undefined && rotation !== "unknown") lab.put({ rotation });
  if (protocol.idempotencyHeader === undefined && facts.lost !== "same") lab.put({ idempotencyHeader: false });
}
