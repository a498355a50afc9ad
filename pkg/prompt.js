// The entry `tokenkeep/prompt`: the element <tokenkeep-prompt>, which defines itself in a browser.
import { makePrompt } from "./prompt/element.js";

export function definePrompt(name = "tokenkeep-prompt") {
  // On a server there are no elements.
  const { customElements } = globalThis;
  if (!customElements) return undefined;
  // A class of its own for each name: the registry takes none twice.
  if (!customElements.get(name)) customElements.define(name, makePrompt());
  return customElements.get(name);
}

definePrompt();
