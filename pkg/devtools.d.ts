import type { EndReason, Session, SessionError, Status } from "./index.js";

export interface DevtoolsOptions {
  /** At whose end they are put. Default: docked to the bottom of the window, with a button that closes them. */
  into?: Element;
  /** Tabs whose devtools have the same name find each other: one name for each session of an app that has several. Default `"default"`. */
  name?: string;
  /** What this tab is called in its lane. Default: four letters and digits, new with every page. */
  tab?: string;
}

/**
 * Shows what `session` does, live, beside all tabs that have their devtools open. Sees the calls that are made of the session from
 * now on, and what {@link Session.explain} still knows of before. A client library that was handed `session.fetch` earlier is not
 * seen: open the devtools first. `remove()` of the element ends it, and leaves the session as it was.
 *
 * Gives the element; undefined on a server.
 * @throws {SessionError} `invalid_config`
 */
export declare function devtools(session: Session, options?: DevtoolsOptions): TokenkeepDevtools | undefined;

/**
 * Defines the element, in browsers; importing `tokenkeep/devtools` has already defined `<tokenkeep-devtools>`. Another `name` is for
 * two copies of the package on one page. Gives its class; undefined on a server.
 */
export declare function defineDevtools(name?: string): (new () => TokenkeepDevtools) | undefined;

/**
 * `<tokenkeep-devtools>`: what {@link devtools} puts on a page, for whoever would rather write it as an element. It records for as
 * long as it is in the page and has a session.
 *
 * - Attribute `docked`: at the bottom of the window, above the page, with a button that removes it.
 * - Parts: `panel`, `button`.
 * - Custom properties, all `--tokenkeep-…`: `surface`, `ink`, `quiet`, `line`, `edge`, `focus`, `good`, `renewal`, `warning`, `bad`,
 *   `mark`, `radius`, `font`, `height` (at most, of the lanes).
 */
export interface TokenkeepDevtools extends HTMLElement {
  /** The session that is shown. Setting what is no session throws `invalid_config`. */
  session: Session | undefined;
  /** See {@link DevtoolsOptions.name}. */
  name: string;
  /** See {@link DevtoolsOptions.tab}. */
  get tab(): string | undefined;
  set tab(tab: string);
  /** Whether the picture stands still. What happens meanwhile is recorded all the same. */
  paused: boolean;
  /** What was recorded of all tabs, without anything secret, for a bug report. */
  report(): DevtoolsReport;
  /** Forgets what was recorded, in this tab's devtools, and the lanes of tabs that are closed. */
  clear(): void;
  /** Adds a mark of the app's own to this tab's lane, such as "order sent". It is redacted as everything is. */
  mark(text: string): void;
}

/**
 * What "Download" and "Copy report" give, as JSON. A later `version` may change what is here; within one, members are only added.
 * All times are of the device's clock, in ms since 1970.
 */
export interface DevtoolsReport {
  format: "tokenkeep-devtools";
  version: 1;
  /** ISO 8601. */
  exportedAt: string;
  /** The browser's own name for itself. */
  browser: string;
  tabs: DevtoolsTab[];
}

export interface DevtoolsTab {
  /** New with every page. */
  id: string;
  /** See {@link DevtoolsOptions.tab}. */
  label?: string;
  /** Whether the report was made in this tab. */
  own: boolean;
  /** When its devtools were opened. */
  since: number;
  /** When its page was left, or its devtools closed; undefined while they are open. */
  left?: number;
  /** In the order in which they were noted; of the last 1,500. */
  entries: DevtoolsEntry[];
}

export type DevtoolsEntry = SessionEntry | StateEntry | CallEntry | PageEntry | MarkEntry;

interface Entry {
  /** Of this entry, within its tab. */
  id: number;
  at: number;
}

/** A line of {@link Session.explain}, or a diagnostic. */
export interface SessionEntry extends Entry {
  kind: "session";
  what: string;
  detail?: string;
  /** How often, where the same has happened several times within a second; the last time at `until`. */
  times?: number;
  until?: number;
}

/** The snapshot after a change, without the subject. */
export interface StateEntry extends Entry {
  kind: "state";
  what: Status;
  renewing: boolean;
  generation: number;
  obtainedAt?: number;
  expiresAt?: number;
  refreshExpiresAt?: number;
  reason?: EndReason;
  /** How many requests wait for a login, where any do. */
  held?: number;
}

/** What the app has asked of the session. */
export interface CallEntry extends Entry {
  kind: "call";
  what: "fetch" | "login" | "logout" | "renew" | "accessToken" | "adopt" | "call";
  /** Undefined while it is under way. */
  end?: number;
  /** Of a `fetch`. */
  method?: string;
  /** Of a `fetch`: the path, before it the origin where it is not the page's. Ids in it, and every query, are cut to "…". */
  url?: string;
  /** HTTP status of the answer, also of one that was the cause of an error. */
  status?: number;
  /** {@link SessionError.code}, or the name of another error. */
  error?: string;
  /** The endpoint of a `call`; whether a `logout` was confirmed. */
  detail?: string;
  /** When a `fetch` was on its way, as far as the browser tells: until its answer began. */
  sent?: { at: number; end: number; status?: number }[];
}

export interface PageEntry extends Entry {
  kind: "page";
  /** `left` and `back`: to another page and from the browser's cache. */
  what: "opened" | "visible" | "hidden" | "online" | "offline" | "left" | "back" | "frozen" | "resumed";
}

/** By {@link TokenkeepDevtools.mark}. */
export interface MarkEntry extends Entry {
  kind: "mark";
  what: "mark";
  detail: string;
}

declare global {
  interface HTMLElementTagNameMap {
    "tokenkeep-devtools": TokenkeepDevtools;
  }
}
