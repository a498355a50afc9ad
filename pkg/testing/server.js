// A server that lives in a `fetch` function, keeps tokens as the reference server does, and does as the test says.
import { accessToken, refreshToken } from "./tokens.js";

const API = "/api/v1";

export class TestServer {
  /** Every request that was sent, in order. Tokens are named by their number. */
  requests = [];

  #clock;
  #lifetime;
  #networkBack;
  #users = [];
  #issued = 0;
  // By the token's text.
  #access = new Map();
  #refresh = new Map();
  #responses = [];
  #failures = [];
  #gate;
  #offline = false;

  constructor({ clock, lifetime, networkBack }) {
    this.#clock = clock;
    this.#lifetime = lifetime;
    this.#networkBack = networkBack;
  }

  get renewals() {
    return this.requests.filter(({ path }) => path === `${API}/renew`).length;
  }

  addUser({ username, password = "secret", subject = username, claims = {} }) {
    this.#users.push({ username, password, subject, claims });
  }

  /** What a login of this user is answered, without a request. */
  issue(username) {
    return this.#issue(this.#users.find((user) => user.username === username));
  }

  expireNow() {
    for (const token of this.#access.values()) token.until = -Infinity;
  }

  revoke() {
    for (const token of [...this.#access.values(), ...this.#refresh.values()]) token.revoked = true;
  }

  offline() {
    this.#offline = true;
  }

  online() {
    this.#offline = false;
    this.#networkBack();
  }

  holdRenewals() {
    let release;
    const opened = new Promise((resolve) => (release = resolve));
    const gate = (this.#gate = { opened });
    return () => {
      if (this.#gate === gate) this.#gate = undefined;
      release();
    };
  }

  failRenewals({ status = 503, retryAfter, code, body, times = Infinity } = {}) {
    const headers = retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) };
    const failure = { times, answer: () => (body === undefined ? problem(status, code ?? "made_to_fail", headers) : new Response(body, { status, headers })) };
    this.#failures.unshift(failure);
    return () => void (failure.times = 0);
  }

  respond(path, handler, { open = false } = {}) {
    this.#responses.unshift({ path, handler, open });
  }

  fetch = async (input, init) => {
    const request = new Request(input, init);
    request.signal?.throwIfAborted();
    return unlessAborted(request.signal, this.#serve(request));
  };

  async #serve(request) {
    const seen = await this.#see(request);
    this.requests.push(seen);
    this.#checkNetwork();
    const answer = await this.#answer(request, seen);
    // It may have gone while the answer was on its way.
    this.#checkNetwork();
    seen.status = answer.status;
    return answer;
  }

  #checkNetwork() {
    if (this.#offline) throw new TypeError("fetch failed: the scripted network is offline");
  }

  async #see(request) {
    const { pathname, search } = new URL(request.url);
    const authorization = request.headers.get("Authorization") ?? undefined;
    const text = await request.clone().text();
    return {
      at: this.#clock.now,
      method: request.method,
      path: pathname,
      search,
      headers: Object.fromEntries([...request.headers].map(([name, value]) => [name, this.#redact(value)])),
      body: parse(this.#redact(text)),
      accessToken: this.#access.get(authorization?.replace(/^Bearer /, ""))?.number,
      refreshToken: this.#refresh.get(parse(text)?.refreshToken)?.number,
      status: undefined,
    };
  }

  #redact(text) {
    for (const [token, { number }] of this.#access) text = text.replaceAll(token, `access token ${number}`);
    for (const [token, { number }] of this.#refresh) text = text.replaceAll(token, `refresh token ${number}`);
    return text;
  }

  async #answer(request, { path }) {
    const scripted = this.#responses.find((response) => matches(response.path, path, request.method));
    if (scripted) return this.#respond(scripted, request);
    if (request.method === "POST" && path === `${API}/login`) return this.#login(await request.json());
    if (request.method === "POST" && path === `${API}/renew`) return this.#renew(request);
    if (request.method === "POST" && path === `${API}/logout`) return this.#logout(request);
    return this.#refusal(request) ?? problem(404, "no_handler", {}, `server.respond(${JSON.stringify(path)}, …) says what is answered here`);
  }

  async #respond({ handler, open }, request) {
    const refusal = open ? undefined : this.#refusal(request);
    if (refusal) return refusal;
    const answer = typeof handler === "function" ? await handler(request) : handler;
    if (answer === undefined) return new Response(null, { status: 204 });
    return answer instanceof Response ? answer.clone() : json(200, answer);
  }

  #login({ username, password }) {
    const user = this.#users.find((user) => user.username === username && user.password === password);
    return user ? json(200, this.#issue(user)) : problem(401, "invalid_credentials");
  }

  async #renew(request) {
    const gate = this.#gate;
    const failure = this.#failures.find(({ times }) => times > 0);
    if (failure) failure.times--;
    // Decided on arrival, told when the gate opens.
    const answer = failure ? failure.answer() : this.#rotate(parse(await request.clone().text())?.refreshToken, request.headers.get("Idempotency-Key"));
    await gate?.opened;
    return answer;
  }

  #rotate(text, attempt) {
    const parent = this.#refresh.get(text);
    if (!parent) return problem(401, "refresh_token_unknown");
    if (parent.revoked) return problem(401, "refresh_token_revoked");
    if (parent.child && !(attempt && attempt === parent.attempt)) {
      for (const token of this.#refresh.values()) if (token.family === parent.family) token.revoked = true;
      return problem(401, "refresh_token_reused");
    }
    parent.child ??= this.#issue(parent.user, parent.family);
    parent.attempt = attempt;
    return json(200, parent.child);
  }

  #logout(request) {
    const token = this.#access.get(bearer(request));
    if (!token) return this.#refusal(request);
    for (const other of [...this.#access.values(), ...this.#refresh.values()]) if (other.family === token.family) other.revoked = true;
    return new Response(null, { status: 204 });
  }

  // Of a request whose access token is not to be had, or not to be taken any more.
  #refusal(request) {
    const text = bearer(request);
    const challenge = (more) => ({ "WWW-Authenticate": `Bearer realm="tokenkeep"${more}` });
    if (!text) return problem(401, "token_missing", challenge(""));
    const token = this.#access.get(text);
    if (token && !token.revoked && this.#clock.now < token.until) return undefined;
    return problem(401, token && !token.revoked ? "token_expired" : "token_invalid", challenge(', error="invalid_token"'));
  }

  #issue(user, family = {}) {
    const number = ++this.#issued;
    const now = Math.floor(this.#clock.now / 1000);
    const token = accessToken(number, { sub: user.subject, iat: now, exp: now + this.#lifetime, ...user.claims });
    const refresh = refreshToken(number);
    this.#access.set(token, { number, family, until: this.#clock.now + this.#lifetime * 1000, revoked: false });
    this.#refresh.set(refresh, { number, family, user, revoked: false });
    return { token, refreshToken: refresh, tokenType: "Bearer", expiresIn: this.#lifetime, subject: user.subject };
  }
}

function bearer(request) {
  return /^Bearer (.+)$/.exec(request.headers.get("Authorization") ?? "")?.[1];
}

function matches(wanted, path, method) {
  if (wanted instanceof RegExp) return wanted.test(path);
  const [first, second] = wanted.split(" ");
  return second === undefined ? first === path : first === method && second === path;
}

function unlessAborted(signal, answer) {
  if (!signal) return answer;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function json(status, body, headers) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

function problem(status, code, headers, detail = code) {
  return json(status, { type: "about:blank", title: code, status, detail, code }, { "Content-Type": "application/problem+json", ...headers });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text || undefined;
  }
}
