import { Countdown } from "./countdown.js";
import { LoginForm, make, setText } from "./form.js";
import { Place } from "./place.js";
import { styleForms, styleFrame } from "./styles.js";
import { counted, ENGLISH, over } from "./texts.js";

// May be set before the element is defined.
const PROPERTIES = ["session", "texts", "fields"];

/** Makes the class where there are elements. It decides nothing about the session: it shows what the session says, and calls it. */
export const makePrompt = () =>
  class TokenkeepPrompt extends HTMLElement {
    #dialog = make("dialog", { part: "dialog", "aria-labelledby": "title", "aria-describedby": "reason held" });
    #title = make("h2", { part: "title", id: "title" });
    #reason = make("p", { part: "reason", id: "reason" });
    #held = make("p", { part: "held", id: "held" });
    #form = new LoginForm(this, { login: (credentials) => this.#login(credentials), cancel: () => this.#cancel() });
    #countdown = new Countdown(this, { stay: () => this.#session?.touch(), again: () => this.open() });
    #session;
    #texts;
    #fields;
    #place;
    // The reason of an end that the user was not asked about yet.
    #pending;
    #stops = [];
    #built = false;
    // Whether all that follows its closing is done.
    #over = true;

    constructor() {
      super();
      const shadow = this.attachShadow({ mode: "open" });
      styleFrame(shadow);
      this.#dialog.append(this.#title, this.#reason, this.#held, ...["start", "form", "end"].map((name) => make("slot", { name })));
      shadow.append(this.#dialog, this.#countdown.element, this.#countdown.status);
      // Escape, or what a device has in its place.
      this.#dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        this.#cancel();
      });
      // By whatever else; it comes late, perhaps when it is open again.
      this.#dialog.addEventListener("close", () => this.opened || this.#over || this.#closed());
    }

    get session() {
      return this.#session;
    }

    set session(session) {
      if (session === this.#session) return;
      this.#forget();
      this.#session = session ?? undefined;
      if (this.isConnected) this.#listen();
    }

    get texts() {
      return this.#texts;
    }

    set texts(texts) {
      this.#texts = texts ?? undefined;
      this.#draw();
    }

    get fields() {
      return this.#fields;
    }

    set fields(fields) {
      this.#fields = fields ?? undefined;
      this.#draw();
    }

    /** Whether it asks. */
    get opened() {
      return this.#dialog.open;
    }

    /** Asks, here and now. */
    open() {
      if (!this.isConnected || this.opened) return;
      this.#pending = undefined;
      this.#explain();
      this.#dialog.showModal();
      this.#over = false;
      this.#form.wake();
      this.#form.focus();
      this.#remember(true);
    }

    /** Stops asking, without any event. */
    close() {
      this.#pending = undefined;
      if (!this.opened) return;
      this.#dialog.close();
      this.#closed();
    }

    /** Counts down to a limit that `expiring` told of before the session was given. */
    countDown(limit) {
      if (this.isConnected && this.#session) this.#countdown.open(limit);
    }

    connectedCallback() {
      if (!this.#built) this.#build();
      styleForms(this);
      this.#listen();
    }

    disconnectedCallback() {
      this.#forget();
    }

    #build() {
      this.#built = true;
      for (const name of PROPERTIES) {
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
      // What a copy of another element has brought along does nothing.
      for (const stale of this.querySelectorAll(":scope > form[slot=form]")) stale.remove();
      this.#form.element.slot = "form";
      this.#draw();
      this.append(this.#form.element);
    }

    #draw() {
      if (!this.#built) return;
      const texts = over(ENGLISH, this.#texts);
      // English in a page of another language says so, that it may be read out right.
      for (const element of [this.#dialog, this.#form.element, this.#countdown.element, this.#countdown.status]) {
        if (this.#texts) element.removeAttribute("lang");
        else element.lang = "en";
      }
      setText(this.#title, texts.title);
      this.#form.show(this.#fields, texts);
      this.#countdown.speak(texts);
      this.#explain();
    }

    #listen() {
      const session = this.#session;
      if (!session || this.#stops.length) return;
      this.#place = new Place(this.#key, {
        wanted: () => this.#pending !== undefined && !this.opened,
        show: () => this.open(),
        hide: () => this.#yield(),
      });
      this.#stops = [
        session.on("loginRequired", ({ reason }) => this.#want(reason)),
        session.on("signedIn", () => this.#signedIn()),
        session.on("signedOut", () => this.#countdown.close()),
        session.on("expiring", (limit) => this.#countdown.open(limit)),
        session.on("extended", () => this.#countdown.thank()),
        session.subscribe(() => this.#count()),
        () => this.#place.close(),
      ];
      this.#start(session);
    }

    // A storage that answers later has not yet said whether there is a session.
    #start(session) {
      const { status, reason, held } = session.getSnapshot();
      if (status === "starting") {
        const stop = session.subscribe(() => {
          stop();
          this.#start(session);
        });
        this.#stops.push(stop);
      } else if (status === "signedOut" && (held || this.hasAttribute("at-start") || this.#remembered())) this.#want(reason);
      else this.#remember(false);
    }

    #forget() {
      for (const stop of this.#stops.splice(0)) stop();
      this.#form.rest();
      this.#countdown.close();
      this.close();
    }

    #want(reason) {
      this.#countdown.close();
      if (this.opened) return this.#explain();
      this.#pending = reason;
      this.#place.look();
    }

    // Another window asks, and this one again when the user comes to it.
    #yield() {
      if (!this.opened || this.#form.busy) return;
      this.close();
      this.#pending = this.#session.getSnapshot().reason;
    }

    #explain() {
      if (!this.#built) return;
      const { status, reason } = this.#session?.getSnapshot() ?? {};
      setText(this.#reason, status === "signedOut" ? (over(ENGLISH, this.#texts).reasons[reason] ?? "") : "");
      this.#count();
    }

    #count() {
      const held = this.#session?.getSnapshot().held;
      setText(this.#held, held ? counted(held, this.#texts?.held ?? ENGLISH.held, this) : "");
    }

    async #login(credentials) {
      const session = this.#session;
      if (!session) throw new TypeError("<tokenkeep-prompt> has no session: set its property `session`");
      try {
        const snapshot = await session.login(credentials);
        this.dispatchEvent(new CustomEvent("login", { detail: snapshot }));
      } catch (error) {
        // Another tab may have been quicker.
        if (session.status !== "signedIn") throw error;
      }
      this.close();
    }

    #signedIn() {
      this.#countdown.close();
      // One's own login goes on to tell of itself.
      if (!this.#form.busy) this.close();
    }

    #cancel() {
      if (!this.opened) return;
      this.close();
      // What waits does so no longer, and what comes to wait asks again.
      this.#session?.cancelLogin();
      this.dispatchEvent(new CustomEvent("cancel"));
    }

    #closed() {
      this.#over = true;
      this.#form.rest();
      this.#form.reset();
      this.#place?.leave();
      this.#remember(false);
    }

    // For a reload while it asks. A tab has a memory of its own, if it may have any.
    #remember(asking) {
      try {
        if (asking) sessionStorage.setItem(this.#key, "asking");
        else sessionStorage.removeItem(this.#key);
      } catch {
        // Then a reload asks again when a request needs a session.
      }
    }

    #remembered() {
      try {
        return sessionStorage.getItem(this.#key) !== null;
      } catch {
        return false;
      }
    }

    get #key() {
      return `tokenkeep-prompt:${this.id}`;
    }
  };
