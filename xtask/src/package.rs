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

/// All that `pkg/core.js` calls.
const EXPORTS: [&str; 6] = ["memory", "begin", "handle", "fresh", "__wbindgen_malloc", "__wbindgen_free"];

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

    // What wasm-bindgen exports beside that is for its own glue.
    let graph = bound.join("exports.json");
    fs::write(&graph, exports())?;
    let needed = bound.join("needed.wasm");
    let tools = workspace.node().join("node_modules/.bin");
    workspace
        .program(tools.join("wasm-metadce"))
        .arg(bound.join("tokenkeep_bg.wasm"))
        .arg("--graph-file")
        .arg(graph)
        .args(WASM_FEATURES)
        .arg("-o")
        .arg(&needed)
        .read()?;

    let package = workspace.package().join("wasm");
    fs::create_dir_all(&package)?;
    workspace
        .program(tools.join("wasm-opt"))
        // Merging functions with one caller into it shortens the wasm by 3 %, but lengthens it by 4 % once compressed.
        // Nothing lies below 1024 but the end of a stack that overflows.
        .args(
            "-Oz --one-caller-inline-max-function-size=0 --low-memory-unused --strip-producers --strip-target-features",
        )
        .args(WASM_FEATURES)
        .arg(needed)
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

/// What is needed, as `wasm-metadce` reads it: a graph with one root.
fn exports() -> String {
    let nodes = EXPORTS.map(|name| format!(r#"{{"name":"{name}","export":"{name}"}}"#)).join(",");
    let names = EXPORTS.map(|name| format!(r#""{name}""#)).join(",");
    format!(r#"[{{"name":"outside","root":true,"reaches":[{names}]}},{nodes}]"#)
}
