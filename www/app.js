import { byId, setText } from "./dom.js";
import { showBars } from "./bars.js";
import { Calls, roundInWords } from "./calls.js";
import { loadLanes } from "./lanes.js";
import { readLog } from "./server.js";
import { fetchAs, nameTab, openTabs } from "./tab.js";
import { Timeline } from "./timeline.js";
import { expireAccess, expireRefresh, revoke } from "./trouble.js";
import { renewalsBetween, showServer } from "./wire.js";
import { errorInWords, REASONS, tabs } from "./words.js";

const PACKAGE = "/pkg/index.js";
const ELEMENT = "/pkg/prompt.js";
const USER = "tokenkeep-demo:user";
const TICK = 1_000;
const LOOK_AT_SERVER = 2_000;

start().catch((error) => setText(byId("notice-why"), `(${error.message})`));

async function start() {
  const { Session } = await import(PACKAGE);
  await import(ELEMENT);
  const showLanes = await loadLanes();
  const name = await nameTab();
  const session = new Session({ baseUrl: location.origin, fetch: fetchAs(name) });
  byId("notice").hidden = true;
  byId("main").hidden = false;
  // At once: whoever sees a button may press it.
  run(session, name, showLanes(session, name));
}

function run(session, name, mark) {
  const timeline = new Timeline(session);
  const prompt = setUpPrompt(session, (username) => {
    localStorage.setItem(USER, username);
    draw(page);
  });
  const calls = new Calls(session, name, (from, report) => {
    timeline.add(`Tab ${from} asked for ${report.outcomes.length} calls here`);
    tell(roundInWords(report));
  });
  const page = { session, timeline, prompt, calls, mark };

  showTab(name);
  wireButtons(page);
  session.subscribe(() => draw(page));
  whileVisible(() => draw(page), TICK);
  whileVisible(() => showOthers(), LOOK_AT_SERVER);
}

function setUpPrompt(session, onLogin) {
  const prompt = byId("prompt");
  prompt.texts = { title: "Log in", submit: "Log in", busy: "Logging in…", reasons: REASONS };
  prompt.fields = [
    { name: "username", autocomplete: "username", value: "demo" },
    { name: "password", type: "password", autocomplete: "current-password", value: "password" },
  ];
  prompt.session = session;
  prompt.addEventListener("login", () => onLogin(prompt.querySelector("[name=username]").value));
  return prompt;
}

function whileVisible(action, every) {
  const act = () => document.visibilityState === "visible" && action();
  setInterval(act, every);
  document.addEventListener("visibilitychange", act);
  act();
}

function draw({ session, timeline }) {
  const snapshot = session.getSnapshot();
  const signedIn = snapshot.status === "signedIn";
  showBars(snapshot);
  timeline.show();
  setText(byId("who-state"), who(snapshot));
  showSign(signedIn);
}

function who({ status, subject }) {
  if (status === "signedIn") return `Signed in as ${localStorage.getItem(USER) ?? subject ?? "somebody"}`;
  return status === "starting" ? "Starting" : "Signed out";
}

async function showOthers() {
  setText(byId("open-tabs"), `Open now: ${tabs(await openTabs())}.`);
  showServer(await readLog());
}

function showSign(signedIn) {
  const [title, why] = byId("sign").children;
  byId("sign").classList.toggle("main", !signedIn);
  setText(title, signedIn ? "Log out" : "Log in");
  setText(why, signedIn ? "ends it in every tab" : "brings back every tab");
}

function showTab(name) {
  setText(byId("who-tab"), `tab ${name}`);
  byId("who-tab").hidden = false;
  document.title = `${name} · ${document.title}`;
}

function wireButtons(page) {
  const { session, calls } = page;
  onPress("call-one", page, () => round(page, "One call", () => calls.here(1)));
  onPress("call-many", page, () => round(page, "20 calls at once", () => calls.here(20)));
  onPress("call-everywhere", page, () => round(page, "20 calls in every tab", () => calls.everywhere(20)));
  onPress("expire", page, () => trouble(page, "Expire now", () => expireAccess(session), "At the server the access token has now run out. Make a call and watch it go through."));
  onPress("away", page, () => trouble(page, "Stay away too long", () => expireRefresh(session), "At the server both tokens have run out. The next call will ask you to log in."));
  onPress("revoke", page, () => trouble(page, "Revoke at the server", () => revoke(session, localStorage.getItem(USER) ?? "demo"), "The server has ended the session. This browser finds out with its next call."));
  onPress("sign", page, () => sign(page));
}

function onPress(id, page, action) {
  byId(id).addEventListener("click", async () => {
    try {
      await action();
    } catch (error) {
      tell([error.code ? inOneLine(errorInWords(error)) : error.message]);
    } finally {
      draw(page);
      await showOthers();
    }
  });
}

async function round({ timeline }, title, call) {
  const before = await readLog();
  const end = timeline.add(`You: ${title}`);
  const report = await call();
  tell(roundInWords(report, renewalsBetween(before, await readLog())));
  end(byId("result-text").textContent);
}

async function trouble({ session, timeline, mark }, title, order, after) {
  if (session.getSnapshot().status !== "signedIn") return tell(["There is no session to trouble. Log in first."]);
  await order();
  mark(title);
  timeline.add(`You: ${title}`, after);
  byId("cells").replaceChildren();
  tell([after]);
}

async function sign({ session, timeline, prompt }) {
  if (session.status !== "signedIn") return prompt.open();
  timeline.add("You: Log out");
  const { revoked } = await session.logout();
  tell([revoked ? "Logged out, here and in every other tab. The server has revoked the refresh token." : "Logged out here. The server could not be told, so its side ends by itself."]);
}

const inOneLine = ({ words, code, message }) => `${words} (${code}: ${message})`;

// The one live region: each action says how it ended, once.
function tell(parts) {
  byId("result-text").replaceChildren(...parts);
}
