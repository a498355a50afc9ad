//! The demo: the reference server with the demo page and the package, on one address.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::package;
use crate::setup;
use crate::workspace::Workspace;

const PORT: u16 = 4180;
/// The page shows them too.
const USER: &str = "demo";
const PASSWORD: &str = "password";

pub fn run(workspace: &Workspace, port: Option<u16>) -> Result<()> {
    setup::ensure(workspace, package::NEEDS)?;
    package::build(workspace)?;
    build_server(workspace)?;

    let directory = workspace.target().join("demo");
    fs::create_dir_all(&directory)?;
    let port = match port {
        Some(port) => port,
        None => free_port()?,
    };
    let mut server = workspace
        .program(workspace.server())
        .arg("--addr")
        .arg(format!("127.0.0.1:{port}"))
        .arg("--database")
        .arg(directory.join("demo.sqlite"))
        .arg("--key-file")
        .arg(directory.join("signing-key"))
        .arg("--user")
        .arg(format!("{USER}:{PASSWORD}"))
        .arg("--page")
        .arg(format!("http://127.0.0.1:{port}/"))
        .args("--access-lifetime 60 --faults --serve /=www --serve /pkg=pkg")
        .into_command();

    println!("\n  tokenkeep demo:  http://127.0.0.1:{port}/");
    println!("  sign in as       {USER}");
    println!("  password         {PASSWORD}");
    println!("  an access token lives for 60 s; Ctrl-C ends the demo\n");
    // Becomes the server, so that whatever ends this process ends the server.
    Err(server.exec()).context("cannot start the reference server")
}

pub fn build_server(workspace: &Workspace) -> Result<()> {
    workspace.program("cargo").args("build --features dev --bin tokenkeep-dev").run()
}

/// The usual port, or another one if that is taken.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", PORT)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
    Ok(listener.local_addr()?.port())
}
