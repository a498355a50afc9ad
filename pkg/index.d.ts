/// <reference lib="esnext.disposable" />

/** How a {@link Session} is set up. Only `baseUrl` is required. */
export interface SessionOptions {
  /** Where the server lives. Relative URLs of {@link Session.fetch} and of the protocol's endpoints are resolved against it (WHATWG URL rules). */
  baseUrl: string | URL;
  /** How the server speaks: a known backend by name, or data. Default: tokenkeep's own reference server. */
  protocol?: PresetName | Protocol;
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
    /** Renew ahead of time while the page is looked at, instead of when a request needs it. Default `false`: nobody there, no renewal. Always so where only a live access token buys the next. */
    ahead?: boolean;
  };
  /** End the session when nobody has done anything for this many seconds, in any tab: no key, no pointer, no {@link Session.touch}. Default: never. */
  idle?: number;
  /** End the session this many seconds after the login, whatever happens. Default: never. */
  absolute?: number;
  /** How many seconds before either of these limits the `expiring` event comes. Default 60. */
  warnBefore?: number;
  /** What becomes of a request that meets the end of the session: it fails with `login_required` (`"reject"`, the default), or it waits until the same user has logged in again (`"hold"`). {@link SessionRequestInit.relogin} says otherwise for one request. */
  relogin?: Relogin;
  hold?: {
    /** At most so many requests wait at a time; those that come later fail with `login_required`. Default 100. */
    limit?: number;
    /** None waits longer than this many seconds; then it fails with `login_timeout`. Default 600. */
    deadline?: number;
  };
  /** Used for every request instead of `globalThis.fetch` (which is otherwise looked up at call time). */
  fetch?: typeof globalThis.fetch;
}

/**
 * What becomes of a request that meets the end of the session.
 *
 * With `"hold"` it waits, in this tab, for a login in any tab, and then goes out with the new token, but only if the same
 * subject came back; otherwise it fails with `subject_changed`. {@link Session.cancelLogin} ends the wait (`login_cancelled`),
 * and so do {@link Session.logout}, `hold.deadline` and the request's own signal. What the server has answered with something
 * else than a 401, or has redirected, may have been acted on: it waits only with an idempotent method (RFC 9110, section 9.2.2) or
 * {@link SessionRequestInit.replay}. A body that cannot be sent again fails at once (`not_replayable`). Give background work
 * `"reject"`: it should not make anybody log in.
 */
export type Relogin = "reject" | "hold";

/** What {@link Session.fetch} takes beside what `fetch` does. */
export interface SessionRequestInit extends RequestInit {
  /** In place of {@link SessionOptions.relogin}. */
  relogin?: Relogin;
  /** Twice does no harm: send it again after a login even where the server may have acted on it. Default `false`. */
  replay?: boolean;
}

/** A place to keep one string per key, synchronous or not. */
export interface StorageLike {
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

/** Known backends. What each one's server is, and how it differs from others: docs and `src/protocol/presets.json` of the crate. */
export type PresetName =
  /** tokenkeep's own reference server. */
  | "reference"
  /** Miguel Grinberg's REST-auth: HTTP Basic, and a live token buys the next one. */
  | "rest-auth"
  /** The example app of Flask-Stateless-Auth: opaque tokens. */
  | "flask-stateless-auth"
  /** Real Python's flask-jwt-auth: no renewal. */
  | "flask-jwt-auth"
  /** The Fathat API, stage 4. */
  | "fathat"
  /** token_auth of twopi_flask_utils: form bodies. */
  | "twopi"
  /** RFC 6749: the refresh grant, and revocation (RFC 7009) at logout. No login: tokens come by {@link Session.adopt}. A `client_id` goes into `renew.fields` and `logout.fields`. */
  | "oauth2"
  /** djangorestframework-simplejwt, with its blacklist app. */
  | "simplejwt"
  /** Flask-JWT-Extended as its documentation has it. */
  | "flask-jwt-extended";

/** Where a value is found in an answer: a dotted path into its JSON such as `"data.tokens.0.access"`, `"header:NAME"` for one of its headers (across origins only such as the server exposes), `""` for the whole body as text; or several candidates, the first that leads to something counts. */
export type Path = string | readonly string[];

/** What an answer must look like. Every member that is given must match, and at least one must be given. */
export interface Match {
  /** HTTP status, or one of these. Without it any but 408, 425, 429 and 5xx, which tell of trouble and nothing else. */
  status?: number | readonly number[];
  /** Contained in `Content-Type`, in any case of the letters, e.g. `"text/html"`. */
  mediaType?: string;
  /** Where in the answer a text stands (a number or a boolean counts as its text). Default, where one is asked for: `["code", "error"]`. */
  path?: Path;
  /** The text is one of these … */
  codes?: string | readonly string[];
  /** … or begins with one of these. With neither, any text at `path` will do. */
  begins?: string | readonly string[];
  /** Contained in `WWW-Authenticate`, in any case of the letters. */
  challenge?: string;
}

/** @deprecated The name of {@link Match} in earlier versions. */
export type Refusal = Match;

/** Where in a request a token goes. There is no way to put one into the URL (RFC 6750, section 5.3). */
export type Place =
  /** A body field. */
  | { field: string }
  /** `Authorization`, after this scheme and a space. */
  | { scheme: string }
  /** Any header, after a scheme or bare. */
  | { header: string; scheme?: string }
  /** `Authorization` by HTTP Basic, the token as this half of it; the other half is `x`. */
  | { basic: "username" | "password" };

/** One request that the session itself makes. What is left out is as in the preset, if that has such an endpoint. */
export interface Endpoint {
  /** Resolved against `baseUrl`. A trailing slash is kept as written. Required where the preset has no such endpoint. */
  path?: string;
  /** In capitals. Default `"POST"`. */
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | (string & {});
  /** How the body is encoded. Default `"json"`; `"none"`, which sends no body, for a logout and with `GET`. */
  body?: "json" | "form" | "none";
  /** Fixed extra body fields, e.g. `{ grant_type: "refresh_token" }`. Added to those of the preset. */
  fields?: Readonly<Record<string, string>>;
  /** Fixed extra request headers. Added to those of the preset. */
  headers?: Readonly<Record<string, string>>;
  /** Fixed query parameters. Added to those of the preset. Never for a token. */
  query?: Readonly<Record<string, string>>;
  /** Answers with a success status (2xx) that are refusals all the same, e.g. `202 {"status":"fail"}`. */
  fails?: readonly Match[];
}

export interface LoginEndpoint extends Endpoint {
  /** Where the credentials go that {@link Session.login} is given: all of them into the body (default), or the two of these names into `Authorization` by HTTP Basic, in UTF-8, and the rest into the body. */
  credentials?: "body" | { basic: readonly [user: string, password: string] };
  /** Which answers mean that the credentials are wrong (`login_refused`). Default: any 4xx but 408, 425 and 429. */
  refused?: readonly Match[];
}

export interface RenewEndpoint extends Endpoint {
  /** What buys the next access token. `"refresh"` (default): the refresh token. `"access"`: the access token itself while it lives; it is then renewed from half of its life on, and ahead of time while the page is looked at, because once it has run out only a new login helps. */
  token?: "refresh" | "access";
  /** Where that token goes. Default: a refresh token into the body field `refreshToken`, an access token as with any request. */
  sends?: Place;
  /** The same as {@link Protocol.refused}. */
  refused?: readonly Match[];
}

export interface LogoutEndpoint extends Endpoint {
  /** Which token it takes. Default `"access"`. `"subject"`: none, but the name of who is signed in, for servers that end whatever session that user has. A call for which there is no such token or name is left out. */
  token?: "access" | "refresh" | "subject" | "none";
  /** Where that token goes. Default: an access token as with any request, a refresh token into the body field `refreshToken`. */
  sends?: Place;
  /** The server refuses an access token that has expired: renew first, for the logout alone. Default `false`. */
  live?: boolean;
}

/** An endpoint for {@link Session.call}. */
export interface FurtherEndpoint extends Endpoint {
  /** Which token goes along. `"none"` (default). `"access"`: that of the session, renewed where needed. `{ from, sends }`: one that the caller has, such as that of a link in an e-mail, taken out of the body's member `from`; it never mixes with the session's. */
  token?: "access" | "none" | { from: string; sends: Place };
  /** Which answers are refusals (`call_refused`). Default: any 4xx but 408, 425 and 429. */
  refused?: readonly Match[];
}

/** How a given backend speaks. Pure data, but for `send`; everything left out is as in the preset. */
export interface Protocol {
  /** What everything left out comes from. Default `"reference"`. */
  preset?: PresetName;
  /** `false`: there is none; tokens come by {@link Session.adopt}. */
  login?: LoginEndpoint | false;
  /** `false`: the server renews nothing; when the access token runs out, a new login is required (`expired`). */
  renew?: RenewEndpoint | false;
  /** `false`: the server has no logout. Several calls where each ends one token only. One alone changes the first of the preset's, and is all there is. */
  logout?: LogoutEndpoint | readonly LogoutEndpoint[] | false;
  /** Further endpoints by name, such as `register`. `false` takes one of the preset's away. */
  endpoints?: Readonly<Record<string, FurtherEndpoint | false>>;
  answer?: {
    /** Default `["token", "access_token", "accessToken"]`. A scheme before the token is left out. */
    accessToken?: Path;
    /** Default `["refreshToken", "refresh_token"]`. A renewal that gives none leaves the old one in force; a login that gives nothing but this is followed by a renewal at once. */
    refreshToken?: Path;
    /** Lifetime of the access token. Default `["expiresIn", "expires_in"]`; without it, `exp - iat` of a JWT; without that, the token is used until the server rejects it. */
    expiresIn?: Path;
    /** Lifetime of the refresh token unless it is used. Default `["refreshExpiresIn", "refresh_expires_in"]`. */
    refreshExpiresIn?: Path;
    /** Unit of both lifetimes: seconds from now (default) or milliseconds; or the moment of the end as a date (ISO 8601 or HTTP), in seconds or in milliseconds since 1970, by the answer's `Date` where the page can read it. */
    unit?: "s" | "ms" | "date" | "epoch" | "epoch-ms";
    /** Who is signed in. Default `"subject"`; without it, a claim of a JWT. `"sent:NAME"` is what the login has sent under that name. */
    subject?: Path;
    /** What the tokens are good for: a list, or a text with spaces between. Default: a claim of a JWT. */
    scopes?: Path;
    /** What the user is: a text or a list. Default: a claim of a JWT. */
    roles?: Path;
  };
  /** How the access token is attached. Default `{ header: "Authorization", scheme: "Bearer", as: "token" }`. An empty scheme sends the bare token; `as: "basic"` sends it as the user name of HTTP Basic. */
  attach?: { header?: string; scheme?: string; as?: "token" | "basic" };
  /** What counts as "the server has ended this session" in an answer to a renewal. Anything else keeps the session. */
  refused?: readonly Match[];
  /** Which answers of the app's API mean that another access token would help. Default `[{ status: 401 }]`. A challenge with `error="insufficient_scope"` never does. An answer with a success status is looked at only if a match names that status and it is JSON, e.g. `{ status: 200, path: "errors.0.extensions.code", codes: "UNAUTHENTICATED" }` of a GraphQL server. Where a body must be looked at, its first 64 kB are read from a copy. With `renew: false` no other token is to be had: where this is given, such an answer ends the session. */
  expired?: readonly Match[];
  /** What the claims of a JWT are called: candidates. Default `{ subject: "sub", scopes: ["scope", "scopes", "scp"], role: ["role", "roles"] }`. */
  claims?: { subject?: Path; scopes?: Path; role?: Path };
  /** Roles from weak to strong, for {@link Session.hasRole}: whoever has one has those before it. */
  roles?: string | readonly string[];
  /** What becomes of a refresh token that is used. `"none"`: it stays good. `"strict"`: it is spent at once. `"grace"`: a second use soon after gets the same answer. `"unknown"` (default) is treated like `"strict"`. */
  rotation?: "none" | "strict" | "grace" | "unknown";
  /** Header that carries the renewal's attempt id, for servers that answer a repeated attempt alike. The reference server's is `Idempotency-Key`; `false`: none. */
  idempotencyHeader?: string | false;
  /** The `credentials` mode of every request with a token, and of the session's own. Default: as the caller says, and `"omit"`. With `"omit"` a Basic challenge does not raise the browser's own prompt. */
  credentials?: RequestCredentials;
  /** The way out where data will not do: sends the session's own requests, and gives what the rest of the protocol is to read, e.g. made with `Response.json`. `operation`: `login`, `renew`, `logout`, or the name of a further endpoint. What it throws counts as a request that did not get through. */
  send?: (request: Request, operation: string) => Response | Promise<Response>;
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
  /** How many requests of this tab wait for a login. */
  readonly held: number;
}

export interface SessionEvents {
  /** A new session began (in this tab or another). */
  signedIn: Snapshot;
  /** A new access token is in use (renewed here, or taken over from another tab). */
  renewed: { by: "this-tab" | "other-tab"; generation: number };
  /** The server has ended the session, or a request needed one and there is none: ask the user to log in. Once per ended session and tab, and again by a request that waits after {@link Session.cancelLogin}. Not at the mere start of a page: see {@link Session.status}. */
  loginRequired: { reason: EndReason };
  /** The session ended by logout. */
  signedOut: { reason: EndReason };
  /** The session will reach the limit `idle` or `absolute` in `left` milliseconds. Once per limit and tab. */
  expiring: { left: number; reason: "idle" | "absolute" };
  /** The limit that `expiring` has warned of is no longer near: somebody did something, here or in another tab, or signed in anew. */
  extended: Snapshot;
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
  /** The server refused what {@link Session.call} asked for; see `status` and `reason`. */
  | "call_refused"
  /** The request did not get through; try again later. */
  | "network"
  /** A renewal took longer than `renewal.timeout`. */
  | "timeout"
  /** The server is in trouble or asks to wait; see `retryAfter`. */
  | "server"
  /** The answer is not what the protocol says; a configuration or server bug. The session is kept. */
  | "protocol"
  | "storage"
  /** The server did not take the token, and the request's body was a stream and cannot be sent again. */
  | "not_replayable"
  /** Another user signed in while this request was waiting, or one of whom the protocol does not tell who it is. */
  | "subject_changed"
  /** The request waited for a login, and {@link Session.cancelLogin} was called. */
  | "login_cancelled"
  /** The request waited for a login that did not come within `hold.deadline`. */
  | "login_timeout"
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
  /** The server's own code (`login_refused`, `call_refused`) or the {@link EndReason} (`login_required`). */
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
  readonly fetch: (input: RequestInfo | URL, init?: SessionRequestInit) => Promise<Response>;
  /** Sends `credentials`, a plain object (of a form: `Object.fromEntries(new FormData(form))`), to the login endpoint. @throws {SessionError} `login_refused`, `network`, `server`, `protocol` */
  login(credentials: Readonly<Record<string, unknown>>): Promise<Snapshot>;
  /** A fresh access token, renewed first where needed; it does not wait for a login. Never put it in a URL (RFC 6750, section 5.3). */
  accessToken(): Promise<string>;
  /** Renews now, at most once across all tabs. */
  renew(): Promise<Snapshot>;
  /** Takes over tokens obtained elsewhere, as a login does. */
  adopt(tokens: Tokens): Promise<Snapshot>;
  /** Forgets the tokens at once, in every tab, and tells the server. `revoked` says whether the server confirmed, the last call where there are several. Never rejects for network trouble. */
  logout(): Promise<{ revoked: boolean }>;
  /**
   * Speaks to one of {@link Protocol.endpoints}, and gives the answer's JSON; text where it is none, `undefined` where it is empty.
   * Changes no token of the session's.
   * @throws {SessionError} `call_refused`, `login_required`, `network`, `server`, `protocol`; `invalid_config` for an endpoint that there is none of, or a token that `body` lacks.
   */
  call<T = unknown>(name: string, body?: Readonly<Record<string, unknown>>): Promise<T>;
  /** Whether the tokens are good for this scope, as an answer or a JWT says. A hint for the UI, never a decision: only the server's word counts. */
  hasScope(name: string): boolean;
  /** Whether the user has this role, or one that stands after it in {@link Protocol.roles}. A hint for the UI, never a decision: only the server's word counts. */
  hasRole(name: string): boolean;
  /** The user will not log in now: what waits for it fails with `login_cancelled`. The next request that waits asks again. */
  cancelLogin(): void;
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
