//! Sessions, listed and ended; and that an end is one at once, in both forms of access tokens.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tokenkeep::dev::{AccessForm, Config, NewUser, Rotation, SecretUrl, Server};
use tower::ServiceExt as _;

use crate::services;
use crate::support::{Answer, Api, config, json_request, seconds};

const GRACE: Rotation = Rotation::Grace(seconds(10));

/// The same server in every shape it comes in.
fn shapes() -> Vec<(&'static str, Config)> {
    let mut opaque = config(GRACE);
    opaque.tokens = AccessForm::Opaque;
    let mut shared = config(GRACE);
    shared.database = tokenkeep::dev::Database::Postgres(SecretUrl(services::postgres()));
    shared.redis = Some(SecretUrl(services::redis()));
    let mut opaque_shared = shared.clone();
    opaque_shared.tokens = AccessForm::Opaque;
    opaque_shared.database = tokenkeep::dev::Database::Postgres(SecretUrl(services::postgres()));
    vec![("JWT", config(GRACE)), ("opaque", opaque), ("shared", shared), ("opaque, shared", opaque_shared)]
}

async fn apis() -> Vec<(&'static str, Api)> {
    let mut apis = Vec::new();
    for (name, mut config) in tokio::task::spawn_blocking(shapes).await.unwrap() {
        config.users.push("root:correct horse".parse::<NewUser>().unwrap().with_role("admin"));
        apis.push((name, Api::with(config).await));
    }
    apis
}

async fn delete(api: &Api, path: &str, token: &Value) -> Answer {
    let request = Request::delete(path).header("authorization", format!("Bearer {}", token.as_str().unwrap()));
    api.send(request.body(Body::empty()).unwrap()).await
}

async fn assert_dead(api: &Api, login: &Value, shape: &str) {
    let status = api.get("/api/v1/status", login["token"].as_str()).await;
    assert_eq!(status.problem(), (401, "token_invalid".into()), "{shape}");
    assert_eq!(api.renew(&login["refreshToken"]).await.problem(), (401, "refresh_token_revoked".into()), "{shape}");
}

async fn assert_alive(api: &Api, login: &Value, shape: &str) {
    assert_eq!(api.get("/api/v1/status", login["token"].as_str()).await.status, 200, "{shape}");
}

#[tokio::test]
async fn a_session_is_whole_in_every_shape() {
    for (shape, api) in apis().await {
        let login = api.login().await;
        assert_alive(&api, &login, shape).await;
        let renewed = api.renew(&login["refreshToken"]).await.json();
        assert_alive(&api, &login, shape).await;
        assert_alive(&api, &renewed, shape).await;
        let repeated = api.renew(&login["refreshToken"]).await.json();
        assert_eq!(repeated["refreshToken"], renewed["refreshToken"], "{shape}");
        assert_alive(&api, &repeated, shape).await;
        api.shift_clock(seconds(302)).await;
        let late = api.get("/api/v1/status", renewed["token"].as_str()).await;
        assert_eq!(late.problem(), (401, "token_expired".into()), "{shape}");
        let third = api.renew(&renewed["refreshToken"]).await.json();
        assert_alive(&api, &third, shape).await;
        assert_eq!(api.get("/api/v1/healthz", None).await.status, 200, "{shape}");
    }
}

#[tokio::test]
async fn a_logout_ends_the_access_token_at_once_and_no_other_session() {
    for (shape, api) in apis().await {
        let (here, elsewhere) = (api.login().await, api.login().await);
        assert_eq!(api.logout(here["token"].as_str().unwrap()).await.status, 204, "{shape}");
        assert_dead(&api, &here, shape).await;
        assert_alive(&api, &elsewhere, shape).await;
        assert_eq!(api.logout(here["token"].as_str().unwrap()).await.status, 204, "{shape}: again");
    }
}

#[tokio::test]
async fn a_stolen_refresh_token_that_comes_back_ends_the_access_tokens_too() {
    let mut config = config(Rotation::Strict);
    config.faults = true;
    let api = Api::with(config).await;
    let login = api.login().await;
    let renewed = api.renew(&login["refreshToken"]).await.json();
    assert_eq!(api.renew(&login["refreshToken"]).await.problem(), (401, "refresh_token_reused".into()));
    let status = api.get("/api/v1/status", renewed["token"].as_str()).await;
    assert_eq!(status.problem(), (401, "token_invalid".into()));
}

#[tokio::test]
async fn a_user_lists_sessions_and_ends_them_one_by_one_or_all() {
    for (shape, api) in apis().await {
        let mut request = json_request("/api/v1/login", &json!({ "username": "susan", "password": "correct horse" }));
        request.headers_mut().insert("user-agent", "a phone".parse().unwrap());
        let phone = api.send(request).await.json();
        let (here, third) = (api.login().await, api.login().await);
        let list = api.get("/api/v1/sessions", here["token"].as_str()).await.json();
        let sessions = list["sessions"].as_array().unwrap().clone();
        assert_eq!(sessions.len(), 3, "{shape}: {list}");
        assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1, "{shape}");
        let found = sessions.iter().find(|session| session["agent"] == "a phone").unwrap();
        assert!(found["startedAt"].as_u64() <= found["activeAt"].as_u64(), "{shape}");
        assert_eq!(found["endsAt"].as_u64().unwrap() - found["activeAt"].as_u64().unwrap(), 1_209_600, "{shape}");

        let one = format!("/api/v1/sessions/{}", found["id"].as_str().unwrap());
        assert_eq!(delete(&api, &one, &here["token"]).await.status, 204, "{shape}");
        assert_dead(&api, &phone, shape).await;
        assert_alive(&api, &third, shape).await;
        assert_eq!(delete(&api, &one, &here["token"]).await.status, 204, "{shape}: again");
        let rest = api.get("/api/v1/sessions", here["token"].as_str()).await.json();
        assert_eq!(rest["sessions"].as_array().unwrap().len(), 2, "{shape}");

        assert_eq!(delete(&api, "/api/v1/sessions", &here["token"]).await.status, 204, "{shape}");
        assert_dead(&api, &here, shape).await;
        assert_dead(&api, &third, shape).await;
        assert_alive(&api, &api.login().await, shape).await;
    }
}

#[tokio::test]
async fn a_session_that_has_run_out_is_not_listed() {
    let api = Api::with(config(GRACE)).await;
    api.login().await;
    api.shift_clock(seconds(1_209_601)).await;
    let login = api.login().await;
    let list = api.get("/api/v1/sessions", login["token"].as_str()).await.json();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_administrator_ends_sessions_of_others_and_nobody_else_does() {
    for (shape, api) in apis().await {
        let (susan, again) = (api.login().await, api.login().await);
        let root = json!({ "username": "root", "password": "correct horse" });
        let root = api.post("/api/v1/login", root).await.json();
        let (user, boss) = (susan["subject"].as_str().unwrap(), root["subject"].as_str().unwrap());
        let all = format!("/api/v1/users/{user}/sessions");
        let id = api.get("/api/v1/status", susan["token"].as_str()).await.json()["session"].clone();
        let bosses = api.get("/api/v1/status", root["token"].as_str()).await.json()["session"].clone();
        let bosses = bosses.as_str().unwrap();

        let path = format!("/api/v1/users/{boss}/sessions/{bosses}");
        assert_eq!(delete(&api, &path, &susan["token"]).await.problem(), (403, "insufficient_role".into()), "{shape}");
        let path = format!("/api/v1/sessions/{bosses}");
        assert_eq!(delete(&api, &path, &susan["token"]).await.problem(), (404, "not_found".into()), "{shape}");
        let path = format!("/api/v1/users/{user}/sessions/{bosses}");
        assert_eq!(delete(&api, &path, &root["token"]).await.problem(), (404, "not_found".into()), "{shape}");
        assert_eq!(
            api.get(&all, susan["token"].as_str()).await.problem(),
            (403, "insufficient_role".into()),
            "{shape}"
        );

        let list = api.get(&all, root["token"].as_str()).await.json();
        assert_eq!(list["sessions"].as_array().unwrap().len(), 2, "{shape}");
        let one = format!("{all}/{}", id.as_str().unwrap());
        assert_eq!(delete(&api, &one, &root["token"]).await.status, 204, "{shape}");
        assert_dead(&api, &susan, shape).await;
        assert_alive(&api, &again, shape).await;
        assert_eq!(delete(&api, &all, &root["token"]).await.status, 204, "{shape}");
        assert_dead(&api, &again, shape).await;
        assert_alive(&api, &root, shape).await;
        for path in ["/api/v1/users/nobody/sessions", "/api/v1/users/%00/sessions", "/api/v1/users/%ff/sessions"] {
            assert_eq!(delete(&api, path, &root["token"]).await.problem(), (404, "not_found".into()), "{shape} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_deny_list_is_down_nobody_is_let_in_and_it_mends_itself() {
    let redis = tokio::task::spawn_blocking(|| services::Redis::start(None)).await.unwrap();
    let mut shape = config(GRACE);
    shape.redis = Some(SecretUrl(redis.url(0)));
    let api = Api::with(shape).await;
    let (login, other) = (api.login().await, api.login().await);
    let port = tokio::task::spawn_blocking(|| redis.stop()).await.unwrap();
    for path in ["/api/v1/status", "/api/v1/resource", "/api/v1/healthz"] {
        let answer = api.get(path, login["token"].as_str()).await;
        assert_eq!(answer.problem(), (503, "unavailable".into()), "{path}");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert_eq!(api.logout(login["token"].as_str().unwrap()).await.problem(), (503, "unavailable".into()));
    let credentials = json!({ "username": "susan", "password": "correct horse" });
    assert_eq!(api.post("/api/v1/login", credentials).await.problem(), (503, "unavailable".into()));
    assert_eq!(api.renew(&other["refreshToken"]).await.status, 200, "a renewal needs no deny-list");

    let redis = tokio::task::spawn_blocking(move || services::Redis::start(Some(port))).await.unwrap();
    while api.get("/api/v1/healthz", None).await.status != 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(api.logout(login["token"].as_str().unwrap()).await.status, 204, "what was not done is done now");
    assert_dead(&api, &login, "after").await;
    drop(redis);
}

#[tokio::test]
async fn what_is_over_is_removed_in_the_background() {
    let mut config = config(GRACE);
    config.tokens = AccessForm::Opaque;
    config.purge_every = std::time::Duration::from_millis(20);
    let server = Server::open(config).await.unwrap();
    let router = server.router();
    let api = Api::over(router.clone());
    let login = api.login().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = tokio::spawn(server.serve(listener, async {
        stopped.await.ok();
    }));
    assert_eq!(api.get("/api/v1/status", login["token"].as_str()).await.status, 200);
    // The clock says that the token has run out; then it is not known any more.
    api.shift_clock(seconds(302)).await;
    loop {
        let request = Request::get("/api/v1/status")
            .header("authorization", format!("Bearer {}", login["token"].as_str().unwrap()))
            .body(Body::empty())
            .unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        if String::from_utf8_lossy(&body).contains("token_invalid") {
            break;
        }
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    serving.await.unwrap();
}
