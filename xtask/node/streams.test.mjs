import assert from "node:assert/strict";
import { test } from "node:test";
import binaryen from "binaryen";
import { join, split } from "./streams.mjs";

const assemble = (text) => {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  return Buffer.from(module.emitBinary());
};
const survives = (wasm) => {
  const text = split(wasm);
  assert.match(text, /^[ !#%&()*+,\-./0-9:;=>?@A-Z[\]^_a-z{|}~]*$/);
  assert.deepEqual(Buffer.from(join(text, wasm.length)), wasm);
};
const body = (code, results = "") => assemble(`(module (memory 1) (table 4 funcref) (func ${results} ${code}))`);
const numbers = (bits) => {
  const edges = [0n, 1n, -1n];
  for (let shift = 5n; shift < bits; shift++) edges.push(...[-1n, 0n, 1n].flatMap((d) => [(1n << shift) + d, -(1n << shift) + d]));
  return [...new Set(edges.map((n) => BigInt.asIntN(Number(bits), n)))];
};

test("an empty function survives", () => survives(body("")));

test("constants of every length survive", () => {
  survives(body(numbers(32n).map((n) => `(drop (i32.const ${n}))`).join("")));
  survives(body(numbers(64n).map((n) => `(drop (i64.const ${n}))`).join("")));
  survives(body("(drop (f32.const 1.5)) (drop (f64.const -0x1.8p-1000))"));
});

test("offsets of every length and unusual alignments survive", () => {
  const offsets = numbers(32n).map((n) => BigInt.asUintN(32, n));
  survives(body(offsets.map((n) => `(drop (i64.load offset=${n} align=1 (i32.const ${n})))`).join("")));
  survives(body(offsets.map((n) => `(i32.store16 offset=${n} (i32.const 1048576) (i32.const 2))`).join("")));
});

test("addresses of data survive in any order", () => {
  const addresses = [1048576, 1073741823, 1048577, 1073741824, 1048575, 2000000];
  survives(body(addresses.map((n) => `(drop (i32.load (i32.const ${n})))`).join("")));
});

test("branches, tables of branches, calls and locals survive", () => {
  survives(
    assemble(`(module
      (type $t (func (param i32) (result i32)))
      (import "a" "b" (func $b (param i32) (result i32)))
      (table 4 funcref)
      (elem (i32.const 0) $b $f)
      (global $g (mut i32) (i32.const 0))
      (func $f (export "f") (param i32) (result i32)
        (local i64) (local f32 f64) ${"(local i32)".repeat(300)}
        (block $x (block $y (block $z (br_table $x $y $z $x (local.get 0))) (br_if $y (local.get 299))))
        (loop $l (br_if $l (call $b (global.get $g))))
        (local.set 290 (call_indirect (type $t) (local.get 290) (i32.const 1)))
        (if (result i32) (local.get 290) (then (local.tee 0 (i32.const 7))) (else (unreachable)))))`),
  );
});

test("instructions of two bytes and of references survive", () => {
  survives(
    assemble(`(module (memory 1) (table $t 4 externref) (data "x")
      (func (param externref i32)
        (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
        (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))
        (data.drop 0)
        (drop (i32.trunc_sat_f64_s (f64.const 1)))
        (drop (select (result externref) (local.get 0) (ref.null extern) (local.get 1)))
        (table.set $t (i32.const 0) (table.get $t (i32.const 1)))
        (drop (table.grow $t (ref.null extern) (i32.const 1)))
        (drop (memory.grow (memory.size)))))`),
  );
});

test("more kinds of symbols than there are characters survive", () => {
  const loads = ["i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u", "i32.load16_s"];
  const operators = "add sub mul and or xor shl shr_s shr_u rotl rotr eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u".split(" ");
  const code = ["i32", "i64"].flatMap((type) =>
    operators.flatMap((operator) => Array(3).fill(`(drop (${type}.${operator} (${type}.const 3) (${type}.const 1000)))`)),
  );
  const floats = ["f32", "f64"].flatMap((type) =>
    "add sub mul div min max copysign eq ne lt gt le ge".split(" ").flatMap((operator) => Array(3).fill(`(drop (${type}.${operator} (${type}.const 1) (${type}.const 2)))`)),
  );
  const memory = loads.flatMap((load) => Array(3).fill(`(drop (${load} offset=9 (i32.const 70)))`));
  const wasm = body([...code, ...floats, ...memory].join(""));
  assert.ok(split(wasm).split("~").length > 31 + 76);
  survives(wasm);
});

test("an unknown instruction is refused", () => {
  const simd = body("(drop (v128.const i32x4 1 2 3 4))");
  assert.throws(() => split(simd), /no instruction is known with the opcode 0xfd/);
  const atomic = assemble("(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))");
  assert.throws(() => split(atomic), /no instruction is known with the opcode 0xfe/);
});

test("a file that is cut off is refused", () => {
  const wasm = body("(drop (i32.const 1))");
  assert.throws(() => split(wasm.subarray(0, wasm.length - 3)), /ends early/);
});
