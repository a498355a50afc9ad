//! What the npm package costs those who download it.

use anyhow::Result;

use crate::package;
use crate::workspace::Workspace;

/// In bytes, compressed with brotli 11: what the default entry may weigh, bundled and minified, wasm included.
const LIMIT: u32 = 36_000;

/// The same of the devtools, which nobody downloads but developers: to notice when they grow.
const DEVTOOLS_LIMIT: u32 = 15_000;

pub fn run(workspace: &Workspace) -> Result<()> {
    package::build(workspace)?;
    report(workspace)
}

/// Weighs what was built before.
pub fn report(workspace: &Workspace) -> Result<()> {
    workspace
        .program("node")
        .arg(workspace.node().join("size.mjs"))
        .arg(workspace.package())
        .arg(LIMIT.to_string())
        .arg(DEVTOOLS_LIMIT.to_string())
        .run()
}
