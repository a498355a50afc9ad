//! A real mail server (aiosmtpd), started by each test that needs one.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::certificates::Certificates;
use crate::support::Directory;

pub struct MailServer {
    child: Child,
    output: BufReader<ChildStdout>,
    /// It ends when this closes, whichever way the test ends.
    _pipe: ChildStdin,
    ports: Value,
    _directory: Directory,
}

impl MailServer {
    pub fn start() -> Self {
        let directory = Directory::new();
        let (certificate, key) = Certificates::shared().install(&directory.file(""));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/mail_server.py");
        let mut command = Command::new(python());
        command
            .args(["-W", "ignore"])
            .arg(script)
            .arg(certificate)
            .arg(key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (pipe, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, output, _pipe: pipe, ports: Value::Null, _directory: directory };
        server.ports = server.next();
        server
    }

    /// The next mail, when it has come.
    pub fn next(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the mail server has ended"))
    }

    /// `way` is open, starttls or tls.
    pub fn port(&self, way: &str) -> u64 {
        self.ports[way].as_u64().unwrap()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The interpreter with the packages of tests/backends/real/current.txt.
fn python() -> PathBuf {
    let home = std::env::var_os("TOKENKEEP_PYTHON").map(PathBuf::from);
    let home = home.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("python"));
    let python = home.join("current/bin/python");
    assert!(python.is_file(), "{} is missing: `cargo xtask setup` installs it", python.display());
    python
}
