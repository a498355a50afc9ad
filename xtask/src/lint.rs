//! Everything that can be said of the code without running it.

use std::fs;

use anyhow::{Result, bail};

use crate::edges;
use crate::program::Program;
use crate::setup::{self, Need};
use crate::spa;
use crate::workspace::Workspace;

const WASM: &str = "--target wasm32-unknown-unknown";

pub fn run(workspace: &Workspace) -> Result<()> {
    setup::ensure(workspace, &[Need::Wasm, Need::NodeTools, Need::CargoDeny])?;

    let clippy = |selection: &str| -> Program {
        workspace.program("cargo").args("clippy --quiet").args(selection).args("-- -D warnings")
    };
    let doc = |selection: &str| -> Program {
        workspace.program("cargo").args("doc --quiet --no-deps").args(selection).env("RUSTDOCFLAGS", "-D warnings")
    };
    let wasm_tests = wasm_tests(workspace)?;
    // Every combination of features, on both sides. `dev` is nothing on wasm, but must not break it.
    let mut checks = vec![
        workspace.program("cargo").args("fmt --all --check"),
        clippy("-p xtask --all-targets"),
        clippy("--all-targets"),
        clippy("--all-targets --features dev"),
        clippy("--all-targets --features dev,sabotage"),
        clippy("--lib --features js"),
        clippy("--lib --features dev,js"),
        clippy(&format!("--lib {WASM}")),
        clippy(&format!("--lib {WASM} --features js")),
        clippy(&format!("--lib {WASM} --features dev,js")),
        doc("--lib --features dev"),
        doc(&format!("--lib {WASM} --features js")),
        workspace
            .program(workspace.node().join("node_modules/.bin/tsc"))
            .arg("--project")
            .arg(workspace.node().join("types")),
    ];
    // A workspace of its own, as that of whoever copies it.
    for check in ["fmt --check", &format!("clippy --quiet --locked {WASM} -- -D warnings")] {
        checks.push(workspace.program("cargo").args(check).dir(spa::example(workspace)));
    }
    checks.push(workspace.program("cargo").args("deny --log-level warn check licenses bans sources"));
    if advisories_are_within_reach(workspace) {
        checks.push(workspace.program("cargo").args("deny --offline --log-level warn check advisories"));
    } else {
        println!("$ cargo deny check advisories: NOT CHECKED, because their database cannot be reached");
    }
    if !wasm_tests.is_empty() {
        checks.push(clippy(&format!("{WASM} --features js {wasm_tests}")));
    }

    let mut failed = 0;
    for check in checks {
        if let Err(error) = check.run() {
            eprintln!("{error:#}");
            failed += 1;
        }
    }
    println!("$ the direction of imports in src");
    println!("$ the version of pkg/package.json");
    for check in [edges::check(&workspace.root().join("src")), package_version(workspace)] {
        if let Err(error) = check {
            eprintln!("{error:#}");
            failed += 1;
        }
    }
    if failed > 0 {
        bail!("{failed} of the checks failed");
    }
    Ok(())
}

fn advisories_are_within_reach(workspace: &Workspace) -> bool {
    workspace.program("cargo").args("deny --log-level off fetch db").read().is_ok()
}

/// The test files for browsers, `tests/wasm*.rs`, as arguments for cargo.
pub fn wasm_tests(workspace: &Workspace) -> Result<String> {
    let mut selected = Vec::new();
    for entry in workspace.root().join("tests").read_dir().into_iter().flatten() {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(test) = name.strip_suffix(".rs").filter(|name| name.starts_with("wasm")) {
            selected.push(format!("--test {test}"));
        }
    }
    selected.sort();
    Ok(selected.join(" "))
}

/// The npm package and the crate are released together, under one number.
fn package_version(workspace: &Workspace) -> Result<()> {
    let version = workspace.locked_version("tokenkeep")?;
    let manifest = fs::read_to_string(workspace.package().join("package.json"))?;
    if !manifest.contains(&format!("\"version\": \"{version}\"")) {
        bail!("pkg/package.json must have the crate's version, {version}");
    }
    Ok(())
}
