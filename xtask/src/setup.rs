//! Installing what the chores need. A fast no-op once everything is there.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::program::Program;
use crate::python;
use crate::workspace::Workspace;

/// One thing that a chore needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The wasm target, and the sources of the standard library, which the package is built with.
    Wasm,
    WasmBindgen,
    WasmPack,
    NodeTools,
    Chromium,
    Firefox,
    WebKit,
    /// Real backends, for tests/backends, and schemathesis, for tests/contract.
    Python,
    /// What the server's tests run on: PostgreSQL and Redis.
    Databases,
    Nightly,
    CargoFuzz,
    CargoDeny,
}

pub const EVERYTHING: &[Need] = &[
    Need::Wasm,
    Need::WasmBindgen,
    Need::WasmPack,
    Need::NodeTools,
    Need::Chromium,
    Need::Firefox,
    Need::WebKit,
    Need::Python,
    Need::CargoDeny,
    Need::Databases,
];

pub fn ensure(workspace: &Workspace, needs: &[Need]) -> Result<()> {
    let mut packages = Vec::new();
    for need in needs {
        match need {
            Need::Chromium => packages.extend([("chromium", "chromium"), ("chromedriver", "chromium-driver")]),
            Need::Firefox => packages.push(("firefox-esr", "firefox-esr")),
            // WebKitGTK has no headless mode: it needs a screen to draw on, and something to draw with.
            Need::WebKit => {
                packages.extend([("WebKitWebDriver", "webkit2gtk-driver libgl1-mesa-dri"), ("Xvfb", "xvfb")]);
            }
            Need::Databases => packages.extend([("initdb", "postgresql"), ("redis-server", "redis-server")]),
            _ => {}
        }
    }
    debian_packages(workspace, &packages)?;

    for need in needs {
        match need {
            Need::Wasm => {
                rust_component(workspace, "target", "wasm32-unknown-unknown")?;
                rust_component(workspace, "component", "rust-src")?;
            }
            // Its output and the wasm-bindgen crate must be of one version.
            Need::WasmBindgen => {
                let version = workspace.locked_version("wasm-bindgen")?;
                cargo_tool(workspace, "wasm-bindgen", "wasm-bindgen-cli", &version, true)?;
            }
            Need::WasmPack => cargo_tool(workspace, "wasm-pack", "wasm-pack", "0.15.1", false)?,
            Need::Firefox => cargo_tool(workspace, "geckodriver", "geckodriver", "0.37.1", false)?,
            Need::NodeTools => node_modules(workspace, &workspace.node())?,
            Need::Python => python::ensure(workspace)?,
            Need::Nightly => nightly(workspace)?,
            Need::CargoFuzz => cargo_tool(workspace, "cargo-fuzz", "cargo-fuzz", "0.13.2", false)?,
            Need::CargoDeny => cargo_tool(workspace, "cargo-deny", "cargo-deny", "0.20.2", false)?,
            Need::Chromium | Need::WebKit | Need::Databases => {}
        }
    }
    Ok(())
}

/// Brings the `node_modules` of `dir` up to its lockfile.
pub fn node_modules(workspace: &Workspace, dir: &Path) -> Result<()> {
    node_itself(workspace)?;
    let modified = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    let installed: Option<SystemTime> = modified(dir.join("node_modules/.package-lock.json"));
    let locked = modified(dir.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", dir.display()))?;
    if installed.is_some_and(|installed| installed >= locked) {
        return Ok(());
    }
    workspace.program("npm").args("ci --no-fund --no-audit --loglevel=error").dir(dir).run()
}

/// The directories of the tools that [`ensure`] has built.
pub fn tool_dirs() -> Vec<PathBuf> {
    let Ok(tools) = tool_home().and_then(|home| Ok(fs::read_dir(home)?)) else {
        return Vec::new();
    };
    tools.flatten().map(|tool| tool.path().join("bin")).filter(|bin| bin.is_dir()).collect()
}

/// The directory of PostgreSQL's programs: one that has all that is needed, for a server and its tools belong together.
pub fn postgres_programs() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut directories = postgres_dirs().into_iter().chain(env::split_paths(&path));
    directories
        .find(|dir| ["initdb", "postgres", "createdb"].iter().all(|program| dir.join(program).is_file()))
        .context("PostgreSQL is missing; on Debian: apt-get install postgresql")
}

/// Where `program` is, on the `PATH` or among the tools that [`ensure`] has built.
pub fn locate(program: &str) -> Option<PathBuf> {
    tool_dirs()
        .into_iter()
        .chain(env::split_paths(&env::var_os("PATH").unwrap_or_default()))
        .chain(postgres_dirs())
        .map(|dir| dir.join(program))
        .find(|path| path.is_file())
}

/// Debian keeps PostgreSQL's server programs out of the `PATH`, a directory for each version.
fn postgres_dirs() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin")).collect()
}

fn node_itself(workspace: &Workspace) -> Result<()> {
    const WANTED: &str = "Node.js 20 or newer, with npm, is needed: https://nodejs.org";
    let version = workspace.program("node").arg("--version").read();
    let version = version.context(WANTED)?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        bail!("found Node.js {}. {WANTED}", version.trim());
    }
    Ok(())
}

/// `kind` is `target` or `component`.
fn rust_component(workspace: &Workspace, kind: &str, name: &str) -> Result<()> {
    let sysroot = workspace.program("rustc").args("--print sysroot").read()?;
    let rustlib = Path::new(sysroot.trim()).join("lib/rustlib");
    let there = match kind {
        "target" => rustlib.join(name).join("lib"),
        _ => rustlib.join("src/rust/library/Cargo.lock"),
    };
    if there.exists() {
        return Ok(());
    }
    workspace
        .program("rustup")
        .args(kind)
        .args("add")
        .arg(name)
        .run()
        .with_context(|| format!("the Rust {kind} {name} is missing and could not be added"))
}

/// Fuzzing needs coverage of a kind that only the nightly compiler gives.
fn nightly(workspace: &Workspace) -> Result<()> {
    if workspace.program("rustc").args("+nightly --version").read().is_ok() {
        return Ok(());
    }
    workspace.program("rustup").args("toolchain install nightly --profile minimal").run()
}

/// Finds `program` on the `PATH`, or builds it into a cache that all checkouts share.
fn cargo_tool(workspace: &Workspace, program: &str, package: &str, version: &str, exact: bool) -> Result<()> {
    let found = workspace.program(program).arg("--version").read();
    if found.is_ok_and(|found| !exact || found.split_whitespace().nth(1) == Some(version)) {
        return Ok(());
    }

    let home = tool_home()?;
    if let Ok(stale) = fs::read_dir(&home) {
        for tool in stale.flatten() {
            if tool.file_name().to_string_lossy().starts_with(&format!("{package}-")) {
                fs::remove_dir_all(tool.path())?;
            }
        }
    }
    println!("building {program} {version} once, for all checkouts; this takes some minutes");
    // Without --locked: the lockfile that wasm-bindgen-cli ships names a version that is gone.
    // Unoptimised where speed does not count: that builds in a third of the time.
    let scratch = workspace.target().join("tools");
    workspace
        .program("cargo")
        .args("install --quiet")
        .arg(format!("{package}@{version}"))
        .args(if exact { "" } else { "--debug" })
        .arg("--root")
        .arg(home.join(format!("{package}-{version}")))
        .arg("--target-dir")
        .arg(&scratch)
        .run()
}

fn tool_home() -> Result<PathBuf> {
    let cache = match env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => env::home_dir().context("there is no home directory to keep tools in")?.join(".cache"),
    };
    Ok(cache.join("tokenkeep"))
}

/// Installs what is missing of `packages`, pairs of a program and its Debian packages.
pub fn debian_packages(workspace: &Workspace, packages: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<_> = packages.iter().filter(|(program, _)| locate(program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let programs = missing.iter().map(|(program, _)| *program).collect::<Vec<_>>();
    let names = missing.iter().flat_map(|(_, names)| names.split_whitespace()).collect::<Vec<_>>();

    let root = workspace.program("id").arg("-u").read().is_ok_and(|id| id.trim() == "0");
    if !root || locate("apt-get").is_none() {
        bail!("missing: {}. Install them; on Debian: apt-get install {}", programs.join(", "), names.join(" "));
    }
    let apt = || -> Program { workspace.program("apt-get").env("DEBIAN_FRONTEND", "noninteractive") };
    apt().args("update -qq").run()?;
    names.iter().fold(apt().args("install -y -qq --no-install-recommends"), Program::arg).run()
}
