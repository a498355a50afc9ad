// One lane of the chart: the name of a tab, and its rows of marks and bars. Each of them is a button, so that it can be reached,
// named and asked about by whatever means somebody has.
import { make, setAttribute, setText } from "./dom.js";
import { draw, ROWS } from "./picture.js";
import { clock, tell } from "./words.js";

// The first row has the name of the tab beside it.
const NAMED = ROWS.slice(1);
const MARK = 14;
const LEAST_BAR = 4;
const LINE = 8;

export class LaneView {
  element = make("div", { class: "lane", role: "group" });
  /** Of what is drawn, in the order of time: `{ item, button }`. */
  shown = [];
  #title = make("b");
  #about = make("small");
  #rows = Object.fromEntries(ROWS.map((row) => [row, make("div", { class: `row ${row}` })]));
  #buttons = new Map();

  constructor() {
    const names = NAMED.map((row) => make("span", { class: `row-name ${row}`, "aria-hidden": "true" }, row));
    const name = make("div", { class: "name" }, make("p", {}, this.#title, this.#about), ...names);
    this.element.append(name, make("div", { class: "track" }, ...Object.values(this.#rows)));
  }

  get title() {
    return this.#title.textContent;
  }

  /** Takes in what the lane has. */
  update(lane) {
    const gone = lane.left !== undefined;
    setText(this.#title, lane.label ? `Tab ${lane.label}` : `Tab ${lane.id.slice(0, 4)}`);
    setText(this.#about, lane.own ? "this tab" : gone ? "closed" : "");
    this.element.classList.toggle("gone", gone);
    setAttribute(this.element, "aria-label", [this.title, this.#about.textContent].filter(Boolean).join(", "));
    const items = draw(lane);
    this.shown = items.map((item) => ({ item, button: this.#button(item) }));
    const keys = new Set(items.map(({ key }) => key));
    for (const [key, button] of this.#buttons) {
      if (keys.has(key)) continue;
      button.remove();
      this.#buttons.delete(key);
    }
    const lines = Math.max(1, ...items.map(({ line = 0 }) => line + 1));
    this.element.style.setProperty("--calls", `${lines * LINE + 5}px`);
  }

  /** Puts everything where it belongs: `x(at)` in pixels, up to `now`. */
  place(x, now, onlyMoving) {
    for (const { item, button } of this.shown) {
      const moves = item.shape !== "mark" && (item.end === undefined || item.end > now);
      if (onlyMoving && !moves && button.placed) continue;
      button.placed = !moves;
      placeItem(item, button, x, now);
    }
  }

  #button(item) {
    const known = this.#buttons.get(item.key);
    const button = known ?? make("button", { type: "button", tabindex: "-1" });
    if (!known) {
      this.#rows[item.row].append(button);
      this.#buttons.set(item.key, button);
    }
    button.placed = false;
    // Where the browser does not tell when it was sent, the bar is one.
    const whole = item.shape === "call" && !item.entry.sent ? " whole" : "";
    const shown = button.classList.contains("shown") ? " shown" : "";
    setAttribute(button, "class", `item ${item.shape} ${item.tone}${whole}${shown}`);
    setAttribute(button, "aria-label", [...tell(item), clock(item.at, true)].filter(Boolean).join(", "));
    return button;
  }
}

function placeItem(item, button, x, now) {
  const { shape, at, end = now, line } = item;
  if (shape === "mark") {
    button.style.left = `${x(at) - MARK / 2}px`;
    return;
  }
  const width = Math.max(LEAST_BAR, x(Math.min(end, now)) - x(at));
  button.style.left = `${x(at)}px`;
  button.style.width = `${width}px`;
  if (shape === "call") button.style.top = `${line * LINE + 2}px`;
  const parts = shape === "renewal" ? (item.sentAt === undefined ? [] : [{ at: item.sentAt, end }]) : (item.entry?.sent ?? []);
  while (button.children.length > parts.length) button.lastChild.remove();
  parts.forEach((part, index) => {
    const inner = button.children[index] ?? button.appendChild(make("i"));
    inner.style.left = `${Math.min(width - 2, x(part.at) - x(at))}px`;
    inner.style.width = `${Math.max(2, Math.min(x(part.end) - x(part.at), width - (x(part.at) - x(at))))}px`;
    setAttribute(inner, "class", part.status >= 400 ? "sent refused" : "sent");
  });
}
