//! The app's own requests: where the token goes, what is sent twice, and who hears of what.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use js_sys::{Array, Function, Reflect, Uint8Array};
use page::{BASE, Reply, Server, credentials, field, get, object, rejected, spawned, tick, until};
use tokenkeep::error::{Code, SessionError};
use tokenkeep::protocol::Protocol;
use tokenkeep::{FetchError, Session, Storage};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{AbortController, Blob, FormData, Headers, Request, RequestInit, RequestRedirect};

wasm_bindgen_test_configure!(run_in_browser);

fn post(path: &str, body: &JsValue) -> Request {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(body);
    Request::new_with_str_and_init(&format!("{BASE}{path}"), &init).unwrap()
}

fn own_error(error: FetchError) -> (SessionError, Option<JsValue>) {
    match error {
        FetchError::Session { error, cause } => (error, cause),
        FetchError::Native(value) => panic!("{value:?}"),
    }
}

fn native(error: FetchError) -> JsValue {
    match error {
        FetchError::Native(value) => value,
        FetchError::Session { error, .. } => panic!("{error}"),
    }
}

fn text(value: &str) -> JsValue {
    JsValue::from_str(value)
}

/// A server whose token `t1` has been revoked, and a session that does not know.
async fn revoked() -> (Server, Session) {
    let server = Server::new();
    let session = server.signed_in().await;
    server.on("", |seen| match seen.path.as_str() {
        "/api/v1/renew" => Reply::Json(200, r#"{"token":"t2","refreshToken":"r2","expiresIn":300}"#.into()),
        _ if seen.authorization.as_deref() == Some("Bearer t2") => Reply::Json(200, "{}".into()),
        _ => rejected(),
    });
    (server, session)
}

#[wasm_bindgen_test]
async fn the_token_goes_to_the_bases_origin_and_the_listed_ones_alone() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    options.origins = vec!["https://files.example.com:8443".into()];
    let session = Session::new(options).unwrap();
    session.login(&credentials()).await.unwrap();
    server.on("/x", |_| Reply::Json(200, "{}".into()));
    for (url, expected) in [
        ("https://api.example.com/x", true),
        ("https://api.example.com:443/x", true),
        ("HTTPS://API.EXAMPLE.COM/x", true),
        ("https://files.example.com:8443/x", true),
        ("https://files.example.com/x", false),
        ("http://api.example.com/x", false),
        ("https://api.example.com:444/x", false),
        ("https://sub.api.example.com/x", false),
        ("https://api.example.com.evil.example/x", false),
        ("https://example.com/x", false),
        ("https://evil.example/https://api.example.com/x", false),
    ] {
        session.fetch(Request::new_with_str(url).unwrap()).await.unwrap();
        let seen = server.seen().pop().unwrap();
        assert_eq!(seen.authorization.is_some(), expected, "{url}");
    }
}

#[wasm_bindgen_test]
async fn a_header_of_the_callers_own_is_never_replaced() {
    let (server, session) = revoked().await;
    for name in ["Authorization", "authorization"] {
        let init = RequestInit::new();
        init.set_headers(&object(&[(name, text("Basic abc"))]));
        let request = Request::new_with_str_and_init(&format!("{BASE}/own"), &init).unwrap();
        assert_eq!(session.fetch(request).await.unwrap().status(), 401);
    }
    assert!(server.seen_at("/own").iter().all(|seen| seen.authorization.as_deref() == Some("Basic abc")));
    assert_eq!((server.count("/own"), server.count("/renew")), (2, 0));
}

#[wasm_bindgen_test]
async fn a_rejected_token_is_renewed_and_every_kind_of_body_sent_again() {
    let form = FormData::new().unwrap();
    form.append_with_str("field", "value").unwrap();
    let parts = Array::of1(&text("blob's content"));
    form.append_with_blob("file", &Blob::new_with_str_sequence(&parts).unwrap()).unwrap();
    let bodies: Vec<(&str, JsValue, &[&str])> = vec![
        ("text", text(r#"{"a":1}"#), &[r#"{"a":1}"#]),
        ("form", form.into(), &["field", "value", "blob's content"]),
        ("buffer", Uint8Array::from(&b"bytes"[..]).buffer().into(), &["bytes"]),
        ("view", Uint8Array::from(&b"viewed"[..]).into(), &["viewed"]),
        ("blob", Blob::new_with_str_sequence(&parts).unwrap().into(), &["blob's content"]),
        ("params", web_sys::UrlSearchParams::new_with_str("a=1&b=2").unwrap().into(), &["a=1&b=2"]),
        ("none", JsValue::NULL, &[""]),
    ];
    for (name, body, expected) in bodies {
        let (server, session) = revoked().await;
        let answer = session.fetch(post("/upload", &body)).await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        let seen = server.seen_at("/upload");
        assert_eq!(seen.len(), 2, "{name}");
        assert_eq!(seen[0].authorization.as_deref(), Some("Bearer t1"), "{name}");
        assert_eq!(seen[1].authorization.as_deref(), Some("Bearer t2"), "{name}");
        for part in expected {
            assert!(seen.iter().all(|seen| seen.body.contains(part)), "{name}: {seen:?}");
        }
        assert_eq!(server.count("/renew"), 1, "{name}");
    }
}

#[wasm_bindgen_test]
async fn an_accepted_body_is_sent_once() {
    let server = Server::new();
    let session = server.signed_in().await;
    let request = post("/once", &text("body"));
    assert_eq!(session.fetch(request).await.unwrap().status(), 200);
    assert_eq!(server.count("/once"), 1);
}

#[wasm_bindgen_test]
async fn a_request_whose_body_was_read_is_not_replayable() {
    let server = Server::new();
    let session = server.signed_in().await;
    let request = post("/things", &text("body"));
    wasm_bindgen_futures::JsFuture::from(request.text().unwrap()).await.unwrap();
    let (error, cause) = own_error(session.fetch(request).await.unwrap_err());
    assert_eq!(error.code, Code::NotReplayable);
    assert!(cause.unwrap().is_instance_of::<js_sys::TypeError>());
    assert_eq!(server.count("/things"), 0);
}

#[wasm_bindgen_test]
async fn aborting_while_waiting_rejects_at_once_and_the_renewal_goes_on_for_the_others() {
    let server = Server::new();
    let session = server.expired().await;
    let gate = server.hold("/renew");
    let controller = AbortController::new().unwrap();
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    let aborted = Request::new_with_str_and_init(&format!("{BASE}/aborted"), &init).unwrap();
    let aborted = spawned(session.fetch(aborted));
    let other = spawned(session.fetch(get("/other")));
    server.arrived("/renew", 1).await;
    controller.abort_with_reason(&text("my reason"));
    until(|| aborted.borrow().is_some()).await;
    assert_eq!(native(aborted.take().unwrap().unwrap_err()), "my reason");
    assert!(other.borrow().is_none());
    gate.open();
    until(|| other.borrow().is_some()).await;
    assert_eq!(other.take().unwrap().unwrap().status(), 200);
    assert_eq!((server.count("/aborted"), server.count("/renew")), (0, 1));
}

#[wasm_bindgen_test]
async fn aborting_between_a_rejection_and_the_second_try_rejects_at_once() {
    let (server, session) = revoked().await;
    let gate = server.hold("/renew");
    let controller = AbortController::new().unwrap();
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    let request = Request::new_with_str_and_init(&format!("{BASE}/things"), &init).unwrap();
    let answer = spawned(session.fetch(request));
    server.arrived("/renew", 1).await;
    controller.abort();
    until(|| answer.borrow().is_some()).await;
    let reason = native(answer.take().unwrap().unwrap_err());
    assert_eq!(field(&reason, "name"), "AbortError");
    gate.open();
    until(|| session.snapshot().generation == 2).await;
    assert_eq!(server.count("/things"), 1);
}

#[wasm_bindgen_test]
async fn a_signal_aborted_before_sends_nothing() {
    let server = Server::new();
    let session = server.expired().await;
    let controller = AbortController::new().unwrap();
    controller.abort_with_reason(&text("before"));
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    let request = Request::new_with_str_and_init(&format!("{BASE}/things"), &init).unwrap();
    assert_eq!(native(session.fetch(request).await.unwrap_err()), "before");
    assert_eq!(server.count("/things"), 0);
}

#[wasm_bindgen_test]
async fn a_late_rejection_is_answered_with_the_newer_token_and_no_renewal() {
    let server = Server::new();
    let session = server.signed_in().await;
    let gate = server.hold("/late");
    let reject_first = |seen: &page::Seen| match seen.authorization.as_deref() {
        Some("Bearer t1") => rejected(),
        _ => Reply::Json(200, "{}".into()),
    };
    server.on("/late", reject_first);
    let late = spawned(session.fetch(get("/late")));
    server.arrived("/late", 1).await;
    session.renew().await.unwrap();
    gate.open();
    until(|| late.borrow().is_some()).await;
    assert_eq!(late.take().unwrap().unwrap().status(), 200);
    assert_eq!((server.count("/late"), server.count("/renew")), (2, 1));
}

#[wasm_bindgen_test]
async fn a_second_rejection_reaches_the_caller_and_nothing_loops() {
    let server = Server::new();
    let session = server.signed_in().await;
    server.on("/never", |_| rejected());
    let answers = page::join_all((0..10).map(|_| session.fetch(get("/never"))).collect()).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == 401));
    assert_eq!((server.count("/never"), server.count("/renew")), (20, 1));
    // The endpoint says no to every token: it is not asked twice again, and causes no more renewals.
    assert_eq!(session.fetch(get("/never")).await.unwrap().status(), 401);
    assert_eq!((server.count("/never"), server.count("/renew")), (21, 1));
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
}

#[wasm_bindgen_test]
async fn a_missing_scope_is_the_callers_to_see() {
    let server = Server::new();
    let session = server.signed_in().await;
    let challenge = r#"Bearer realm="x", error="insufficient_scope""#;
    server.on("/scoped", move |_| Reply::Raw(401, vec![("WWW-Authenticate", challenge)], String::new()));
    assert_eq!(session.fetch(get("/scoped")).await.unwrap().status(), 401);
    assert_eq!((server.count("/scoped"), server.count("/renew")), (1, 0));
}

#[wasm_bindgen_test]
async fn when_the_renewal_fails_the_request_fails_with_its_error() {
    let (server, session) = revoked().await;
    server.on("/renew", |_| Reply::Json(503, String::new()));
    let (error, _) = own_error(session.fetch(get("/things")).await.unwrap_err());
    assert_eq!((error.code, error.status), (Code::Server, Some(503)));
    assert_eq!(server.count("/things"), 1);
}

#[wasm_bindgen_test]
async fn what_goes_wrong_with_the_apps_own_request_is_told_as_fetch_tells_it() {
    let server = Server::new();
    let session = server.signed_in().await;
    server.on("/error", |_| Reply::Reject(js_sys::TypeError::new("Failed to fetch").into()));
    assert!(native(session.fetch(get("/error")).await.unwrap_err()).is_instance_of::<js_sys::TypeError>());
    server.on("/string", |_| Reply::Reject("just a string".into()));
    assert_eq!(native(session.fetch(get("/string")).await.unwrap_err()), "just a string");
    server.on("/garbage", |_| Reply::Value(JsValue::from(42)));
    assert_eq!(native(session.fetch(get("/garbage")).await.unwrap_err()), JsValue::from(42));
    server.throw("thrown".into());
    assert_eq!(native(session.fetch(get("/thrown")).await.unwrap_err()), "thrown");
}

#[wasm_bindgen_test]
async fn a_custom_header_does_not_follow_a_redirect() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    options.protocol = Protocol::parse(r#"{"attach":{"header":"X-Token","scheme":""}}"#).unwrap();
    let session = Session::new(options).unwrap();
    session.login(&credentials()).await.unwrap();
    server.on("/plain", |_| Reply::Json(200, "{}".into()));
    assert_eq!(session.fetch(get("/plain")).await.unwrap().status(), 200);
    let seen = server.seen_at("/plain").pop().unwrap();
    assert_eq!(seen.request.redirect(), RequestRedirect::Manual);
    assert_eq!(seen.request.headers().get("X-Token").unwrap().as_deref(), Some("t1"));
    assert_eq!(seen.authorization, None);

    // Only a browser can make a real one.
    let make = "return Object.create(Response.prototype, { type: { value: 'opaqueredirect' }, status: { value: 0 } })";
    let redirect = move || Function::new_no_args(make).call0(&JsValue::UNDEFINED).unwrap();
    server.on("/moved", move |_| Reply::Value(redirect()));
    let (error, _) = own_error(session.fetch(get("/moved")).await.unwrap_err());
    assert_eq!(error.code, Code::RedirectBlocked);

    let init = RequestInit::new();
    init.set_redirect(RequestRedirect::Error);
    let chosen = Request::new_with_str_and_init(&format!("{BASE}/plain"), &init).unwrap();
    session.fetch(chosen).await.unwrap();
    assert_eq!(server.seen_at("/plain").pop().unwrap().request.redirect(), RequestRedirect::Error);
}

#[wasm_bindgen_test]
async fn a_body_goes_along_under_a_custom_header_too() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    options.protocol = Protocol::parse(r#"{"attach":{"header":"X-Token"}}"#).unwrap();
    let session = Session::new(options).unwrap();
    session.login(&credentials()).await.unwrap();
    server.on("/upload", |_| Reply::Json(200, "{}".into()));
    session.fetch(post("/upload", &text("body"))).await.unwrap();
    assert_eq!(server.seen_at("/upload")[0].body, "body");
}

#[wasm_bindgen_test]
async fn the_pages_fetch_is_looked_up_at_every_call() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    options.fetch = None;
    let window: JsValue = web_sys::window().unwrap().into();
    let original = field(&window, "fetch");
    let session = Session::new(options).unwrap();
    Reflect::set(&window, &"fetch".into(), &server.fetch()).unwrap();
    session.login(&credentials()).await.unwrap();
    let answer = session.fetch(get("/things")).await.unwrap();
    Reflect::set(&window, &"fetch".into(), &original).unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(server.seen().len(), 2);
}

#[wasm_bindgen_test]
async fn without_any_fetch_there_is_an_error_and_no_panic() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    options.fetch = None;
    let window: JsValue = web_sys::window().unwrap().into();
    let original = field(&window, "fetch");
    let session = Session::new(options).unwrap();
    Reflect::set(&window, &"fetch".into(), &JsValue::UNDEFINED).unwrap();
    let error = session.login(&credentials()).await;
    Reflect::set(&window, &"fetch".into(), &original).unwrap();
    assert_eq!(error.unwrap_err().code, Code::Network);
}

#[wasm_bindgen_test]
async fn headers_and_method_of_the_caller_go_along() {
    let server = Server::new();
    let session = server.signed_in().await;
    let init = RequestInit::new();
    init.set_method("DELETE");
    let headers = Headers::new().unwrap();
    headers.set("X-Own", "1").unwrap();
    init.set_headers(&headers);
    session.fetch(Request::new_with_str_and_init(&format!("{BASE}/things"), &init).unwrap()).await.unwrap();
    let seen = server.seen_at("/things").pop().unwrap();
    assert_eq!(seen.method, "DELETE");
    assert_eq!(seen.request.headers().get("X-Own").unwrap().as_deref(), Some("1"));
}

#[wasm_bindgen_test]
async fn requests_that_nobody_is_signed_in_for_are_not_sent() {
    let server = Server::new();
    let session = server.session();
    let (error, _) = own_error(session.fetch(get("/things")).await.unwrap_err());
    assert_eq!((error.code, error.reason.as_deref()), (Code::LoginRequired, Some("none")));
    tick().await;
    assert_eq!(server.seen().len(), 0);
}
