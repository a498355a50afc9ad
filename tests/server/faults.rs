use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tokenkeep::dev::Rotation;

use crate::support::{Api, api, config, json_request, seconds};

const GRACE: Rotation = Rotation::Grace(seconds(10));

async fn rule(api: &Api, rule: Value) {
    assert_eq!(api.post("/__faults/rules", rule).await.status, 204);
}

#[tokio::test]
async fn without_the_option_there_is_no_fault_control() {
    let mut config = config(GRACE);
    config.faults = false;
    let api = Api::with(config).await;
    for path in [
        "/__faults/rules",
        "/__faults/release",
        "/__faults/revoke",
        "/__faults/clock",
        "/__faults/reset",
        "/__faults/log",
    ] {
        assert_eq!(api.get(path, None).await.problem(), (404, "not_found".into()));
        assert_eq!(api.post(path, json!({})).await.problem(), (404, "not_found".into()));
    }
}

#[tokio::test]
async fn a_canned_answer_takes_the_place_of_the_next_ones_and_processes_nothing() {
    let api = api(Rotation::Strict).await;
    let login = api.login().await;
    let headers = json!({ "Retry-After": "3", "Content-Type": "text/html" });
    rule(&api, json!({ "endpoint": "renew", "times": 2, "status": 429, "headers": headers, "body": "<h1>slow" })).await;
    for _ in 0..2 {
        let canned = api.renew(&login["refreshToken"]).await;
        assert_eq!(canned.status, 429);
        assert_eq!(canned.header("retry-after"), Some("3"));
        assert_eq!(canned.header("content-type"), Some("text/html"));
        assert_eq!(canned.body, b"<h1>slow");
    }
    assert_eq!(api.renew(&login["refreshToken"]).await.status, 200);
    let log = api.log().await;
    assert_eq!(log["counters"]["requests.renew"], 3);
    assert_eq!(log["counters"]["renew.renewed"], 1);
    assert_eq!(log["renewals"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn rules_apply_in_order_to_their_endpoint_alone_and_can_be_taken_back() {
    let api = api(GRACE).await;
    let login = api.login().await;
    let token = login["token"].as_str();
    rule(&api, json!({ "endpoint": "resource", "status": 500 })).await;
    rule(&api, json!({ "endpoint": "resource", "status": 503, "times": 9 })).await;
    assert_eq!(api.get("/api/v1/status", token).await.status, 200);
    assert_eq!(api.get("/api/v1/resource", token).await.status, 500);
    assert_eq!(api.get("/api/v1/resource", token).await.status, 503);
    let preflight = Request::options("/api/v1/resource").body(Body::empty()).unwrap();
    assert_eq!(api.send(preflight).await.status, 405, "a preflight is no call");
    let delete = Request::delete("/__faults/rules").body(Body::empty()).unwrap();
    assert_eq!(api.send(delete).await.status, 204);
    assert_eq!(api.get("/api/v1/resource", token).await.status, 200);
}

#[tokio::test]
async fn a_delay_comes_after_the_processing() {
    let api = api(Rotation::Strict).await;
    let login = api.login().await;
    rule(&api, json!({ "endpoint": "renew", "delayMs": 600_000 })).await;
    let waiting = tokio::spawn({
        let (api, login) = (api.clone(), login.clone());
        async move { api.renew(&login["refreshToken"]).await }
    });
    while api.log().await["counters"]["renew.renewed"] != 1 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished(), "processed while the answer is held back");
    waiting.abort();

    rule(&api, json!({ "endpoint": "status", "delayMs": 50 })).await;
    let before = std::time::Instant::now();
    assert_eq!(api.get("/api/v1/status", login["token"].as_str()).await.status, 200);
    assert!(before.elapsed().as_millis() >= 50);
}

#[tokio::test]
async fn a_dropped_answer_was_processed() {
    let api = api(GRACE).await;
    let login = api.login().await;
    rule(&api, json!({ "endpoint": "renew", "drop": true })).await;
    let dropped = api.renew(&login["refreshToken"]).await;
    assert!(dropped.body.is_empty());
    let again = api.renew(&login["refreshToken"]).await;
    assert_eq!(again.status, 200);
    let log = api.log().await;
    assert_eq!(log["counters"]["renew.renewed"], 1);
    assert_eq!(log["counters"]["renew.replayed"], 1);
    assert_eq!(log["requests"][1]["status"], Value::Null);
}

#[tokio::test]
async fn revoking_a_user_ends_its_tokens_at_once_and_lets_it_log_in_again() {
    let api = api(GRACE).await;
    let login = api.login().await;
    assert_eq!(api.post("/__faults/revoke", json!({ "username": "susan" })).await.status, 204);
    let answer = api.get("/api/v1/resource", login["token"].as_str()).await;
    assert_eq!(answer.problem(), (401, "token_invalid".into()));
    assert_eq!(api.renew(&login["refreshToken"]).await.problem(), (401, "refresh_token_revoked".into()));
    let again = api.login().await;
    assert_eq!(api.get("/api/v1/resource", again["token"].as_str()).await.status, 200);
}

#[tokio::test]
async fn the_clock_shift_is_absolute_and_shows_in_the_date() {
    let api = api(GRACE).await;
    let date = |answer: crate::support::Answer| answer.header("date").unwrap().to_owned();
    let year = |date: String| date.split(' ').nth(3).unwrap().parse::<u32>().unwrap();
    let today = year(date(api.get("/api/v1/healthz", None).await));
    let two_years = seconds(2 * 366 * 86_400);
    for _ in 0..2 {
        api.shift_clock(two_years).await;
        assert_eq!(year(date(api.get("/api/v1/healthz", None).await)), today + 2);
    }
    assert_eq!(api.post("/__faults/clock", json!({ "shiftMs": -3_600_000 })).await.status, 204);
    let login = api.login().await;
    assert_eq!(api.get("/api/v1/status", login["token"].as_str()).await.status, 200);
}

#[tokio::test]
async fn the_log_tells_who_asked_what_and_shows_no_token() {
    let api = api(GRACE).await;
    let login = api.login().await;
    let mut request = json_request("/api/v1/renew", &json!({ "refreshToken": login["refreshToken"] }));
    request.headers_mut().insert("x-tab", "tab 1".parse().unwrap());
    let renewed = api.send(request).await.json();
    api.get("/api/v1/resource?x=y", renewed["token"].as_str()).await;
    api.get("/api/v1/resource", None).await;
    api.get("/api/v1/nothing", None).await;
    api.renew(&json!("nonsense")).await;

    let log = api.log().await;
    assert_eq!(
        log["counters"],
        json!({
            "login.ok": 1, "renew.renewed": 1, "renew.refused": 1,
            "requests.login": 1, "requests.renew": 2, "requests.resource": 2, "requests.other": 1,
        })
    );
    let family = &log["renewals"][0]["family"];
    assert!(family.is_string());
    let renewals: Vec<_> =
        log["renewals"].as_array().unwrap().iter().map(|row| (&row["tab"], &row["outcome"])).collect();
    assert_eq!(renewals, [(&json!("tab 1"), &json!("renewed")), (&Value::Null, &json!("refresh_token_unknown"))]);
    let parent = log["renewals"][0]["parent"].as_str().unwrap();
    assert_eq!(parent.len(), 8);
    let requests: Vec<_> = log["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["method"].as_str().unwrap(),
                row["path"].as_str().unwrap(),
                row["status"].as_u64(),
                row["authorized"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        requests,
        [
            ("POST", "/api/v1/login", Some(200), false),
            ("POST", "/api/v1/renew", Some(200), false),
            ("GET", "/api/v1/resource", Some(200), true),
            ("GET", "/api/v1/resource", Some(401), false),
            ("GET", "/api/v1/nothing", Some(404), false),
            ("POST", "/api/v1/renew", Some(401), false),
        ]
    );
    assert!(log["requests"][0]["at"].as_u64().unwrap() > 1_700_000_000_000);
    let text = log.to_string();
    for secret in [&login["refreshToken"], &login["token"], &renewed["refreshToken"], &renewed["token"]] {
        assert!(!text.contains(secret.as_str().unwrap()));
    }
}

#[tokio::test]
async fn a_reset_forgets_rules_counters_log_and_clock() {
    let api = api(GRACE).await;
    rule(&api, json!({ "endpoint": "login", "status": 500, "times": 100 })).await;
    api.shift_clock(seconds(1_000_000)).await;
    api.post("/api/v1/login", json!({})).await;
    assert_eq!(api.post("/__faults/reset", json!({})).await.status, 204);
    assert_eq!(api.log().await, json!({ "counters": {}, "renewals": [], "requests": [] }));
    api.login().await;
}

#[tokio::test]
async fn the_log_keeps_the_last_thousand() {
    let api = api(GRACE).await;
    for _ in 0..1003 {
        api.get("/api/v1/healthz", None).await;
    }
    api.get("/api/v1/status", None).await;
    let log = api.log().await;
    assert_eq!(log["requests"].as_array().unwrap().len(), 1000);
    assert_eq!(log["requests"][999]["path"], "/api/v1/status");
    assert_eq!(log["counters"]["requests.healthz"], 1003);
}

#[tokio::test]
async fn a_delayed_answer_can_be_released_and_a_later_one_is_delayed_again() {
    let api = api(Rotation::Strict).await;
    let login = api.login().await;
    rule(&api, json!({ "endpoint": "renew", "times": 2, "delayMs": 600_000 })).await;
    let delayed = tokio::spawn({
        let (api, token) = (api.clone(), login["refreshToken"].clone());
        async move { api.renew(&token).await }
    });
    while api.log().await["counters"]["renew.renewed"] != 1 {
        tokio::task::yield_now().await;
    }
    assert!(!delayed.is_finished());
    assert_eq!(api.post("/__faults/release", json!({})).await.status, 204);
    let renewed = delayed.await.unwrap();
    assert_eq!(renewed.status, 200);

    let token = &renewed.json()["refreshToken"];
    let next = api.renew(token);
    assert!(tokio::time::timeout(Duration::from_millis(50), next).await.is_err());
}
