//! Servers that speak otherwise than the reference server, and calls beside the session.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use js_sys::Function;
use page::{Reply, Server, credentials, get};
use serde::Deserialize;
use tokenkeep::error::Code;
use tokenkeep::protocol::Protocol;
use tokenkeep::{Session, Storage};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn speaking(server: &Server, protocol: &str) -> Session {
    let mut options = server.options(Storage::Memory);
    options.protocol = Protocol::parse(protocol).unwrap();
    Session::new(options).unwrap()
}

#[derive(Deserialize, PartialEq, Debug)]
struct Made {
    id: u32,
}

#[wasm_bindgen_test]
async fn credentials_and_tokens_go_where_http_basic_has_them() {
    let server = Server::new();
    server.on("/api/token", |_| Reply::Json(200, r#"{"token":"a","duration":600}"#.into()));
    server.on("/things", |_| Reply::Json(200, "{}".into()));
    let session = speaking(&server, r#""rest-auth""#);
    session.login(&credentials()).await.unwrap();
    session.fetch(get("/things")).await.unwrap();
    let [login, things] = &server.seen()[..] else { panic!("{:?}", server.seen()) };
    assert_eq!((login.method.as_str(), login.body.as_str()), ("GET", ""));
    assert_eq!(login.authorization.as_deref(), Some("Basic YWRhOnNlY3JldC1wdw=="));
    assert_eq!(things.authorization.as_deref(), Some("Basic YTp4"));
    assert_eq!(things.request.credentials(), web_sys::RequestCredentials::Omit);
}

#[wasm_bindgen_test]
async fn the_body_tells_which_rejection_is_about_the_token_and_stays_readable() {
    let server = Server::new();
    let session = speaking(&server, r#"{"expired":[{"status":401,"path":"message","codes":"token-expired"}]}"#);
    session.login(&credentials()).await.unwrap();
    server.on("/things", |_| Reply::Json(401, r#"{"message":"authorisation-required"}"#.into()));
    let answer = session.fetch(get("/things")).await.unwrap();
    assert_eq!((answer.status(), answer.body_used(), server.count("/renew")), (401, false, 0));
    server.on("/things", |seen| match seen.authorization.as_deref() {
        Some("Bearer t2") => Reply::Json(200, "{}".into()),
        _ => Reply::Json(401, r#"{"message":"token-expired"}"#.into()),
    });
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
}

#[wasm_bindgen_test]
async fn tokens_come_in_headers_too() {
    let server = Server::new();
    let session = speaking(&server, r#"{"answer":{"accessToken":"header:X-Token"}}"#);
    server.on("/login", |_| Reply::Raw(200, vec![("X-Token", "Bearer a+/=")], String::new()));
    session.login(&credentials()).await.unwrap();
    assert_eq!(session.access_token().await.unwrap().expose(), "a+/=");
}

#[wasm_bindgen_test]
async fn calls_beside_the_session_take_the_right_token_and_give_typed_answers() {
    let server = Server::new();
    let session = speaking(
        &server,
        r#"{"endpoints":{"me":{"path":"/me","method":"GET","token":"access"},"verify":{"path":"/verify","token":{"from":"code","sends":{"scheme":"Mail"}}}}}"#,
    );
    server.on("/register", |_| Reply::Json(201, r#"{"id":7,"token":"not-for-the-session"}"#.into()));
    server.on("/verify", |_| Reply::Raw(204, vec![], String::new()));
    assert_eq!(session.call::<_, Made>("register", &credentials()).await.unwrap(), Made { id: 7 });
    let error = session.call::<_, Made>("me", &credentials()).await.unwrap_err();
    assert_eq!(error.code, Code::LoginRequired);
    session.login(&credentials()).await.unwrap();
    server.on("/me", |_| Reply::Json(200, r#"{"id":8}"#.into()));
    #[derive(serde::Serialize)]
    struct Verification {
        code: &'static str,
        again: bool,
    }
    let nothing = Verification { code: "mail", again: true };
    assert_eq!(session.call::<_, Made>("me", &nothing).await.unwrap(), Made { id: 8 });
    session.call::<_, ()>("verify", &nothing).await.unwrap();
    let [register, _, me, verify] = &server.seen()[..] else { panic!("{:?}", server.seen()) };
    assert_eq!(register.authorization, None);
    assert_eq!(me.authorization.as_deref(), Some("Bearer t1"));
    assert_eq!((verify.authorization.as_deref(), verify.body.as_str()), (Some("Mail mail"), r#"{"again":true}"#));

    server.on("/register", |_| Reply::Json(409, r#"{"code":"username_taken"}"#.into()));
    let error = session.call::<_, Made>("register", &credentials()).await.unwrap_err();
    assert_eq!(
        (error.code, error.status, error.reason.as_deref()),
        (Code::CallRefused, Some(409), Some("username_taken"))
    );
    for (name, message) in [("registr", "protocol.endpoints: "), ("verify", "body.code: ")] {
        let error = session.call::<_, Made>(name, &credentials()).await.unwrap_err();
        assert!(error.code == Code::InvalidConfig && error.message.starts_with(message), "{error}");
    }
    assert_eq!(session.access_token().await.unwrap().expose(), "t1");
}

#[wasm_bindgen_test]
async fn the_way_out_sends_in_the_servers_place() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    let answer = "return Promise.resolve(Response.json({ token: operation, expiresIn: 60, role: 'admin' }))";
    options.send = Some(Function::new_with_args("request, operation", answer));
    options.protocol = Protocol::parse(r#"{"answer":{"roles":"role"},"roles":["basic","admin"]}"#).unwrap();
    let session = Session::new(options).unwrap();
    session.login(&credentials()).await.unwrap();
    assert_eq!(session.access_token().await.unwrap().expose(), "login");
    assert!(session.has_role("basic") && !session.has_role("odd") && !session.has_scope("admin"));
    assert_eq!(server.seen().len(), 0);
}
