import assert from "node:assert/strict";
import { test } from "node:test";
import binaryen from "binaryen";
import { functions, sections } from "./instructions.mjs";
import { sort } from "./sort.mjs";

const assemble = (text) => {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  return Buffer.from(module.emitBinary());
};
const bodies = (wasm) => functions(wasm, sections(wasm).find(({ id }) => id === 10));

test("a sorted module does what it did, by calls, tables, exports, references and its start", async () => {
  const wasm = assemble(`(module
    (type $two (func (param i32 i32) (result i32)))
    (type $none (func (result i32)))
    (import "host" "add" (func $add (type $two)))
    (global $started (mut i32) (i32.const 0))
    (table $t 4 funcref)
    (elem (i32.const 1) $add $three $less)
    (elem declare func $three)
    (func $less (type $two) (local f64) (i32.sub (local.get 0) (local.get 1)))
    (func $three (type $none) (local i64) (i32.const 3))
    (func $times (type $two) (i32.mul (local.get 0) (local.get 1)))
    (func $begin (global.set $started (call $three)))
    (start $begin)
    (func (export "run") (result i32)
      (table.set $t (i32.const 0) (ref.func $three))
      (call $times
        (call_indirect (type $two) (call $add (i32.const 40) (global.get $started)) (call $less (i32.const 9) (i32.const 2)) (i32.const 3))
        (i32.add (call_indirect (type $none) (i32.const 0)) (call_indirect (type $none) (i32.const 2))))))`);
  const sorted = sort(wasm);
  const run = async (bytes) => {
    const { instance } = await WebAssembly.instantiate(bytes, { host: { add: (a, b) => a + b } });
    return instance.exports.run();
  };
  assert.notDeepEqual(sorted, wasm);
  assert.equal(await run(wasm), 216);
  assert.equal(await run(sorted), 216);
});

test("functions that declare the same locals become neighbours", () => {
  const names = ["f64", "i64", "f64", "i64", ""].map((type, i) => `(func (export "f${i}") ${type && `(local ${type})`})`);
  const locals = bodies(sort(assemble(`(module ${names.join("")})`))).map(({ locals }) => locals.map(([, type]) => type).join());
  assert.equal(new Set(locals).size, locals.filter((type, i) => type !== locals[i - 1]).length);
});

test("what may name functions otherwise is refused", () => {
  assert.throws(() => sort(assemble("(module (func $f) (global funcref (ref.func $f)) (export \"f\" (func $f)))")), /may refer to a function/);
  assert.throws(() => sort(assemble("(module (func $f) (table 1 funcref) (elem (table 0) (i32.const 0) funcref (ref.func $f) (ref.null func)))")), /are not known/);
});
