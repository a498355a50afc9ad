//! Requests of a Rust app that wait for a login.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use page::{BASE, Reply, Server, credentials, get, rejected, spawned, until};
use tokenkeep::error::{Code, EndReason, SessionError};
use tokenkeep::machine::{Hold, Notice, Relogin};
use tokenkeep::{FetchError, RequestOptions, Session, Storage};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{AbortController, Request, RequestInit, Response};

wasm_bindgen_test_configure!(run_in_browser);

const HOLD: RequestOptions = RequestOptions { relogin: Some(Relogin::Hold), replay: false };

/// A session that has ended, as the next request will find out.
async fn ended(server: &Server, relogin: Relogin) -> Session {
    let mut options = server.options(Storage::Memory);
    options.relogin = relogin;
    options.hold = Hold { limit: 2, ..options.hold };
    let session = Session::new(options).unwrap();
    session.login(&credentials()).await.unwrap();
    server.on("/renew", |_| Reply::Json(401, r#"{"code":"refresh_token_revoked"}"#.into()));
    server.on("/things", |seen| match seen.authorization.as_deref() {
        Some("Bearer t1") => rejected(),
        _ => Reply::Json(200, "{}".into()),
    });
    session
}

fn form() -> Request {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&"half written".into());
    Request::new_with_str_and_init(&format!("{BASE}/things"), &init).unwrap()
}

fn failure(answer: Result<Response, FetchError>) -> SessionError {
    match answer.unwrap_err() {
        FetchError::Session { error, .. } => error,
        FetchError::Native(value) => panic!("{value:?}"),
    }
}

async fn held(session: &Session, count: usize) {
    until(|| session.snapshot().held == count).await;
}

#[wasm_bindgen_test]
async fn a_form_that_is_sent_after_the_end_goes_out_after_the_login() {
    let server = Server::new();
    let session = ended(&server, Relogin::Hold).await;
    let answer = spawned(session.fetch(form()));
    held(&session, 1).await;
    session.login(&credentials()).await.unwrap();
    until(|| answer.borrow().is_some()).await;
    assert_eq!(answer.take().unwrap().unwrap().status(), 200);
    let sent = server.seen_at("/things");
    assert_eq!(sent.iter().map(|seen| seen.body.as_str()).collect::<Vec<_>>(), ["half written"; 2]);
    assert_eq!(sent[1].authorization.as_deref(), Some("Bearer t2"));
}

#[wasm_bindgen_test]
async fn another_user_does_not_send_it() {
    let server = Server::new();
    let session = ended(&server, Relogin::Hold).await;
    let answer = spawned(session.fetch(form()));
    held(&session, 1).await;
    server.on("/login", |_| Reply::Json(200, r#"{"token":"t9","refreshToken":"r9","subject":"u2"}"#.into()));
    session.login(&credentials()).await.unwrap();
    until(|| answer.borrow().is_some()).await;
    assert_eq!(failure(answer.take().unwrap()).code, Code::SubjectChanged);
    assert_eq!(server.count("/things"), 1);
}

#[wasm_bindgen_test]
async fn one_request_may_wait_where_others_fail_and_the_user_may_refuse() {
    let server = Server::new();
    let session = ended(&server, Relogin::Reject).await;
    let waiting = spawned(session.fetch_with(get("/things"), HOLD));
    held(&session, 1).await;
    let failed = session.fetch(get("/things")).await;
    assert_eq!(failure(failed).code, Code::LoginRequired);
    session.cancel_login();
    until(|| waiting.borrow().is_some()).await;
    assert_eq!(failure(waiting.take().unwrap()).code, Code::LoginCancelled);
}

#[wasm_bindgen_test]
async fn the_user_is_asked_once_and_no_more_wait_than_there_is_room_for() {
    let server = Server::new();
    let session = ended(&server, Relogin::Hold).await;
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = std::rc::Rc::clone(&asked);
    let _subscription = session.subscribe(move |_, notice| {
        if let Notice::LoginRequired(EndReason::Refused) = notice {
            count.set(count.get() + 1);
        }
    });
    let waiting = [spawned(session.fetch(get("/things"))), spawned(session.fetch(get("/things")))];
    held(&session, 2).await;
    assert_eq!(failure(session.fetch(get("/things")).await).code, Code::LoginRequired);
    session.login(&credentials()).await.unwrap();
    for answer in waiting {
        until(|| answer.borrow().is_some()).await;
        assert_eq!(answer.take().unwrap().unwrap().status(), 200);
    }
    assert_eq!(asked.get(), 1);
}

#[wasm_bindgen_test]
async fn a_caller_who_gives_up_waits_no_longer() {
    let server = Server::new();
    let session = ended(&server, Relogin::Hold).await;
    let controller = AbortController::new().unwrap();
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    let request = Request::new_with_str_and_init(&format!("{BASE}/things"), &init).unwrap();
    let waiting = spawned(session.fetch(request));
    held(&session, 1).await;
    controller.abort();
    until(|| waiting.borrow().is_some()).await;
    assert!(matches!(waiting.take().unwrap().unwrap_err(), FetchError::Native(_)));
    held(&session, 0).await;
}
