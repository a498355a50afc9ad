// The report for somebody who looks into a bug: what the lanes show, as data. Its format is described in docs/DEVTOOLS.md.

const FORMAT = "tokenkeep-devtools";
const VERSION = 1;

export function report(lanes) {
  return {
    format: FORMAT,
    version: VERSION,
    exportedAt: new Date().toISOString(),
    browser: navigator.userAgent,
    tabs: lanes.map(({ id, label, own, since, left, entries }) => ({ id, label, own, since, left, entries: [...entries.values()].map((entry) => ({ ...entry })) })),
  };
}

export const inJson = (data) => JSON.stringify(data, undefined, 1);

/** Hands it to the user as a file. */
export function download(text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `tokenkeep-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.json`;
  link.click();
  // The browser may take its time to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Puts it on the clipboard; whether that worked. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No permission, or no such thing.
    return copyByHand(text);
  }
}

function copyByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus();
  return done;
}
