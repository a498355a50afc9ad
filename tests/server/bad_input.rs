//! Values out of their limits, paths that are not there, and fault control. The rest of what can be wrong with a request is in
//! `contract`, route by route.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tokenkeep::dev::Rotation;

use crate::support::api;

#[tokio::test]
async fn a_value_out_of_its_limits_is_named_without_being_repeated() {
    let api = api(Rotation::Strict).await;
    let long_name = "x".repeat(65);
    let long_password = "x".repeat(1025);
    let rows: Vec<(&str, Value, &str)> = vec![
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
        (
            "register",
            json!({ "username": "a", "password": "hunter22!", "email": "nowhere" }),
            "`email` is not a mail address.",
        ),
        (
            "register",
            json!({ "username": "a", "password": "hunter22!", "email": "a@b\r\nBcc: x@y" }),
            "`email` is not a mail address.",
        ),
        ("password/forgot", json!({ "email": "a@example.com, b@example.com" }), "`email` is not a mail address."),
        (
            "password/reset",
            json!({ "code": "x", "password": "hunter2" }),
            "`password` is too short: at least 8 characters.",
        ),
        (
            "login",
            json!({ "username": long_name, "password": "hunter22!" }),
            "`username` is too long: at most 64 characters.",
        ),
        (
            "login",
            json!({ "username": "susan", "password": long_password }),
            "`password` is too long: at most 1024 characters.",
        ),
    ];
    for (endpoint, body, detail) in rows {
        let answer = api.post(&format!("/api/v1/{endpoint}"), body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".into()), "{endpoint} {body}");
        assert_eq!(answer.json()["detail"], detail, "{endpoint} {body}");
    }
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
