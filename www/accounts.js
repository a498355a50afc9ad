// Users and their mail: what the server's outbox holds, and the forms that lead there. Without an outbox there is none
// of it.
import { byId, make, setText } from "./dom.js";

const API = "/api/v1";
const OUTBOX = "/__outbox";
const LOOK_EVERY = 2_000;

/** What a letter's code is good for, and what its button says. */
const PURPOSES = {
  "verify-email": ["Confirm this address", (letter) => verify(letter.code)],
  "reset-password": ["Set a new password", (letter) => askForPassword(letter.code, letter.to)],
};

const used = new Set();
let shown;
let resetting;

if (await look()) start();

function start() {
  byId("accounts").hidden = false;
  onSubmit("register", register);
  onSubmit("forgot", forgot);
  onSubmit("reset", reset);
  setInterval(() => document.visibilityState === "visible" && look(), LOOK_EVERY);
  addEventListener("hashchange", followLink);
  followLink();
}

/** Shows the letters; whether there is an outbox at all. */
async function look() {
  const response = await fetch(OUTBOX, { cache: "no-store" }).catch(() => undefined);
  if (!response?.ok) return false;
  const { letters } = await response.json();
  const state = JSON.stringify([letters.map(({ code }) => code), [...used]]);
  // Only what is new is drawn: else nobody could unfold a letter for longer than a look.
  if (state !== shown) byId("letters").replaceChildren(...letters.toReversed().map(draw));
  shown = state;
  byId("outbox-hint").hidden = letters.length > 0;
  return true;
}

function draw(letter) {
  const { to, subject, text, code, purpose } = letter;
  const [title, use] = PURPOSES[purpose];
  const item = make("li", { class: used.has(code) ? "letter used" : "letter" });
  const unfolded = make("details", {}, make("summary", {}, "Read it"), make("pre", {}, text));
  item.append(make("h4", {}, subject), make("p", { class: "to" }, `to ${to}`), unfolded);
  if (used.has(code)) return item;
  const button = make("button", { type: "button" }, title);
  button.addEventListener("click", () => attempt(() => use(letter)));
  item.append(button);
  return item;
}

async function register({ username, password, email }) {
  await post("register", { username, password, email });
  tell(`Registered. There is a mail for ${email} in the outbox; ${username} can log in already.`);
}

async function forgot({ email }) {
  await post("password/forgot", { email });
  tell(`If ${email} is a confirmed address, a mail is in the outbox. The server does not say whether it is.`);
}

async function reset({ password }) {
  await post("password/reset", { code: resetting, password });
  spend(resetting);
  byId("reset").hidden = true;
  tell("The password is set, and every session of this user has ended.");
}

async function verify(code) {
  const { email } = await post("email/verify", { code });
  spend(code);
  tell(`${email} is confirmed. From now on a forgotten password can be mailed there.`);
}

function askForPassword(code, to) {
  resetting = code;
  setText(byId("reset-for"), to);
  byId("reset").hidden = false;
  byId("reset").elements.password.focus();
}

// A mailed link leads here, with the code in the fragment, where it does not stay.
function followLink() {
  const [purpose, code] = location.hash.slice(1).split("=");
  if (!code) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  if (purpose === "verify") attempt(() => verify(code));
  if (purpose === "reset") askForPassword(code, "the user whose mail this was");
}

function spend(code) {
  used.add(code);
  look();
}

function onSubmit(id, action) {
  byId(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (await attempt(() => action(Object.fromEntries(new FormData(form))))) form.reset();
  });
}

async function attempt(action) {
  try {
    await action();
    await look();
    return true;
  } catch (error) {
    tell(error.message, true);
    return false;
  }
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${API}/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(answer?.detail ?? `The server answered ${response.status}.`);
  return answer;
}

function tell(words, failed = false) {
  byId("accounts-result").classList.toggle("failed", failed);
  setText(byId("accounts-result"), words);
}
