// What answers say beside their bodies, and what a page of another origin may see of them.
import { asked } from "../answer.js";
import { judgeCors, judgeEndpoint, unsafeHeaders } from "../findings/cors.js";
import { judgeCaching, judgeClock, judgePauses } from "../findings/headers.js";

const ANY = "http://localhost:5173";

export async function headers(lab) {
  const { exchanges } = lab;
  lab.note(...judgeCaching(lab.facts.answers), ...judgeClock(exchanges), ...judgePauses(exchanges));
  const { login, renewal, logout, call } = kinds(lab, exchanges);
  const origin = lab.flags.origin ?? ANY;
  const endpoints = [];
  let key;
  for (const example of [login, renewal, logout, call].filter(Boolean)) {
    const names = unsafeHeaders(example.sent);
    key ??= names.find((name) => name === "idempotency-key");
    const preflighted = names.length > 0 || !["GET", "HEAD", "POST"].includes(example.method);
    const preflight = preflighted ? await lab.preflight(example, origin, names) : undefined;
    if (preflighted && !preflight) return;
    const actual = lab.flags.origin ? example.headers : undefined;
    endpoints.push({ how: asked(example), complaints: judgeEndpoint({ method: example.method, names, origin, preflight, actual }), actual });
  }
  lab.note(...judgeCors({ origin, asked: lab.flags.origin !== undefined, endpoints, key: key && "Idempotency-Key" }));
}

function kinds(lab, exchanges) {
  const [login] = lab.facts.answers;
  return { login, renewal: lab.facts.renewal, logout: lab.facts.logout, call: exchanges.find((note) => lab.isResource(note) && note.sent.authorization) };
}
