//! A server with some users, and a good request for each route.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tokenkeep::dev::{AccessForm, Config, Database, LoginLimit, NewUser, Rotation, SecretUrl};

use super::routes::{Door, Route};
use crate::services;
use crate::support::{Answer, Api, config, json_request, seconds};

const PASSWORD: &str = "correct horse";

pub struct World {
    pub api: Api,
    count: AtomicU32,
}

/// A request that can still be spoilt.
#[derive(Clone)]
pub struct Call {
    pub method: &'static str,
    pub uri: String,
    pub headers: Vec<(&'static str, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// In SQLite alone, and in PostgreSQL with Redis, which take another view of some texts.
    pub async fn on_every_store() -> [Self; 2] {
        let (database, redis) =
            tokio::task::spawn_blocking(|| (services::postgres(), services::redis())).await.unwrap();
        let shared = Self::with(|config| {
            config.database = Database::Postgres(SecretUrl(database));
            config.redis = Some(SecretUrl(redis));
        });
        [Self::new().await, shared.await]
    }

    pub async fn opaque() -> Self {
        Self::with(|config| config.tokens = AccessForm::Opaque).await
    }

    pub async fn strict() -> Self {
        Self::with(|config| config.policy.rotation = Rotation::Strict).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(Rotation::Grace(seconds(10)));
        config.users.push("root:correct horse".parse::<NewUser>().unwrap().with_role("admin"));
        config.show_outbox = true;
        // What is counted here is not how often.
        config.login_limit = LoginLimit { burst: 1000, account_burst: 1000, address_burst: 1000, ..config.login_limit };
        change(&mut config);
        Self { api: Api::with(config).await, count: AtomicU32::new(0) }
    }

    pub async fn send(&self, call: &Call) -> Answer {
        let mut request = Request::builder().method(call.method).uri(&call.uri);
        for (name, value) in &call.headers {
            request = request.header(*name, value.as_slice());
        }
        self.api.send(request.body(Body::from(call.body.clone())).unwrap()).await
    }

    pub async fn sign_in(&self, name: &str) -> Value {
        let answer = self.api.post("/api/v1/login", json!({ "username": name, "password": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// A request that the route takes, with a session of its own.
    pub async fn good(&self, route: &Route) -> Call {
        let name = if route.door == Door::Admin { "root" } else { "susan" };
        let login = self.sign_in(name).await;
        let mut uri = format!("/api/v1{}", route.path());
        if uri.contains('{') {
            let whose = if route.door == Door::Admin { self.sign_in("susan").await } else { login.clone() };
            let status = self.api.get("/api/v1/status", whose["token"].as_str()).await.json();
            uri = uri.replace("{id}", text(&status["subject"])).replace("{session}", text(&status["session"]));
        }
        if route.path() == "/socket" {
            uri += "?ticket=x";
        }
        let mut headers = Vec::new();
        if route.door != Door::Open {
            headers.push(("authorization", format!("Bearer {}", text(&login["token"])).into_bytes()));
        }
        let mut body = Vec::new();
        if route.fields().is_some() {
            headers.push(("content-type", b"application/json".to_vec()));
            body = self.body(route, &login).await.to_string().into_bytes();
        }
        Call { method: route.method(), uri, headers, body }
    }

    async fn body(&self, route: &Route, login: &Value) -> Value {
        match route.operation {
            "POST /email/verify" => json!({ "code": self.verification_code().await.1 }),
            "POST /login" => json!({ "username": "susan", "password": PASSWORD, "scopes": ["read"] }),
            "POST /password/change" => json!({ "password": PASSWORD, "newPassword": PASSWORD }),
            "POST /password/forgot" => json!({ "email": format!("{}@example.com", self.new_name()) }),
            "POST /password/reset" => json!({ "code": self.reset_code().await, "password": PASSWORD }),
            "POST /register" => json!({ "username": self.new_name(), "password": PASSWORD, "email": "a@example.com" }),
            "POST /renew" => json!({ "refreshToken": login["refreshToken"] }),
            "PUT /users/{id}/role" => json!({ "role": "basic" }),
            other => panic!("no good body for {other}"),
        }
    }

    fn new_name(&self) -> String {
        format!("newcomer-{}", self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// The address of a new user, and the code that was mailed there.
    async fn verification_code(&self) -> (String, String) {
        let name = self.new_name();
        let email = format!("{name}@example.com");
        let body = json!({ "username": name, "password": PASSWORD, "email": email });
        assert_eq!(self.api.post("/api/v1/register", body).await.status, 201);
        let code = self.mailed(&email, 0).await;
        (email, code)
    }

    async fn reset_code(&self) -> String {
        let (email, code) = self.verification_code().await;
        assert_eq!(self.api.post("/api/v1/email/verify", json!({ "code": code })).await.status, 200);
        assert_eq!(self.api.post("/api/v1/password/forgot", json!({ "email": email })).await.status, 202);
        self.mailed(&email, 1).await
    }

    /// The code in the `count`-th letter to that address; mail is sent while the answer is on its way.
    async fn mailed(&self, email: &str, count: usize) -> String {
        loop {
            let outbox = self.api.get("/__outbox", None).await.json();
            let letters = outbox["letters"].as_array().unwrap();
            if let Some(letter) = letters.iter().filter(|letter| letter["to"] == email).nth(count) {
                return text(&letter["code"]).to_owned();
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Call {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn token(&self) -> &str {
        let (_, value) = self.headers.iter().find(|(name, _)| *name == "authorization").unwrap();
        std::str::from_utf8(value).unwrap().strip_prefix("Bearer ").unwrap()
    }

    pub fn with_body(&self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.clone() }
    }

    pub fn with_field(&self, name: &str, value: Value) -> Self {
        let mut body = self.json();
        body[name] = value;
        self.with_body(body.to_string())
    }

    pub fn without_field(&self, name: &str) -> Self {
        let mut body = self.json();
        body.as_object_mut().unwrap().remove(name);
        self.with_body(body.to_string())
    }

    /// With these values of a header and no other.
    pub fn with_header<V: AsRef<[u8]>>(&self, name: &'static str, values: impl IntoIterator<Item = V>) -> Self {
        let mut call = self.clone();
        call.headers.retain(|(other, _)| *other != name);
        call.headers.extend(values.into_iter().map(|value| (name, value.as_ref().to_vec())));
        call
    }

    pub fn without_header(&self, name: &'static str) -> Self {
        self.with_header::<&str>(name, [])
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// As `json_request`, for what is no route of the table.
pub async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.api.send(json_request(path, &body)).await
}
