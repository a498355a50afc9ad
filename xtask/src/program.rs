//! Starting other programs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{io, thread};

use anyhow::{Context, Result, bail};

/// How long one program may take before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// One call of another program.
pub struct Program {
    command: Command,
    shown: String,
}

impl Program {
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        let name = name.as_ref();
        Self {
            command: Command::new(name),
            shown: Path::new(name).file_name().unwrap_or(name).to_string_lossy().into_owned(),
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&arg.as_ref().to_string_lossy());
        self.command.arg(arg);
        self
    }

    /// Arguments separated by spaces.
    pub fn args(self, args: &str) -> Self {
        args.split_whitespace().fold(self, Self::arg)
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Runs it in the open; fails unless it succeeds.
    pub fn run(mut self) -> Result<()> {
        println!("$ {}", self.shown);
        let status =
            self.command.stdin(Stdio::null()).status().with_context(|| format!("cannot start `{}`", self.shown))?;
        if !status.success() {
            bail!("`{}` failed ({status})", self.shown);
        }
        Ok(())
    }

    /// Runs it quietly; its standard output.
    pub fn read(mut self) -> Result<String> {
        let output =
            self.command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{}`", self.shown))?;
        if !output.status.success() {
            bail!("`{}` failed ({})\n{}", self.shown, output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it in the open; whether it succeeded, and all that it printed.
    pub fn watch(mut self) -> Result<(bool, String)> {
        println!("$ {}", self.shown);
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.shown))?;

        let (lines, printed) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            forward(stdout, io::stdout(), lines.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            forward(stderr, io::stderr(), lines.clone());
        }
        drop(lines);

        let started = Instant::now();
        let mut text = String::new();
        let hung = loop {
            match printed.recv_timeout(PATIENCE.saturating_sub(started.elapsed())) {
                Ok(line) => text.push_str(&line),
                Err(mpsc::RecvTimeoutError::Disconnected) => break false,
                Err(mpsc::RecvTimeoutError::Timeout) => break true,
            }
        };
        if hung {
            child.kill()?;
        }
        let status = child.wait()?;
        if hung {
            eprintln!("`{}` took too long and was ended", self.shown);
        } else if !status.success() {
            eprintln!("`{}` failed ({status})", self.shown);
        }
        Ok((status.success() && !hung, text))
    }

    /// Starts it in the open, and waits neither for it nor for what it prints.
    pub fn into_command(self) -> Command {
        println!("$ {}", self.shown);
        self.command
    }
}

fn forward(from: impl Read + Send + 'static, mut to: impl Write + Send + 'static, lines: mpsc::Sender<String>) {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let _ = to.write_all(&line);
            let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    });
}
