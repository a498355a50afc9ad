//! Building the npm package: `pkg/wasm`.

use std::fs;

use anyhow::Result;

use crate::setup::{self, Need};
use crate::workspace::Workspace;

pub const NEEDS: &[Need] = &[Need::Wasm, Need::WasmBindgen, Need::NodeTools];

const TARGET: &str = "wasm32-unknown-unknown";

/// Each one named: wasm-opt's `--all-features` writes encodings that no browser takes.
const WASM_FEATURES: &str = "--enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue \
    --enable-mutable-globals --enable-nontrapping-float-to-int --enable-sign-ext";

/// Nothing but numbers goes in and out, so there need be no table of JavaScript's objects.
const RUSTFLAGS: &str = "-Cpanic=immediate-abort -Zunstable-options -Zlocation-detail=none -Zfmt-debug=none \
    -Ctarget-feature=-reference-types";

pub fn build(workspace: &Workspace) -> Result<()> {
    setup::ensure(workspace, NEEDS)?;

    // The standard library is built along, for size and without panic messages: about a seventh less to download.
    // That needs switches which rustc still calls unstable. They are used for nothing but this package, in a
    // directory of its own, so that they disturb no other build.
    // As a cdylib alone: beside an rlib cargo would leave out the link-time optimisation, a seventh of the weight.
    let target_dir = workspace.target().join("npm");
    workspace
        .program("cargo")
        .args("rustc --lib --crate-type cdylib --features js --profile wasm --target")
        .arg(TARGET)
        .args("-Z build-std=std,panic_abort -Z build-std-features=optimize_for_size")
        .arg("--target-dir")
        .arg(&target_dir)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", RUSTFLAGS)
        .run()?;

    // What it writes beside the wasm is not used: `pkg/core.js` stands in its place.
    let bound = target_dir.join("bindgen");
    let compiled = target_dir.join(TARGET).join("wasm/tokenkeep.wasm");
    workspace
        .program("wasm-bindgen")
        .args("--target web --omit-default-module-path --no-typescript --out-name tokenkeep --out-dir")
        .arg(&bound)
        .arg(compiled)
        .run()?;

    let package = workspace.package().join("wasm");
    fs::create_dir_all(&package)?;
    workspace
        .program(workspace.node().join("node_modules/.bin/wasm-opt"))
        // Merging functions with one caller into it shortens the wasm by 3 %, but lengthens it by 4 % once compressed.
        .args("-Oz --one-caller-inline-max-function-size=0 --strip-producers --strip-target-features")
        .args(WASM_FEATURES)
        .arg(bound.join("tokenkeep_bg.wasm"))
        .arg("-o")
        .arg(package.join("tokenkeep_bg.wasm"))
        .run()?;
    // The same data that the crate has (`src/protocol/presets.rs`). In JavaScript it weighs less, and the options can be
    // checked against it.
    let presets = fs::read_to_string(workspace.root().join("src/protocol/presets.json"))?;
    fs::write(package.join("presets.js"), format!("export default {};\n", presets.trim_end()))?;
    workspace.program("node").arg(workspace.node().join("sort.mjs")).arg(package.join("tokenkeep_bg.wasm")).run()?;
    workspace
        .program("node")
        .arg(workspace.node().join("inline.mjs"))
        .arg(package.join("tokenkeep_bg.wasm"))
        .arg(package.join("inline.js"))
        .run()
}
