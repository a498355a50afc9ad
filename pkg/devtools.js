// The entry `tokenkeep/devtools`: the element <tokenkeep-devtools>, which defines itself in a browser, and a way to put it on a page.
import { makeDevtools } from "./devtools/element.js";
import { checkOptions, checkSession } from "./devtools/input.js";

export function defineDevtools(name = "tokenkeep-devtools") {
  // On a server there are no elements.
  const { customElements } = globalThis;
  if (!customElements) return undefined;
  // A class of its own for each name: the registry takes none twice.
  if (!customElements.get(name)) customElements.define(name, makeDevtools());
  return customElements.get(name);
}

/** Shows what `session` does: at the end of `into`, or docked to the bottom of the window. */
export function devtools(session, options = {}) {
  checkSession(session);
  checkOptions(options);
  const Devtools = defineDevtools();
  if (!Devtools) return undefined;
  const { into, name, tab } = options;
  const element = new Devtools();
  if (name !== undefined) element.name = name;
  if (tab !== undefined) element.tab = tab;
  element.session = session;
  element.toggleAttribute("docked", !into);
  (into ?? document.body).append(element);
  return element;
}

defineDevtools();
