//! The session's life in a page, against a server that lives in a `fetch` function.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use std::cell::RefCell;
use std::rc::Rc;

use page::{Reply, Server, credentials, get, join_all, local_storage, spawned, tick, unique_name, until};
use tokenkeep::error::{Code, EndReason};
use tokenkeep::machine::{Notice, Status};
use tokenkeep::protocol::{Grant, Protocol, parse_json};
use tokenkeep::token::{AccessToken, RefreshToken};
use tokenkeep::{FetchError, Options, Session, Storage};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn session_error(error: FetchError) -> tokenkeep::error::SessionError {
    match error {
        FetchError::Session { error, .. } => error,
        FetchError::Native(value) => panic!("{value:?}"),
    }
}

fn notices(session: &Session) -> (Rc<RefCell<Vec<Notice>>>, tokenkeep::Subscription) {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let list = Rc::clone(&heard);
    let subscription = session.subscribe(move |_, notice| list.borrow_mut().push(notice.clone()));
    (heard, subscription)
}

#[wasm_bindgen_test]
async fn a_fresh_token_goes_along_without_any_other_request() {
    let server = Server::new();
    let session = server.signed_in().await;
    let answer = session.fetch(get("/things")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(server.seen_at("/things")[0].authorization.as_deref(), Some("Bearer t1"));
    assert_eq!(server.seen().len(), 2);
}

#[wasm_bindgen_test]
async fn fifty_requests_at_once_cause_one_renewal_and_get_fifty_answers() {
    let server = Server::new();
    let session = server.expired().await;
    let answers = join_all((0..50).map(|n| session.fetch(get(&format!("/things/{n}")))).collect()).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == 200));
    assert_eq!(server.count("/renew"), 1);
    let things = server.seen().into_iter().filter(|seen| seen.path.starts_with("/things/")).collect::<Vec<_>>();
    assert_eq!(things.len(), 50);
    assert!(things.iter().all(|seen| seen.authorization.as_deref() == Some("Bearer t2")));
}

#[wasm_bindgen_test]
async fn logout_wins_over_a_renewal_in_flight() {
    let server = Server::new();
    let session = server.expired().await;
    let gate = server.hold("/renew");
    let waiting = spawned(session.fetch(get("/things")));
    server.arrived("/renew", 1).await;
    let logout = spawned(session.logout());
    until(|| waiting.borrow().is_some()).await;
    let error = session_error(waiting.take().unwrap().unwrap_err());
    assert_eq!((error.code, error.reason.as_deref()), (Code::LoginRequired, Some("logout")));
    assert_eq!(session.snapshot().status, Status::SignedOut);
    gate.open();
    until(|| logout.borrow().is_some()).await;
    // What came too late is not kept, and the server is told.
    until(|| server.seen_at("/logout").iter().any(|seen| seen.authorization.as_deref() == Some("Bearer t2"))).await;
    assert_eq!(session.snapshot().status, Status::SignedOut);
    assert_eq!(server.count("/things"), 0);
}

#[wasm_bindgen_test]
async fn calls_take_effect_in_the_order_in_which_they_are_made() {
    let server = Server::new();
    let session = server.signed_in().await;
    let answer = session.fetch(get("/before"));
    let logout = session.logout();
    let late = session.fetch(get("/after"));
    assert_eq!(answer.await.unwrap().status(), 200);
    assert!(logout.await.unwrap());
    assert_eq!(session_error(late.await.unwrap_err()).code, Code::LoginRequired);
    let paths: Vec<_> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/api/v1/login", "/before", "/api/v1/logout"]);
    assert!(server.seen_at("/logout")[0].authorization.as_deref() == Some("Bearer t1"));
}

#[wasm_bindgen_test]
async fn logging_out_offline_forgets_the_tokens_all_the_same() {
    let server = Server::new();
    let mut options = server.options(Storage::Local);
    options.name = unique_name();
    let key = format!("tokenkeep:{}", options.name);
    let session = Session::new(options).unwrap();
    session.login(&credentials()).await.unwrap();
    server.on("/logout", |_| Reply::Reject(js_sys::TypeError::new("offline").into()));
    assert!(!session.logout().await.unwrap());
    let stored = local_storage().get_item(&key).unwrap().unwrap_or_default();
    assert!(!stored.contains("t1") && !stored.contains("r1"), "{stored}");
    session.dispose();
}

#[wasm_bindgen_test]
async fn a_stored_session_is_there_at_once_after_a_reload() {
    let server = Server::new();
    let options = server.options(Storage::Local);
    let before = Session::new(options.clone()).unwrap();
    before.login(&credentials()).await.unwrap();
    before.dispose();
    let after = Session::new(options).unwrap();
    assert_eq!(after.snapshot().status, Status::SignedIn);
    assert_eq!(after.snapshot().subject.as_deref(), Some("u1"));
    assert_eq!(after.fetch(get("/things")).await.unwrap().status(), 200);
    assert_eq!(server.count("/login"), 1);
    after.dispose();
}

#[wasm_bindgen_test]
async fn sessions_of_different_names_do_not_mix() {
    let server = Server::new();
    let (one, two) = (server.options(Storage::Local), server.options(Storage::Local));
    let (one, two) = (Session::new(one).unwrap(), Session::new(two).unwrap());
    one.login(&credentials()).await.unwrap();
    tick().await;
    assert_eq!(two.snapshot().status, Status::SignedOut);
    two.login(&credentials()).await.unwrap();
    one.logout().await.unwrap();
    tick().await;
    assert_eq!(two.snapshot().status, Status::SignedIn);
    two.dispose();
    one.dispose();
}

#[wasm_bindgen_test]
async fn a_refused_renewal_asks_once_for_a_login() {
    let server = Server::new();
    let session = server.expired().await;
    let (heard, _subscription) = notices(&session);
    server.on("/renew", |_| Reply::Json(401, r#"{"code":"refresh_token_revoked"}"#.into()));
    let answers = join_all((0..5).map(|_| session.fetch(get("/things"))).collect()).await;
    for answer in answers {
        let error = session_error(answer.unwrap_err());
        assert_eq!((error.code, error.reason.as_deref()), (Code::LoginRequired, Some("refused")));
    }
    assert_eq!(session_error(session.fetch(get("/things")).await.unwrap_err()).code, Code::LoginRequired);
    let prompts = heard.borrow().iter().filter(|notice| matches!(notice, Notice::LoginRequired(_))).count();
    assert_eq!(prompts, 1);
    assert_eq!(server.count("/things"), 0);
}

#[wasm_bindgen_test]
async fn adopted_tokens_are_used_like_those_of_a_login() {
    let server = Server::new();
    let session = server.session();
    let tokens = Grant {
        access: Some(AccessToken::new("theirs")),
        refresh: Some(RefreshToken::new("r0")),
        subject: Some("ada".into()),
        ..Grant::default()
    };
    let snapshot = session.adopt(tokens).await.unwrap();
    assert_eq!((snapshot.subject.as_deref(), snapshot.expires_at), (Some("ada"), None));
    assert_eq!(session.access_token().await.unwrap().expose(), "theirs");
}

#[wasm_bindgen_test]
async fn without_a_refresh_token_expiry_asks_for_a_login() {
    let server = Server::new();
    let session = server.session();
    server.on("/login", |_| Reply::Json(200, r#"{"token":"t","expiresIn":0.001}"#.into()));
    session.login(&credentials()).await.unwrap();
    page::sleep(5).await;
    let error = session.access_token().await.unwrap_err();
    assert_eq!((error.code, error.reason.as_deref()), (Code::LoginRequired, Some(EndReason::Expired.as_str())));
}

#[wasm_bindgen_test]
async fn claims_are_read_in_the_apps_own_type() {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Claims {
        sub: String,
        roles: Vec<String>,
        nested: Option<f64>,
    }
    let server = Server::new();
    let session = server.session();
    assert_eq!(session.claims::<Claims>(), None);
    let payload = "eyJzdWIiOiJ1NyIsInJvbGVzIjpbImEiLCJiIl0sIm5lc3RlZCI6MS41fQ";
    let tokens = Grant { access: Some(AccessToken::new(&format!("e30.{payload}.c2ln"))), ..Grant::default() };
    session.adopt(tokens).await.unwrap();
    let expected = Claims { sub: "u7".into(), roles: vec!["a".into(), "b".into()], nested: Some(1.5) };
    assert_eq!(session.claims(), Some(expected));
    session.adopt(Grant { access: Some(AccessToken::new("opaque")), ..Grant::default() }).await.unwrap();
    assert_eq!(session.claims::<Claims>(), None);
}

#[wasm_bindgen_test]
async fn a_listener_may_call_the_session_and_hears_everything_in_order() {
    let server = Server::new();
    let session = server.session();
    let inside = Rc::new(RefCell::new(None));
    let (heard, _all) = notices(&session);
    let slot = Rc::clone(&inside);
    let _calls = session.subscribe(move |session, notice| {
        if *notice == Notice::SignedIn {
            assert_eq!(session.snapshot().status, Status::SignedIn);
            let session = session.clone();
            slot.replace(Some(spawned(
                async move { session.fetch(get("/inside")).await.map(|answer| answer.status()) },
            )));
        } else if matches!(notice, Notice::SignedOut(_)) {
            session.dispose();
        }
    });
    session.login(&credentials()).await.unwrap();
    until(|| inside.borrow().as_ref().is_some_and(|result| result.borrow().is_some())).await;
    let result = inside.take().unwrap().take().unwrap();
    assert_eq!(result.unwrap(), 200);
    session.logout().await.unwrap();
    let main: Vec<_> = heard.borrow().iter().filter(|notice| **notice != Notice::Changed).cloned().collect();
    assert_eq!(main, [Notice::SignedIn, Notice::SignedOut(EndReason::Logout)]);
}

#[wasm_bindgen_test]
async fn a_dropped_subscription_hears_nothing_more() {
    let server = Server::new();
    let session = server.session();
    let (heard, subscription) = notices(&session);
    drop(subscription);
    session.login(&credentials()).await.unwrap();
    assert_eq!(heard.borrow().len(), 0);
}

#[wasm_bindgen_test]
async fn what_comes_up_during_construction_reaches_listeners_added_right_after() {
    let server = Server::new();
    let options = server.options(Storage::Local);
    let key = format!("tokenkeep:{}", options.name);
    local_storage().set_item(&key, "something else").unwrap();
    let session = Session::new(options).unwrap();
    let (heard, _subscription) = notices(&session);
    until(|| !heard.borrow().is_empty()).await;
    assert!(heard.borrow().iter().any(|notice| matches!(notice, Notice::Diagnostic { .. })));
    assert_eq!(session.snapshot().status, Status::SignedOut);
    session.dispose();
    local_storage().remove_item(&key).unwrap();
}

#[wasm_bindgen_test]
async fn disposing_rejects_what_waits_but_keeps_the_result_of_a_renewal_in_flight() {
    let server = Server::new();
    let mut options = server.options(Storage::Local);
    options.name = unique_name();
    let session = Session::new(options.clone()).unwrap();
    server.lifetime(0.001);
    session.login(&credentials()).await.unwrap();
    server.lifetime(300.0);
    page::sleep(5).await;
    let gate = server.hold("/renew");
    let waiting = spawned(session.fetch(get("/things")));
    server.arrived("/renew", 1).await;
    session.dispose();
    until(|| waiting.borrow().is_some()).await;
    assert_eq!(session_error(waiting.take().unwrap().unwrap_err()).code, Code::Disposed);
    assert_eq!(session.access_token().await.unwrap_err().code, Code::Disposed);
    assert_eq!(session.login(&credentials()).await.unwrap_err().code, Code::Disposed);
    drop(session);
    gate.open();
    let stored = || local_storage().get_item(&format!("tokenkeep:{}", options.name)).unwrap().unwrap();
    until(|| stored().contains("r2")).await;
}

#[wasm_bindgen_test]
async fn giving_up_on_one_answer_leaves_the_others_alone() {
    let server = Server::new();
    let session = server.expired().await;
    let gate = server.hold("/renew");
    let patient = spawned(session.fetch(get("/patient")));
    let impatient = session.fetch(get("/impatient"));
    server.arrived("/renew", 1).await;
    drop(impatient);
    gate.open();
    until(|| patient.borrow().is_some()).await;
    assert_eq!(patient.take().unwrap().unwrap().status(), 200);
    assert_eq!(server.count("/impatient"), 0);
}

#[wasm_bindgen_test]
async fn nothing_that_is_shown_holds_a_token() {
    let server = Server::new();
    let session = server.expired().await;
    session.fetch(get("/things")).await.unwrap();
    session.logout().await.unwrap();
    let shown = format!("{:?} {:?} {session:?}", session.explain(), session.snapshot());
    for secret in ["t1", "t2", "r1", "r2", "secret-pw"] {
        assert!(
            !shown.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == secret),
            "{secret}: {shown}"
        );
    }
    assert!(session.explain().iter().any(|entry| entry.what == "renewal_sent"));
}

fn said(options: &str) -> Protocol {
    Protocol::read(&parse_json(options).unwrap()).unwrap()
}

#[wasm_bindgen_test]
fn wrong_options_are_named() {
    type Spoil = fn(&mut Options);
    let cases: &[(&str, Spoil)] = &[
        ("baseUrl", |options| options.base_url = "http://".into()),
        ("baseUrl", |options| options.base_url = "ftp://example.com".into()),
        ("name", |options| options.name = String::new()),
        ("origins[1]", |options| options.origins = vec!["https://a.example".into(), "b.example".into()]),
        ("origins[0]", |options| options.origins = vec!["https://a.example/path".into()]),
        ("origins[0]", |options| options.origins = vec!["null".into()]),
        ("protocol.attach.header", |options| options.protocol = said(r#"{"attach":{"header":"X Token"}}"#)),
        ("protocol.login", |options| options.protocol = said(r#"{"login":{"path":"http://"}}"#)),
        ("protocol.login", |options| options.protocol = said(r#"{"login":{"method":"post"}}"#)),
        ("protocol.login.body", |options| options.protocol = said(r#"{"login":{"method":"GET"}}"#)),
        ("protocol.logout", |options| options.protocol = said(r#"{"logout":{"headers":{"X":"a\nb"}}}"#)),
        ("protocol.renew.body", |options| options.protocol = said(r#"{"renew":{"body":"none"}}"#)),
    ];
    for (path, spoil) in cases {
        let mut options = Options::new("https://api.example.com");
        options.storage = Storage::Memory;
        spoil(&mut options);
        let error = Session::new(options).unwrap_err();
        assert_eq!(error.code, Code::InvalidConfig);
        assert!(error.message.starts_with(path), "{path}: {error}");
    }
}
