//! The example, as a user would run it.

#[allow(dead_code, clippy::unwrap_used)]
#[path = "../../examples/notes.rs"]
mod notes;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, Api};

async fn send(api: &Api, method: &str, path: &str, login: Option<&Value>, body: &'static str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(login) = login {
        request = request.header("authorization", format!("Bearer {}", login["token"].as_str().unwrap()));
    }
    api.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn an_apps_own_routes_are_guarded_by_token_scope_and_role() {
    let api = Api::over(notes::app().await.unwrap());
    let login = async |name: &str, scopes: Value| {
        let body = json!({ "username": name, "password": "correct horse", "scopes": scopes });
        api.post("/api/v1/login", body).await.json()
    };
    let (ada, root, blind) =
        (login("ada", json!(null)).await, login("root", json!(null)).await, login("ada", json!(["write"])).await);
    for path in ["/notes", "/notes/count"] {
        let answer = send(&api, "GET", path, None, "").await;
        assert_eq!(answer.problem(), (401, "token_missing".into()));
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="tokenkeep""#));
    }
    assert_eq!(send(&api, "POST", "/notes", Some(&ada), "milk").await.body, b"noted, ada");
    assert_eq!(send(&api, "POST", "/notes", Some(&root), "eggs").await.status, 200);
    assert_eq!(send(&api, "GET", "/notes", Some(&ada), "").await.json(), json!(["milk"]));
    assert_eq!(send(&api, "GET", "/notes", Some(&blind), "").await.problem(), (403, "insufficient_scope".into()));
    assert_eq!(send(&api, "GET", "/notes/count", Some(&ada), "").await.problem(), (403, "insufficient_role".into()));
    assert_eq!(send(&api, "GET", "/notes/count", Some(&root), "").await.body, b"2");
    api.logout(ada["token"].as_str().unwrap()).await;
    assert_eq!(send(&api, "GET", "/notes", Some(&ada), "").await.problem(), (401, "token_invalid".into()));
}

#[tokio::test]
async fn before_its_server_is_open_a_guard_lets_nobody_in() {
    let config = crate::support::config(tokenkeep::dev::Rotation::Strict);
    let route = axum::routing::get(async |current: tokenkeep::dev::CurrentUser| current.user.name);
    let own = axum::Router::new().route("/me", route).with_state(config.guard());
    let login = Api::with(crate::support::config(tokenkeep::dev::Rotation::Strict)).await.login().await;
    let early = send(&Api::over(own.clone()), "GET", "/me", Some(&login), "").await;
    assert_eq!(early.problem(), (503, "unavailable".into()));
    let app = Api::over(own.merge(tokenkeep::dev::router(config).await.unwrap()));
    let login = app.login().await;
    assert_eq!(send(&app, "GET", "/me", Some(&login), "").await.body, b"susan");
}
