// The pages of docs/, taken apart.
import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = process.env.TOKENKEEP_ROOT ?? fileURLToPath(new URL("../../..", import.meta.url));

/**
 * `blocks`: the code, `{ language, text, line, file }`, where `file` is the name in a first line such as `// guard.js`; `rows`: the
 * cells of the tables' lines, `{ left, right }`; `text`: all of it.
 */
export async function readDocument(name) {
  const text = await readFile(join(root, "docs", `${name}.md`), "utf8");
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ index, 1: language, 2: code }) => {
    const line = text.slice(0, index).split("\n").length;
    return { language, text: code, line, file: /^\/\/ (\S+\.\w+)\n/.exec(code)?.[1] };
  });
  const rows = [...text.matchAll(/^\| (.*?) \| (.*) \|$/gm)].map(([, left, right]) => ({ left, right }));
  return { text, blocks, rows };
}

/** Those of the blocks that are files, by name. */
export const filesOf = ({ blocks }) => new Map(blocks.filter(({ file }) => file).map(({ file, text }) => [file, text]));

/** Fails where a link of a page in docs/ leads nowhere: to a file that is not there, or a heading. */
export async function linksLead({ text }) {
  for (const [, target] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
    const [path, anchor] = target.split("#");
    const page = path ? join(root, "docs", path) : undefined;
    await access(page ?? root).catch(() => assert.fail(`${target}: there is no such file`));
    if (!anchor) continue;
    const headings = [...(page ? await readFile(page, "utf8") : text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading));
    assert.ok(headings.includes(anchor), `${target}: there is no such heading; there are ${headings.join(", ")}`);
  }
}

// As GitHub makes them.
const slug = (heading) => heading.toLowerCase().replace(/`/g, "").replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/ /g, "-");
