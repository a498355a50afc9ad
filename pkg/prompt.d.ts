import type { EndReason, Session, SessionError, SessionEvents, Snapshot } from "./index.js";

/**
 * Defines the element, in browsers; importing `tokenkeep/prompt` has already defined `<tokenkeep-prompt>`. Another `name` is for
 * two copies of the package on one page. Gives its class; undefined on a server.
 */
export declare function definePrompt(name?: string): (new () => TokenkeepPrompt) | undefined;

/**
 * `<tokenkeep-prompt>`: a modal dialog that asks the user to sign in when the session needs it, in the tab that the user looks at,
 * and closes when any tab has signed in; and a countdown before the session reaches a limit of the app's own.
 *
 * - Attribute `at-start`: asks also at the start of the page, when nobody is signed in.
 * - Attribute `id`: tells several prompts of one page apart.
 * - Slots: `start`, above the fields, and `end`, below the buttons.
 * - Parts of the frame: `dialog`, `title`, `reason`, `held`, `countdown` and what begins so, `stay`, `dismiss`; of the form, as attributes:
 *   `form`, `label`, `input`, `error`, `status`, `buttons`, `cancel`, `submit`, `wait`.
 * - Custom properties, all `--tokenkeep-…`: `surface`, `ink`, `quiet`, `accent`, `on-accent`, `line`, `edge`, `field`, `error`, `focus`,
 *   `backdrop`, `radius`, `shadow`, `font`, `width`, `countdown-width`.
 */
export interface TokenkeepPrompt extends HTMLElement {
  /** The session that is asked for. */
  session: Session | undefined;
  /** What it says, where not in English; everything left out stays English. Set it as a whole. */
  texts: PromptTexts | undefined;
  /** What is asked for. Default: user name and password. Set it as a whole. */
  fields: readonly PromptField[] | undefined;
  /** Whether the dialog is open. */
  readonly opened: boolean;
  /** Asks, here and now. */
  open(): void;
  /** Closes the dialog, without an event. */
  close(): void;
  /** Counts down to a limit that `expiring` told of before the element had the session: for an element that is made only then. */
  countDown(limit: SessionEvents["expiring"]): void;

  addEventListener<K extends keyof PromptEvents>(type: K, listener: (this: TokenkeepPrompt, event: PromptEvents[K]) => unknown, options?: boolean | AddEventListenerOptions): void;
  addEventListener<K extends keyof HTMLElementEventMap>(type: K, listener: (this: TokenkeepPrompt, event: HTMLElementEventMap[K]) => unknown, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** None of them bubbles. */
export interface PromptEvents {
  /** The user has signed in here. The fields still hold what was typed. */
  login: CustomEvent<Snapshot>;
  /** The user has closed the dialog without signing in: by its button, or by Escape. What waited for it fails with `login_cancelled`. */
  cancel: CustomEvent<null>;
}

/** One field. Its value goes to {@link Session.login} under its name. */
export interface PromptField {
  name: string;
  /** Default: that of `texts.labels`; without it, the name. */
  label?: string;
  /** Of an `<input>` that text is typed into. Default `"text"`. */
  type?: "text" | "password" | "email" | "tel" | "url" | "number";
  /** By which password managers know it: `"username"`, `"current-password"`, `"one-time-code"` … */
  autocomplete?: string;
  /** Default `true`. */
  required?: boolean;
  inputmode?: string;
  placeholder?: string;
  /** What it holds at first. */
  value?: string;
}

/** `{time}` stands for a time such as "42 seconds", in the language of the element's `lang`; `{label}` for a field's label, `{count}` for a number. */
export interface PromptTexts {
  /** "Sign in" */
  title?: string;
  /** By a field's name. */
  labels?: Readonly<Record<string, string>>;
  /** "Sign in" */
  submit?: string;
  /** "Signing in…" */
  busy?: string;
  /** "Not now" */
  cancel?: string;
  /** Why the user is asked, a sentence for each reason. */
  reasons?: Readonly<Partial<Record<EndReason, string>>>;
  /**
   * "3 requests wait, and are sent after you sign in.", by plural category of the language (`Intl.PluralRules`); `other` stands in for
   * those left out. See {@link Snapshot.held}.
   */
  held?: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;
  /** "Please fill in: {label}." */
  missing?: string;
  /** "That user name or password is not right." */
  wrong?: string;
  /** In place of `wrong`, by the server's own code for its refusal ({@link SessionError.reason}). None. */
  codes?: Readonly<Record<string, string>>;
  /** "Too many attempts. Try again in {time}." */
  limited?: string;
  /** "The server cannot be reached. Check your connection and try again." */
  network?: string;
  /** "The server has a problem. Please try again later." */
  server?: string;
  /** "The server has a problem. Try again in {time}." */
  serverWait?: string;
  /** "Signing in did not work. Please try again." */
  failed?: string;
  /** "You can try again now." */
  ready?: string;
  /** The countdown before a session reaches the limit `idle` or `absolute`. */
  expiring?: {
    /** "Are you still there?" */
    title?: string;
    /** "You will be signed out in", before the time. */
    idle?: string;
    /** "You will be signed out in {time}, unless you stay signed in." For those who do not see the countdown. */
    idleSpoken?: string;
    /** "Stay signed in" */
    stay?: string;
    /** "Your session ends soon" */
    absoluteTitle?: string;
    /** "You will be signed out in", before the time. */
    absolute?: string;
    /** "You will be signed out in {time}. Sign in again to go on." */
    absoluteSpoken?: string;
    /** "Sign in again" */
    again?: string;
    /** "Hide" */
    dismiss?: string;
    /** "You stay signed in." */
    stayed?: string;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "tokenkeep-prompt": TokenkeepPrompt;
  }
}
