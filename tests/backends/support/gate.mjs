// The address that a session speaks to: a card, or the way to a real server. It notes what comes by, and a test can
// have it answer in a server's place.
import { once } from "node:events";
import { createServer } from "node:http";

export const answer = (status, type, body = "", headers = {}) => ({ status, headers: { ...(type && { "content-type": type }), ...headers }, body });
export const json = (status, value, headers) => answer(status, "application/json", JSON.stringify(value), headers);
export const html = (status, text = "<!doctype html><title>Error</title>", headers) => answer(status, "text/html; charset=utf-8", text, headers);

/**
 * @param serve What answers: a function of a request, or the address of a real server.
 * @param clock Whose time stands in the `Date` of a card's answers.
 */
export async function openGate(t, serve, clock) {
  const gate = new Gate(typeof serve === "string" ? passOn(serve) : serve, clock);
  const server = createServer((incoming, outgoing) => {
    gate.handle(incoming, outgoing).catch((error) => {
      incoming.socket.destroy();
      // A card that throws is a bug of the card: the test that runs fails by it. A real server may have ended.
      if (typeof serve !== "string") queueMicrotask(() => { throw error; });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  gate.url = `http://127.0.0.1:${server.address().port}`;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return gate;
}

class Gate {
  /** Every request: method, path, query, headers, body; the status and the body it was answered. */
  seen = [];
  #serve;
  #clock;
  #rules = [];
  #waiting = new Set();

  constructor(serve, clock) {
    this.#serve = serve;
    this.#clock = clock;
  }

  /** Answers like this instead, so many times, to paths that end like that. `"cut"`: not at all; `"lost"`: what is asked for is done, and the answer gets lost. */
  instead(path, answer, times = Infinity) {
    const rule = { path, answer, times };
    this.#rules.unshift(rule);
    return () => (rule.times = 0);
  }

  /** Keeps the answers to paths that end like this until the function is called that this returns. */
  hold(path) {
    let open;
    const rule = { path, times: Infinity, opened: new Promise((resolve) => (open = resolve)) };
    this.#rules.unshift(rule);
    return () => {
      rule.times = 0;
      open();
    };
  }

  at(path) {
    return this.seen.filter((seen) => seen.path.endsWith(path));
  }

  count(path) {
    return this.at(path).length;
  }

  /** Until so many requests to paths that end like this have come in. */
  async arrived(path, count) {
    while (this.count(path) < count) await new Promise((resolve) => this.#waiting.add(resolve));
  }

  async handle(incoming, outgoing) {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const url = new URL(incoming.url, this.url);
    const request = { method: incoming.method, path: url.pathname, query: url.searchParams, target: incoming.url, headers: incoming.headers, body: Buffer.concat(chunks).toString() };
    this.seen.push(request);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();

    const rule = this.#rules.find(({ path, times }) => times > 0 && request.path.endsWith(path));
    if (rule) rule.times -= 1;
    if (rule?.answer === "lost") await this.#serve(request);
    if (typeof rule?.answer === "string") {
      incoming.socket.destroy();
      return;
    }
    const given = rule?.answer ?? (await this.#serve(request));
    await rule?.opened;
    Object.assign(request, { status: given.status, answered: given.body });
    const date = this.#clock && new Date(this.#clock.seconds() * 1000).toUTCString();
    outgoing.writeHead(given.status, { ...(date && { date }), ...given.headers });
    outgoing.end(given.body);
  }
}

const HOP = ["connection", "keep-alive", "transfer-encoding", "host", "content-length", "content-encoding", "accept-encoding"];

// To a real server. Without a kept connection: a server of the eighties' kind loses those.
const passOn = (target) => async ({ method, target: path, headers, body }) => {
  const kept = Object.entries(headers).filter(([name]) => !HOP.includes(name));
  const response = await fetch(new URL(path, target), { method, headers: kept, body: body || undefined, redirect: "manual" });
  const answered = [...response.headers].filter(([name]) => !HOP.includes(name));
  return { status: response.status, headers: Object.fromEntries(answered), body: await response.text() };
};
