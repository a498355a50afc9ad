use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tokenkeep::dev::{Config, Grant, Keys, Ledger, Moment, Outcome, PasswordWork, Policy, Refusal, Rotation, Server};
use tower::ServiceExt as _;

pub const START: Moment = Moment::from_millis(1_800_000_000_250);

pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub fn policy(rotation: Rotation) -> Policy {
    Policy { rotation, ..Policy::default() }
}

pub fn ledger(rotation: Rotation) -> Ledger {
    Ledger::seeded(policy(rotation), 1).unwrap()
}

pub fn refresh(grant: &Grant) -> String {
    grant.refresh.as_ref().expect("a refresh token").expose()
}

#[track_caller]
pub fn renewed(outcome: Outcome) -> Grant {
    match outcome {
        Outcome::Renewed(grant) => grant,
        other => panic!("not renewed: {other:?}"),
    }
}

#[track_caller]
pub fn repeated(outcome: Outcome) -> Grant {
    match outcome {
        Outcome::Repeated(grant) => grant,
        other => panic!("not repeated: {other:?}"),
    }
}

#[track_caller]
pub fn refused(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// A server for tests: susan's password is "correct horse", and hashing it costs next to nothing.
pub fn config(rotation: Rotation) -> Config {
    let mut config = Config::new(Keys::new(&[7; 32]).unwrap());
    config.policy = policy(rotation);
    config.users = vec!["susan:correct horse".parse().unwrap()];
    config.password_work = PasswordWork { memory_kib: 8, passes: 1, at_once: 2, waiting: 1000 };
    config.faults = true;
    config
}

pub async fn api(rotation: Rotation) -> Api {
    Api::with(config(rotation)).await
}

/// A server without a socket.
#[derive(Clone)]
pub struct Api {
    router: Router,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Api {
    pub async fn with(config: Config) -> Self {
        Self::over(Server::open(config).await.unwrap().router())
    }

    pub fn over(router: Router) -> Self {
        Self { router }
    }

    /// As if it came over a connection of this machine.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        let near = SocketAddr::from(([127, 0, 0, 1], 1));
        request.extensions_mut().insert(axum::extract::ConnectInfo(near));
        request.headers_mut().entry("host").or_insert(axum::http::HeaderValue::from_static("localhost:1"));
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(json_request(path, &body)).await
    }

    pub async fn login(&self) -> Value {
        let answer = self.post("/api/v1/login", json!({ "username": "susan", "password": "correct horse" })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub async fn renew(&self, refresh_token: &Value) -> Answer {
        self.post("/api/v1/renew", json!({ "refreshToken": refresh_token })).await
    }

    pub async fn logout(&self, token: &str) -> Answer {
        let request = Request::post("/api/v1/logout").header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn shift_clock(&self, by: Duration) {
        let answer = self.post("/__faults/clock", json!({ "shiftMs": by.as_millis() as u64 })).await;
        assert_eq!(answer.status, 204);
    }

    pub async fn log(&self) -> Value {
        self.get("/__faults/log", None).await.json()
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Checks that this is a problem as documented and gives its code.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["type"], "about:blank");
        assert_eq!(body["title"], self.status.canonical_reason().unwrap());
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        let described = &PROBLEM["properties"];
        // Fault control is no part of the API.
        assert!(body["code"] == "user_unknown" || one_of(&described["code"], &body["code"]), "{body}");
        assert!(one_of(&described["kind"], &body["kind"]), "{body}");
        (self.status.as_u16(), body["code"].as_str().expect("a code").to_owned())
    }
}

static PROBLEM: LazyLock<Value> =
    LazyLock::new(|| tokenkeep::dev::openapi()["components"]["schemas"]["ProblemBody"].clone());

fn one_of(described: &Value, value: &Value) -> bool {
    described["enum"].as_array().is_some_and(|all| all.contains(value))
}

pub fn json_request(path: &str, body: &Value) -> Request<Body> {
    Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}

/// What comes back over a real connection for `head` and `body`: everything up to its end.
pub fn exchange(address: SocketAddr, head: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(seconds(20)))?;
    let length = body.len();
    write!(stream, "{head}\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// What comes back for these very bytes, up to the end of the connection.
pub fn exchange_bytes(address: SocketAddr, bytes: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(seconds(60)))?;
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    // A server that closes with a request unread resets the connection, after its answer.
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..read]);
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

pub fn post(address: SocketAddr, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
    let head = format!("POST {path} HTTP/1.1\r\ncontent-type: application/json");
    parse(&exchange(address, &head, &body.to_string())?)
}

pub fn parse(answer: &str) -> std::io::Result<(u16, Value)> {
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
    Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// A directory of its own for each test, gone at the end.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
