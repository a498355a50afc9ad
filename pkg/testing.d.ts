/// <reference lib="esnext.disposable" />
import type { Session, SessionOptions } from "./index.js";

/**
 * A real session, on the real core, for an app's own tests: against a scripted server, and in a time that passes only when the test
 * says so. Needs no browser, and leaves the runner's timers alone. Works at once: there is nothing to wait for.
 *
 * ```js
 * const { session, server, clock } = createTestSession();
 * server.respond("/todos", [{ id: 1 }]);
 * await clock.advance(300_000);            // the access token has run out
 * await session.fetch("/todos");           // renewed, then answered
 * server.renewals;                         // 1
 * ```
 */
export declare function createTestSession(setup?: TestSetup): TestKit;

export interface TestSetup {
  /** Who can log in. Default: username `"ada"`, password `"secret"`, subject the username. */
  user?: Partial<TestUser>;
  /** Claims of the user's access tokens, beside `sub`, `iat`, `exp` and `jti`: what `session.claims` shows. */
  claims?: Readonly<Record<string, unknown>>;
  /** How many seconds an access token lives. Default 300. */
  lifetime?: number;
  /** Whether the user is signed in from the start. Default `true`. */
  signedIn?: boolean;
  /** How many tabs of one origin there are, in one process. Default 1. With more, a renewal takes some 20 ms, for the lock that they share. */
  tabs?: number;
  /** Where the clock starts, in ms since 1970. Default: the start of 2030, so that what a test prints is the same every day. */
  now?: number;
  /** Options of the session. `baseUrl` is `"https://api.test"` unless given. The server speaks the reference protocol. */
  options?: Partial<Omit<SessionOptions, "fetch" | "protocol" | "storage">>;
}

export interface TestUser {
  username: string;
  password: string;
  /** Who that is, in the snapshot and as `sub`. Default: the username. */
  subject: string;
}

export interface TestKit {
  /** The session of the first tab. */
  readonly session: Session;
  /** One session for each tab; the first is {@link session}. */
  readonly tabs: readonly Session[];
  readonly server: TestServer;
  readonly clock: TestClock;
  /** Disposes of every tab's session. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** The only time that the session knows. `Date.now()` and the timers of the app itself are not touched. */
export interface TestClock {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Lets `ms` milliseconds pass: all that is due happens, in order, and what follows from it too. */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** Lets as much time pass as `promise` needs, and settles as it does. For calls that wait for something, such as one without a network. */
  until<T>(promise: PromiseLike<T> | T): Promise<T>;
  /** A promise for a moment `ms` milliseconds from now: what a slow handler of {@link TestServer.respond} waits for. */
  wait(ms: number): Promise<void>;
}

/** Keeps tokens as the reference server does: single-use refresh tokens, and a token used twice ends its session. */
export interface TestServer {
  /** Everything that was sent, in order, also what never arrived. No token is in it. */
  readonly requests: readonly SentRequest[];
  /** How many requests for a renewal were sent. */
  readonly renewals: number;
  /** One more user who can log in. Default password `"secret"`. */
  addUser(user: Pick<TestUser, "username"> & Partial<TestUser> & { claims?: Readonly<Record<string, unknown>> }): void;
  /** Access tokens are not taken any more, although their time has not come: the next call is answered 401, and a renewal helps. */
  expireNow(): void;
  /** Neither access tokens nor refresh tokens are taken any more: the next call ends the session. */
  revoke(): void;
  /** Nothing gets through, until {@link online}. */
  offline(): void;
  /** The network is back, and the browser says so. */
  online(): void;
  /** Renewals arrive and are decided, but nothing is heard of them before the returned function is called. */
  holdRenewals(): () => void;
  /** Answers renewals with trouble, which keeps the session. The returned function ends that. */
  failRenewals(failure?: {
    /** HTTP status. Default 503. */
    status?: number;
    /** The header of that name: seconds. */
    retryAfter?: number;
    /** The code in the JSON body. */
    code?: string;
    /** A body that is sent instead, such as a captive portal's page. */
    body?: string;
    /** How many renewals. Default: all. */
    times?: number;
  }): () => void;
  /**
   * What the app's own API answers, from now on; the latest word counts. Requests without a token that is taken are answered 401 before.
   * @param path The whole path, with a method before it if only that is meant (`"POST /todos"`), or a pattern for the path.
   * @param answer A `Response`, a value to be sent as JSON, or a function that returns either; `undefined` is a 204.
   */
  respond(path: string | RegExp, answer: TestAnswer | ((request: Request) => TestAnswer | Promise<TestAnswer>), options?: {
    /** Whether it is answered without a token, too. Default `false`. */
    open?: boolean;
  }): void;
}

/** Anything that JSON can say, or a `Response`. */
export type TestAnswer = Response | object | string | number | boolean | null | undefined;

export interface SentRequest {
  /** In ms since 1970, by the {@link TestClock}. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** With its question mark, or empty. */
  readonly search: string;
  /** By lower-case name. Tokens are named by their number: `"Bearer access token 2"`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON. Tokens are named by their number: `"refresh token 2"`. */
  readonly body: unknown;
  /** Which access token was sent: 1 is that of the login, 2 that of the first renewal. Of tokens that this server did not hand out: undefined. */
  readonly accessToken: number | undefined;
  /** Which refresh token was sent. */
  readonly refreshToken: number | undefined;
  /** What was answered; undefined while nothing was, and where nothing got through. */
  readonly status: number | undefined;
}
