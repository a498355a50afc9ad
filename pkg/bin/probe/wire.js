// A `fetch` that notes what goes by. The Session does the speaking; here is what was said.

const LONGEST = 1_000_000;

export class Wire {
  /** What went by, oldest first. */
  seen = [];
  /** Sets the next answer of the session's own aside: the server has acted, the session hears nothing. */
  losing = false;
  #origin;
  #timeout;
  #secrets;
  #fetch;

  constructor({ origin, timeout, secrets, fetch = globalThis.fetch }) {
    this.#origin = origin;
    this.#timeout = timeout;
    this.#secrets = secrets;
    this.#fetch = fetch;
  }

  fetch = (input, init) => this.watch(new Request(input, init), (request) => this.#fetch(request));

  /** Has `send` send the request, and notes it. */
  async watch(request, send) {
    const body = await textOf(request);
    const strict = request.redirect === "error";
    const headers = new Headers(request.headers);
    if (this.#origin) headers.set("origin", this.#origin);
    const patience = AbortSignal.timeout(this.#timeout);
    // Node 20.3 and later.
    const signal = AbortSignal.any?.([request.signal, patience]) ?? patience;
    const url = new URL(request.url);
    const note = { method: request.method, url: request.url, path: url.pathname + url.search, sent: Object.fromEntries(headers), body, credentials: request.credentials };
    this.seen.push(note);
    this.#learnSent(note);

    const began = Date.now();
    let answer;
    let text;
    try {
      // Where it would lead is worth knowing.
      answer = await send(new Request(request, { headers, signal, ...(strict && { redirect: "manual" }) }));
      text = await textOf(answer);
    } catch (error) {
      note.failure = error?.cause?.code ?? error?.code ?? error?.name ?? "nothing came";
      throw error;
    }
    Object.assign(note, { status: answer.status, headers: Object.fromEntries(answer.headers), text, json: parse(text), at: (began + Date.now()) / 2 });
    note.type = note.headers["content-type"]?.split(";")[0].trim().toLowerCase();
    if (strict && answer.status >= 300 && answer.status < 400) throw new TypeError("redirected");
    if (this.losing) {
      this.losing = false;
      note.lost = true;
      throw new TypeError("the answer was set aside");
    }
    return answer;
  }

  #learnSent({ sent }) {
    for (const name of ["authorization", "cookie"]) if (sent[name]) this.#secrets.learn(sent[name], ...sent[name].split(" ").slice(1));
  }
}

// Not of what never ends, and not of what is too long to be about tokens.
async function textOf(message) {
  const type = message.headers.get("content-type") ?? "";
  const length = Number(message.headers.get("content-length") ?? 0);
  if (!message.body || /event-stream|octet-stream|^(image|audio|video)\//.test(type) || length > LONGEST) return undefined;
  return (await message.clone().text()).slice(0, LONGEST);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
