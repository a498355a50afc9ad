//! The requests that the session makes itself: how they are encoded, and every way they can fail.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use page::{Reply, Server, credentials, get};
use tokenkeep::error::{Code, SessionError};
use tokenkeep::machine::Status;
use tokenkeep::protocol::Protocol;
use tokenkeep::{FetchError, Session, Storage};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn session_error(error: FetchError) -> SessionError {
    match error {
        FetchError::Session { error, .. } => error,
        FetchError::Native(value) => panic!("{value:?}"),
    }
}

#[wasm_bindgen_test]
async fn a_login_is_sent_as_json_and_without_cookies() {
    let server = Server::new();
    let session = server.session();
    let snapshot = session.login(&credentials()).await.unwrap();
    assert_eq!(snapshot.status, Status::SignedIn);
    assert_eq!(snapshot.subject.as_deref(), Some("u1"));
    assert_eq!(snapshot.generation, 1);
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.url.as_str()), ("POST", "https://api.example.com/api/v1/login"));
    assert_eq!(seen.body, r#"{"password":"secret-pw","username":"ada"}"#);
    assert_eq!(seen.authorization, None);
    let request = &seen.request;
    assert_eq!(request.headers().get("Content-Type").unwrap().as_deref(), Some("application/json"));
    assert_eq!(request.credentials(), web_sys::RequestCredentials::Omit);
    assert_eq!(request.cache(), web_sys::RequestCache::NoStore);
    assert_eq!(request.redirect(), web_sys::RequestRedirect::Error);
}

#[wasm_bindgen_test]
async fn a_renewal_carries_the_refresh_token_and_an_attempt_but_no_access_token() {
    let server = Server::new();
    let session = server.expired().await;
    session.renew().await.unwrap();
    let seen = &server.seen_at("/renew")[0];
    assert_eq!(seen.body, r#"{"refreshToken":"r1"}"#);
    assert_eq!(seen.authorization, None);
    assert!(seen.request.headers().get("Idempotency-Key").unwrap().is_some_and(|key| key.len() == 32));
}

#[wasm_bindgen_test]
async fn whatever_goes_wrong_with_a_renewal_ends_in_a_typed_error_and_keeps_the_session() {
    let error = |message: &str| JsValue::from(js_sys::TypeError::new(message));
    let html = || Reply::Raw(200, vec![("Content-Type", "text/html")], "<html>hotel</html>".into());
    type Case = (&'static str, Box<dyn Fn() -> Reply>, Code);
    let cases: Vec<Case> = vec![
        ("an error", Box::new(move || Reply::Reject(error("offline"))), Code::Network),
        ("no error", Box::new(|| Reply::Reject("a string".into())), Code::Network),
        ("nothing", Box::new(|| Reply::Reject(JsValue::UNDEFINED)), Code::Network),
        ("undefined", Box::new(|| Reply::Value(JsValue::UNDEFINED)), Code::Network),
        ("a number", Box::new(|| Reply::Value(JsValue::from(7))), Code::Network),
        ("an empty object", Box::new(|| Reply::Value(page::object(&[]))), Code::Network),
        ("something like an answer", Box::new(|| Reply::Value(page::object(&[("status", 200.into())]))), Code::Network),
        ("HTML", Box::new(html), Code::Protocol),
        ("half of it", Box::new(|| Reply::Json(200, r#"{"token":"t"#.into())), Code::Protocol),
        ("no token", Box::new(|| Reply::Json(200, "{}".into())), Code::Protocol),
        ("an unknown refusal", Box::new(|| Reply::Json(403, "{}".into())), Code::Protocol),
        ("trouble", Box::new(|| Reply::Json(503, String::new())), Code::Server),
    ];
    for (name, reply, code) in cases {
        let server = Server::new();
        let session = server.expired().await;
        server.on("/renew", move |_| reply());
        let failed = session_error(session.fetch(get("/things")).await.unwrap_err());
        assert_eq!(failed.code, code, "{name}: {failed}");
        assert_eq!(session.snapshot().status, Status::SignedIn, "{name}");
        assert_eq!(server.count("/renew"), 1, "{name}");
    }
}

#[wasm_bindgen_test]
async fn a_fetch_that_throws_is_no_answer() {
    let server = Server::new();
    let session = server.session();
    server.throw("thrown".into());
    let error = session.login(&credentials()).await.unwrap_err();
    assert_eq!((error.code, error.code.retryable()), (Code::Network, true));
}

#[wasm_bindgen_test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let server = Server::new();
    let session = server.session();
    server.on("/login", |_| {
        let text = js_sys::Function::new_no_args("return Promise.reject('cut')");
        Reply::Value(page::object(&[("status", 200.into()), ("text", text.into())]))
    });
    assert_eq!(session.login(&credentials()).await.unwrap_err().code, Code::Network);
}

#[wasm_bindgen_test]
async fn an_answer_of_another_library_will_do() {
    let server = Server::new();
    let session = server.session();
    server.on("/login", |_| {
        let text = js_sys::Function::new_no_args(r#"return '{"token":"odd","expiresIn":60}'"#);
        Reply::Value(page::object(&[("status", 201.into()), ("text", text.into())]))
    });
    assert_eq!(session.login(&credentials()).await.unwrap().status, Status::SignedIn);
}

#[wasm_bindgen_test]
async fn a_wrong_password_is_told_with_the_servers_code() {
    let server = Server::new();
    let session = server.session();
    server.on("/login", |_| Reply::Json(401, r#"{"code":"invalid_credentials"}"#.into()));
    let error = session.login(&credentials()).await.unwrap_err();
    assert_eq!((error.code, error.status), (Code::LoginRefused, Some(401)));
    assert_eq!(error.reason.as_deref(), Some("invalid_credentials"));
}

#[wasm_bindgen_test]
async fn the_servers_wait_is_passed_on() {
    let server = Server::new();
    let session = server.expired().await;
    server.on("/renew", |_| Reply::Raw(429, vec![("Retry-After", "120")], String::new()));
    let error = session_error(session.fetch(get("/things")).await.unwrap_err());
    assert_eq!((error.code, error.status), (Code::Server, Some(429)));
    assert_eq!(error.retry_after.map(|length| length.0), Some(120_000));
    session.fetch(get("/things")).await.unwrap_err();
    assert_eq!(server.count("/renew"), 1);
}

#[wasm_bindgen_test]
async fn each_operation_is_encoded_as_the_protocol_says() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    options.protocol = Protocol::parse(
        r#"{
            "login": { "path": "auth/login/", "body": "form", "fields": { "grant_type": "password" }, "headers": { "X-Client": "web" }, "query": { "v": "1 2" } },
            "renew": { "method": "PUT", "body": "none", "sends": { "scheme": "Refresh" } },
            "logout": { "method": "DELETE" },
            "idempotencyHeader": false
        }"#,
    )
    .unwrap();
    options.base_url = "https://api.example.com/deep/".into();
    server.on("/auth/login/", |_| Reply::Json(200, r#"{"token":"a b+c","refreshToken":"r","expiresIn":300}"#.into()));
    server.on("/renew", |_| Reply::Json(201, r#"{"token":"t9"}"#.into()));
    let session = Session::new(options).unwrap();
    session.login(&[("user name", "ä & b")].into_iter().collect::<std::collections::BTreeMap<_, _>>()).await.unwrap();
    session.renew().await.unwrap();
    session.logout().await.unwrap();
    let [login, renew, logout] = &server.seen()[..] else { panic!("{:?}", server.seen()) };
    assert_eq!(login.path, "/deep/auth/login/");
    assert!(login.url.ends_with("/deep/auth/login/?v=1+2"), "{}", login.url);
    assert_eq!(login.body, "grant_type=password&user+name=%C3%A4+%26+b");
    assert_eq!(login.request.headers().get("X-Client").unwrap().as_deref(), Some("web"));
    let content_type = login.request.headers().get("Content-Type").unwrap().unwrap();
    assert!(content_type.starts_with("application/x-www-form-urlencoded"), "{content_type}");
    assert_eq!((renew.method.as_str(), renew.body.as_str()), ("PUT", ""));
    assert_eq!(renew.authorization.as_deref(), Some("Refresh r"));
    assert_eq!(renew.request.headers().get("Idempotency-Key").unwrap(), None);
    assert_eq!(logout.method, "DELETE");
    assert_eq!((logout.body.as_str(), logout.authorization.as_deref()), ("", Some("Bearer t9")));
}

#[wasm_bindgen_test]
async fn credentials_are_copied_when_login_is_called() {
    #[derive(serde::Serialize)]
    struct Nested {
        user: Option<&'static str>,
        totp: u32,
        devices: Vec<&'static str>,
    }
    let server = Server::new();
    let session = server.session();
    session.login(&Nested { user: None, totp: 123, devices: vec!["a"] }).await.unwrap();
    assert_eq!(server.seen()[0].body, r#"{"user":null,"totp":123,"devices":["a"]}"#);
    let error = session.login(&"just a string").await.unwrap_err();
    assert_eq!(error.code, Code::InvalidConfig);
}

#[wasm_bindgen_test]
async fn a_relative_base_is_resolved_against_the_page() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    options.base_url = "/deep/".into();
    let session = Session::new(options).unwrap();
    session.login(&credentials()).await.unwrap();
    let origin = web_sys::window().unwrap().location().origin().unwrap();
    assert_eq!(server.seen()[0].url, format!("{origin}/api/v1/login"));
}

#[wasm_bindgen_test]
async fn a_token_that_no_header_can_carry_is_a_protocol_error() {
    let server = Server::new();
    let session = server.session();
    server.on("/login", |_| Reply::Json(200, r#"{"token":"line\nbreak","expiresIn":300}"#.into()));
    session.login(&credentials()).await.unwrap();
    let error = session_error(session.fetch(get("/things")).await.unwrap_err());
    assert_eq!(error.code, Code::Protocol);
    assert!(!error.message.contains("break"));
    assert!(!session.logout().await.unwrap());
}
