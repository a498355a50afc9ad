//! Users: registered, verified, with a new password or another role.

use axum::http::Request;
use serde_json::{Value, json};
use tokenkeep::dev::{Config, Rotation};

use crate::support::{Answer, Api, config, json_request, seconds};

const GRACE: Rotation = Rotation::Grace(seconds(10));
const EMAIL: &str = "susan@example.com";

fn with_admin() -> Config {
    let mut config = config(GRACE);
    config.users.push("root:correct horse".parse::<tokenkeep::dev::NewUser>().unwrap().with_role("admin"));
    config.show_outbox = true;
    config
}

async fn api() -> Api {
    Api::with(with_admin()).await
}

async fn register(api: &Api, name: &str, email: &str) -> Answer {
    api.post("/api/v1/register", json!({ "username": name, "password": "first password", "email": email })).await
}

async fn sign_in(api: &Api, name: &str, password: &str) -> Value {
    let answer = api.post("/api/v1/login", json!({ "username": name, "password": password })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The code in the `count`-th letter; mail is sent while the answer is on its way.
async fn code(api: &Api, count: usize) -> String {
    loop {
        let outbox = api.get("/__outbox", None).await.json();
        if let Some(letter) = outbox["letters"].get(count) {
            assert!(letter["text"].as_str().unwrap().contains(letter["code"].as_str().unwrap()));
            return letter["code"].as_str().unwrap().to_owned();
        }
        tokio::task::yield_now().await;
    }
}

async fn verified(api: &Api) {
    assert_eq!(register(api, "miguel", EMAIL).await.status, 201);
    let answer = api.post("/api/v1/email/verify", json!({ "code": code(api, 0).await })).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "email": EMAIL })));
}

#[tokio::test]
async fn an_address_is_verified_by_the_code_that_was_mailed_there() {
    let api = api().await;
    verified(&api).await;
    let login = sign_in(&api, "miguel", "first password").await;
    let me = api.get(&format!("/api/v1/users/{}", login["subject"].as_str().unwrap()), login["token"].as_str()).await;
    assert_eq!(me.json()["email"], EMAIL);
    assert_eq!(me.json()["emailVerified"], true);
    let again = api.post("/api/v1/email/verify", json!({ "code": code(&api, 0).await })).await;
    assert_eq!(again.problem(), (400, "invalid_code".into()), "once");
}

#[tokio::test]
async fn a_code_is_good_for_its_purpose_for_an_hour_alone() {
    let api = api().await;
    verified(&api).await;
    assert_eq!(api.post("/api/v1/password/forgot", json!({ "email": EMAIL })).await.status, 202);
    let reset = code(&api, 1).await;
    let login = sign_in(&api, "miguel", "first password").await;
    let invalid = |answer: Answer| assert_eq!(answer.problem(), (400, "invalid_code".into()));
    invalid(api.post("/api/v1/email/verify", json!({ "code": reset })).await);
    let password = "another password";
    for foreign in [code(&api, 0).await, login["token"].as_str().unwrap().to_owned(), "x".into(), "a.b.c".into()] {
        invalid(api.post("/api/v1/password/reset", json!({ "code": foreign, "password": password })).await);
    }
    assert_eq!(api.get("/api/v1/status", Some(&reset)).await.problem(), (401, "token_invalid".into()));
    api.shift_clock(seconds(3600)).await;
    invalid(api.post("/api/v1/password/reset", json!({ "code": reset, "password": password })).await);
    api.shift_clock(seconds(3500)).await;
    assert_eq!(api.post("/api/v1/password/reset", json!({ "code": reset, "password": password })).await.status, 204);
}

#[tokio::test]
async fn a_reset_sets_the_password_and_ends_every_session() {
    let api = api().await;
    verified(&api).await;
    let before = sign_in(&api, "miguel", "first password").await;
    api.post("/api/v1/password/forgot", json!({ "email": "Susan@Example.COM" })).await;
    let reset = json!({ "code": code(&api, 1).await, "password": "another password" });
    assert_eq!(api.post("/api/v1/password/reset", reset.clone()).await.status, 204);
    assert_eq!(api.get("/api/v1/status", before["token"].as_str()).await.problem(), (401, "token_invalid".into()));
    assert_eq!(api.renew(&before["refreshToken"]).await.problem(), (401, "refresh_token_revoked".into()));
    let old = api.post("/api/v1/login", json!({ "username": "miguel", "password": "first password" })).await;
    assert_eq!(old.problem(), (401, "invalid_credentials".into()));
    let after = sign_in(&api, "miguel", "another password").await;
    assert_eq!(api.get("/api/v1/status", after["token"].as_str()).await.status, 200);
    assert_eq!(api.post("/api/v1/password/reset", reset).await.problem(), (400, "invalid_code".into()), "once");
}

#[tokio::test]
async fn a_code_from_before_another_new_password_is_void() {
    let api = api().await;
    verified(&api).await;
    for _ in 0..2 {
        api.post("/api/v1/password/forgot", json!({ "email": EMAIL })).await;
    }
    let (first, second) = (code(&api, 1).await, code(&api, 2).await);
    let reset =
        |code: String| api.post("/api/v1/password/reset", json!({ "code": code, "password": "a new password" }));
    assert_eq!(reset(second).await.status, 204);
    assert_eq!(reset(first).await.problem(), (400, "invalid_code".into()));
}

#[tokio::test]
async fn a_forgotten_password_is_answered_alike_for_everybody() {
    let api = api().await;
    verified(&api).await;
    register(&api, "zoe", "zoe@example.com").await;
    code(&api, 1).await;
    let mut answers = Vec::new();
    for email in [EMAIL, "nobody@example.com", "zoe@example.com"] {
        let answer = api.post("/api/v1/password/forgot", json!({ "email": email })).await;
        let mut headers = answer.headers.clone();
        headers.remove("date");
        headers.remove("x-request-id");
        answers.push((answer.status, format!("{headers:?}"), answer.body));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    code(&api, 2).await;
    let outbox = api.get("/__outbox", None).await.json();
    assert_eq!(outbox["letters"].as_array().unwrap().len(), 3, "an address that was not verified gets none");
}

#[tokio::test]
async fn an_address_is_not_buried_in_mail() {
    let api = api().await;
    let forgot = |email: &'static str| api.post("/api/v1/password/forgot", json!({ "email": email }));
    for _ in 0..5 {
        assert_eq!(forgot("a@example.com").await.status, 202);
    }
    let braked = forgot("a@example.com").await;
    assert_eq!(braked.problem(), (429, "too_many_requests".into()));
    assert!(braked.header("retry-after").is_some());
    assert_eq!(forgot("b@example.com").await.status, 202);
}

#[tokio::test]
async fn an_address_is_not_buried_in_mail_by_names_registered_for_it() {
    let api = api().await;
    for number in 0..7 {
        assert_eq!(register(&api, &format!("name {number}"), "a@example.com").await.status, 201);
    }
    assert_eq!(register(&api, "another", "b@example.com").await.status, 201);
    let letters = loop {
        let outbox = api.get("/__outbox", None).await.json();
        let letters = outbox["letters"].as_array().unwrap().clone();
        // Mail is sent in turn: the last one is there after all others.
        if letters.last().is_some_and(|letter| letter["to"] == "b@example.com") {
            break letters;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(letters.len(), 5 + 1);
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session_and_this_one_renews() {
    let api = api().await;
    let (here, elsewhere) = (api.login().await, api.login().await);
    let change = |old: &str, token: &str| {
        let body = json!({ "password": old, "newPassword": "battery staple" });
        let mut request = json_request("/api/v1/password/change", &body);
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        api.send(request)
    };
    let token = here["token"].as_str().unwrap();
    assert_eq!(change("wrong", token).await.problem(), (403, "invalid_credentials".into()));
    assert_eq!(api.get("/api/v1/status", Some(token)).await.status, 200);
    assert_eq!(change("correct horse", token).await.status, 204);
    assert_eq!(api.renew(&elsewhere["refreshToken"]).await.problem(), (401, "refresh_token_revoked".into()));
    for dead in [&here, &elsewhere] {
        assert_eq!(api.get("/api/v1/status", dead["token"].as_str()).await.problem(), (401, "token_invalid".into()));
    }
    let renewed = api.renew(&here["refreshToken"]).await.json();
    assert_eq!(api.get("/api/v1/status", renewed["token"].as_str()).await.status, 200);
    sign_in(&api, "susan", "battery staple").await;
}

#[tokio::test]
async fn somebody_who_found_an_open_session_cannot_guess_its_password() {
    let api = api().await;
    let login = api.login().await;
    let guess = || {
        let body = json!({ "password": "wrong", "newPassword": "battery staple" });
        let mut request = json_request("/api/v1/password/change", &body);
        let token = login["token"].as_str().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        api.send(request)
    };
    for _ in 0..10 {
        assert_eq!(guess().await.status, 403);
    }
    assert_eq!(guess().await.problem(), (429, "too_many_requests".into()));
}

#[tokio::test]
async fn an_administrator_sees_users_and_gives_roles_at_once() {
    let api = api().await;
    let (susan, root) = (api.login().await, sign_in(&api, "root", "correct horse").await);
    let (subject, token) = (susan["subject"].as_str().unwrap(), susan["token"].as_str());
    let page = format!("/api/v1/users/{}", root["subject"].as_str().unwrap());
    assert_eq!(api.get(&page, token).await.problem(), (404, "not_found".into()));
    let promote = |role: &str, by: &Value, subject: &str| {
        let uri = format!("/api/v1/users/{subject}/role");
        let request = Request::put(uri)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", by["token"].as_str().unwrap()));
        api.send(request.body(json!({ "role": role }).to_string().into()).unwrap())
    };
    let refused = promote("admin", &susan, subject).await;
    assert_eq!(refused.problem(), (403, "insufficient_role".into()));
    assert!(refused.header("www-authenticate").unwrap().contains(r#"error="insufficient_scope""#));
    assert_eq!(refused.json()["kind"], "authorization");
    assert_eq!(promote("emperor", &root, subject).await.problem(), (400, "unknown_role".into()));
    assert_eq!(promote("admin", &root, "nobody").await.problem(), (404, "not_found".into()));
    assert_eq!(promote("admin", &root, subject).await.status, 204);
    assert_eq!(api.get(&page, token).await.json()["role"], "admin", "the user's row counts, not the older token");
    let status = api.get("/api/v1/status", token).await.json();
    assert_eq!(status["role"], "admin");
    assert_eq!(promote("basic", &root, subject).await.status, 204);
    assert_eq!(api.get(&page, token).await.status, 404);
}

#[tokio::test]
async fn the_outbox_is_for_the_same_machine_alone() {
    let api = api().await;
    for (name, value) in [("host", "evil.example"), ("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")] {
        let request = Request::get("/__outbox").header(name, value).body(axum::body::Body::empty()).unwrap();
        assert_eq!(api.send(request).await.problem(), (404, "not_found".into()), "{name}");
    }
    assert_eq!(api.get("/__outbox", None).await.status, 200);
    let mut closed = with_admin();
    closed.show_outbox = false;
    assert_eq!(Api::with(closed).await.get("/__outbox", None).await.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_login_may_come_as_a_form_or_by_http_basic() {
    use base64::Engine as _;
    let api = api().await;
    let form = |body: &str| {
        let request = Request::post("/api/v1/login").header("content-type", "application/x-www-form-urlencoded");
        api.send(request.body(body.to_owned().into()).unwrap())
    };
    assert_eq!(form("username=susan&password=correct+horse").await.status, 200);
    let narrow = form("username=susan&password=correct%20horse&scopes=read").await.json();
    let status = api.get("/api/v1/status", narrow["token"].as_str()).await.json();
    assert_eq!(status["scopes"], json!(["read"]));
    for (body, code) in [
        ("username=susan", "invalid_request"),
        ("username=susan&password=%ff", "invalid_request"),
        ("username=susan&username=root&password=correct+horse", "invalid_request"),
        ("username=susan&password=correct+horse&scopes=read&scopes=read", "invalid_request"),
        ("", "invalid_request"),
    ] {
        assert_eq!(form(body).await.problem(), (400, code.into()), "{body}");
    }
    assert_eq!(form("username=susan&remember=1&remember=2&password=correct+horse").await.status, 200, "as with JSON");
    let basic = |value: String| {
        let request = Request::post("/api/v1/login").header("authorization", value);
        api.send(request.body(axum::body::Body::empty()).unwrap())
    };
    let encode = |text: &[u8]| base64::engine::general_purpose::STANDARD.encode(text);
    assert_eq!(basic(format!("Basic {}", encode(b"susan:correct horse"))).await.status, 200);
    assert_eq!(basic(format!("basic {}", encode(b"susan:correct horse"))).await.status, 200);
    let wrong = basic(format!("Basic {}", encode(b"susan:wrong"))).await;
    assert_eq!(wrong.problem(), (401, "invalid_credentials".into()));
    assert!(!wrong.header("www-authenticate").unwrap().contains("Basic"), "a page would get the browser's own prompt");
    for bad in [encode(b"susan"), encode(b":x"), encode(b"susan:\xff"), "%%%".to_owned()] {
        assert_eq!(basic(format!("Basic {bad}")).await.problem(), (400, "invalid_request".into()), "{bad}");
    }
}

#[tokio::test]
async fn the_longest_passwords_fit_whatever_they_are_made_of_and_however_they_are_written() {
    let api = api().await;
    let (old, new) = ("🔑".repeat(1024), "🔒".repeat(1024));
    let register = json!({ "username": "miguel", "password": old });
    assert_eq!(api.post("/api/v1/register", register).await.status, 201);
    let login = sign_in(&api, "miguel", &old).await;
    let body = format!(
        r#"{{"password":"{}","newPassword":"{}"}}"#,
        r"\ud83d\udd11".repeat(1024),
        r"\ud83d\udd12".repeat(1024)
    );
    let request = Request::post("/api/v1/password/change")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", login["token"].as_str().unwrap()))
        .body(body.into())
        .unwrap();
    assert_eq!(api.send(request).await.status, 204);
    sign_in(&api, "miguel", &new).await;
    let longer = json!({ "username": "zoe", "password": "🔑".repeat(1025) });
    assert_eq!(api.post("/api/v1/register", longer).await.problem(), (400, "invalid_request".into()));
}
