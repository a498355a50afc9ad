// The package's devtools as a panel of this page.
import { byId } from "./dom.js";

const ELEMENT = "/pkg/devtools.js";

/** Returns what shows the lanes of a session, and then what puts a mark of ours into this tab's. */
export async function loadLanes() {
  const { devtools } = await import(ELEMENT);
  return (session, tab) => {
    const panel = devtools(session, { into: byId("lanes"), tab });
    return (text) => panel.mark(text);
  };
}
