//! What the session costs at run time.

use anyhow::Result;

use crate::package;
use crate::workspace::Workspace;

pub fn run(workspace: &Workspace) -> Result<()> {
    package::build(workspace)?;
    workspace.program("node").arg(workspace.node().join("bench.mjs")).arg(workspace.package()).run()
}
