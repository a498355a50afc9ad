// docs/CONNECT.md, taken apart.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = process.env.TOKENKEEP_ROOT ?? fileURLToPath(new URL("../../..", import.meta.url));

/** `blocks`: the code blocks, `{ language, text, line }`; `rows`: the cells of the tables' lines. */
export async function readGuide() {
  const guide = await readFile(join(root, "docs/CONNECT.md"), "utf8");
  const blocks = [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ index, 1: language, 2: text }) => ({ language, text, line: guide.slice(0, index).split("\n").length }));
  const rows = [...guide.matchAll(/^\| (.*?) \| (.*) \|$/gm)].map(([, left, right]) => ({ left, right }));
  return { blocks, rows, guide };
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
