//! Python environments, for backends that the tests speak to and for what tries our own server.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::setup;
use crate::workspace::Workspace;

const WANTED: &str = "Python 3.10 or newer is needed, with its module venv: https://www.python.org; on Debian: \
    apt-get install python3 python3-venv";

/// Each with its file of pinned requirements.
const ENVIRONMENTS: &[(&str, &str)] = &[
    ("legacy", "tests/backends/real/legacy.txt"),
    ("current", "tests/backends/real/current.txt"),
    ("contract", "tests/contract/requirements.txt"),
];

/// Where the environments are, each in a directory of its name.
pub fn home(workspace: &Workspace) -> PathBuf {
    workspace.target().join("python")
}

/// Brings every environment up to its requirements.
pub fn ensure(workspace: &Workspace) -> Result<()> {
    for (name, requirements) in ENVIRONMENTS {
        let requirements = workspace.root().join(requirements);
        let wanted =
            fs::read_to_string(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
        let environment = home(workspace).join(name);
        let python = environment.join("bin/python");
        // Written last: an installation that was cut off starts again.
        let stamp = environment.join("installed.txt");
        if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            continue;
        }

        python_itself(workspace)?;
        if environment.exists() {
            fs::remove_dir_all(&environment)?;
        }
        workspace.program("python3").args("-m venv").arg(&environment).run().context(WANTED)?;
        workspace
            .program(&python)
            .args("-m pip install --quiet --disable-pip-version-check --requirement")
            .arg(&requirements)
            .run()?;
        fs::write(&stamp, wanted)?;
    }
    Ok(())
}

/// Debian ships venv apart from Python itself.
fn python_itself(workspace: &Workspace) -> Result<()> {
    let has_venv = || workspace.program("python3").arg("-c").arg("import ensurepip, venv").read().is_ok();
    if !has_venv() {
        setup::debian_packages(workspace, &[("python3 with venv", "python3 python3-venv")])?;
    }
    let version = workspace.program("python3").arg("-c").arg("import sys; print(sys.version_info >= (3, 10))").read();
    if version.context(WANTED)?.trim() != "True" || !has_venv() {
        bail!(WANTED);
    }
    Ok(())
}
