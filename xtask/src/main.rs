//! The chores of the repository, started as `cargo xtask <chore>`.

mod bench;
mod demo;
mod edges;
mod fuzz;
mod lint;
mod package;
mod program;
mod prove;
mod python;
mod setup;
mod size;
mod spa;
mod suite;
mod tally;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use crate::workspace::Workspace;

const HELP: &str = "\
The chores of tokenkeep. Each installs by itself what it needs.

    cargo xtask demo [--port PORT]   build the package, start the reference server and the demo page
    cargo xtask test [--only STEP]…  run everything that CI runs, or only some of its steps
    cargo xtask build                build the npm package: pkg/wasm
    cargo xtask lint                 check formatting, lints, docs, types and the direction of imports
    cargo xtask size                 build, then print what the npm package weighs, and check the limit
    cargo xtask bench                build, then time what the session adds to a request
    cargo xtask bench server [--seconds N] [--rounds N] [--store NAME]… [--json FILE]
                                     measure the server beside twopi: N s (3) for each kind of load, store
                                     (file, memory, postgres, redis) and round (4)
    cargo xtask fuzz [--seconds N]   fuzz every reader of foreign text, each for so long (60)
    cargo xtask prove [--worlds N] [--first SEED]
                                     simulate so many worlds (500000), and explore what takes minutes
    cargo xtask setup                install what all of them need
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = lexopt::Parser::from_env();
    let mut chore = None;
    let mut port = None;
    let mut only = Vec::new();
    let mut seconds = fuzz::SECONDS;
    let mut measured = None;
    let (mut worlds, mut first) = (prove::WORLDS, 0);
    while let Some(arg) = args.next()? {
        match arg {
            Value(name) if chore.is_none() => chore = Some(name.string()?),
            Long("port") if chore.as_deref() == Some("demo") => port = Some(args.value()?.parse()?),
            Long("only") if chore.as_deref() == Some("test") => only.push(args.value()?.string()?),
            Value(name) if chore.as_deref() == Some("bench") && measured.is_none() && name == "server" => {
                measured = Some(bench::server::Options::default());
            }
            Long("seconds") if chore.as_deref() == Some("fuzz") => seconds = args.value()?.parse()?,
            Long("worlds") if chore.as_deref() == Some("prove") => worlds = args.value()?.parse()?,
            Long("first") if chore.as_deref() == Some("prove") => first = args.value()?.parse()?,
            Long(name @ ("seconds" | "rounds" | "store" | "json")) if measured.is_some() => {
                let name = name.to_owned();
                measured.get_or_insert_default().set(&name, &args.value()?)?;
            }
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }

    let workspace = Workspace::locate()?;
    match chore.as_deref() {
        Some("demo") => demo::run(&workspace, port),
        Some("test") => suite::run(&workspace, &only),
        Some("build") => package::build(&workspace),
        Some("lint") => lint::run(&workspace),
        Some("size") => size::run(&workspace),
        Some("bench") => match measured {
            Some(options) => bench::server::run(&workspace, &options),
            None => bench::session(&workspace),
        },
        Some("fuzz") => fuzz::run(&workspace, seconds),
        Some("prove") => prove::run(&workspace, worlds, first),
        Some("setup") => setup::ensure(&workspace, setup::EVERYTHING),
        Some(unknown) => bail!("there is no chore `{unknown}`\n\n{HELP}"),
        None => bail!("which chore?\n\n{HELP}"),
    }
}
