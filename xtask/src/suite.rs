//! Everything that CI runs, step by step. A step that fails does not keep the later ones from running.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::program::Program;
use crate::python;
use crate::setup::{self, Need};
use crate::tally::{self, Tally};
use crate::workspace::Workspace;
use crate::{bench, demo, lint, package, size, spa};

/// One part of the suite.
struct Step {
    name: &'static str,
    title: &'static str,
    run: fn(&Workspace) -> Result<Outcome>,
}

enum Outcome {
    /// A chore that is no test.
    Done,
    /// Test runners ran; whether all of them were content, and what they counted.
    Tested { content: bool, tally: Tally, failures: Vec<String> },
}

const STEPS: &[Step] = &[
    Step { name: "setup", title: "install what the tests need", run: prepare },
    Step { name: "lint", title: "formatting, lints, docs, types, imports", run: check },
    Step { name: "native", title: "native tests", run: native },
    Step { name: "build", title: "build the npm package and the server", run: build },
    Step { name: "size", title: "weigh the npm package", run: weigh },
    Step { name: "client", title: "the npm package's driver in Node", run: client },
    Step { name: "openapi", title: "the server, tried by its own OpenAPI document", run: openapi },
    Step { name: "backends", title: "presets against their backends, HTTP clients on a session", run: backends },
    Step { name: "probe", title: "the probe, and the guide's code", run: probe },
    Step { name: "chrome", title: "wasm tests in Chrome", run: chrome },
    Step { name: "firefox", title: "wasm tests in Firefox", run: firefox },
    Step { name: "web", title: "the session in Chromium, Firefox and WebKit", run: web },
    Step { name: "prompt", title: "the login prompt in browsers, held to axe-core", run: prompt },
    Step { name: "devtools", title: "the devtools in browsers, held to axe-core", run: devtools },
    Step { name: "packaging", title: "the packed package in bundlers, browsers and Node", run: packaging },
    Step { name: "examples", title: "tokenkeep/testing in test runners, the examples in Chromium", run: examples },
    Step { name: "docs", title: "the code of the recipes, as it stands there", run: docs },
];

pub fn run(workspace: &Workspace, only: &[String]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let known = STEPS.iter().map(|step| step.name).collect::<Vec<_>>();
        bail!("there is no step `{unknown}`; there are: {}", known.join(", "));
    }

    let mut total = Tally::default();
    let mut lines = Vec::new();
    let mut failures = Vec::new();
    for step in STEPS {
        if !only.is_empty() && !only.iter().any(|name| name == step.name) {
            continue;
        }
        println!("\n=== {}: {} ===", step.name, step.title);
        let started = Instant::now();
        let (tally, said) = settle((step.run)(workspace), &mut failures);
        total += tally;
        lines.push(format!("{:<10} {:>5} s  {said}", step.name, seconds(started.elapsed())));
        println!("--- {}: {said} ({} s)", step.name, seconds(started.elapsed()));
    }

    // Again, and together: what failed in the middle of a long run is hard to find there.
    for failure in failures {
        println!("\n=== failed ===\n{failure}");
    }

    println!("\n=== summary ===");
    for line in lines {
        println!("{line}");
    }
    println!("\n{total}");
    if total.failed > 0 {
        bail!("the suite failed");
    }
    Ok(())
}

/// What a step adds to the count. One that fails without a failed test, or tests nothing, is a failure of its own.
fn settle(outcome: Result<Outcome>, failures: &mut Vec<String>) -> (Tally, String) {
    let failure = Tally { failed: 1, ..Tally::default() };
    if let Ok(Outcome::Tested { failures: told, .. }) = &outcome {
        failures.extend_from_slice(told);
    }
    match outcome {
        Ok(Outcome::Done) => (Tally::default(), "ok".to_owned()),
        Ok(Outcome::Tested { tally, .. }) if tally.executed() == 0 => {
            (failure, "FAILED: no test was executed".to_owned())
        }
        Ok(Outcome::Tested { content: false, mut tally, .. }) if tally.failed == 0 => {
            tally.failed = 1;
            (tally, format!("FAILED: {tally}; a runner failed"))
        }
        Ok(Outcome::Tested { tally, .. }) => {
            let verdict = if tally.failed > 0 { "FAILED: " } else { "" };
            (tally, format!("{verdict}{tally}"))
        }
        Err(error) => {
            eprintln!("{error:#}");
            (failure, format!("FAILED: {error}"))
        }
    }
}

fn prepare(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, setup::EVERYTHING)?;
    Ok(Outcome::Done)
}

fn check(workspace: &Workspace) -> Result<Outcome> {
    lint::run(workspace)?;
    Ok(Outcome::Done)
}

fn native(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::NodeTools, Need::Databases, Need::Python])?;
    let test = |selection| {
        let test = workspace.program("cargo").args("test --no-fail-fast").args(selection);
        test.env("TOKENKEEP_PYTHON", python::home(workspace))
    };
    let chores = workspace.program("node").args("--test --test-reporter=spec").dir(workspace.node());
    let proofs = test("--features dev,sabotage --test simulation --test exhaustive -- --show-output");
    tested([test("-p xtask"), chores, test(""), test("--features dev"), proofs])
}

fn build(workspace: &Workspace) -> Result<Outcome> {
    package::build(workspace)?;
    demo::build_server(workspace)?;
    Ok(Outcome::Done)
}

fn weigh(workspace: &Workspace) -> Result<Outcome> {
    size::report(workspace)?;
    Ok(Outcome::Done)
}

fn client(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::NodeTools])?;
    tested([workspace
        .program("node")
        // Nothing there takes longer than a second: what does hangs.
        .args("--test --test-reporter=spec --test-timeout=60000")
        .dir(workspace.root().join("tests/client"))])
}

fn openapi(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::NodeTools, Need::Python])?;
    let run = node_program(workspace, &workspace.root().join("tests/contract"));
    tested([run.args("--test-timeout=600000").env("TOKENKEEP_PYTHON", python::home(workspace))])
}

fn backends(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::Python, Need::Chromium])?;
    let tests = |name| {
        let run = node_tests(workspace, &workspace.root().join("tests").join(name))?;
        Ok(run.args("--test-concurrency=2 --test-timeout=120000").env("TOKENKEEP_PYTHON", python::home(workspace)))
    };
    let mut programs = ["backends", "adapters"].map(tests).into_iter().collect::<Result<Vec<_>>>()?;
    programs.push(bench::server::smoke(workspace)?);
    tested(programs)
}

fn probe(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::NodeTools, Need::Python])?;
    // The real servers of those tests are probed as well.
    setup::node_modules(workspace, &workspace.root().join("tests/backends"))?;
    tested([workspace
        .program("node")
        .args("--test --test-reporter=spec --test-concurrency=2 --test-timeout=300000")
        .dir(workspace.root().join("tests/probe"))
        .env("TOKENKEEP_PYTHON", python::home(workspace))
        .env("TOKENKEEP_SERVER_BIN", workspace.server())
        .env("TOKENKEEP_ROOT", workspace.root())])
}

fn chrome(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::Wasm, Need::WasmBindgen, Need::WasmPack, Need::Chromium])?;
    wasm_pack(workspace, "chrome", "chromedriver")
}

fn firefox(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::Wasm, Need::WasmBindgen, Need::WasmPack, Need::Firefox])?;
    wasm_pack(workspace, "firefox", "geckodriver")
}

fn wasm_pack(workspace: &Workspace, browser: &str, driver: &str) -> Result<Outcome> {
    let driver_path = setup::locate(driver).with_context(|| format!("{driver} is missing"))?;
    let tests = lint::wasm_tests(workspace)?;
    if tests.is_empty() {
        bail!("there is no tests/wasm*.rs");
    }
    tested([workspace
        .program("wasm-pack")
        .args("test --headless --mode no-install")
        .arg(format!("--{browser}"))
        .arg(format!("--{driver}"))
        .arg(driver_path)
        .args("-- --features js")
        .args(&tests)])
}

/// One engine after the other, then what holds in which. `TOKENKEEP_ENGINE` runs one alone.
fn web(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::Chromium, Need::Firefox, Need::WebKit])?;
    let directory = workspace.root().join("tests/web");
    let results = workspace.target().join("web");
    if results.exists() {
        fs::remove_dir_all(&results)?;
    }
    fs::create_dir_all(&results)?;
    let chosen = env::var("TOKENKEEP_ENGINE").ok();
    let engines =
        ["chromium", "firefox", "webkit"].into_iter().filter(|name| chosen.as_deref().unwrap_or(name) == *name);
    let mut programs = engines
        .map(|engine| {
            let result = results.join(engine).with_extension("json");
            // Most of the time a test waits for a browser: two at once take two thirds of the time.
            let run = node_tests(workspace, &directory)?
                .args("--test-concurrency=2 --test-reporter-destination=stdout --test-reporter=./harness/recorder.mjs")
                .arg(format!("--test-reporter-destination={}", result.display()));
            Ok(run.env("TOKENKEEP_ENGINE", engine))
        })
        .collect::<Result<Vec<_>>>()?;
    if programs.is_empty() {
        bail!("there is no engine `{}`", chosen.unwrap_or_default());
    }
    if chosen.is_none() {
        programs.push(workspace.program("node").arg("table.mjs").arg(&results).dir(&directory));
    }
    tested(programs)
}

/// All of it in Chromium, which can pretend to be dark, or of forced colours; what depends on the engine in the others, too.
fn prompt(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::NodeTools, Need::Chromium, Need::Firefox, Need::WebKit])?;
    // The harness is that of tests/web.
    setup::node_modules(workspace, &workspace.root().join("tests/web"))?;
    let directory = workspace.root().join("tests/prompt");
    let chosen = env::var("TOKENKEEP_ENGINE").ok();
    let asking = "asking.test.mjs holding.test.mjs";
    let programs = [("chromium", ""), ("firefox", asking), ("webkit", asking)]
        .into_iter()
        .filter(|(engine, _)| chosen.as_deref().unwrap_or(engine) == *engine)
        .map(|(engine, files)| {
            let run = node_tests(workspace, &directory)?;
            Ok(run.args("--test-concurrency=2 --test-timeout=300000").args(files).env("TOKENKEEP_ENGINE", engine))
        })
        .collect::<Result<Vec<_>>>()?;
    tested(programs)
}

/// The same; harness and axe-core are borrowed.
fn devtools(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::NodeTools, Need::Chromium, Need::Firefox])?;
    let tests = workspace.root().join("tests");
    for dir in ["web", "prompt"] {
        setup::node_modules(workspace, &tests.join(dir))?;
    }
    let chosen = env::var("TOKENKEEP_ENGINE").ok();
    let programs = [("chromium", ""), ("firefox", "lanes.test.mjs"), ("webkit", "lanes.test.mjs")]
        .into_iter()
        .filter(|(engine, _)| chosen.as_deref().map_or(*engine != "webkit", |chosen| chosen == *engine))
        .map(|(engine, files)| {
            node_program(workspace, &tests.join("devtools"))
                .args("--test-concurrency=2 --test-timeout=120000")
                .args(files)
                .env("TOKENKEEP_ENGINE", engine)
        });
    tested(programs)
}

fn packaging(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::Chromium])?;
    tested([node_tests(workspace, &workspace.root().join("tests/packaging"))?])
}

fn examples(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::NodeTools, Need::Chromium])?;
    let tests = workspace.root().join("tests");
    let kit = node_tests(workspace, &tests.join("kit"))?.args("--test-concurrency=2");
    // They borrow the browser of the packaging tests.
    for dir in ["tests/packaging", "examples"] {
        setup::node_modules(workspace, &workspace.root().join(dir))?;
    }
    let yew = spa::build(workspace)?;
    let apps = node_program(workspace, &tests.join("examples")).env("TOKENKEEP_YEW", yew);
    tested([kit, apps])
}

fn docs(workspace: &Workspace) -> Result<Outcome> {
    setup::ensure(workspace, &[Need::NodeTools, Need::Chromium])?;
    let tests = workspace.root().join("tests");
    // The harness is that of tests/web.
    setup::node_modules(workspace, &tests.join("web"))?;
    // What a run that was interrupted has left there looks like tests.
    let results = tests.join("docs/results");
    if results.exists() {
        fs::remove_dir_all(&results)?;
    }
    tested([node_tests(workspace, &tests.join("docs"))?.args("--test-concurrency=2 --test-timeout=300000")])
}

fn node_tests(workspace: &Workspace, directory: &Path) -> Result<Program> {
    if !directory.is_dir() {
        bail!("there is no {}", directory.display());
    }
    setup::node_modules(workspace, directory)?;
    Ok(node_program(workspace, directory))
}

fn node_program(workspace: &Workspace, directory: &Path) -> Program {
    workspace
        .program("node")
        .args("--test --test-reporter=spec")
        .dir(directory)
        .env("TOKENKEEP_SERVER_BIN", workspace.server())
        .env("TOKENKEEP_ROOT", workspace.root())
}

fn tested(programs: impl IntoIterator<Item = Program>) -> Result<Outcome> {
    let mut content = true;
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for program in programs {
        let (succeeded, printed) = program.watch()?;
        let counted = Tally::read(&printed);
        if !succeeded {
            failures.push(tally::failures(&printed));
        }
        content &= succeeded;
        tally += counted;
    }
    Ok(Outcome::Tested { content, tally, failures })
}

fn seconds(duration: Duration) -> u64 {
    duration.as_secs_f64().round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(outcome: Result<Outcome>) -> Tally {
        settle(outcome, &mut Vec::new()).0
    }

    #[test]
    fn a_step_without_a_test_fails() {
        let outcome = Outcome::Tested { content: true, tally: Tally::default(), failures: Vec::new() };
        assert_eq!(settled(Ok(outcome)).failed, 1);
    }

    #[test]
    fn a_runner_that_fails_without_a_failed_test_counts_as_one() {
        let tally = Tally { passed: 3, failed: 0, skipped: 0 };
        let counted = settled(Ok(Outcome::Tested { content: false, tally, failures: Vec::new() }));
        assert_eq!((counted.passed, counted.failed), (3, 1));
    }

    #[test]
    fn a_chore_that_fails_counts_as_a_failure() {
        assert_eq!(settled(Err(anyhow::anyhow!("no"))).failed, 1);
    }

    #[test]
    fn a_chore_that_succeeds_counts_for_nothing() {
        assert_eq!(settled(Ok(Outcome::Done)), Tally::default());
    }
}
