// The lanes under one axis of time: scrolled sideways, zoomed, followed, and walked through by the arrow keys.
import { make, setText } from "./dom.js";
import { LaneView } from "./lane.js";
import { clock, length } from "./words.js";

// Milliseconds between two ticks, and as many pixels at the least.
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 864e5];
const APART = 88;
const NAME_COLUMN = 118;
const AT_FIRST = 30_000;
const SHORTEST = 40;
const LONGEST = 24 * 3_600_000;
// Browsers draw no wider than this.
const WIDEST = 8_000_000;
const ROOM = 24;
const TICK = 50;
const CALM_TICK = 500;

export class Chart {
  element = make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Timeline. Tab goes to the entries, arrow keys go from one to the next." });
  #canvas = make("div", { class: "canvas" });
  #axis = make("div", { class: "axis", "aria-hidden": "true" });
  #empty = make("p", { class: "empty" });
  #views = new Map();
  #lanes = [];
  // How many milliseconds are in view.
  #span = AT_FIRST;
  #start;
  #end;
  #follows = true;
  #frozen;
  #current;
  // Until somebody has come to an item, the newest one is the stop of the tab key.
  #touched = false;
  #shown;
  #expected = 0;
  #moved;
  #picked;
  #drawn;
  #frame;
  #stops = [];

  /** `moved()`: zoom or following has changed; `picked(item, tab)`: an item is looked at. */
  constructor(moved, picked) {
    this.#moved = moved;
    this.#picked = picked;
    this.#canvas.append(this.#axis, this.#empty);
    this.element.append(this.#canvas);
    setText(this.#empty, "Nothing yet.");
    this.element.addEventListener("scroll", () => this.#scrolled());
    this.element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    for (const type of ["pointerover", "focusin", "click"]) this.element.addEventListener(type, (event) => this.#look(event));
    this.element.addEventListener("pointerleave", () => this.#pick(this.#touched ? this.#current : undefined));
  }

  get follows() {
    return this.#follows;
  }

  /** Milliseconds in view, in words. */
  get span() {
    return length(this.#span);
  }

  start() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const resize = new ResizeObserver(() => this.#place());
    resize.observe(this.element);
    const turn = () => {
      this.#frame = requestAnimationFrame(turn);
      const now = performance.now();
      if (this.#frozen || this.element.hidden || now - (this.#drawn ?? 0) < (calm.matches ? CALM_TICK : TICK)) return;
      this.#drawn = now;
      this.#place(true);
    };
    turn();
    this.#stops = [() => resize.disconnect(), () => cancelAnimationFrame(this.#frame)];
  }

  stop() {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Takes in what there is, unless the picture stands still. */
  show(lanes) {
    if (this.#frozen) return;
    this.#lanes = lanes;
    const ids = new Set(lanes.map(({ id }) => id));
    for (const [id, view] of this.#views) {
      if (ids.has(id)) continue;
      view.element.remove();
      this.#views.delete(id);
    }
    for (const lane of lanes) {
      if (!this.#views.has(lane.id)) {
        const view = new LaneView();
        this.#views.set(lane.id, view);
        this.#canvas.append(view.element);
      }
      this.#views.get(lane.id).update(lane);
    }
    this.#empty.hidden = this.#all().length > 0;
    this.#settleCurrent();
    this.#place();
  }

  /** Whether the picture stands still. What happens meanwhile is recorded all the same. */
  freeze(frozen) {
    this.#frozen = frozen ? Date.now() : undefined;
  }

  follow(follows) {
    this.#follows = follows;
    this.#place();
    this.#moved();
  }

  /** Twice as near with 2. Around `x` in the view; without it around the end if it follows, otherwise around what was looked at. */
  zoom(factor, x) {
    const width = this.#width();
    const anchor = x ?? (this.#follows ? width : this.#anchor(width));
    const time = this.#timeAt(anchor);
    this.#span = Math.min(LONGEST, Math.max(SHORTEST, this.#span / factor));
    this.#place();
    if (!this.#follows) this.#scrollTo((time - this.#start) * this.#scale() - anchor);
    this.#moved();
  }

  /** All of it at once. */
  fit() {
    this.#place();
    this.#span = Math.min(LONGEST, Math.max(1_000, (this.#end - this.#start) * 1.02));
    this.#follows = true;
    this.#place();
    this.#moved();
  }

  /** All items of all lanes: `{ item, button, tab }`. */
  #all() {
    return [...this.#views.values()].flatMap(({ shown, title }) => shown.map((each) => ({ ...each, tab: title })));
  }

  #width() {
    return Math.max(50, this.element.clientWidth - NAME_COLUMN);
  }

  #scale() {
    return Math.min((this.#width() - ROOM) / this.#span, WIDEST / Math.max(1, this.#end - this.#start));
  }

  #timeAt(x) {
    return this.#start + (this.element.scrollLeft + x) / this.#scale();
  }

  #anchor(width) {
    const { item } = this.#current ?? {};
    const x = item && (item.at - this.#start) * this.#scale() - this.element.scrollLeft;
    return x >= 0 && x <= width ? x : width / 2;
  }

  #place(onlyMoving = false) {
    if (!this.#lanes.length) return;
    const now = this.#frozen ?? Date.now();
    const first = Math.min(...[...this.#views.values()].map(({ shown }) => shown[0]?.item.at ?? Infinity), now);
    // A token may have been obtained long ago; what counts is what was seen since.
    const start = Math.floor((Math.max(first, now - LONGEST) - 500) / 1_000) * 1_000;
    const before = { start: this.#start, scale: this.#end && this.#scale() };
    this.#start = start;
    this.#end = Math.max(now, start + this.#span);
    const scale = this.#scale();
    const moving = onlyMoving && before.start === start && before.scale === scale;
    const x = (at) => (at - start) * scale;
    this.#canvas.style.width = `${NAME_COLUMN + Math.ceil(x(this.#end)) + ROOM}px`;
    for (const view of this.#views.values()) view.place(x, now, moving);
    if (this.#follows) this.#scrollTo(this.#canvas.offsetWidth);
    else if (before.start !== undefined && before.start !== start) this.#scrollTo(this.element.scrollLeft + (before.start - start) * scale);
    this.#drawAxis();
  }

  #scrollTo(left) {
    this.element.scrollLeft = left;
    this.#expected = this.element.scrollLeft;
  }

  #scrolled() {
    this.#drawAxis();
    if (Math.abs(this.element.scrollLeft - this.#expected) < 2) return;
    this.#expected = this.element.scrollLeft;
    const atEnd = this.element.scrollLeft + this.element.clientWidth >= this.#canvas.offsetWidth - 2;
    if (atEnd === this.#follows) return;
    this.#follows = atEnd;
    this.#moved();
  }

  #drawAxis() {
    if (this.#start === undefined) return;
    const scale = this.#scale();
    const step = STEPS.find((step) => step * scale >= APART) ?? STEPS.at(-1);
    const from = this.#timeAt(-APART);
    const until = this.#timeAt(this.#width() + APART);
    const zone = new Date(from).getTimezoneOffset() * 60_000;
    const ticks = [];
    for (let at = Math.ceil((from - zone) / step) * step + zone; at <= until; at += step) ticks.push(at);
    this.#canvas.style.backgroundSize = `${step * scale}px 100%`;
    this.#canvas.style.backgroundPositionX = `${NAME_COLUMN + (ticks[0] - this.#start) * scale}px`;
    while (this.#axis.children.length > ticks.length) this.#axis.lastChild.remove();
    ticks.forEach((at, index) => {
      const tick = this.#axis.children[index] ?? this.#axis.appendChild(make("span"));
      setText(tick, clock(at, step < 1_000));
      tick.style.left = `${NAME_COLUMN + (at - this.#start) * scale}px`;
    });
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const x = event.clientX - this.element.getBoundingClientRect().left - NAME_COLUMN;
    this.zoom(event.deltaY < 0 ? 1.25 : 0.8, this.#follows ? undefined : Math.max(0, x));
  }

  // The picture is another one: the stop of the tab key and what is looked at stay what they were.
  #settleCurrent() {
    const all = this.#all();
    const still = (each) => each && all.find(({ button }) => button === each.button);
    const current = this.#touched ? still(this.#current) : undefined;
    this.#touched = current !== undefined;
    this.#makeCurrent(current ?? newest(all));
    this.#pick(still(this.#shown));
  }

  #makeCurrent(each) {
    if (this.#current && this.#current.button !== each?.button) this.#current.button.tabIndex = -1;
    this.#current = each;
    if (each) each.button.tabIndex = 0;
  }

  #pick(each) {
    if (this.#shown?.button !== each?.button) this.#shown?.button.classList.remove("shown");
    this.#shown = each;
    each?.button.classList.add("shown");
    this.#picked(each?.item, each?.tab);
  }

  #look(event) {
    const button = event.target.closest?.(".item");
    const each = button && this.#all().find((each) => each.button === button);
    if (!each) return;
    // A click does not give every browser's buttons the focus.
    if (event.type === "click") button.focus({ preventScroll: true });
    if (event.type !== "pointerover") {
      this.#touched = true;
      // What somebody looks at must not run away.
      if (this.#follows) this.follow(false);
      this.#makeCurrent(each);
    }
    this.#pick(each);
  }

  #key(event) {
    const button = event.target.closest?.(".item");
    if (!button || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = this.#next(button, event.key);
    if (!next) return;
    event.preventDefault();
    this.#reveal(next.item);
    next.button.focus({ preventScroll: true });
    next.button.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#expected = this.element.scrollLeft;
  }

  #next(button, key) {
    const views = [...this.#views.values()].filter(({ shown }) => shown.length);
    const lane = views.findIndex(({ shown }) => shown.some((each) => each.button === button));
    const { shown } = views[lane];
    const index = shown.findIndex((each) => each.button === button);
    if (key === "ArrowRight") return shown[index + 1];
    if (key === "ArrowLeft") return shown[index - 1];
    if (key === "Home") return shown[0];
    if (key === "End") return shown.at(-1);
    const other = key === "ArrowDown" ? views[lane + 1] : key === "ArrowUp" ? views[lane - 1] : undefined;
    const far = (each) => Math.abs(each.item.at - shown[index].item.at);
    return other?.shown.reduce((nearest, each) => (far(each) < far(nearest) ? each : nearest));
  }

  #reveal({ at }) {
    const x = (at - this.#start) * this.#scale();
    const width = this.#width();
    if (x < this.element.scrollLeft || x > this.element.scrollLeft + width) this.#scrollTo(x - width / 2);
  }
}

const newest = (all) => all.reduce((newest, each) => (!newest || each.item.at >= newest.item.at ? each : newest), undefined);
