//! A real PostgreSQL and a real Redis, started once for all tests of this program, on free ports, with their data in
//! a directory that is gone at the end. Both speak TLS as well.
//!
//! Nothing of the test harness runs at its end, whichever way it ends. So each service has a guardian: a shell that
//! reads from a pipe, which closes when this process is no more, and then stops the service and removes its data.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::certificates::Certificates;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// An empty database in PostgreSQL, as a URL.
pub fn postgres() -> String {
    let server = Postgres::shared();
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    server.query("postgres", &format!("CREATE DATABASE {name}"));
    format!("postgres://tester@127.0.0.1:{}/{name}", server.port)
}

/// An empty database in Redis, as a URL.
pub fn redis() -> String {
    Redis::shared().url(COUNT.fetch_add(1, Ordering::Relaxed) % 512)
}

/// The same over TLS.
pub fn encrypted_redis() -> String {
    let database = COUNT.fetch_add(1, Ordering::Relaxed) % 512;
    format!("rediss://127.0.0.1:{}/{database}", Redis::shared().encrypted_port)
}

/// What PostgreSQL answers to a query, without headings.
pub fn ask(database: &str, query: &str) -> String {
    Postgres::shared().query(database, query)
}

/// A Redis of one's own, to take away.
pub struct Redis {
    port: u16,
    encrypted_port: u16,
    guardian: Child,
    _pipe: Option<ChildStdin>,
}

impl Redis {
    fn shared() -> &'static Self {
        static REDIS: OnceLock<Redis> = OnceLock::new();
        REDIS.get_or_init(|| Self::start(None))
    }

    pub fn start(port: Option<u16>) -> Self {
        let (port, encrypted_port) = (port.unwrap_or_else(free_port), free_port());
        let directory = directory("redis");
        let (certificate, key) = Certificates::shared().install(&directory);
        let mut words = vec!["redis-server".to_owned()];
        words.extend(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""].map(quoted));
        words.extend(["--databases", "512", "--dir", &directory.display().to_string()].map(quoted));
        words.extend(["--tls-port", &encrypted_port.to_string(), "--tls-auth-clients", "no"].map(quoted));
        words.extend(["--tls-cert-file", &certificate.display().to_string()].map(quoted));
        words.extend(["--tls-key-file", &key.display().to_string()].map(quoted));
        let (guardian, pipe) = guard(&words.join(" "), "Ready to accept connections", &directory);
        Self { port, encrypted_port, guardian, _pipe: Some(pipe) }
    }

    pub fn url(&self, database: u32) -> String {
        format!("redis://127.0.0.1:{}/{database}", self.port)
    }

    /// Ends it and waits until it has gone.
    pub fn stop(mut self) -> u16 {
        self._pipe = None;
        self.guardian.wait().unwrap();
        self.port
    }
}

struct Postgres {
    port: u16,
    psql: PathBuf,
    _guardian: Child,
    _pipe: ChildStdin,
}

impl Postgres {
    fn shared() -> &'static Self {
        static POSTGRES: OnceLock<Postgres> = OnceLock::new();
        POSTGRES.get_or_init(Self::start)
    }

    fn start() -> Self {
        let programs = postgres_programs();
        let port = free_port();
        let directory = directory("postgres");
        // It refuses to run as root.
        let is_root = run(Command::new("id").arg("-u")).trim() == "0";
        let user = if is_root { "runuser -u postgres -- " } else { "" };
        let (certificate, key) = Certificates::shared().install(&directory);
        if is_root {
            run(Command::new("chown").args(["-R", "postgres"]).arg(&directory));
        }
        let data = directory.join("data");
        let initdb = format!(
            "cd /; {user}{}/initdb --pgdata={} --username=tester --auth=trust --no-sync --encoding=UTF8 --locale=C",
            programs.display(),
            data.display()
        );
        run(Command::new("sh").args(["-c", &initdb]));
        // Nothing here outlives a power cut, so nothing waits for the disk.
        let postgres = format!(
            "{user}{}/postgres -D {} -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
             -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB \
             -c ssl=on -c ssl_cert_file={} -c ssl_key_file={}",
            programs.display(),
            data.display(),
            certificate.display(),
            key.display()
        );
        let (guardian, pipe) = guard(&postgres, "ready to accept connections", &directory);
        Self { port, psql: programs.join("psql"), _guardian: guardian, _pipe: pipe }
    }

    fn query(&self, database: &str, query: &str) -> String {
        let port = self.port.to_string();
        let arguments = ["-h", "127.0.0.1", "-p", &port, "-U", "tester", "-d", database, "-qtA", "-c", query];
        run(Command::new(&self.psql).args(arguments))
    }
}

/// Debian keeps them out of the `PATH`, a version each.
fn postgres_programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    found
        .into_iter()
        .find(|directory| directory.join("initdb").is_file() && directory.join("postgres").is_file())
        .expect("PostgreSQL is missing: `cargo xtask setup` installs it (on Debian: apt-get install postgresql)")
}

/// Starts a service under a guardian and waits until it says that it is ready.
fn guard(service: &str, ready: &str, directory: &Path) -> (Child, ChildStdin) {
    // `exec`, so that the pid is the service's own (or that of runuser, which hands signals on).
    let script = format!(
        "exec 3<&0; (exec {service}) </dev/null 2>&1 & child=$!
         (read -r _ <&3; kill -TERM $child 2>/dev/null; sleep 20; kill -KILL $child 2>/dev/null) & reader=$!
         wait $child; kill $reader 2>/dev/null; rm -rf {}",
        directory.display()
    );
    let mut guardian = Command::new("sh")
        .args(["-c", &script])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pipe = guardian.stdin.take().unwrap();
    let mut output = BufReader::new(guardian.stdout.take().unwrap());
    let mut said = String::new();
    loop {
        let from = said.len();
        let read = output.read_line(&mut said).unwrap_or(0);
        assert!(read > 0, "`{service}` did not start:\n{said}");
        if said[from..].contains(ready) {
            break;
        }
    }
    // Whatever else it says is taken, or it would stop for want of a reader.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    (guardian, pipe)
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn directory(name: &str) -> PathBuf {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // Not under the target directory: another user than ours must be able to get there.
    let path = std::env::temp_dir().join(format!("tokenkeep-{name}-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn quoted(word: &str) -> String {
    format!("'{word}'")
}

/// Free a moment ago. Both services say so at once if somebody else took it meanwhile.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
