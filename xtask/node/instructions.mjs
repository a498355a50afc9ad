// Reads the code of a wasm file, instruction after instruction.

// What follows an opcode: l local, f function, g global, d label, t type and table, y type of a block, m memory, b table,
// a alignment and offset, i i32, j i64, F f32, D f64, s segment, h type of a reference, T labels of br_table, S types.
const operands = new Map();
const know = (letters, ...opcodes) => opcodes.forEach((opcode) => operands.set(opcode, letters));
const range = (first, last) => [...Array(last - first + 1).keys()].map((i) => first + i);
know("", 0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1, ...range(0x45, 0xc4), ...range(0xfc00, 0xfc07));
know("y", 0x02, 0x03, 0x04);
know("d", 0x0c, 0x0d);
know("T", 0x0e);
know("f", 0x10, 0xd2);
know("t", 0x11);
know("S", 0x1c);
know("l", 0x20, 0x21, 0x22);
know("g", 0x23, 0x24);
know("b", 0x25, 0x26, 0xfc0f, 0xfc10, 0xfc11);
know("a", ...range(0x28, 0x3e));
know("m", 0x3f, 0x40, 0xfc0b);
know("i", 0x41);
know("j", 0x42);
know("F", 0x43);
know("D", 0x44);
know("h", 0xd0);
know("sm", 0xfc08);
know("s", 0xfc09, 0xfc0d);
know("mm", 0xfc0a);
know("sb", 0xfc0c);
know("bb", 0xfc0e);

export class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    Object.assign(this, { bytes, at, end });
  }

  byte() {
    if (this.at >= this.end) throw new Error(`the wasm ends early, at ${this.at}`);
    return this.bytes[this.at++];
  }

  skip(count) {
    const start = this.at;
    this.at += count;
    if (this.at > this.end) throw new Error(`the wasm ends early, at ${start}`);
    return this.bytes.subarray(start, this.at);
  }

  unsigned() {
    let n = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      n += (byte & 127) * scale;
      if (byte < 128) return n;
    }
  }

  signed() {
    let n = 0n;
    for (let shift = 0n; ; ) {
      const byte = this.byte();
      n |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (byte < 128) return BigInt.asIntN(Number(shift), n);
    }
  }
}

/** The sections of a wasm file: their number, and where they and what is in them begin and end. */
export function sections(wasm) {
  const reader = new Reader(wasm, 8);
  const found = [];
  while (reader.at < wasm.length) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.unsigned();
    found.push({ id, start, body: reader.at, end: reader.at + size });
    reader.skip(size);
  }
  return found;
}

/**
 * The functions of a code section, and at which byte they `start`. Each has its locals and its instructions; these have
 * their opcode and bytes and, where an operand is a number that varies, its `kind`, its `value`, and where in the bytes
 * it begins (`split`) and, if that is not with them, ends (`end`).
 */
export function functions(wasm, { body, end }) {
  const reader = new Reader(wasm, body, end);
  const count = reader.unsigned();
  const start = reader.at;
  const all = Array.from({ length: count }, () => {
    const size = reader.unsigned();
    const inner = new Reader(wasm, reader.at, reader.at + size);
    reader.skip(size);
    const locals = Array.from({ length: inner.unsigned() }, () => [inner.unsigned(), inner.byte()]);
    const code = [];
    while (inner.at < inner.end) code.push(instruction(inner));
    return { locals, code };
  });
  return Object.assign(all, { start });
}

function instruction(reader) {
  const start = reader.at;
  let opcode = reader.byte();
  if (opcode === 0xfc) opcode = 0xfc00 + reader.unsigned();
  const letters = operands.get(opcode);
  if (letters === undefined) throw new Error(`no instruction is known with the opcode 0x${opcode.toString(16)}, at ${start}`);
  const read = { opcode };
  const value = (kind, n) => Object.assign(read, { kind, value: n });
  for (const letter of letters) {
    const at = reader.at - start;
    if ("lfgd".includes(letter)) value(letter, reader.unsigned());
    else if ("ij".includes(letter)) value(letter, reader.signed());
    else if (letter === "a") {
      const alignment = reader.unsigned();
      if (alignment > 63) throw new Error(`a memory other than the first is not known, at ${start}`);
      read.split = reader.at - start;
      value("o", reader.unsigned());
    } else if (letter === "t") {
      value("t", reader.unsigned());
      read.end = reader.at - start;
      reader.unsigned();
    } else if (letter === "y" || letter === "h") reader.signed();
    else if (letter === "F") reader.skip(4);
    else if (letter === "D") reader.skip(8);
    else if (letter === "T") for (let n = reader.unsigned() + 1; n--; ) reader.unsigned();
    else if (letter === "S") for (let n = reader.unsigned(); n--; ) reader.byte();
    else reader.unsigned();
    if (read.kind) read.split ??= at;
  }
  read.bytes = reader.bytes.subarray(start, reader.at);
  return read;
}
