// What makes a wasm file compress better: `split` takes its code apart into streams of like numbers and writes them as
// text; `join` makes the same file of that text again. What that is worth stands in inline.mjs.
//
// The text has parts with "~" between them: the streams below, then the symbols. A symbol is one character for the
// stream of the number that ends an instruction, if there is one, and the bytes before that number; so one symbol is
// `i32.load` with its usual alignment, another `block` without a result. The code names symbols by their place.

import { functions, sections } from "./instructions.mjs";

// Printable ASCII without what needs escapes in some kind of string, without "<", for "</script", and without "~".
const LETTERS = [...Array(94).keys()].map((i) => i + 32).filter((code) => !"\"'`\\$<".includes(String.fromCharCode(code)));
// Numbers below take one character, and so do the first symbols.
const SMALL = 76;

const END = 0; // No stream: what a function's last symbol has.
const BEFORE = 0; // The sections before the code, byte by byte,
const AFTER = 1; // and those after it.
const CODE = 2; // The symbols, function after function.
const LOCALS = 3; // How many functions there are, and the locals that each declares.
const OTHER = 4; // Bytes for which there is no symbol.
const NONE = 5; // No stream: what symbols without a number have.
// What is added or compared, or loaded from, tells much about a number: eight streams, by the character of the next symbol.
const GROUPS = 8;
const GET = 6;
const CONST = GET + GROUPS;
const SET = CONST + GROUPS;
const LOAD = SET + 1;
const STORE = LOAD + 1;
const CALL = STORE + 1;
const LABEL = CALL + 1;
const GLOBAL = LABEL + 1;
const TYPE = GLOBAL + 1;
const LONG = TYPE + 1;
const ADDRESS = LONG + 1; // Of data, as differences.
const STREAMS = ADDRESS + 1;

// Where linkers put data.
const FIRST_ADDRESS = 2 ** 20;
// A symbol that is met less often costs more than it saves.
const WORTH = 3;
// About what it costs to say in a group that a number is met there.
const BITS_OF_A_NUMBER = 5;

/** The wasm file of so many bytes that `split` made `text` of. Browsers download it, so it is written to be short. */
export function join(text, size) {
  const places = new Uint8Array(128);
  for (let code = 32, place = 0; code < 126; code++) {
    if (![34, 36, 39, 60, 92, 96].includes(code)) places[code] = place++;
  }
  const codes = new TextEncoder().encode(text + "~");
  const heads = [0];
  for (let i = 0; (i = codes.indexOf(126, i) + 1); ) heads.push(i);
  const wasm = new Uint8Array(size);
  let end = 0;

  const number = (stream) => {
    const n = places[codes[heads[stream]++]];
    return n < 76 ? n : (n + 12 * number(stream)) | 0;
  };
  const write = (n, most) => {
    for (; n > most || n < -64; n >>= 7) wasm[end++] = n | 128;
    wasm[end++] = n & 127;
  };
  const copy = (part) => {
    for (let i = heads[part], code; (code = codes[i++]) < 126; ) {
      wasm[end++] = code < 123 ? code : (code - 123) * 88 + places[codes[i++]];
    }
  };
  const symbols = [];
  for (let i = 31; heads[i]; i++) {
    end = 0;
    symbols.push([codes[heads[i]++] - 40, ...(copy(i), wasm.slice(0, end))]);
  }
  end = 0;
  copy(0);
  let address = 0;
  const step = () => {
    const symbol = symbols[number(2)];
    const stream = symbol[0];
    for (let i = 1; i < symbol.length; ) wasm[end++] = symbol[i++];
    if (stream === 4) for (let n = number(4); n--; ) wasm[end++] = number(4);
    if (stream > 5) {
      let n = number(stream < 22 ? stream + (codes[heads[2]] & 7) : stream);
      if (stream === 14 || stream > 28) {
        n = (n >>> 1) ^ -(n & 1);
        write(stream > 29 ? (address += n) : n, 63);
      } else if (n < 128) wasm[end++] = n;
      else write(n, 127);
    }
    return stream;
  };
  while (codes[heads[2]] < 126) {
    const start = end;
    let n = number(3);
    write(n, 127);
    while (n--) {
      write(number(3), 127);
      wasm[end++] = 127 - number(3);
    }
    while (step());
    n = end - start;
    write(n, 127);
    const length = end - start - n;
    wasm.copyWithin(start + length, start, start + n);
    end = start;
    write(n, 127);
    end += n;
  }
  copy(1);
  return wasm;
}

/** The text of a wasm file. Throws at an instruction that it does not know. */
export function split(wasm) {
  const section = sections(wasm).find(({ id }) => id === 10);
  const streams = Array.from({ length: STREAMS }, () => "");
  const put = (stream, ...numbers) => {
    for (const n of numbers) streams[stream] += spell(n);
  };
  if (!section) throw new Error("the wasm has no code");
  const all = functions(wasm, section);
  streams[BEFORE] = encode(wasm.subarray(0, all.start));
  streams[AFTER] = encode(wasm.subarray(section.end));

  for (const { locals } of all) put(LOCALS, locals.length, ...locals.flatMap(([count, type]) => [count, 127 - type]));

  const pieces = all.flatMap(({ code }) => code.flatMap((instruction, i) => cut(instruction, i === code.length - 1)));
  const symbols = choose(pieces);
  const spelled = pieces.map(({ symbol }) => spell(symbols.places.get(symbol) ?? symbols.places.get("")));
  let address = 0;
  pieces.forEach(({ symbol, stream, n, bytes }, i) => {
    streams[CODE] += spelled[i];
    if (!symbols.places.has(symbol)) put(OTHER, bytes.length, ...bytes);
    else if (stream === ADDRESS) {
      put(ADDRESS, zigzag(n - address));
      address = n;
    } else if (stream === GET || stream === CONST) put(stream + (spelled[i + 1].charCodeAt() & (GROUPS - 1)), n);
    else if (stream > NONE) put(stream, n);
  });
  return [...streams, ...symbols.texts].join("~");
}

/** What an instruction is cut into: bytes that symbols may stand for, each with the number after them, if there is one. */
function cut({ opcode, kind, value, split, end, bytes }, last) {
  const piece = (stream, start, n, whole) => ({ symbol: `${stream} ${Array.from(start)}`, stream, start, n, bytes: whole });
  if (last) return [piece(END, bytes, undefined, bytes)];
  const [stream, n] = place(opcode, kind, value);
  if (stream === NONE) return [piece(NONE, bytes, undefined, bytes)];
  const pieces = [piece(stream, bytes.subarray(0, split), n, bytes.subarray(0, end))];
  if (end) pieces.push(piece(NONE, bytes.subarray(end), undefined, bytes.subarray(end)));
  return pieces;
}

/** The stream that the number of an instruction belongs in, and how the number is written there. */
function place(opcode, kind, value) {
  // `join` has 32 bits for a number.
  if (value === undefined || value >= 2 ** 31 || value < -(2 ** 31)) return [NONE];
  const n = Number(value);
  if (kind === "l") return [opcode === 0x20 ? GET : SET, n];
  if (kind === "o") return [opcode < 0x36 ? LOAD : STORE, n];
  if (kind === "i") return n >= FIRST_ADDRESS && n < 2 ** 30 ? [ADDRESS, n] : [CONST, zigzag(n)];
  return [{ j: LONG, f: CALL, d: LABEL, g: GLOBAL, t: TYPE }[kind], kind === "j" ? zigzag(n) : n];
}

/** Which pieces become symbols, which places these have, and how they are written. */
function choose(pieces) {
  const other = { symbol: "", stream: OTHER, start: [] };
  const found = new Map();
  for (const piece of pieces) {
    if (!found.has(piece.symbol)) found.set(piece.symbol, { sample: piece, count: 0 });
    found.get(piece.symbol).count++;
  }
  const worth = [...found.values()].filter(({ sample, count }) => count >= WORTH || sample.stream === END);
  const rare = [...found.values()].filter((symbol) => !worth.includes(symbol)).reduce((sum, { count }) => sum + count, 0);
  const ranked = [...worth, { sample: other, count: rare }].sort((a, b) => b.count - a.count).map(({ sample }) => sample);

  const frequent = arrange(ranked.slice(0, SMALL), pieces);
  const order = [...Array.from({ length: SMALL }, (_, place) => frequent.get(place)), ...ranked.slice(SMALL)];
  const places = new Map();
  order.forEach((sample, place) => sample && places.set(sample.symbol, place));
  const texts = order.map((sample) => (sample ? String.fromCharCode(sample.stream + 40) + encode(sample.start) : ""));
  return { places, texts };
}

/**
 * Gives the symbols of one character the places by which the numbers before them are grouped best: begins somewhere and
 * swaps two as long as that makes the entropy of the groups smaller.
 */
function arrange(symbols, pieces) {
  const free = Array.from({ length: GROUPS }, () => []);
  for (let place = 0; place < SMALL; place++) free[LETTERS[place] % GROUPS].push(place);

  // How often each number stands before each symbol.
  const columns = new Map();
  const rows = new Map(symbols.map(({ symbol }) => [symbol, []]));
  pieces.forEach(({ stream, n }, i) => {
    const row = rows.get(pieces[i + 1]?.symbol);
    if (!row || (stream !== GET && stream !== CONST)) return;
    const number = `${stream} ${n}`;
    if (!columns.has(number)) columns.set(number, columns.size);
    row.push(columns.get(number));
  });
  const ofGet = Uint8Array.from(columns.keys(), (number) => Number(number.startsWith(`${GET} `)));
  const counts = Array.from({ length: SMALL }, (_, i) => {
    const row = new Int32Array(columns.size);
    for (const column of rows.get(symbols[i]?.symbol) ?? []) row[column]++;
    return row;
  });

  const weight = Float64Array.from({ length: pieces.length + 1 }, (_, n) => (n ? n * Math.log2(n) : 0));
  const bits = (sums) => {
    const totals = [0, 0];
    let all = 0;
    sums.forEach((sum, column) => {
      if (sum) all += BITS_OF_A_NUMBER - weight[sum];
      totals[ofGet[column]] += sum;
    });
    return all + weight[totals[0]] + weight[totals[1]];
  };

  const group = [];
  for (let i = 0; i < SMALL; i++) {
    // One group after the other, as far as there are places in it.
    const taken = (g) => group.filter((other) => other === g).length;
    let g = i % GROUPS;
    while (taken(g) === free[g].length) g = (g + 1) % GROUPS;
    group.push(g);
  }
  const sums = free.map((_, g) => {
    const rowsOfGroup = counts.filter((_, i) => group[i] === g);
    return Int32Array.from({ length: columns.size }, (_, column) => rowsOfGroup.reduce((sum, row) => sum + row[column], 0));
  });
  const costs = sums.map(bits);
  for (let better = true; better; ) {
    better = false;
    for (let i = 0; i < SMALL; i++) {
      for (let j = i + 1; j < SMALL; j++) {
        const [a, b] = [group[i], group[j]];
        if (a === b) continue;
        const inA = sums[a].map((sum, c) => sum - counts[i][c] + counts[j][c]);
        const inB = sums[b].map((sum, c) => sum + counts[i][c] - counts[j][c]);
        const [bitsA, bitsB] = [bits(inA), bits(inB)];
        if (bitsA + bitsB > costs[a] + costs[b] - 1) continue;
        [sums[a], sums[b], costs[a], costs[b], group[i], group[j]] = [inA, inB, bitsA, bitsB, b, a];
        better = true;
      }
    }
  }
  return new Map(symbols.map((symbol, i) => [free[group[i]].shift(), symbol]));
}

function encode(bytes) {
  let text = "";
  for (const byte of bytes) {
    if (byte < 123 && LETTERS.includes(byte)) text += String.fromCharCode(byte);
    else text += String.fromCharCode(123 + Math.floor(byte / LETTERS.length), LETTERS[byte % LETTERS.length]);
  }
  return text;
}

function spell(n) {
  const more = LETTERS.length - SMALL;
  let text = "";
  for (; n >= SMALL; n = Math.floor((n - SMALL) / more)) text += String.fromCharCode(LETTERS[SMALL + ((n - SMALL) % more)]);
  return text + String.fromCharCode(LETTERS[n]);
}

const zigzag = (n) => (n < 0 ? -2 * n - 1 : 2 * n);
