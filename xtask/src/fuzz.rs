//! Looks for inputs that break a reader, guided by coverage. What CI runs of this is `tests/fuzz`.

use std::fs;

use anyhow::{Result, bail};

use crate::setup::{self, Need};
use crate::workspace::Workspace;

/// How long each target is fuzzed unless told otherwise.
pub const SECONDS: u32 = 60;

pub fn run(workspace: &Workspace, seconds: u32) -> Result<()> {
    setup::ensure(workspace, &[Need::Nightly, Need::CargoFuzz])?;
    let mut broken = Vec::new();
    for target in targets(workspace)? {
        println!("\n=== {target} ===");
        // What is found on the way is kept, but not among the committed inputs.
        let found = workspace.target().join("fuzz-corpus").join(&target);
        fs::create_dir_all(&found)?;
        let fuzzed = workspace
            .program("cargo")
            // No sanitizer: there is no unsafe code to watch.
            .args("+nightly fuzz run --sanitizer none")
            .arg(&target)
            .arg(&found)
            .arg(workspace.root().join("fuzz/corpus").join(&target))
            .arg("--")
            .arg(format!("-max_total_time={seconds}"))
            .args("-timeout=10 -print_final_stats=1")
            .run();
        if let Err(error) = fuzzed {
            eprintln!("{error:#}");
            broken.push(target);
        }
    }
    if !broken.is_empty() {
        bail!("broken: {}; the inputs are in fuzz/artifacts", broken.join(", "));
    }
    Ok(())
}

fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace.root().join("fuzz/fuzz_targets"))? {
        let name = entry?.file_name();
        names.extend(name.to_string_lossy().strip_suffix(".rs").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}
