// The package's devtools as a panel of this page.
import { byId } from "./dom.js";

const ELEMENT = "/pkg/devtools.js";

/** Returns what puts a mark of ours into this tab's lane. */
export async function showLanes(session, tab) {
  const { devtools } = await import(ELEMENT);
  const panel = devtools(session, { into: byId("lanes"), tab });
  return (text) => panel.mark(text);
}
