// docs/CONNECT.md, taken apart.
import { readDocument, root } from "../../docs/support/document.mjs";

export { root };

/** See {@link readDocument}; `guide` is all of its text. */
export async function readGuide() {
  const { text: guide, ...parts } = await readDocument("CONNECT");
  return { guide, ...parts };
}

/** The arguments of every `new Session(…)` in a text. */
export function sessionsIn(text) {
  return [...text.matchAll(/new Session\(/g)].map(({ index, 0: { length } }) => {
    let depth = 1;
    let end = index + length;
    for (; depth > 0; end++) depth += text[end] === "(" ? 1 : text[end] === ")" ? -1 : 0;
    return text.slice(index + length, end - 1);
  });
}

/** A command line as a shell takes it apart. */
export const words = (line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
