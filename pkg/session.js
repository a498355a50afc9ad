// The public classes around the driver. No rule of the session lives here: they are all in the wasm.

// Registered globally, so that errors of a second copy of the package are recognised too.
const BRAND = Symbol.for("tokenkeep.SessionError");

export class SessionError extends Error {
  constructor(message, { code, retryable = false, status, reason, retryAfter, ...options } = {}) {
    super(message, options.cause === undefined ? undefined : options);
    this.code = code;
    this.retryable = retryable;
    if (status !== undefined) this.status = status;
    if (reason !== undefined) this.reason = reason;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
  }
}
Object.defineProperties(SessionError.prototype, {
  name: { value: "SessionError", configurable: true, writable: true },
  [BRAND]: { value: true },
});

export function isSessionError(value) {
  return typeof value === "object" && value !== null && value[BRAND] === true;
}

const EVENTS = ["signedIn", "renewed", "loginRequired", "signedOut", "expiring", "extended", "diagnostic", "change"];

class Listeners {
  #byType = new Map(EVENTS.map((type) => [type, new Set()]));

  add(type, listener) {
    const entries = this.#byType.get(type);
    if (!entries) throw misuse(`there is no event ${JSON.stringify(type)}; expected one of ${EVENTS.join(", ")}`);
    if (typeof listener !== "function") throw misuse(`the listener of "${type}" must be a function`);
    // One entry a subscription: the same function may listen twice, and each `off` takes away its own.
    const entry = { listener };
    entries.add(entry);
    return () => void entries.delete(entry);
  }

  emit(type, detail) {
    const entries = this.#byType.get(type);
    for (const entry of [...entries]) {
      if (!entries.has(entry)) continue;
      try {
        entry.listener(detail);
      } catch (error) {
        report(error);
      }
    }
  }

  clear() {
    for (const entries of this.#byType.values()) entries.clear();
  }
}

export class Session {
  #driver;
  #listeners = new Listeners();
  // What is still answered after `dispose`.
  #last;

  /** @param drive Given by the entry: starts a driver, loading the wasm where needed. */
  constructor(options, drive) {
    this.#driver = drive(options, {
      error: (code, message, rest) => new SessionError(message, { ...rest, code }),
      emit: (type, detail) => this.#listeners.emit(type, detail),
    });
  }

  fetch = (input, init) => this.#call((driver) => driver.fetch(input, init));

  login(credentials) {
    return this.#call((driver) => driver.login(credentials));
  }

  accessToken() {
    return this.#call((driver) => driver.accessToken());
  }

  renew() {
    return this.#call((driver) => driver.renew());
  }

  adopt(tokens) {
    return this.#call((driver) => driver.adopt(tokens));
  }

  logout() {
    return this.#call((driver) => driver.logout());
  }

  call(name, body) {
    return this.#call((driver) => driver.call(name, body));
  }

  hasScope(name) {
    return !!this.#driver?.has("scope", name);
  }

  hasRole(name) {
    return !!this.#driver?.has("role", name);
  }

  cancelLogin() {
    this.#driver?.cancelLogin();
  }

  touch() {
    this.#driver?.touch();
  }

  get claims() {
    return this.#driver?.claims();
  }

  get status() {
    return this.getSnapshot().status;
  }

  on(type, listener) {
    return this.#listeners.add(type, listener);
  }

  subscribe = (listener) => this.#listeners.add("change", listener && (() => listener()));

  getSnapshot = () => this.#driver?.snapshot() ?? this.#last.snapshot;

  explain() {
    return this.#driver?.explain() ?? this.#last.timeline;
  }

  dispose() {
    const driver = this.#driver;
    if (!driver) return;
    driver.dispose();
    this.#last = { snapshot: driver.snapshot(), timeline: driver.explain() };
    this.#driver = undefined;
    this.#listeners.clear();
  }

  // A method is started in the caller's own turn (`fetch(); logout()` must not swap), and whatever goes wrong rejects.
  #call(method) {
    const driver = this.#driver;
    if (!driver) return Promise.reject(new SessionError("this session was disposed", { code: "disposed" }));
    try {
      return method(driver);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
// Older browsers have no Symbol.dispose.
if (Symbol.dispose) Session.prototype[Symbol.dispose] = Session.prototype.dispose;

/** An error in how the package is used, as `invalid_config`. */
export function misuse(message, cause) {
  return new SessionError(`tokenkeep: ${message}`, { code: "invalid_config", cause });
}

function report(error) {
  if (typeof reportError === "function") reportError(error);
  else console.error(error);
}
