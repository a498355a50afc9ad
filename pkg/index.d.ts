/// <reference lib="esnext.disposable" />

/** How a {@link Session} is set up. Only `baseUrl` is required. */
export interface SessionOptions {
  /** Where the server lives. Relative URLs of {@link Session.fetch} and of the protocol's endpoints are resolved against it (WHATWG URL rules). */
  baseUrl: string | URL;
  /** How the server speaks. Default: the protocol of tokenkeep's own reference server. */
  protocol?: Protocol;
  /** Where the session's record is kept. Default `"local"` (localStorage; falls back to memory, with a `diagnostic` event, where storage is blocked). `"session"` is one tab's alone; but a browser copies it, refresh token and all, into a tab that the user duplicates: not for servers that take each refresh token only once. */
  storage?: "local" | "session" | "memory" | StorageLike;
  /** Tells several sessions on one origin apart. Default `"default"`. The record is stored under `tokenkeep:<name>`. */
  name?: string;
  /** Further origins that may receive the access token. Default: only the origin of `baseUrl`. */
  origins?: readonly string[];
  renewal?: {
    /** Renew when the access token has less than this many seconds left. Default 10, never more than a tenth of the token's lifetime. */
    margin?: number;
    /** Give up waiting for one renewal after this many seconds. Default 30. */
    timeout?: number;
    /** Renew ahead of time while the page is looked at, instead of when a request needs it. Default `false`: nobody there, no renewal. */
    ahead?: boolean;
  };
  /** End the session when nobody has done anything for this many seconds, in any tab: no key, no pointer, no {@link Session.touch}. Default: never. */
  idle?: number;
  /** End the session this many seconds after the login, whatever happens. Default: never. */
  absolute?: number;
  /** How many seconds before either of these limits the `expiring` event comes. Default 60. */
  warnBefore?: number;
  /** Used for every request instead of `globalThis.fetch` (which is otherwise looked up at call time). */
  fetch?: typeof globalThis.fetch;
}

/** A place to keep one string per key, synchronous or not. */
export interface StorageLike {
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

/** One request that the session itself makes. */
export interface Endpoint {
  /** Resolved against `baseUrl`. A trailing slash is kept as written. */
  path: string;
  /** In capitals. Default `"POST"`. */
  method?: string;
  /** How the body is encoded. Default `"json"`; `"none"`, which sends no body, for a logout and with `GET`. */
  body?: "json" | "form" | "none";
  /** Fixed extra body fields, e.g. `{ grant_type: "refresh_token" }`. */
  fields?: Readonly<Record<string, string>>;
  /** Fixed extra request headers. */
  headers?: Readonly<Record<string, string>>;
}

/** Where a value is found in a JSON answer: a dotted path such as `"data.tokens.access"`, or several candidates, first match wins. */
export type Path = string | readonly string[];

/** What an answer must look like to count as a refusal. Every field that is given must match. */
export interface Refusal {
  /** HTTP status. */
  status: number;
  /** A JSON field of the body … */
  path?: string;
  /** … whose text is one of these. Without `path`, the `code` or `error` field. */
  codes?: readonly string[];
}

/** How a given backend speaks. Pure data; everything left out keeps the reference server's value. */
export interface Protocol {
  login?: Endpoint;
  /** `sends`: where the refresh token goes: a body field (default `{ field: "refreshToken" }`) or the `Authorization` header. */
  renew?: (Endpoint & { sends?: { field: string } | { scheme: string } }) | false;
  /** Called with the access token. `false`: the server has no logout. */
  logout?: Endpoint | false;
  answer?: {
    /** Default `["token", "access_token", "accessToken"]`. */
    accessToken?: Path;
    /** Default `["refreshToken", "refresh_token"]`. */
    refreshToken?: Path;
    /** Lifetime of the access token. Default `["expiresIn", "expires_in"]`; without it, `exp - iat` of a JWT. */
    expiresIn?: Path;
    /** Lifetime of the refresh token unless it is used. Default `["refreshExpiresIn", "refresh_expires_in"]`. */
    refreshExpiresIn?: Path;
    /** Unit of both lifetimes. Default `"s"`. */
    unit?: "s" | "ms";
    /** Who is signed in. Default `["subject"]`; without it, `sub` of a JWT. */
    subject?: Path;
  };
  /** How the access token is attached. Default `{ header: "Authorization", scheme: "Bearer" }`. An empty scheme sends the bare token. */
  attach?: { header?: string; scheme?: string };
  /** What counts as "the server has ended this session" in an answer to a renewal. Anything else keeps the session. */
  refused?: readonly Refusal[];
  /** Header that carries the renewal's attempt id, for servers that answer a repeated attempt alike. Default: the reference server's `Idempotency-Key`; `false`: none. */
  idempotencyHeader?: string | false;
}

/** Tokens obtained elsewhere, for {@link Session.adopt}. */
export interface Tokens {
  accessToken: string;
  refreshToken?: string;
  /** Lifetime of the access token in seconds, counted from now. Without it, `exp - iat` of a JWT; without that, the token is used until the server answers 401. */
  expiresIn?: number;
  /** Who is signed in. Default: `sub` of a JWT. */
  subject?: string;
}

/** `"starting"`: a storage that answers later has not yet said whether there is a session; with the built-in ones it is known at once. */
export type Status = "starting" | "signedIn" | "signedOut";

/** Why a session ended. */
export type EndReason =
  /** {@link Session.logout} was called, here or in another tab. */
  | "logout"
  /** The server refused the refresh token. */
  | "refused"
  /** The access token has run out and there is no refresh token to renew it. */
  | "expired"
  /** Nobody did anything for as long as `idle` allows. */
  | "idle"
  /** The session has lasted as long as `absolute` allows. */
  | "absolute"
  /** The answer of a renewal was lost and the server does not take the same refresh token twice. */
  | "lost_renewal"
  /** Nobody has signed in yet. */
  | "none";

/** The session at one moment. The same object is returned until something changes. */
export interface Snapshot {
  readonly status: Status;
  /** True while a renewal is under way in this tab. */
  readonly renewing: boolean;
  readonly subject?: string;
  /** Local wall-clock time in ms at which the access token runs out; undefined where the lifetime is unknown. */
  readonly expiresAt?: number;
  /** Local wall-clock time in ms at which the access token was obtained. */
  readonly obtainedAt?: number;
  /** Local wall-clock time in ms at which the refresh token runs out unless it is used; undefined where that is unknown. */
  readonly refreshExpiresAt?: number;
  /** Grows by one with every login and renewal, across tabs. */
  readonly generation: number;
  /** Why the session ended; only when `status` is `"signedOut"`. */
  readonly reason?: EndReason;
}

export interface SessionEvents {
  /** A new session began (in this tab or another). */
  signedIn: Snapshot;
  /** A new access token is in use (renewed here, or taken over from another tab). */
  renewed: { by: "this-tab" | "other-tab"; generation: number };
  /** The server has ended the session, or a request needed one and there is none: ask the user to log in. Once per ended session and tab. Not at the mere start of a page: see {@link Session.status}. */
  loginRequired: { reason: EndReason };
  /** The session ended by logout. */
  signedOut: { reason: EndReason };
  /** The session will reach the limit `idle` or `absolute` in `left` milliseconds. Once per limit and tab. */
  expiring: { left: number; reason: "idle" | "absolute" };
  /** Something a developer should know; never about one request only. `code` is stable. */
  diagnostic: { code: string; message: string };
  /** Any change of the snapshot. */
  change: Snapshot;
}

/** One line of {@link Session.explain}. Holds no token. */
export interface TimelineEntry {
  /** Local wall-clock time in ms. */
  readonly at: number;
  readonly what: string;
  readonly detail?: string;
}

export type ErrorCode =
  /** There is no session any more: send the user to the login form. */
  | "login_required"
  /** The server did not accept the credentials given to {@link Session.login}. */
  | "login_refused"
  /** The request did not get through; try again later. */
  | "network"
  /** A renewal took longer than `renewal.timeout`. */
  | "timeout"
  /** The server is in trouble or asks to wait; see `retryAfter`. */
  | "server"
  /** The answer is not what the protocol says; a configuration or server bug. The session is kept. */
  | "protocol"
  | "storage"
  /** The token was renewed, but the request's body was a stream and cannot be sent again. */
  | "not_replayable"
  /** Another user signed in while this request was waiting. */
  | "subject_changed"
  /** A redirect would have carried a custom token header to wherever it leads. */
  | "redirect_blocked"
  /** {@link Session.dispose} was called. */
  | "disposed"
  | "invalid_config";

/** What the session rejects with. Answers of the app's own API are Responses, never errors. */
export declare class SessionError extends Error {
  /** For the app's own tests; the session makes its errors itself. */
  constructor(message: string, options: Pick<SessionError, "code"> & Partial<Pick<SessionError, "retryable" | "status" | "reason" | "retryAfter" | "cause">>);
  readonly name: "SessionError";
  readonly code: ErrorCode;
  /** Whether the same call can succeed later without the user doing anything. */
  readonly retryable: boolean;
  /** HTTP status, where an answer was the cause. */
  readonly status?: number;
  /** The server's own code (`login_refused`, `protocol`) or the {@link EndReason} (`login_required`). */
  readonly reason?: string;
  /** Milliseconds to wait before trying again, where the server said so. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

export declare function isSessionError(value: unknown): value is SessionError;

/** A token session. Safe to import and construct anywhere, also in Node and workers; it starts no timer and opens no connection by itself. */
export declare class Session {
  /** @throws {SessionError} `invalid_config`, naming the option and what was expected. */
  constructor(options: SessionOptions);
  /**
   * Drop-in for `window.fetch`; bound, so it can be passed on as `fetch`. String URLs are resolved against `baseUrl`.
   * The access token goes only to allow-listed origins, and never over a header the caller has set.
   * Rejects with {@link SessionError}, with the caller's own abort reason, or as `fetch` does.
   */
  readonly fetch: typeof globalThis.fetch;
  /** Sends `credentials`, a plain object (of a form: `Object.fromEntries(new FormData(form))`), to the login endpoint. @throws {SessionError} `login_refused`, `network`, `server`, `protocol` */
  login(credentials: Readonly<Record<string, unknown>>): Promise<Snapshot>;
  /** A fresh access token, renewed first where needed. Never put it in a URL (RFC 6750, section 5.3). */
  accessToken(): Promise<string>;
  /** Renews now, at most once across all tabs. */
  renew(): Promise<Snapshot>;
  /** Takes over tokens obtained elsewhere, as a login does. */
  adopt(tokens: Tokens): Promise<Snapshot>;
  /** Forgets the tokens at once, in every tab, and tells the server. `revoked` says whether the server confirmed. Never rejects for network trouble. */
  logout(): Promise<{ revoked: boolean }>;
  /** The user is there: what `idle` counts, for signs of life that are neither key nor pointer, such as a playing video. */
  touch(): void;
  /** The decoded claims of a JWT access token, or undefined. Hints for the UI, never a decision (RFC 8725). */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly status: Status;
  /** Listens; returns the function that stops listening. A listener that throws is reported, not propagated. */
  on<K extends keyof SessionEvents>(type: K, listener: (event: SessionEvents[K]) => void): () => void;
  /** Calls `listener` on every change of the snapshot. Fits React's `useSyncExternalStore`. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Snapshot;
  /** What this tab's session did and why, newest last, without tokens. */
  explain(): readonly TimelineEntry[];
  /** Rejects what waits with `disposed`, stops listening to other tabs. The stored session stays. A session that nobody disposes lives as long as the page. */
  dispose(): void;
  [Symbol.dispose](): void;
}
