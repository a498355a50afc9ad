// A value as one would write it in a source.

const WIDTH = 100;

/** In one line where it fits, `indent` being what stands before the lines that follow. */
export function literal(value, indent = "") {
  const line = flat(value);
  if (line.length + indent.length <= WIDTH || typeof value !== "object") return line;
  const inner = `${indent}  `;
  const items = Array.isArray(value) ? value.map((item) => literal(item, inner)) : Object.entries(value).map(([name, item]) => `${key(name)}: ${literal(item, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}${close}`;
}

function flat(value) {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(flat).join(", ")}]`;
  const items = Object.entries(value).map(([name, item]) => `${key(name)}: ${flat(item)}`);
  return items.length ? `{ ${items.join(", ")} }` : "{}";
}

const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
