use axum::body::Body;
use axum::http::Request;
use tokenkeep::dev::{Origin, Rotation};

use crate::support::{Answer, Api, api, config};

const PAGE: &str = "http://localhost:5173";

async fn allowing(origin: &str) -> Api {
    let mut config = config(Rotation::Strict);
    config.origins = vec![origin.parse().unwrap()];
    Api::with(config).await
}

async fn preflight(api: &Api, origin: &str) -> Answer {
    let request = Request::options("/api/v1/renew")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,idempotency-key,x-tab");
    api.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_listed_page_may_call_and_read_what_it_needs() {
    let api = allowing(PAGE).await;
    let answer = preflight(&api, PAGE).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,content-type,idempotency-key,x-tab"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);

    let request = Request::get("/api/v1/status").header("origin", PAGE).body(Body::empty()).unwrap();
    let refusal = api.send(request).await;
    assert_eq!(refusal.problem(), (401, "token_missing".into()));
    assert_eq!(refusal.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(refusal.header("access-control-expose-headers"), Some("date,retry-after,www-authenticate"));
    assert_eq!(refusal.header("vary"), Some("origin"));
}

#[tokio::test]
async fn no_other_page_may() {
    let listed = allowing(PAGE).await;
    for origin in ["http://localhost:5174", "https://localhost:5173", "http://localhost", "null", "*"] {
        assert_eq!(preflight(&listed, origin).await.header("access-control-allow-origin"), None, "{origin}");
    }
    let answer = preflight(&api(Rotation::Strict).await, PAGE).await;
    assert_eq!(answer.problem(), (405, "method_not_allowed".into()));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn fault_control_is_not_for_other_origins() {
    let request = Request::get("/__faults/log").header("origin", PAGE).body(Body::empty()).unwrap();
    assert_eq!(allowing(PAGE).await.send(request).await.header("access-control-allow-origin"), None);
}

#[test]
fn an_origin_is_written_as_browsers_write_it() {
    for (given, kept) in [
        ("http://localhost:5173", "http://localhost:5173"),
        ("HTTP://Example.COM:80", "http://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("https://example.com:80", "https://example.com:80"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[::1]", "http://[::1]"),
    ] {
        assert_eq!(given.parse::<Origin>().map(|origin| origin.to_string()), Ok(kept.to_owned()), "{given}");
    }
}

#[test]
fn what_is_not_an_origin_is_refused() {
    for text in [
        "",
        "*",
        "null",
        "localhost",
        "localhost:5173",
        "//localhost",
        "http://",
        "http://*",
        "http://*.example.com",
        "http://a/",
        "http://a/b",
        "http://a?b",
        "http://a#b",
        "http://u@a",
        "http://a:",
        "http://a:99999",
        "http://a:x",
        "ftp://a",
        "file://a",
        "http://a b",
        "http://é",
        "http://:80",
    ] {
        assert!(text.parse::<Origin>().is_err(), "{text}");
    }
}
