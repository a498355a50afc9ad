//! The routes, with requests in order.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use tokenkeep::dev::{Database, Rotation};

use crate::support::{Api, Directory, api, config, json_request, seconds};

const GRACE: Rotation = Rotation::Grace(seconds(10));

#[tokio::test]
async fn a_session_from_registration_to_logout() {
    let api = api(GRACE).await;
    let registered = api.post("/api/v1/register", json!({ "username": "miguel", "password": "eight or more" })).await;
    assert_eq!(registered.status, 201);
    let subject = registered.json()["subject"].as_str().unwrap().to_owned();
    assert_eq!(registered.json()["username"], "miguel");
    let location = registered.header("location").unwrap().to_owned();
    assert_eq!(location, format!("/api/v1/users/{subject}"));

    let login = api.post("/api/v1/login", json!({ "username": "miguel", "password": "eight or more" })).await;
    assert_eq!(login.status, 200);
    let login = login.json();
    assert_eq!(login["tokenType"], "Bearer");
    assert_eq!(login["expiresIn"], 300);
    assert_eq!(login["refreshExpiresIn"], 1_209_600);
    assert_eq!(login["subject"], subject);
    let token = login["token"].as_str().unwrap();

    let status = api.get("/api/v1/status", Some(token)).await.json();
    assert_eq!(status["username"], "miguel");
    assert_eq!(status["subject"], subject);
    assert_eq!(status["scopes"], json!(["read", "write"]));
    assert!(status["expiresAt"].as_u64().unwrap() > 1_700_000_000);
    let me = api.get(&location, Some(token)).await.json();
    assert_eq!(me, json!({ "subject": subject, "username": "miguel", "emailVerified": false, "role": "basic" }));
    let resource = api.get("/api/v1/resource", Some(token)).await.json();
    assert_eq!(resource, json!({ "message": "Hello, miguel!", "subject": subject }));

    let renewed = api.renew(&login["refreshToken"]).await;
    assert_eq!(renewed.status, 200);
    let renewed = renewed.json();
    assert_ne!(renewed["refreshToken"], login["refreshToken"]);
    let token = renewed["token"].as_str().unwrap();
    assert_eq!(api.get("/api/v1/resource", Some(token)).await.status, 200);

    assert_eq!(api.logout(token).await.status, 204);
    assert_eq!(api.logout(token).await.status, 204);
    assert_eq!(api.renew(&renewed["refreshToken"]).await.problem(), (401, "refresh_token_revoked".into()));
}

#[tokio::test]
async fn no_answer_may_be_cached_and_every_answer_tells_the_time() {
    let api = api(GRACE).await;
    let login = json_request("/api/v1/login", &json!({ "username": "susan", "password": "correct horse" }));
    for request in [login, Request::get("/api/v1/healthz").body(Body::empty()).unwrap()] {
        let answer = api.send(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("date").is_some_and(|date| date.ends_with(" GMT")));
    }
}

#[tokio::test]
async fn without_rotation_a_renewal_names_no_refresh_token() {
    let api = api(Rotation::Off).await;
    let login = api.login().await;
    for _ in 0..2 {
        let renewed = api.renew(&login["refreshToken"]).await;
        assert_eq!(renewed.status, 200);
        assert!(renewed.json().get("refreshToken").is_none());
    }
}

#[tokio::test]
async fn each_refusal_of_a_renewal_has_its_code_and_a_bearer_challenge() {
    let api = api(Rotation::Strict).await;
    let reused = api.login().await;
    api.renew(&reused["refreshToken"]).await;
    let ended = api.login().await;
    api.logout(ended["token"].as_str().unwrap()).await;
    let old = api.login().await;
    for (token, code) in [
        (json!("A".repeat(43)), "refresh_token_unknown"),
        (json!("no token at all"), "refresh_token_unknown"),
        (reused["refreshToken"].clone(), "refresh_token_reused"),
        (ended["refreshToken"].clone(), "refresh_token_revoked"),
    ] {
        let answer = api.renew(&token).await;
        assert_eq!(answer.problem(), (401, code.into()));
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.starts_with(r#"Bearer realm="tokenkeep", error="invalid_token", "#), "{challenge}");
    }
    api.shift_clock(seconds(1_209_600)).await;
    assert_eq!(api.renew(&old["refreshToken"]).await.problem(), (401, "refresh_token_expired".into()));
}

#[tokio::test]
async fn an_idempotency_key_makes_a_renewal_repeatable() {
    let api = api(Rotation::Strict).await;
    let login = api.login().await;
    let renew = || {
        let mut request = json_request("/api/v1/renew", &json!({ "refreshToken": login["refreshToken"] }));
        request.headers_mut().insert("idempotency-key", "attempt-1".parse().unwrap());
        api.send(request)
    };
    let (first, second) = (renew().await, renew().await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    assert_eq!(first.json()["refreshToken"], second.json()["refreshToken"]);
    assert_eq!(api.renew(&login["refreshToken"]).await.problem(), (401, "refresh_token_reused".into()));
}

#[tokio::test]
async fn a_protected_route_says_what_is_wrong_with_the_token() {
    let api = api(GRACE).await;
    let login = api.login().await;
    let token = login["token"].as_str().unwrap();
    for path in ["/api/v1/status", "/api/v1/resource"] {
        let missing = api.get(path, None).await;
        assert_eq!(missing.problem(), (401, "token_missing".into()));
        assert_eq!(missing.header("www-authenticate"), Some(r#"Bearer realm="tokenkeep""#));
        let invalid = api.get(path, Some(&format!("{token}x"))).await;
        assert_eq!(invalid.problem(), (401, "token_invalid".into()));
        assert_eq!(
            invalid.header("www-authenticate"),
            Some(
                r#"Bearer realm="tokenkeep", error="invalid_token", error_description="The access token is not valid.""#
            )
        );
    }
    api.shift_clock(seconds(302)).await;
    let expired = api.get("/api/v1/status", Some(token)).await;
    assert_eq!(expired.problem(), (401, "token_expired".into()));
    let challenge = expired.header("www-authenticate").unwrap();
    assert!(challenge.contains(r#"error="invalid_token", error_description="The access token has expired.""#));
}

#[tokio::test]
async fn the_authorization_header_is_read_as_the_standard_says() {
    let api = api(GRACE).await;
    let login = api.login().await;
    let token = login["token"].as_str().unwrap();
    for (value, expected) in [
        (format!("bearer {token}"), None),
        (format!("BEARER   {token}"), None),
        (format!("Basic {token}"), Some("token_missing")),
        (token.to_owned(), Some("token_missing")),
        ("Bearer".to_owned(), Some("token_invalid")),
        ("Bearer ".to_owned(), Some("token_invalid")),
        (format!("Bearer {token} {token}"), Some("token_invalid")),
        (format!("Bearer {token},"), Some("token_invalid")),
        ("Bearer é".to_owned(), Some("token_invalid")),
    ] {
        let request = Request::get("/api/v1/status").header("authorization", value.as_bytes());
        let answer = api.send(request.body(Body::empty()).unwrap()).await;
        match expected {
            None => assert_eq!(answer.status, 200, "{value}"),
            Some(code) => assert_eq!(answer.problem(), (401, code.into()), "{value}"),
        }
    }
    let twice = Request::get("/api/v1/status")
        .header("authorization", format!("Bearer {token}"))
        .header("authorization", format!("Bearer {token}"));
    assert_eq!(api.send(twice.body(Body::empty()).unwrap()).await.problem(), (401, "token_invalid".into()));
}

#[tokio::test]
async fn a_token_in_the_url_is_not_looked_at() {
    let api = api(GRACE).await;
    let login = api.login().await;
    let path = format!("/api/v1/status?access_token={}", login["token"].as_str().unwrap());
    assert_eq!(api.get(&path, None).await.problem(), (401, "token_missing".into()));
}

#[tokio::test]
async fn logout_takes_an_expired_token_but_no_foreign_one() {
    let api = api(GRACE).await;
    let login = api.login().await;
    api.shift_clock(seconds(3600)).await;
    assert_eq!(api.logout(login["token"].as_str().unwrap()).await.status, 204);
    assert_eq!(api.renew(&login["refreshToken"]).await.problem(), (401, "refresh_token_revoked".into()));
    assert_eq!(api.logout("foreign").await.problem(), (401, "token_invalid".into()));
    let without = Request::post("/api/v1/logout").body(Body::empty()).unwrap();
    assert_eq!(api.send(without).await.problem(), (401, "token_missing".into()));
}

#[tokio::test]
async fn a_token_of_another_server_is_invalid() {
    let mut elsewhere = config(GRACE);
    elsewhere.keys = tokenkeep::dev::Keys::new(&[8; 32]).unwrap();
    let elsewhere = Api::with(elsewhere).await;
    let foreign = elsewhere.login().await;
    let api = api(GRACE).await;
    let answer = api.get("/api/v1/status", foreign["token"].as_str()).await;
    assert_eq!(answer.problem(), (401, "token_invalid".into()));
}

#[tokio::test]
async fn a_token_of_a_user_that_is_gone_is_invalid() {
    let login = api(GRACE).await.login().await;
    // The same key, another database: susan is someone else there.
    let answer = api(GRACE).await.get("/api/v1/status", login["token"].as_str()).await;
    assert_eq!(answer.problem(), (401, "token_invalid".into()));
}

#[tokio::test]
async fn a_login_may_ask_for_less_and_then_gets_no_more() {
    let api = api(GRACE).await;
    let login = |scopes| {
        api.post("/api/v1/login", json!({ "username": "susan", "password": "correct horse", "scopes": scopes }))
    };
    let narrow = login(json!(["write"])).await.json();
    let token = narrow["token"].as_str().unwrap();
    assert_eq!(api.get("/api/v1/status", Some(token)).await.json()["scopes"], json!(["write"]));
    let refused = api.get("/api/v1/resource", Some(token)).await;
    assert_eq!(refused.problem(), (403, "insufficient_scope".into()));
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains(r#"error="insufficient_scope""#) && challenge.contains(r#"scope="read""#));
    let renewed = api.renew(&narrow["refreshToken"]).await.json();
    let still = api.get("/api/v1/resource", renewed["token"].as_str()).await;
    assert_eq!(still.problem(), (403, "insufficient_scope".into()));
    assert_eq!(login(json!(["admin"])).await.problem(), (400, "invalid_scope".into()));
    assert_eq!(login(json!("read")).await.problem(), (400, "invalid_request".into()));
}

#[tokio::test]
async fn echo_gives_back_the_very_bytes_and_their_type() {
    let api = api(GRACE).await;
    let login = api.login().await;
    let authorization = format!("Bearer {}", login["token"].as_str().unwrap());
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    for (sent, got) in [
        (Some("multipart/form-data; boundary=x"), "multipart/form-data; boundary=x"),
        (None, "application/octet-stream"),
    ] {
        let mut request = Request::post("/api/v1/echo").header("authorization", &authorization);
        if let Some(sent) = sent {
            request = request.header("content-type", sent);
        }
        let answer = api.send(request.body(Body::from(bytes.clone())).unwrap()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some(got));
        assert_eq!(answer.body, bytes);
    }
    assert_eq!(api.post("/api/v1/echo", json!({})).await.problem(), (401, "token_missing".into()));
}

#[tokio::test]
async fn nobody_reads_another_users_page() {
    let api = api(GRACE).await;
    let other = api.post("/api/v1/register", json!({ "username": "miguel", "password": "eight or more" })).await;
    let login = api.login().await;
    let token = login["token"].as_str();
    let page = other.header("location").unwrap();
    assert_eq!(api.get(page, token).await.problem(), (404, "not_found".into()));
    assert_eq!(api.get("/api/v1/users/%ff", token).await.problem(), (404, "not_found".into()));
    assert_eq!(api.get(page, None).await.problem(), (401, "token_missing".into()));
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_look_the_same() {
    let api = api(GRACE).await;
    let wrong = api.post("/api/v1/login", json!({ "username": "susan", "password": "wrong" })).await;
    let unknown = api.post("/api/v1/login", json!({ "username": "nobody", "password": "wrong" })).await;
    assert_eq!(wrong.problem(), (401, "invalid_credentials".into()));
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.header("www-authenticate"), Some(r#"Bearer realm="tokenkeep""#));
    assert_eq!(unknown.header("www-authenticate"), wrong.header("www-authenticate"));
}

#[tokio::test]
async fn failed_logins_are_braked_for_that_account_until_the_time_told() {
    let api = api(GRACE).await;
    let attempt = |name: &'static str, password: &'static str| {
        api.post("/api/v1/login", json!({ "username": name, "password": password }))
    };
    for _ in 0..30 {
        assert_eq!(attempt("susan", "correct horse").await.status, 200, "successes are not counted");
    }
    for _ in 0..10 {
        assert_eq!(attempt("susan", "wrong").await.status, 401);
    }
    let braked = attempt("susan", "correct horse").await;
    assert_eq!(braked.problem(), (429, "too_many_requests".into()));
    let wait: u64 = braked.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert_eq!(attempt("nobody", "wrong").await.status, 401, "another account is not braked");
    api.shift_clock(seconds(wait)).await;
    assert_eq!(attempt("susan", "correct horse").await.status, 200);
}

#[tokio::test]
async fn a_name_is_registered_once() {
    let api = api(GRACE).await;
    let body = json!({ "username": "susan", "password": "eight or more" });
    assert_eq!(api.post("/api/v1/register", body).await.problem(), (409, "username_taken".into()));
}

#[tokio::test]
async fn a_password_may_hold_any_character() {
    let api = api(GRACE).await;
    let body = json!({ "username": "zoë", "password": "пароль 🔑 \u{0} \" :" });
    assert_eq!(api.post("/api/v1/register", body.clone()).await.status, 201);
    assert_eq!(api.post("/api/v1/login", body).await.status, 200);
}

#[tokio::test]
async fn sessions_and_users_survive_a_restart() {
    let directory = Directory::new();
    let mut config = config(GRACE);
    config.database = Database::File(directory.file("sessions.db"));
    let login = Api::with(config.clone()).await.login().await;
    let restarted = Api::with(config).await;
    let renewed = restarted.renew(&login["refreshToken"]).await;
    assert_eq!(renewed.status, 200);
    assert_eq!(restarted.get("/api/v1/status", login["token"].as_str()).await.status, 200);
    let again = restarted.renew(&login["refreshToken"]).await;
    assert_eq!(again.json()["refreshToken"], renewed.json()["refreshToken"]);
}
