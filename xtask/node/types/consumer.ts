// Uses everything that the package declares, as an app would. Compiled, never run.
import {
  Session,
  SessionError,
  isSessionError,
  type EndReason,
  type Endpoint,
  type ErrorCode,
  type FurtherEndpoint,
  type LoginEndpoint,
  type LogoutEndpoint,
  type Match,
  type Path,
  type Place,
  type PresetName,
  type Protocol,
  type Refusal,
  type Relogin,
  type RenewEndpoint,
  type SessionEvents,
  type SessionOptions,
  type SessionRequestInit,
  type Snapshot,
  type Status,
  type StorageLike,
  type TimelineEntry,
  type Tokens,
} from "tokenkeep";
import { defineDevtools, devtools, type DevtoolsEntry, type DevtoolsOptions, type DevtoolsReport, type TokenkeepDevtools } from "tokenkeep/devtools";
import { definePrompt, type PromptEvents, type PromptField, type PromptTexts, type TokenkeepPrompt } from "tokenkeep/prompt";
import * as slim from "tokenkeep/slim";

const kept = new Map<string, string>();
const sync: StorageLike = {
  getItem: (key) => kept.get(key),
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};
const async: StorageLike = {
  getItem: async (key) => kept.get(key) ?? null,
  setItem: async (key, value) => void kept.set(key, value),
  removeItem: async (key) => void kept.delete(key),
};
const login: Endpoint = { path: "/token", method: "POST", body: "form", fields: { grant_type: "password" }, headers: { "X-App": "1" } };
const refusals: readonly Refusal[] = [{ status: 400, path: "error", codes: ["invalid_grant"] }, { status: 401 }];
const protocol: Protocol = {
  login,
  renew: { ...login, fields: { grant_type: "refresh_token" }, sends: { field: "refresh_token" } },
  logout: false,
  answer: { accessToken: "data.tokens.access", refreshToken: ["a", "b"], expiresIn: "ttl", unit: "ms", subject: "user.id" },
  attach: { header: "X-Token", scheme: "" },
  refused: refusals,
  idempotencyHeader: false,
};
const options: SessionOptions = {
  baseUrl: new URL("https://api.example.com"),
  protocol,
  storage: sync,
  name: "second",
  origins: ["https://cdn.example.com"],
  renewal: { margin: 5, timeout: 10, ahead: true },
  idle: 900,
  absolute: 43200,
  warnBefore: 30,
  relogin: "hold",
  hold: { limit: 20, deadline: 300 },
  fetch: globalThis.fetch,
};
const byHeader: Protocol = { renew: { path: "/renew", sends: { scheme: "Bearer" } } };
const noRenewal: Protocol = { renew: false };
const byName: PresetName = "fathat";
const path: Path = ["data.token", "header:X-Token"];
const expired: readonly Match[] = [{ status: [400, 401], mediaType: "text/html", path, codes: "gone", begins: ["Ex"], challenge: "expired" }];
const places: readonly Place[] = [{ field: "t" }, { scheme: "Bearer" }, { header: "X-T" }, { header: "X-T", scheme: "T" }, { basic: "username" }];
const basic: LoginEndpoint = { path: "/in", method: "GET", credentials: { basic: ["user", "password"] }, query: { v: "2" }, refused: [{ status: 404 }], fails: expired };
const sliding: RenewEndpoint = { path: "/again", token: "access", sends: { basic: "username" }, refused: [{ status: 401 }] };
const ends: readonly LogoutEndpoint[] = [{ path: "/out", live: true }, { path: "/revoke", token: "refresh", sends: { field: "token" }, body: "form" }];
const verify: FurtherEndpoint = { path: "/verify", token: { from: "code", sends: { scheme: "Bearer" } } };
const everything: Protocol = {
  preset: byName,
  login: basic,
  renew: sliding,
  logout: ends,
  endpoints: { verify, me: { path: "/me", method: "GET", token: "access" }, register: false },
  answer: { accessToken: path, unit: "epoch-ms", scopes: "scope", roles: "roles" },
  attach: { as: "basic" },
  expired,
  claims: { subject: "id", scopes: "permissions", role: "access_role" },
  roles: ["basic", "admin"],
  rotation: "strict",
  credentials: "omit",
  send: async (request, operation) => (operation === "login" ? Response.json({ token: "t" }) : fetch(request)),
};

export async function use(): Promise<void> {
  const session = new Session(options);
  for (const storage of ["local", "session", "memory", async] as const) {
    new Session({ baseUrl: "/", storage, protocol: storage === "local" ? byHeader : noRenewal }).dispose();
  }

  new Session({ baseUrl: "/", protocol: "oauth2" }).dispose();
  new Session({ baseUrl: "/", protocol: everything }).dispose();
  const snapshot: Snapshot = await session.login({ username: "ada", password: "…" });
  const status: Status = snapshot.status;
  const renewed: Snapshot = await session.renew();
  const numbers: (number | undefined)[] = [renewed.generation, renewed.expiresAt, renewed.obtainedAt];
  const texts: (string | undefined)[] = [renewed.subject, renewed.reason, status, session.status, await session.accessToken()];
  const flags: boolean[] = [renewed.renewing, (await session.logout()).revoked];
  const claim: unknown = session.claims?.["scopes"];
  const tokens: Tokens = { accessToken: "a", refreshToken: "r", expiresIn: 300, subject: "ada" };
  await session.adopt(tokens);
  session.touch();
  session.cancelLogin();
  numbers.push(session.getSnapshot().held);
  const background: Relogin = "reject";
  const init: SessionRequestInit = { method: "POST", relogin: background, replay: true };
  await session.fetch("/things", init);
  const created: { id: number } = await session.call<{ id: number }>("register", { username: "ada" });
  const anything: unknown = await session.call("verify");
  const may: boolean = session.hasScope("write") && session.hasRole("admin");
  void [created, anything, may, places];

  const response: Response = await session.fetch("/api/v1/status", { headers: { Accept: "application/json" } });
  const asDropIn: typeof fetch = session.fetch;
  await asDropIn(new Request("https://api.example.com/x"));

  const listeners: { [K in keyof SessionEvents]: (event: SessionEvents[K]) => void } = {
    signedIn: ({ generation }) => numbers.push(generation),
    renewed: ({ by, generation }) => texts.push(by === "this-tab" ? "here" : "there", String(generation)),
    loginRequired: ({ reason }: { reason: EndReason }) => texts.push(reason),
    signedOut: ({ reason }) => texts.push(reason),
    expiring: ({ left, reason }) => texts.push(String(left), reason),
    extended: ({ generation }) => numbers.push(generation),
    diagnostic: ({ code, message }) => texts.push(code, message),
    change: (current) => texts.push(current.status),
  };
  const offs: (() => void)[] = [
    session.on("signedIn", listeners.signedIn),
    session.on("renewed", listeners.renewed),
    session.on("loginRequired", listeners.loginRequired),
    session.on("signedOut", listeners.signedOut),
    session.on("expiring", listeners.expiring),
    session.on("extended", listeners.extended),
    session.on("diagnostic", listeners.diagnostic),
    session.on("change", listeners.change),
  ];
  offs.forEach((off) => off());

  // The shape of React's useSyncExternalStore.
  const store = <T>(subscribe: (changed: () => void) => () => void, read: () => T): T => (subscribe(() => {}), read());
  const current: Snapshot = store(session.subscribe, session.getSnapshot);

  const timeline: readonly TimelineEntry[] = session.explain();
  for (const { at, what, detail } of timeline) texts.push(String(at), what, detail);

  try {
    await session.renew();
  } catch (error) {
    if (!isSessionError(error)) throw error;
    const code: ErrorCode = error.code;
    const told: readonly unknown[] = [code, error.retryable, error.status, error.reason, error.retryAfter, error.cause];
    flags.push(error instanceof Error, told.length > 0);
  }
  const made: SessionError = new SessionError("for a test", { code: "server", retryable: true, status: 503, retryAfter: 1000 });
  session.dispose();
  session[Symbol.dispose]();

  await slim.init("/tokenkeep.wasm");
  await slim.init(fetch("/tokenkeep.wasm"));
  const other: slim.Session = new slim.Session({ baseUrl: "/" });
  other.dispose();
  void [claim, response, current, made, slim.isSessionError(made), slim.SessionError];
}

export function ask(session: Session): TokenkeepPrompt {
  const prompt = document.createElement("tokenkeep-prompt");
  const fields: readonly PromptField[] = [
    { name: "email", label: "E-mail", type: "email", autocomplete: "username", inputmode: "email", placeholder: "you@example.com", value: "" },
    { name: "code", required: false },
  ];
  const texts: PromptTexts = { title: "Anmelden", labels: { code: "Code" }, reasons: { idle: "Es war lange still." }, expiring: { stay: "Bleiben" } };
  Object.assign(prompt, { fields, texts });
  prompt.session = session;
  prompt.texts = texts;
  prompt.fields = undefined;
  const heard: { [K in keyof PromptEvents]: (event: PromptEvents[K]) => void } = {
    login: ({ detail }) => void detail.generation,
    cancel: ({ detail }) => void (detail satisfies null),
  };
  prompt.addEventListener("login", heard.login, { once: true });
  prompt.addEventListener("cancel", heard.cancel);
  prompt.addEventListener("focusin", ({ relatedTarget }) => void relatedTarget);
  if (!prompt.opened) prompt.open();
  prompt.close();
  const made = definePrompt("app-login");
  return made ? new made() : prompt;
}

export function see(session: Session): DevtoolsReport | undefined {
  const options: DevtoolsOptions = { into: document.body, name: "second", tab: "A" };
  const panel: TokenkeepDevtools | undefined = devtools(session, options);
  devtools(session)?.remove();
  if (!panel) return undefined;
  panel.mark("order sent");
  panel.paused = !panel.paused;
  panel.clear();
  const took = (entry: DevtoolsEntry): number | string | undefined => (entry.kind === "call" ? (entry.end ?? entry.at) - entry.at : entry.kind === "state" ? entry.reason : entry.what);
  void panel.report().tabs.flatMap(({ entries, own, since, left }) => [own, since, left, ...entries.map(took)]);
  const made = defineDevtools("app-devtools");
  const other = made ? new made() : document.createElement("tokenkeep-devtools");
  Object.assign(other, { name: "second", tab: "B" });
  other.session = session;
  other.session = undefined;
  return panel.report();
}

export function misuse(session: Session): void {
  // @ts-expect-error no such option
  devtools(session, { dock: true });
  // @ts-expect-error no session
  devtools(undefined);
  // @ts-expect-error no such text
  document.createElement("tokenkeep-prompt").texts = { titel: "Anmelden" };
  // @ts-expect-error a field has a name
  document.createElement("tokenkeep-prompt").fields = [{ label: "Code" }];
  // @ts-expect-error read-only
  document.createElement("tokenkeep-prompt").opened = true;
  // @ts-expect-error baseUrl is required
  new Session({});
  // @ts-expect-error a misspelt option
  new Session({ baseUrl: "/", orgins: [] });
  // @ts-expect-error no such preset
  new Session({ baseUrl: "/", protocol: "oauth" });
  // @ts-expect-error no such storage
  new Session({ baseUrl: "/", storage: "cookie" });
  // @ts-expect-error no such way
  session.fetch("/", { relogin: "wait" });
  // @ts-expect-error no such event
  session.on("loggedOut", () => {});
  // @ts-expect-error the event has no such field
  session.on("renewed", ({ token }) => token);
  // @ts-expect-error read-only
  session.fetch = fetch;
  // @ts-expect-error read-only
  session.getSnapshot().status = "signedIn";
  // @ts-expect-error an access token is needed
  session.adopt({ refreshToken: "r" });
  // @ts-expect-error no such code
  const code: ErrorCode = "oops";
  // @ts-expect-error the URL of the wasm is needed
  slim.init();
  void code;
}
