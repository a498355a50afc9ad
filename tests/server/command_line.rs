//! The program as it is started.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Output, Stdio};

use serde_json::json;

use crate::support::{Directory, post};

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenkeep-dev"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOKENKEEP_")) {
        command.env_remove(name);
    }
    command
}

fn refused(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(!status.success());
    assert!(stdout.is_empty(), "{stdout:?}");
    String::from_utf8(stderr).unwrap()
}

pub struct Running {
    child: Child,
    pub address: SocketAddr,
    /// What it writes to stderr, all of it at its end. Taken all the time, or it would stop for want of a reader.
    log: Option<std::thread::JoinHandle<String>>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("tokenkeep-dev listening on http://").expect(&line).trim().parse().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        Self { child, address, log: Some(log) }
    }

    fn login(&self, password: &str) -> (u16, serde_json::Value) {
        post(self.address, "/api/v1/login", &json!({ "username": "susan", "password": password })).unwrap()
    }

    /// Sends SIGTERM, and gives what was written to stderr when the program ended well.
    pub fn stop(mut self) -> String {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert!(self.child.wait().unwrap().success());
        self.log.take().unwrap().join().unwrap()
    }
}

impl Running {
    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only when a test has failed before its end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_starts_serves_and_stops_without_telling_secrets() {
    let directory = Directory::new();
    let database = directory.file("sessions.db");
    let start = || {
        Running::start(program().args(["--log", "trace", "--user", "susan:correct horse", "--database"]).arg(&database))
    };
    let first = start();
    let (status, login) = first.login("correct horse");
    assert_eq!(status, 200);
    let (status, _) = first.login("a wrong password");
    assert_eq!(status, 401);
    let log = first.stop();
    assert!(log.contains("logged in") && log.contains("stopped"), "{log}");

    let second = start();
    let refresh_token = &login["refreshToken"];
    let (status, renewed) = post(second.address, "/api/v1/renew", &json!({ "refreshToken": refresh_token })).unwrap();
    assert_eq!(status, 200, "the key and the session survive a restart");
    let log = log + &second.stop();
    for secret in [refresh_token, &login["token"], &renewed["refreshToken"], &renewed["token"]] {
        assert!(!log.contains(secret.as_str().unwrap()), "{log}");
    }
    assert!(!log.contains("correct horse") && !log.contains("a wrong password"), "{log}");
    for name in ["sessions.db", "sessions.db.key"] {
        let mode = std::fs::metadata(directory.file(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
}

#[test]
fn an_existing_user_keeps_its_password() {
    let directory = Directory::new();
    let database = directory.file("sessions.db");
    Running::start(program().args(["--user", "susan:first", "--database"]).arg(&database)).stop();
    let again = Running::start(program().args(["--user", "susan:second", "--database"]).arg(&database));
    assert_eq!((again.login("first").0, again.login("second").0), (200, 401));
    again.stop();
}

#[test]
fn options_come_from_the_environment_as_well() {
    let running = Running::start(
        program()
            .env("TOKENKEEP_USER", "susan:demo")
            .env("TOKENKEEP_ACCESS_LIFETIME", "7")
            .env("TOKENKEEP_ROTATION", "strict")
            .env("TOKENKEEP_FAULTS", "1"),
    );
    let (_, login) = running.login("demo");
    assert_eq!(login["expiresIn"], 7);
    assert_eq!(post(running.address, "/__faults/reset", &json!({})).unwrap().0, 204);
    running.stop();
}

#[test]
fn the_brake_on_guessing_is_as_tight_as_it_is_set() {
    let running = Running::start(program().args(["--user", "susan:demo", "--login-attempts", "1"]));
    assert_eq!((running.login("wrong").0, running.login("demo").0), (401, 429));
    running.stop();
}

#[test]
fn a_bad_option_is_named_and_a_password_is_not_repeated() {
    for (arguments, expected) in [
        (["--grace", "ten"], "--grace <SECONDS>"),
        (["--access-lifetime", "0"], "0 is not in 1..=315360000"),
        (["--access-lifetime", "-5"], "--access-lifetime"),
        (["--refresh-idle", "1.5"], "--refresh-idle <SECONDS>"),
        (["--refresh-absolute", "99999999999"], "is not in 1..=315360000"),
        (["--rotation", "maybe"], "[possible values: off, strict, grace]"),
        (["--origin", "http://a/b"], "expected an origin without a path"),
        (["--serve", "www"], "expected /prefix=DIR"),
        (["--serve", "/=/nowhere/at/all"], "/nowhere/at/all is not a directory"),
        (["--user", "susan"], "expected NAME:PASSWORD"),
        (["--user", ":hunter2"], "expected NAME:PASSWORD"),
        (["--user", "hunter2"], "expected NAME:PASSWORD"),
        (["--addr", "localhost"], "--addr <IP:PORT>"),
        (["--addr", "192.0.2.1:1"], "cannot listen on 192.0.2.1:1"),
        (["--database", "/nowhere/at/all.db"], "/nowhere/at/all.db"),
        (["--login-attempts", "0"], "0 is not in 1..=1000000"),
        (["--log", "loud"], "[possible values: error, warn, info, debug, trace]"),
    ] {
        let message = refused(program().args(arguments));
        assert!(message.contains(expected), "{arguments:?}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn a_port_in_use_is_said_to_be() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let message = refused(program().args(["--addr", &address]));
    assert!(message.contains(&format!("cannot listen on {address}")), "{message}");
}

#[test]
fn a_weak_or_open_key_is_refused() {
    let message = refused(program().env("TOKENKEEP_SIGNING_KEY", "a short and secret one"));
    assert!(message.contains("TOKENKEEP_SIGNING_KEY: the signing key is too short: at least 32 bytes"), "{message}");
    assert!(!message.contains("a short and secret one"));

    let directory = Directory::new();
    let file = directory.file("key");
    let with_file = |text: &str, mode| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        refused(program().arg("--key-file").arg(&file))
    };
    let message = with_file(&"k".repeat(43), 0o640);
    assert!(message.contains("is open to others (mode 0640); run: chmod 600"), "{message}");
    let message = with_file("too short", 0o600);
    assert!(message.contains("too short: at least 32 bytes"), "{message}");
    assert!(with_file("", 0o600).contains("too short"));
}

#[test]
fn help_does_not_show_what_the_environment_hides() {
    let mut help = program();
    help.env("TOKENKEEP_USER", "susan:hunter2").env("TOKENKEEP_SIGNING_KEY", "hunter2").arg("--help");
    let help = String::from_utf8(help.output().unwrap().stdout).unwrap();
    assert!(help.contains("TOKENKEEP_SIGNING_KEY") && !help.contains("hunter2"));
}
