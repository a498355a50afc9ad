// The same as the lanes show, as a table: the newest first.
import { make } from "./dom.js";
import { draw } from "./picture.js";
import { clock, length, tell } from "./words.js";

const MOST = 300;
const HEADS = ["At", "Tab", "What", "Why", "Took"];

export class List {
  element = make("div", { class: "list", tabindex: "0", role: "group", "aria-label": "What happened, the newest first", hidden: "" });
  #body = make("tbody");

  constructor() {
    const heads = HEADS.map((head) => make("th", { scope: "col" }, head));
    this.element.append(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), this.#body));
  }

  show(lanes) {
    const rows = lanes.flatMap((lane) => draw(lane).map((item) => ({ item, tab: lane.label ?? lane.id.slice(0, 4) })));
    rows.sort((one, other) => other.item.at - one.item.at);
    this.#body.replaceChildren(...rows.slice(0, MOST).map(row));
  }
}

function row({ item, tab }) {
  const [what, why = ""] = tell(item);
  const took = item.shape === "mark" ? "" : item.end === undefined ? "goes on" : length(item.end - item.at);
  const sample = make("i", { class: `sample ${item.shape} ${item.tone}` });
  return make("tr", {}, ...[clock(item.at, true), tab].map((text) => make("td", {}, text)), make("td", {}, sample, what), make("td", {}, why), make("td", {}, took));
}
