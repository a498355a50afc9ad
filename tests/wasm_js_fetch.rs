//! `fetch` of the facade: every kind of argument that `window.fetch` takes.
#![cfg(all(target_arch = "wasm32", feature = "js"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use js_sys::{Array, Function, Object};
use page::facade::*;
use page::{Reply, Server, field, object, rejected, sleep, until};
use tokenkeep::js::RawSession;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{AbortController, Request};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn addresses_of_every_kind_are_taken_as_fetch_takes_them() {
    let server = Server::new();
    let session = signed_in(&server).await;
    server.on("", |_| Reply::Json(200, "{}".into()));
    let url = web_sys::Url::new("https://api.example.com/url").unwrap();
    let stringable = object(&[("toString", Function::new_no_args("return '/made'").into())]);
    let request = Request::new_with_str("https://api.example.com/request").unwrap();
    for (input, expected, with_token) in [
        (JsValue::from("/path?q=1#f"), "https://api.example.com/path?q=1", true),
        (JsValue::from("relative"), "https://api.example.com/relative", true),
        (JsValue::from("https://api.example.com"), "https://api.example.com/", true),
        (url.into(), "https://api.example.com/url", true),
        (stringable, "https://api.example.com/made", true),
        (request.into(), "https://api.example.com/request", true),
        (JsValue::from("//evil.example/x"), "https://evil.example/x", false),
        (JsValue::from("/\\evil.example/x"), "https://evil.example/x", false),
        (JsValue::from("https:\\\\evil.example/x"), "https://evil.example/x", false),
        (JsValue::from("data:text/plain,hello"), "data:text/plain,hello", false),
        (JsValue::from("blob:https://api.example.com/1"), "blob:https://api.example.com/1", false),
    ] {
        settle(session.fetch(&input, &JsValue::UNDEFINED)).await.unwrap();
        let seen = server.seen().pop().unwrap();
        let url = seen.url.split('#').next().unwrap();
        assert_eq!((url, seen.authorization.is_some()), (expected, with_token));
    }
    // What `fetch` would not take, this does not either, and the token stays here.
    let before = server.seen().len();
    for wrong in ["https://", "http://[", "https://user:secret@api.example.com/x"] {
        assert!(settle(session.fetch(&wrong.into(), &JsValue::UNDEFINED)).await.is_err(), "{wrong}");
    }
    assert_eq!(server.seen().len(), before);
}

#[wasm_bindgen_test]
async fn something_that_poses_as_a_request_gets_no_token_for_another_host() {
    let server = Server::new();
    let session = signed_in(&server).await;
    server.on("", |_| Reply::Json(200, "{}".into()));
    let posing = object(&[
        ("url", "https://api.example.com/x".into()),
        ("bodyUsed", JsValue::FALSE),
        ("toString", Function::new_no_args("return 'https://evil.example/x'").into()),
    ]);
    settle(session.fetch(&posing, &JsValue::UNDEFINED)).await.unwrap();
    let seen = server.seen().pop().unwrap();
    assert_eq!((seen.url.as_str(), seen.authorization), ("https://evil.example/x", None));
}

#[wasm_bindgen_test]
async fn other_origins_get_the_callers_arguments_untouched() {
    let server = Server::new();
    let hooks = hooks();
    let calls = Array::new();
    let spy =
        Function::new_with_args("calls", "return (...all) => { calls.push(all); return Promise.resolve('theirs') }");
    let spy = spy.call1(&JsValue::UNDEFINED, &calls).unwrap();
    let session = RawSession::new(&options(&server, &[("fetch", spy)]), &hooks).unwrap();
    let input: JsValue = Request::new_with_str("https://other.example/x").unwrap().into();
    let init = object(&[("method", "POST".into()), ("body", "b".into())]);
    assert_eq!(settle(session.fetch(&input, &init)).await.unwrap(), "theirs");
    let call: Array = calls.get(0).unchecked_into();
    assert!(Object::is(&call.get(0), &input) && Object::is(&call.get(1), &init));
}

#[wasm_bindgen_test]
async fn a_stream_is_sent_once_and_said_to_be_not_replayable() {
    let server = Server::new();
    let session = signed_in(&server).await;
    server.on("/upload", |_| rejected());
    let make = "return new ReadableStream({ start(stream) { stream.enqueue(new Uint8Array([65])); stream.close() } })";
    let stream = Function::new_no_args(make).call0(&JsValue::UNDEFINED).unwrap();
    let init = object(&[("method", "POST".into()), ("body", stream), ("duplex", "half".into())]);
    let error = settle(session.fetch(&"/upload".into(), &init)).await.unwrap_err();
    assert_eq!((field(&error, "code"), field(&error, "status")), ("not_replayable".into(), 401.into()));
    assert_eq!((server.count("/upload"), server.count("/renew")), (1, 1));
    // The token is renewed all the same, and the app can send the next stream.
    assert_eq!(settle(session.access_token()).await.unwrap(), "t2");
}

#[wasm_bindgen_test]
async fn a_body_in_init_is_sent_again_after_a_renewal() {
    let server = Server::new();
    let session = signed_in(&server).await;
    server.on("/upload", |seen| match seen.authorization.as_deref() {
        Some("Bearer t1") => rejected(),
        _ => Reply::Json(200, "{}".into()),
    });
    let init = object(&[("method", "PUT".into()), ("body", "content".into())]);
    let request: JsValue = Request::new_with_str("https://api.example.com/upload").unwrap().into();
    assert_eq!(status(&settle(session.fetch(&request, &init)).await.unwrap()), 200);
    let bodies: Vec<_> = server.seen_at("/upload").into_iter().map(|seen| (seen.method, seen.body)).collect();
    assert_eq!(bodies, [("PUT".into(), "content".into()), ("PUT".to_owned(), "content".to_owned())]);
}

#[wasm_bindgen_test]
async fn a_read_request_is_told_from_a_wrong_one() {
    let server = Server::new();
    let session = signed_in(&server).await;
    let init = object(&[("method", "POST".into()), ("body", "x".into())]);
    let request = Request::new_with_str_and_init("https://api.example.com/x", init.unchecked_ref()).unwrap();
    settle(request.text().unwrap()).await.unwrap();
    let error = settle(session.fetch(&request, &JsValue::UNDEFINED)).await.unwrap_err();
    assert_eq!(field(&error, "code"), "not_replayable");
    assert!(field(&error, "cause").is_instance_of::<js_sys::TypeError>());
    // With a body of its own it can be sent.
    assert!(settle(session.fetch(&request, &init)).await.is_ok());
    let wrong = object(&[("method", "GET".into()), ("body", "x".into())]);
    let error = settle(session.fetch(&"/x".into(), &wrong)).await.unwrap_err();
    assert!(error.is_instance_of::<js_sys::TypeError>());
}

#[wasm_bindgen_test]
async fn a_signal_in_init_ends_the_wait() {
    let server = Server::new();
    server.lifetime(0.001);
    let session = signed_in(&server).await;
    sleep(5).await;
    let gate = server.hold("/renew");
    let controller = AbortController::new().unwrap();
    let init = object(&[("signal", controller.signal().into())]);
    let answer = session.fetch(&"/x".into(), &init);
    server.arrived("/renew", 1).await;
    controller.abort();
    let reason = settle(answer).await.unwrap_err();
    assert_eq!(field(&reason, "name"), "AbortError");
    gate.open();
    until(|| field(&session.snapshot(), "generation") == 2).await;
}
