//! What the program writes about itself.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::command_line::{Running, program};
use crate::support::{exchange, parse};

/// A client that remembers every secret that it sends or gets, and which requests it made.
struct Client {
    server: Running,
    secrets: Vec<String>,
    requests: Vec<(String, String, u16, String)>,
}

impl Client {
    fn start() -> Self {
        let mut program = program();
        program.args(["--log", "trace", "--log-format", "json", "--user", "susan:correct horse", "--tokens", "opaque"]);
        let secrets = vec!["correct horse".to_owned()];
        Self { server: Running::start(&mut program), secrets, requests: Vec::new() }
    }

    fn keep(&mut self, secret: &Value) -> String {
        let secret = secret.as_str().unwrap().to_owned();
        self.secrets.push(secret.clone());
        secret
    }

    fn send(&mut self, method: &str, path: &str, headers: &str, body: &Value) -> (u16, Value) {
        let head = format!("{method} {path} HTTP/1.1\r\ncontent-type: application/json{headers}");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = exchange(self.server.address, &head, &body).unwrap();
        let (status, body) = parse(&answer).unwrap();
        let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
        let path = path.split('?').next().unwrap().to_owned();
        self.requests.push((method.to_owned(), path, status, id));
        (status, body)
    }

    fn post(&mut self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let token = token.map(|token| format!("\r\nauthorization: Bearer {token}")).unwrap_or_default();
        self.send("POST", path, &token, body)
    }

    /// The code in the newest mail.
    fn code(&mut self, count: usize) -> String {
        loop {
            let (_, outbox) = self.send("GET", "/__outbox", "", &Value::Null);
            if let Some(letter) = outbox["letters"].get(count) {
                return self.keep(&letter["code"]);
            }
        }
    }
}

/// Everything a user can do, well and badly.
fn whole_flow(client: &mut Client) {
    let password = client.keep(&json!("a first password"));
    let account = json!({ "username": "miguel", "password": password, "email": "miguel@example.com" });
    assert_eq!(client.post("/api/v1/register", None, &account).0, 201);
    let code = client.code(0);
    assert_eq!(client.post("/api/v1/email/verify", None, &json!({ "code": code })).0, 200);
    let wrong = client.keep(&json!("a wrong password"));
    assert_eq!(client.post("/api/v1/login", None, &json!({ "username": "miguel", "password": wrong })).0, 401);
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("miguel:{password}"));
    client.secrets.push(basic.clone());
    let (status, login) =
        client.send("POST", "/api/v1/login", &format!("\r\nauthorization: Basic {basic}"), &json!({}));
    assert_eq!(status, 200);
    let (access, refresh) = (client.keep(&login["token"]), client.keep(&login["refreshToken"]));
    let (_, renewed) = client.post("/api/v1/renew", None, &json!({ "refreshToken": refresh }));
    let (access_2, refresh_2) = (client.keep(&renewed["token"]), client.keep(&renewed["refreshToken"]));
    assert_eq!(
        client.send("GET", "/api/v1/status", &format!("\r\nauthorization: Bearer {access}"), &Value::Null).0,
        200
    );
    let (_, ticket) = client.post("/api/v1/tickets", Some(&access_2), &Value::Null);
    let ticket = client.keep(&ticket["ticket"]);
    assert_eq!(client.send("GET", &format!("/api/v1/socket?ticket={ticket}"), "", &Value::Null).0, 400);
    let new = client.keep(&json!("a second password"));
    let change = json!({ "password": password, "newPassword": new });
    assert_eq!(client.post("/api/v1/password/change", Some(&access_2), &change).0, 204);
    assert_eq!(client.post("/api/v1/password/forgot", None, &json!({ "email": "miguel@example.com" })).0, 202);
    let code = client.code(1);
    let last = client.keep(&json!("a third password"));
    assert_eq!(client.post("/api/v1/password/reset", None, &json!({ "code": code, "password": last })).0, 204);
    assert_eq!(client.post("/api/v1/renew", None, &json!({ "refreshToken": refresh_2 })).0, 401);
    assert_eq!(client.post("/api/v1/echo", None, &json!({ "password": last, "not": "JSON" })).0, 401);
    let (_, login) = client.post("/api/v1/login", None, &json!({ "username": "miguel", "password": last }));
    let access = client.keep(&login["token"]);
    client.keep(&login["refreshToken"]);
    assert_eq!(client.post("/api/v1/logout", Some(&access), &Value::Null).0, 204);
}

#[test]
fn no_password_token_code_or_ticket_of_a_whole_flow_is_logged() {
    let mut client = Client::start();
    whole_flow(&mut client);
    let Client { server, secrets, .. } = client;
    let log = server.stop();
    assert!(secrets.len() > 12, "{}", secrets.len());
    for line in log.lines() {
        for secret in &secrets {
            // As it is, and as it stands in JSON, in a URL or in a Debug of bytes.
            let bytes = format!("{:?}", secret.as_bytes());
            let bytes = bytes.trim_matches(['[', ']']);
            assert!(!line.contains(secret) && !line.contains(bytes), "{line}");
        }
    }
}

#[test]
fn each_request_is_one_line_of_json_under_the_id_that_its_answer_carries() {
    let mut client = Client::start();
    whole_flow(&mut client);
    let Client { server, requests, .. } = client;
    let log = server.stop();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), requests.len());
    for ((method, path, status, id), line) in requests.iter().zip(answered) {
        let said = json!([line["method"], line["path"], line["status"], line["request_id"], line["level"]]);
        assert_eq!(said, json!([method, path, status, id, "INFO"]));
        assert!(line["duration_ms"].is_u64() && line["timestamp"].is_string(), "{line}");
    }
    let login = lines.iter().find(|line| line["message"] == "logged in").unwrap();
    let (.., id) = requests.iter().find(|(_, path, status, _)| path.ends_with("/login") && *status == 200).unwrap();
    assert_eq!(&login["span"]["request_id"], id, "what is logged on the way belongs to its request");
}

#[test]
fn the_id_of_a_proxy_is_kept_and_what_might_be_a_secret_is_none() {
    let mut client = Client::start();
    let token = "A".repeat(43);
    for (given, kept) in [("4bf92f35-77b3.4da6_a", true), (&*token, false), ("two words", false), ("", false)] {
        client.send("GET", "/api/v1/healthz", &format!("\r\nx-request-id: {given}"), &Value::Null);
        assert_eq!(client.requests.last().unwrap().3 == given, kept, "{given}");
    }
    client.send("GET", &format!("/api/v1/users/{token}"), "", &Value::Null);
    let log = client.server.stop();
    assert!(!log.contains(&token), "{log}");
    assert!(log.contains(r#""path":"/api/v1/users/…""#), "{log}");
}
