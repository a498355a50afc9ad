//! What the project costs at run time: the session in the client, and the server beside another one.

pub mod server;

use anyhow::Result;

use crate::package;
use crate::workspace::Workspace;

/// What the session adds to a request.
pub fn session(workspace: &Workspace) -> Result<()> {
    package::build(workspace)?;
    workspace.program("node").arg(workspace.node().join("bench.mjs")).arg(workspace.package()).run()
}
