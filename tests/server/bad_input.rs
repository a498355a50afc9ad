//! Each way to get a request wrong, and the answer it gets.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tokenkeep::dev::Rotation;

use crate::support::{api, json_request};

#[tokio::test]
async fn a_body_that_does_not_fit_is_named_without_being_repeated() {
    let api = api(Rotation::Strict).await;
    let long_name = "x".repeat(65);
    let long_password = "x".repeat(1025);
    let rows: Vec<(&str, Value, &str)> = vec![
        ("register", json!({}), "`username` is missing."),
        ("register", json!({ "username": null, "password": "hunter22!" }), "`username` is missing."),
        ("register", json!({ "username": "", "password": "hunter22!" }), "`username` is empty."),
        ("register", json!({ "username": 1, "password": "hunter22!" }), "`username` is not a string."),
        ("register", json!({ "username": "a" }), "`password` is missing."),
        ("register", json!({ "username": "a", "password": ["hunter22!"] }), "`password` is not a string."),
        (
            "register",
            json!({ "username": "a", "password": "hunter2" }),
            "`password` is too short: at least 8 characters.",
        ),
        (
            "register",
            json!({ "username": "a", "password": long_password }),
            "`password` is too long: at most 1024 characters.",
        ),
        (
            "register",
            json!({ "username": long_name, "password": "hunter22!" }),
            "`username` is too long: at most 64 characters.",
        ),
        (
            "register",
            json!({ "username": "a\nb", "password": "hunter22!" }),
            "`username` has control characters or blanks at its ends.",
        ),
        (
            "register",
            json!({ "username": " a", "password": "hunter22!" }),
            "`username` has control characters or blanks at its ends.",
        ),
        ("login", json!({ "password": "hunter22!" }), "`username` is missing."),
        ("login", json!({ "username": "susan" }), "`password` is missing."),
        ("login", json!({ "username": "susan", "password": {} }), "`password` is not a string."),
        (
            "login",
            json!({ "username": "susan", "password": "hunter22!", "scopes": [1] }),
            "`scopes` is not a list of strings.",
        ),
        ("renew", json!({}), "`refreshToken` is missing."),
        ("renew", json!({ "refreshToken": "" }), "`refreshToken` is empty."),
        ("renew", json!({ "refreshToken": 12345678 }), "`refreshToken` is not a string."),
        ("renew", json!({ "refresh_token": "hunter22!" }), "`refreshToken` is missing."),
        ("login", json!([]), "The body is not a JSON object."),
        ("login", json!("hunter22!"), "The body is not a JSON object."),
        ("login", json!(null), "The body is not a JSON object."),
    ];
    for (endpoint, body, detail) in rows {
        let answer = api.post(&format!("/api/v1/{endpoint}"), body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".into()), "{endpoint} {body}");
        assert_eq!(answer.json()["detail"], detail, "{endpoint} {body}");
    }
}

#[tokio::test]
async fn text_that_is_no_json_is_pointed_at_without_being_repeated() {
    let api = api(Rotation::Strict).await;
    let deep = "[".repeat(100_000).chars().take(10_000).collect::<String>();
    for body in ["", "{", r#"{"username": hunter2}"#, "username=a&password=hunter2", "\u{feff}{}", "{}{}", &deep] {
        for endpoint in ["register", "login", "renew"] {
            let request = Request::post(format!("/api/v1/{endpoint}"))
                .header("content-type", "application/json; charset=utf-8")
                .body(Body::from(body.to_owned()))
                .unwrap();
            let answer = api.send(request).await;
            assert_eq!(answer.problem(), (400, "invalid_request".into()), "{body}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.starts_with("The body is not valid JSON (line "), "{detail}");
            assert!(!detail.contains("hunter2"));
        }
    }
    let not_utf8 = Request::post("/api/v1/login").header("content-type", "application/json");
    let answer = api.send(not_utf8.body(Body::from(&b"{\"username\":\"\xff\"}"[..])).unwrap()).await;
    assert_eq!(answer.problem(), (400, "invalid_request".into()));
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    let api = api(Rotation::Strict).await;
    for content_type in [None, Some("text/plain"), Some("multipart/form-data"), Some("application"), Some("\u{e9}")] {
        let mut request = Request::post("/api/v1/login");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type.as_bytes());
        }
        let answer = api.send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.problem(), (415, "unsupported_media_type".into()), "{content_type:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413() {
    let api = api(Rotation::Strict).await;
    let body = json!({ "username": "a", "password": "x".repeat(40_000) });
    for endpoint in ["register", "login", "renew"] {
        let answer = api.post(&format!("/api/v1/{endpoint}"), body.clone()).await;
        assert_eq!(answer.problem(), (413, "payload_too_large".into()));
    }
    let login = api.login().await;
    let echo =
        Request::post("/api/v1/echo").header("authorization", format!("Bearer {}", login["token"].as_str().unwrap()));
    let answer = api.send(echo.body(Body::from(vec![0; 4 * 1024 * 1024 + 1])).unwrap()).await;
    assert_eq!(answer.problem(), (413, "payload_too_large".into()));
}

#[tokio::test]
async fn an_idempotency_key_has_a_length_and_an_alphabet() {
    let api = api(Rotation::Strict).await;
    let login = api.login().await;
    for key in ["", &"k".repeat(256), "k\u{e9}y"] {
        let mut request = json_request("/api/v1/renew", &json!({ "refreshToken": login["refreshToken"] }));
        request.headers_mut().insert("idempotency-key", axum::http::HeaderValue::from_bytes(key.as_bytes()).unwrap());
        assert_eq!(api.send(request).await.problem(), (400, "invalid_request".into()), "{key}");
    }
    assert_eq!(api.renew(&login["refreshToken"]).await.status, 200, "the token was not spent");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_404_and_a_method_that_is_not_taken_405() {
    let api = api(Rotation::Strict).await;
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/login/",
        "/api/v2/login",
        "/__faults",
        "/__faults/x",
    ] {
        assert_eq!(api.get(path, None).await.problem(), (404, "not_found".into()), "{path}");
    }
    for (method, path, allowed) in [
        ("GET", "/api/v1/login", "POST"),
        ("DELETE", "/api/v1/renew", "POST"),
        ("POST", "/api/v1/status", "GET,HEAD"),
        ("PUT", "/api/v1/echo", "POST"),
        ("PUT", "/__faults/rules", "POST,DELETE"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = api.send(request).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".into()), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
    }
}

#[tokio::test]
async fn fault_control_does_not_take_nonsense() {
    let api = api(Rotation::Strict).await;
    for body in [
        json!({}),
        json!({ "endpoint": "nothing" }),
        json!({ "endpoint": "renew", "tims": 2 }),
        json!({ "endpoint": "renew", "times": 0 }),
        json!({ "endpoint": "renew", "times": -1 }),
        json!({ "endpoint": "renew", "delayMs": 600_001 }),
        json!({ "endpoint": "renew", "status": 99 }),
        json!({ "endpoint": "renew", "status": 101 }),
        json!({ "endpoint": "renew", "status": 600 }),
        json!({ "endpoint": "renew", "status": 500, "drop": true }),
        json!({ "endpoint": "renew", "body": "without a status" }),
        json!({ "endpoint": "renew", "headers": { "a": "b" } }),
        json!({ "endpoint": "renew", "status": 500, "headers": { "a b": "c" } }),
        json!({ "endpoint": "renew", "status": 500, "headers": { "a": "b\nc" } }),
        json!({ "endpoint": "renew", "status": 500, "headers": { "Content-Length": "x" } }),
        json!({ "endpoint": "renew", "status": 500, "headers": { "Transfer-Encoding": "chunked" } }),
    ] {
        let answer = api.post("/__faults/rules", body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".into()), "{body}");
    }
    assert_eq!(api.post("/__faults/clock", json!({ "shiftMs": "1" })).await.problem().0, 400);
    assert_eq!(
        api.post("/__faults/revoke", json!({ "username": "nobody" })).await.problem(),
        (404, "user_unknown".into())
    );
}
