//! The server on a real socket.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use tokenkeep::dev::{Config, Database, Rotation, Server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::support::{Directory, config, exchange, post, seconds};

const GRACE: Rotation = Rotation::Grace(seconds(10));

pub struct Running {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Running {
    pub async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = Server::open(config).await.unwrap();
        let server = tokio::spawn(server.serve(listener, async {
            stopped.await.ok();
        }));
        Self { address, stop, server }
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap();
    }

    async fn post(&self, path: &'static str, body: Value) -> std::io::Result<(u16, Value)> {
        let address = self.address;
        spawn_blocking(move || post(address, path, &body)).await.unwrap()
    }

    async fn login(&self) -> Value {
        self.post("/api/v1/login", json!({ "username": "susan", "password": "correct horse" })).await.unwrap().1
    }

    /// A hundred renewals with one refresh token, from a hundred threads that begin together.
    async fn hundred_renewals(&self, refresh_token: &Value) -> Vec<(u16, Value)> {
        let (address, body) = (self.address, json!({ "refreshToken": refresh_token }));
        spawn_blocking(move || {
            let start = std::sync::Barrier::new(100);
            std::thread::scope(|scope| {
                let renew = || {
                    start.wait();
                    post(address, "/api/v1/renew", &body).unwrap()
                };
                let threads: Vec<_> = (0..100).map(|_| scope.spawn(renew)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            })
        })
        .await
        .unwrap()
    }
}

async fn on_disk(rotation: Rotation, directory: &Directory) -> Running {
    let mut config = config(rotation);
    config.faults = false;
    config.database = Database::File(directory.file("sessions.db"));
    Running::start(config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_concurrent_renewals_get_one_child_in_grace() {
    let directory = Directory::new();
    let server = on_disk(GRACE, &directory).await;
    let login = server.login().await;
    let answers = server.hundred_renewals(&login["refreshToken"]).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    let children: BTreeSet<&str> = answers.iter().map(|(_, body)| body["refreshToken"].as_str().unwrap()).collect();
    assert_eq!(children.len(), 1);
    let child = children.first().unwrap();
    assert_eq!(server.post("/api/v1/renew", json!({ "refreshToken": child })).await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_concurrent_renewals_have_one_winner_in_strict_and_end_the_family() {
    let directory = Directory::new();
    let server = on_disk(Rotation::Strict, &directory).await;
    let login = server.login().await;
    let answers = server.hundred_renewals(&login["refreshToken"]).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(status, _)| *status == 200);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|(status, body)| *status == 401 && body["code"] == "refresh_token_reused"), "{lost:?}");
    let child = json!({ "refreshToken": won[0].1["refreshToken"] });
    assert_eq!(server.post("/api/v1/renew", child).await.unwrap().1["code"], "refresh_token_revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_answer_cuts_the_connection_after_the_renewal() {
    let server = Running::start(config(GRACE)).await;
    let login = server.login().await;
    server.post("/__faults/rules", json!({ "endpoint": "renew", "drop": true })).await.unwrap();
    let renewal = json!({ "refreshToken": login["refreshToken"] });
    let lost = server.post("/api/v1/renew", renewal.clone()).await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(server.post("/api/v1/renew", renewal).await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_faults_each_request_has_a_connection_of_its_own() {
    for (faults, expected) in [(true, 1), (false, 2)] {
        let mut config = config(GRACE);
        config.faults = faults;
        let server = Running::start(config).await;
        let address = server.address;
        let answers = spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            let request = format!("GET /api/v1/healthz HTTP/1.1\r\nhost: {address}\r\n");
            write!(stream, "{request}\r\n{request}connection: close\r\n\r\n").unwrap();
            let mut answers = String::new();
            // A server that closes with a request unread resets the connection, after its answer.
            let _ = stream.read_to_string(&mut answers);
            answers.matches("HTTP/1.1 200 OK").count()
        });
        assert_eq!(answers.await.unwrap(), expected, "faults: {faults}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_lets_the_request_under_way_end_and_takes_no_new_one() {
    let server = Running::start(config(GRACE)).await;
    let login = server.login().await;
    server.post("/__faults/rules", json!({ "endpoint": "renew", "delayMs": 2000 })).await.unwrap();
    let address = server.address;
    let renewal = spawn_blocking(move || {
        post(address, "/api/v1/renew", &json!({ "refreshToken": login["refreshToken"] })).unwrap()
    });
    while server.post("/__faults/log", json!({})).await.is_ok() {
        let log = spawn_blocking(move || exchange(address, "GET /__faults/log HTTP/1.1", "").unwrap()).await.unwrap();
        if log.contains(r#""renew.renewed":1"#) {
            break;
        }
    }
    server.stop.send(()).unwrap();
    while TcpStream::connect(address).is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!renewal.is_finished(), "the door closes first");
    assert_eq!(renewal.await.unwrap().0, 200);
    server.server.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_does_not_wait_for_idle_connections() {
    let mut config = config(GRACE);
    config.faults = false;
    let server = Running::start(config).await;
    let address = server.address;
    let idle = spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET /api/v1/healthz HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        stream
    });
    let mut idle = idle.await.unwrap();
    server.stop.send(()).unwrap();
    tokio::time::timeout(seconds(5), server.server).await.expect("the drain limit is 10 s").unwrap();
    idle.read_to_end(&mut Vec::new()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_is_408() {
    let mut config = config(GRACE);
    config.faults = false;
    config.request_timeout = std::time::Duration::from_millis(100);
    let server = Running::start(config).await;
    let address = server.address;
    let answer = spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "POST /api/v1/login HTTP/1.1\r\ncontent-type: application/json\r\nconnection: close";
        write!(stream, "{head}\r\nhost: {address}\r\ncontent-length: 100\r\n\r\n{{").unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_does_no_harm() {
    let server = Running::start(config(GRACE)).await;
    let address = server.address;
    spawn_blocking(move || {
        for noise in
            ["\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}", "POST /api/v1/login HTTP/1.1\r\ncontent-length: -1\r\n\r\n"]
        {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(noise.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        }
    })
    .await
    .unwrap();
    server.login().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canned_answer_may_break_off_in_the_middle() {
    let server = Running::start(config(GRACE)).await;
    for (claimed, arrives) in [(100, "{\"token\":"), (9, "{\"token\":"), (3, "{\"t")] {
        let headers = json!({ "Content-Length": claimed.to_string(), "Content-Type": "application/json" });
        let rule = json!({ "endpoint": "renew", "status": 200, "headers": headers, "body": "{\"token\":" });
        assert_eq!(server.post("/__faults/rules", rule).await.unwrap().0, 204);
        let address = server.address;
        let head = "POST /api/v1/renew HTTP/1.1\r\ncontent-type: application/json";
        let answer = spawn_blocking(move || exchange(address, head, "{}")).await.unwrap().unwrap();
        assert!(answer.contains(&format!("content-length: {claimed}")), "{answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{arrives}")), "{claimed}: {answer}");
    }
}
