//! The server on each of its stores beside a twopi Flask server, in one run.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::program::Program;
use crate::python;
use crate::setup::{self, Need};
use crate::workspace::Workspace;

const STORES: [&str; 4] = ["file", "memory", "postgres", "redis"];

/// Enough for the rounds of a run to agree, and few enough to wait for.
const SECONDS: u32 = 3;
const ROUNDS: u32 = 4;

/// Nobody waits for longer: there are sixty measurements to a run.
const MOST: u32 = 60;

/// What to measure, and for how long.
#[derive(Debug)]
pub struct Options {
    seconds: u32,
    rounds: u32,
    stores: Vec<&'static str>,
    json: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seconds: SECONDS, rounds: ROUNDS, stores: Vec::new(), json: None }
    }
}

impl Options {
    /// Takes one option of the command line.
    pub fn set(&mut self, name: &str, value: &OsStr) -> Result<()> {
        match name {
            "seconds" => self.seconds = count(name, value)?,
            "rounds" => self.rounds = count(name, value)?,
            "store" => {
                let store = store(value)?;
                if !self.stores.contains(&store) {
                    self.stores.push(store);
                }
            }
            "json" => self.json = Some(file(value)?),
            _ => bail!("there is no option --{name}"),
        }
        Ok(())
    }

    /// As they are asked for; all of them unless some are named.
    fn stores(&self) -> &[&'static str] {
        if self.stores.is_empty() { &STORES } else { &self.stores }
    }
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::ensure(workspace, &[Need::Python, Need::Databases])?;
    setup::node_modules(workspace, &workspace.node().join("server"))?;
    workspace.program("cargo").args("build --release --features dev --bin tokenkeep-dev").run()?;
    let server = workspace.target().join("release/tokenkeep-dev");
    program(workspace, options, server)?.run()
}

/// A short run on the server as the tests build it, to see that every part still works together.
pub fn smoke(workspace: &Workspace) -> Result<Program> {
    setup::ensure(workspace, &[Need::Python])?;
    let directory = workspace.node().join("server");
    setup::node_modules(workspace, &directory)?;
    Ok(workspace
        .program("node")
        .args("--test --test-reporter=spec smoke.mjs")
        .dir(directory)
        .env("TOKENKEEP_SERVER_BIN", workspace.server())
        .env("TOKENKEEP_PYTHON", python::home(workspace)))
}

fn program(workspace: &Workspace, options: &Options, server: PathBuf) -> Result<Program> {
    let program = workspace
        .program("node")
        .arg(workspace.node().join("server/bench.mjs"))
        .arg("--tokenkeep")
        .arg(server)
        .arg("--python")
        .arg(python::home(workspace).join("legacy"))
        .arg("--postgres")
        .arg(setup::postgres_programs()?)
        .arg("--stores")
        .arg(options.stores().join(","))
        .arg("--seconds")
        .arg(options.seconds.to_string())
        .arg("--rounds")
        .arg(options.rounds.to_string())
        .args("--connections 8");
    Ok(match &options.json {
        Some(path) => program.arg("--json").arg(path),
        None => program,
    })
}

fn count(name: &str, value: &OsStr) -> Result<u32> {
    let number = value.to_str().and_then(|text| text.parse().ok()).filter(|number| (1..=MOST).contains(number));
    number.with_context(|| format!("--{name} wants a whole number from 1 to {MOST}, not {value:?}"))
}

fn store(value: &OsStr) -> Result<&'static str> {
    let known = STORES.into_iter().find(|store| value == *store);
    known.with_context(|| format!("--store wants one of {}, not {value:?}", STORES.join(", ")))
}

/// Relative to where the command was given, and looked at before minutes have passed.
fn file(value: &OsStr) -> Result<PathBuf> {
    let path = env::current_dir()?.join(value);
    if path.is_dir() || !path.parent().is_some_and(Path::is_dir) {
        bail!("--json wants a file in a directory that exists, not {}", path.display());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, value: &str) -> String {
        Options::default().set(name, value.as_ref()).unwrap_err().to_string()
    }

    #[test]
    fn a_span_that_is_none_is_refused_by_name() {
        for value in ["0", "61", "-1", "1.5", "two", ""] {
            assert_eq!(
                refused("seconds", value),
                format!("--seconds wants a whole number from 1 to 60, not {value:?}")
            );
        }
        assert!(refused("rounds", "0").starts_with("--rounds wants"));
    }

    #[test]
    fn an_unknown_store_is_told_which_there_are() {
        assert_eq!(refused("store", "mysql"), "--store wants one of file, memory, postgres, redis, not \"mysql\"");
    }

    #[test]
    fn every_store_is_measured_unless_some_are_named() {
        let mut options = Options::default();
        assert_eq!(options.stores(), STORES);
        for store in ["redis", "memory", "redis"] {
            options.set("store", store.as_ref()).unwrap();
        }
        assert_eq!(options.stores(), ["redis", "memory"]);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_refused_before_anything_runs() {
        let wanted = "--json wants a file in a directory that exists, not";
        assert_eq!(
            refused("json", "/no such directory/figures.json"),
            format!("{wanted} /no such directory/figures.json")
        );
        assert_eq!(refused("json", "/"), format!("{wanted} /"));
    }
}
