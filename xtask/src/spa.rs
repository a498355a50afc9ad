//! Building the example that is a Rust SPA: what `trunk` would do, in three steps.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::setup::{self, Need};
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// The directory of its sources.
pub fn example(workspace: &Workspace) -> PathBuf {
    workspace.root().join("examples/yew")
}

/// The directory of the page.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    setup::ensure(workspace, &[Need::Wasm, Need::WasmBindgen])?;
    let example = example(workspace);
    workspace.program("cargo").args("build --locked --target").arg(TARGET).dir(&example).run()?;

    let page = workspace.target().join("examples/yew");
    fs::create_dir_all(&page)?;
    workspace
        .program("wasm-bindgen")
        .args("--target web --no-typescript --out-name app --out-dir")
        .arg(&page)
        .arg(workspace.target().join(TARGET).join("debug/tokenkeep-yew-example.wasm"))
        .run()?;
    let index = example.join("index.html");
    fs::copy(&index, page.join("index.html")).with_context(|| format!("cannot copy {}", index.display()))?;
    Ok(page)
}
