// A server that lives in a `fetch` function.

export const BASE = "https://api.example.com";
export const CREDENTIALS = Object.freeze({ username: "ada", password: "secret-pw" });

let names = 0;

export const json = (status, body) => () => new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

/** The answer of a server that does not like the access token. */
export const rejected = () => new Response("", { status: 401, headers: { "WWW-Authenticate": 'Bearer realm="x", error="invalid_token"' } });

/** Single-use refresh tokens. Its first tokens are `t1` and `r1`. */
export class Server {
  seen = [];
  issued = 0;
  /** Seconds that the next tokens live. */
  lifetime = 300;
  /** Thrown by `fetch` itself: `{ value }`. */
  thrown;
  #rules = [];
  #gates = [];

  fetch = (input, init) => {
    if (this.thrown) throw this.thrown.value;
    return this.#serve(input, init);
  };

  /** Options of a session against this server that nothing else shares. */
  options(more) {
    return { baseUrl: BASE, storage: "memory", name: `test-${++names}`, fetch: this.fetch, ...more };
  }

  /** What is answered to paths that end like this, from now on. The latest rule counts. */
  on(path, rule) {
    this.#rules.unshift({ path, rule });
  }

  /** Requests to paths that end like this arrive, but get no answer before the function that this returns is called. */
  hold(path) {
    let open;
    this.#gates.unshift({ path, opened: new Promise((resolve) => (open = resolve)) });
    return open;
  }

  at(path) {
    return this.seen.filter((seen) => seen.path.endsWith(path));
  }

  count(path) {
    return this.at(path).length;
  }

  async #serve(input, init) {
    const request = input instanceof Request && init === undefined ? input : new Request(input, init);
    request.signal.throwIfAborted();
    const body = await request.clone().text();
    const path = new URL(request.url).pathname;
    const seen = { method: request.method, url: request.url, path, authorization: request.headers.get("Authorization"), body, request };
    this.seen.push(seen);
    const gate = this.#gates.find((gate) => path.endsWith(gate.path));
    // Decided on arrival, told when the gate opens.
    const answer = await Promise.allSettled([this.#answer(seen)]);
    await gate?.opened;
    const [{ value, reason, status }] = answer;
    if (status === "rejected") throw reason;
    return value;
  }

  async #answer(seen) {
    const ruled = this.#rules.find(({ path }) => seen.path.endsWith(path));
    if (ruled) return ruled.rule(seen);
    switch (seen.path) {
      case "/api/v1/login":
        return this.#issue();
      case "/api/v1/renew":
        return seen.body.includes(`"r${this.issued}"`) ? this.#issue() : json(401, { code: "refresh_token_reused" })();
      case "/api/v1/logout":
        return new Response(null, { status: 204 });
      default:
        return seen.authorization === `Bearer t${this.issued}` ? json(200, { ok: true })() : rejected();
    }
  }

  #issue() {
    const n = ++this.issued;
    return json(200, { token: `t${n}`, refreshToken: `r${n}`, expiresIn: this.lifetime, subject: "u1" })();
  }
}

/** A session that is signed in. */
export async function signedIn(Session, server, more) {
  const session = new Session(server.options(more));
  await session.login(CREDENTIALS);
  return session;
}

/** A session whose access token has run out. */
export async function expired(Session, server, time, more) {
  server.lifetime = 0.001;
  const session = await signedIn(Session, server, more);
  server.lifetime = 300;
  await time.advance(5);
  return session;
}
