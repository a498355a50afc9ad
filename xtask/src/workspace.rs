//! Where things lie.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::program::Program;
use crate::setup;

/// The checkout, and where its builds go.
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    pub fn locate() -> Result<Self> {
        let xtask =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = xtask.parent().context("xtask lies in no workspace")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(outside) => env::current_dir()?.join(outside),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Another program, started in the checkout, which finds our tools and builds into our target directory.
    pub fn program(&self, name: impl AsRef<OsStr>) -> Program {
        let mut path = setup::tool_dirs();
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let program = Program::new(name).dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        match env::join_paths(path) {
            Ok(path) => program.env("PATH", path),
            Err(_) => program,
        }
    }

    /// The npm package.
    pub fn package(&self) -> PathBuf {
        self.root.join("pkg")
    }

    /// The Node tools of the chores.
    pub fn node(&self) -> PathBuf {
        self.root.join("xtask/node")
    }

    /// The reference server, as [`crate::demo::build_server`] leaves it.
    pub fn server(&self) -> PathBuf {
        self.target.join("debug/tokenkeep-dev")
    }

    /// The version of `package` in `Cargo.lock`.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
        lines
            .nth(1)
            .and_then(|line| line.strip_prefix("version = \""))
            .and_then(|line| line.strip_suffix('"'))
            .map(str::to_owned)
            .with_context(|| format!("Cargo.lock names no {package}"))
    }
}
