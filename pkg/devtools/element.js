import { Chart } from "./chart.js";
import { make, setAttribute, setText } from "./dom.js";
import { checkSession, checkText } from "./input.js";
import { Recorder } from "./recorder.js";
import { Redactor } from "./redact.js";
import { copy, download, inJson, report } from "./report.js";
import { style } from "./styles.js";
import { List } from "./list.js";
import { Tabs } from "./tabs.js";
import { details, tell } from "./words.js";

// May be set before the element is defined.
const PROPERTIES = ["name", "tab", "session"];
const LEGEND = [
  ["mark good", "signed in"],
  ["mark renewal", "renewed"],
  ["mark warning", "worth a look"],
  ["mark bad", "fault or end"],
  ["mark page", "page"],
  ["mark", "the app's own"],
  ["renewal", "renewal: wait, request"],
  ["call", "call: wait, request"],
  ["life", "access token lives"],
];

/** Makes the class where there are elements. It shows what a session says, and changes nothing of what it does. */
export const makeDevtools = () =>
  class TokenkeepDevtools extends HTMLElement {
    #redactor = new Redactor();
    #tabs = new Tabs(this.#redactor, () => this.#changed());
    #chart = new Chart(() => this.#drawButtons(), (item, tab) => this.#explain(item, tab));
    #list = new List();
    #buttons = {};
    #zoom = make("span", { class: "span" });
    #details = make("div", { class: "details" });
    #status = make("p", { role: "status", class: "unseen" });
    #session;
    #recorder;
    #name = "default";
    #tab;
    #paused = false;
    #listed = false;
    #drawing = false;
    #open = false;
    #watch;

    constructor() {
      super();
      const shadow = this.attachShadow({ mode: "open" });
      style(shadow);
      const panel = make("section", { part: "panel", "aria-label": "tokenkeep devtools", lang: "en" });
      panel.append(this.#toolbar(), this.#chart.element, this.#list.element, this.#details, this.#status);
      panel.addEventListener("keydown", (event) => this.#shortcut(event));
      shadow.append(panel);
      this.#drawButtons();
      this.#explain();
    }

    get session() {
      return this.#session;
    }

    set session(session) {
      if (session === this.#session) return;
      if (session !== undefined && session !== null) checkSession(session);
      this.#close();
      if (this.#session) this.clear();
      this.#session = session ?? undefined;
      this.#recorder = session ? new Recorder(session, this.#redactor, (entry) => this.#tabs.add(entry)) : undefined;
      this.#begin();
    }

    /** Tabs that show the same session find each other by it. */
    get name() {
      return this.#name;
    }

    set name(name) {
      this.#again(() => (this.#name = checkText("name", name)));
    }

    /** What this tab is called. */
    get tab() {
      return this.#tab;
    }

    set tab(tab) {
      this.#again(() => (this.#tab = checkText("tab", tab)));
    }

    get paused() {
      return this.#paused;
    }

    set paused(paused) {
      this.#paused = !!paused;
      this.#chart.freeze(this.#paused);
      this.#drawButtons();
      this.#changed();
    }

    /** What was recorded of all tabs, for a bug report. */
    report() {
      if (this.#open) this.#recorder.look();
      return report(this.#tabs.lanes);
    }

    /** Forgets what was recorded, here. */
    clear() {
      this.#tabs.clear();
    }

    /** Adds a mark of the app's own to this tab's lane. */
    mark(text) {
      checkText("mark", text);
      if (this.#open) this.#recorder.mark(text);
    }

    connectedCallback() {
      for (const name of PROPERTIES) {
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
      this.#begin();
    }

    disconnectedCallback() {
      this.#close();
    }

    #begin() {
      if (this.#open || !this.#session || !this.isConnected) return;
      this.#open = true;
      this.#join();
      this.#recorder.start();
      this.#chart.start();
      // An open channel would keep the page out of the browser's cache; and a page that is left says so.
      this.#watch = new AbortController();
      const { signal } = this.#watch;
      window.addEventListener("pagehide", () => this.#tabs.close(), { signal });
      window.addEventListener("pageshow", ({ persisted }) => persisted && this.#join(), { signal });
    }

    #join() {
      this.#tabs.open(this.#name, this.#tab && this.#redactor.text(this.#tab));
    }

    #close() {
      if (!this.#open) return;
      this.#open = false;
      this.#watch.abort();
      this.#recorder.stop();
      this.#tabs.close();
      this.#chart.stop();
    }

    #again(change) {
      const open = this.#open;
      change();
      if (!open) return;
      this.#close();
      this.#begin();
    }

    // However much happens, it is drawn once a turn of the page.
    #changed() {
      if (this.#drawing) return;
      this.#drawing = true;
      requestAnimationFrame(() => {
        this.#drawing = false;
        if (this.#paused) return;
        this.#chart.show(this.#tabs.lanes);
        if (this.#listed) this.#list.show(this.#tabs.lanes);
      });
    }

    #toolbar() {
      const button = (name, label, press, key) => {
        const button = make("button", { type: "button", class: "tool", part: "button", ...(key ? { "aria-keyshortcuts": key, title: key } : {}) }, label);
        button.addEventListener("click", press);
        this.#buttons[name] = button;
        return button;
      };
      const named = (element, label) => {
        element.setAttribute("aria-label", label);
        return element;
      };
      const group = (label, ...children) => make("div", { role: "group", "aria-label": label }, ...children);
      return make(
        "div",
        { class: "toolbar" },
        make("b", { class: "title" }, "tokenkeep"),
        group(
          "Recording",
          button("pause", "Pause", () => this.#say((this.paused = !this.paused) ? "The picture stands still." : "The picture goes on."), "P"),
          button("follow", "Follow", () => this.#chart.follow(!this.#chart.follows), "F"),
          button("clear", "Clear", () => (this.clear(), this.#say("Cleared."))),
        ),
        group(
          "Zoom",
          named(button("out", "−", () => this.#chart.zoom(1 / 2), "−"), "Zoom out"),
          this.#zoom,
          named(button("in", "+", () => this.#chart.zoom(2), "+"), "Zoom in"),
          button("fit", "All", () => this.#chart.fit(), "0"),
        ),
        group("View", button("list", "List", () => this.#showList(!this.#listed))),
        group(
          "Report",
          button("copy", "Copy report", () => this.#copy()),
          button("download", "Download", () => (download(inJson(this.report())), this.#say("The report was downloaded."))),
        ),
        make("div", { class: "close" }, named(button("close", "×", () => this.remove()), "Close")),
      );
    }

    #shortcut(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const press = { p: "pause", f: "follow", "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
      if (!press) return;
      event.preventDefault();
      this.#buttons[press].click();
    }

    #drawButtons() {
      const { pause, follow, list } = this.#buttons;
      setAttribute(pause, "aria-pressed", this.#paused);
      setAttribute(follow, "aria-pressed", this.#chart.follows);
      setAttribute(list, "aria-pressed", this.#listed);
      setText(this.#zoom, this.#chart.span);
    }

    #showList(listed) {
      this.#listed = listed;
      this.#list.element.hidden = !listed;
      this.#chart.element.hidden = listed;
      this.#details.hidden = listed;
      this.#drawButtons();
      if (listed) this.#list.show(this.#tabs.lanes);
      else this.#changed();
    }

    async #copy() {
      this.#say((await copy(inJson(this.report()))) ? "The report was copied." : "The browser does not let a page copy. Download the report instead.");
    }

    #say(text) {
      this.#status.textContent = text;
    }

    #explain(item, tab) {
      if (!item) return this.#details.replaceChildren(make("ul", { class: "legend", "aria-label": "Legend" }, ...LEGEND.map(([kind, words]) => make("li", {}, make("i", { class: `sample ${kind}` }), words))));
      const [what, why] = tell(item);
      const pairs = details(item, tab).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
      const text = make("p", {}, make("b", {}, what), ...(why ? [` ${why}`] : []));
      const shown = make("div", {}, text, make("dl", {}, ...pairs));
      if (this.#details.firstChild?.isEqualNode(shown)) return;
      this.#details.replaceChildren(shown);
    }
  };
