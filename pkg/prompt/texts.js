// What the prompt says, and how it says times.

export const ENGLISH = {
  title: "Sign in",
  labels: { username: "User name", password: "Password" },
  submit: "Sign in",
  busy: "Signing in…",
  cancel: "Not now",
  reasons: {
    none: "",
    logout: "You have signed out.",
    refused: "The server has ended your session. Please sign in again.",
    expired: "Your session has run out. Please sign in again.",
    idle: "You were signed out because nothing had happened for a while. Please sign in again.",
    absolute: "Your session has reached its time limit. Please sign in again.",
    lost_renewal: "Your session was lost on the way to the server. Please sign in again.",
  },
  held: {
    one: "{count} request waits, and is sent after you sign in.",
    other: "{count} requests wait, and are sent after you sign in.",
  },
  missing: "Please fill in: {label}.",
  wrong: "That user name or password is not right.",
  codes: {},
  limited: "Too many attempts. Try again in {time}.",
  network: "The server cannot be reached. Check your connection and try again.",
  server: "The server has a problem. Please try again later.",
  serverWait: "The server has a problem. Try again in {time}.",
  failed: "Signing in did not work. Please try again.",
  ready: "You can try again now.",
  expiring: {
    title: "Are you still there?",
    idle: "You will be signed out in",
    idleSpoken: "You will be signed out in {time}, unless you stay signed in.",
    stay: "Stay signed in",
    absoluteTitle: "Your session ends soon",
    absolute: "You will be signed out in",
    absoluteSpoken: "You will be signed out in {time}. Sign in again to go on.",
    again: "Sign in again",
    dismiss: "Hide",
    stayed: "You stay signed in.",
  },
};

/** `given` over `standard`, as deep as it goes. */
export function over(standard, given) {
  if (typeof standard !== "object") return given ?? standard;
  const merged = { ...standard };
  for (const [key, value] of Object.entries(given ?? {})) merged[key] = key in standard ? over(standard[key], value) : value;
  return merged;
}

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** `0:42`, for the eye. */
export function clock(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** "42 seconds", "3 minutes", in the language of `element`, for the ear. */
export function spoken(ms, element) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [count, unit] = seconds <= 120 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return inLanguageOf(element, (language) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count));
}

/** That of `forms`, by plural category, which goes with `count` in the language of `element`. */
export function counted(count, forms, element) {
  return inLanguageOf(element, (language) => {
    const form = forms[new Intl.PluralRules(language).select(count)] ?? forms.other ?? "";
    return fill(form, { count: new Intl.NumberFormat(language).format(count) });
  });
}

function inLanguageOf(element, say) {
  try {
    return say(languageOf(element));
  } catch {
    // What stands in `lang` need not be a language.
    return say();
  }
}

function languageOf(element) {
  for (let node = element; node; node = node.parentNode ?? node.host) {
    const language = node.getAttribute?.("lang");
    if (language) return language;
  }
  return undefined;
}
