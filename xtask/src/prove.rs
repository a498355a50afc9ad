//! The proofs, for longer than CI has time: more simulated worlds, and the explorations that take minutes.

use anyhow::Result;

use crate::workspace::Workspace;

/// How many worlds are simulated unless told otherwise.
pub const WORLDS: u64 = 500_000;

/// `first`: the seed to begin with. CI runs the first 20,000.
pub fn run(workspace: &Workspace, worlds: u64, first: u64) -> Result<()> {
    let test = |selection| workspace.program("cargo").args("test --features dev,sabotage").args(selection);
    test("--test simulation every_seed -- --show-output")
        .env("TOKENKEEP_SEEDS", worlds.to_string())
        .env("TOKENKEEP_FIRST", first.to_string())
        .run()?;
    test("--test exhaustive-long -- --show-output --test-threads 1").run()
}
