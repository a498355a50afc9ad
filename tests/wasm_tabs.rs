//! Several tabs of one session, played by several session objects in one page: they share nothing
//! but storage, lock and channel.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Promise, Reflect};
use page::{Reply, Server, credentials, field, get, join_all, object, sleep, spawned, tick, until};
use tokenkeep::browser::channel::Channel;
use tokenkeep::browser::clock::Clock;
use tokenkeep::browser::locks::{self, Mode};
use tokenkeep::error::{Code, EndReason};
use tokenkeep::machine::{Notice, Status};
use tokenkeep::{FetchError, Options, Session, Storage};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{BroadcastChannel, Event};

wasm_bindgen_test_configure!(run_in_browser);

fn tabs(server: &Server, count: usize) -> Vec<Session> {
    let options = server.options(Storage::Local);
    (0..count).map(|_| Session::new(options.clone()).unwrap()).collect()
}

fn close(tabs: &[Session]) {
    for tab in tabs {
        tab.dispose();
    }
}

/// A lock that hears of its grant.
fn ask(name: &str, mode: Mode) -> (Rc<Cell<Option<bool>>>, Option<locks::Hold>) {
    let heard = Rc::new(Cell::new(None));
    let slot = Rc::clone(&heard);
    let hold = locks::request(name, mode, Box::new(move |granted| slot.set(Some(granted))));
    (heard, hold)
}

async fn held() -> Vec<String> {
    let locks = field(&field(&web_sys::window().unwrap(), "navigator"), "locks");
    let query = field(&locks, "query").unchecked_into::<js_sys::Function>().call0(&locks).unwrap();
    let state = JsFuture::from(query.unchecked_into::<Promise>()).await.unwrap();
    let held: Array = field(&state, "held").unchecked_into();
    held.iter().map(|lock| field(&lock, "name").as_string().unwrap()).collect()
}

async fn fences(name: &str) -> Vec<String> {
    let prefix = format!("{name}:fence:");
    held().await.iter().filter_map(|held| held.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[wasm_bindgen_test]
async fn a_lock_has_one_holder_and_a_queue() {
    let name = page::unique_name();
    let (first, hold) = ask(&name, Mode::Exclusive);
    let (second, second_hold) = ask(&name, Mode::Exclusive);
    until(|| first.get() == Some(true)).await;
    sleep(20).await;
    assert_eq!(second.get(), None);
    drop(hold);
    until(|| second.get() == Some(true)).await;
    drop(second_hold);
    for _ in 0..100 {
        if held().await.contains(&name) {
            tick().await;
        }
    }
    assert!(!held().await.contains(&name));
}

#[wasm_bindgen_test]
async fn a_request_that_is_taken_back_is_never_granted_and_holds_nobody_up() {
    let name = page::unique_name();
    let (first, hold) = ask(&name, Mode::Exclusive);
    let (second, second_hold) = ask(&name, Mode::Exclusive);
    let (third, _third_hold) = ask(&name, Mode::Exclusive);
    until(|| first.get() == Some(true)).await;
    drop(second_hold);
    drop(hold);
    until(|| third.get() == Some(true)).await;
    assert_eq!(second.get(), None);
}

#[wasm_bindgen_test]
async fn shared_locks_are_seen_while_they_are_held_and_exclusive_ones_are_not() {
    let name = page::unique_name();
    let (shared, hold) = ask(&format!("{name}:shared"), Mode::Shared);
    let (exclusive, _exclusive_hold) = ask(&format!("{name}:exclusive"), Mode::Exclusive);
    until(|| shared.get().is_some() && exclusive.get().is_some()).await;
    let seen: Vec<_> = locks::shared_names().await.into_iter().filter(|seen| seen.starts_with(&name)).collect();
    assert_eq!(seen, [format!("{name}:shared")]);
    drop(hold);
    sleep(20).await;
    assert!(!locks::shared_names().await.iter().any(|seen| seen.starts_with(&name)));
}

#[wasm_bindgen_test]
async fn a_lock_that_cannot_be_had_is_told() {
    // Names that begin with a hyphen are reserved.
    let (heard, _hold) = ask("-reserved", Mode::Exclusive);
    until(|| heard.get() == Some(false)).await;
}

#[wasm_bindgen_test]
async fn a_channel_carries_texts_and_nothing_else_until_it_is_closed() {
    let name = page::unique_name();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let list = Rc::clone(&heard);
    let listening = Channel::open(&name, move |text| list.borrow_mut().push(text)).unwrap();
    let speaking = Channel::open(&name, |_| {}).unwrap();
    let foreign = BroadcastChannel::new(&name).unwrap();
    foreign.post_message(&object(&[("not", "text".into())])).unwrap();
    speaking.say("one");
    until(|| !heard.borrow().is_empty()).await;
    assert_eq!(*heard.borrow(), ["one"]);
    drop(listening);
    speaking.say("two");
    sleep(20).await;
    assert_eq!(*heard.borrow(), ["one"]);
    foreign.close();
}

#[wasm_bindgen_test]
async fn what_strangers_say_on_the_channel_is_ignored() {
    let server = Server::new();
    let options = server.options(Storage::Local);
    let session = Session::new(options.clone()).unwrap();
    session.login(&credentials()).await.unwrap();
    let stranger = BroadcastChannel::new(&format!("tokenkeep:{}", options.name)).unwrap();
    for text in ["", "garbage", "1 2", "99999999999999999999 1 s", "1 2 s nonsense", "0 0 s logout"] {
        stranger.post_message(&text.into()).unwrap();
    }
    sleep(20).await;
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    stranger.close();
    session.dispose();
}

#[wasm_bindgen_test]
async fn a_login_in_one_tab_is_picked_up_by_the_others() {
    let server = Server::new();
    let tabs = tabs(&server, 3);
    let heard = Rc::new(Cell::new(0));
    let count = Rc::clone(&heard);
    let _subscription = tabs[2].subscribe(move |_, notice| {
        if *notice == Notice::SignedIn {
            count.set(count.get() + 1);
        }
    });
    tabs[0].login(&credentials()).await.unwrap();
    until(|| tabs.iter().all(|tab| tab.snapshot().status == Status::SignedIn)).await;
    assert_eq!(heard.get(), 1);
    for tab in &tabs {
        assert_eq!(tab.fetch(get("/things")).await.unwrap().status(), 200);
    }
    assert_eq!(server.count("/login"), 1);
    close(&tabs);
}

#[wasm_bindgen_test]
async fn a_logout_in_one_tab_ends_the_others_and_what_they_renew() {
    let server = Server::new();
    let tabs = tabs(&server, 2);
    server.lifetime(0.001);
    tabs[0].login(&credentials()).await.unwrap();
    server.lifetime(300.0);
    until(|| tabs[1].snapshot().status == Status::SignedIn).await;
    let gate = server.hold("/renew");
    let waiting = spawned(tabs[1].fetch(get("/things")));
    server.arrived("/renew", 1).await;
    let logout = spawned(tabs[0].logout());
    until(|| waiting.borrow().is_some()).await;
    let Some(Err(FetchError::Session { error, .. })) = waiting.take() else { panic!() };
    assert_eq!((error.code, error.reason.as_deref()), (Code::LoginRequired, Some("logout")));
    gate.open();
    until(|| logout.borrow().is_some()).await;
    until(|| tabs.iter().all(|tab| tab.snapshot().reason == Some(EndReason::Logout))).await;
    assert_eq!(server.count("/things"), 0);
    close(&tabs);
}

#[wasm_bindgen_test]
async fn six_tabs_that_wake_together_renew_once() {
    for round in 0..5 {
        let server = Server::new();
        let tabs = tabs(&server, 6);
        server.lifetime(0.001);
        tabs[0].login(&credentials()).await.unwrap();
        server.lifetime(300.0);
        until(|| tabs.iter().all(|tab| tab.snapshot().status == Status::SignedIn)).await;
        sleep(5).await;
        let answers = join_all(tabs.iter().map(|tab| tab.fetch(get("/things"))).collect()).await;
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == 200), "round {round}");
        assert_eq!(server.count("/renew"), 1, "round {round}");
        assert!(server.seen_at("/things").iter().all(|seen| seen.authorization.as_deref() == Some("Bearer t2")));
        close(&tabs);
    }
}

#[wasm_bindgen_test]
async fn without_locks_the_journal_still_makes_it_one_renewal() {
    let navigator = field(&web_sys::window().unwrap(), "navigator");
    let none = object(&[("value", JsValue::UNDEFINED), ("configurable", JsValue::TRUE)]);
    Reflect::define_property(
        navigator.unchecked_ref::<js_sys::Object>(),
        &"locks".into(),
        none.unchecked_ref::<js_sys::Object>(),
    )
    .unwrap();
    let server = Server::new();
    let tabs = tabs(&server, 3);
    server.lifetime(0.001);
    tabs[0].login(&credentials()).await.unwrap();
    server.lifetime(300.0);
    until(|| tabs.iter().all(|tab| tab.snapshot().status == Status::SignedIn)).await;
    sleep(5).await;
    let answers = join_all(tabs.iter().map(|tab| tab.fetch(get("/things"))).collect()).await;
    Reflect::delete_property(navigator.unchecked_ref::<js_sys::Object>(), &"locks".into()).unwrap();
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == 200));
    assert_eq!(server.count("/renew"), 1);
    close(&tabs);
}

#[wasm_bindgen_test]
async fn a_tab_that_goes_away_in_mid_renewal_leaves_the_turn_to_another() {
    let server = Server::new();
    let options = server.options(Storage::Local);
    let leaving = Session::new(options.clone()).unwrap();
    server.lifetime(0.001);
    leaving.login(&credentials()).await.unwrap();
    server.lifetime(300.0);
    let staying = Session::new(options).unwrap();
    sleep(5).await;
    // Asks for the turn, and is gone before it has it.
    drop(leaving.fetch(get("/gone")));
    let waiting = spawned(leaving.fetch(get("/gone")));
    leaving.dispose();
    drop(leaving);
    until(|| waiting.borrow().is_some()).await;
    assert_eq!(staying.fetch(get("/things")).await.unwrap().status(), 200);
    assert_eq!((server.count("/renew"), server.count("/gone")), (1, 0));
    staying.dispose();
}

#[wasm_bindgen_test]
async fn the_fence_of_a_commit_stands_until_the_next_and_goes_with_the_tab() {
    let server = Server::new();
    let options: Options = server.options(Storage::Local);
    let name = format!("tokenkeep:{}", options.name);
    let session = Session::new(options).unwrap();
    session.login(&credentials()).await.unwrap();
    session.renew().await.unwrap();
    let generation =
        |fences: &[String]| fences.iter().map(|fence| fence.split('.').nth(1).unwrap().to_owned()).collect();
    let mut standing: Vec<String> = Vec::new();
    for _ in 0..100 {
        standing = generation(&fences(&name).await);
        if standing == ["2"] {
            break;
        }
        tick().await;
    }
    assert_eq!(standing, ["2"]);
    // A page that holds a lock does not get into the back/forward cache.
    web_sys::window().unwrap().dispatch_event(&Event::new("pagehide").unwrap()).unwrap();
    sleep(20).await;
    assert!(fences(&name).await.is_empty());
    session.renew().await.unwrap();
    session.dispose();
    sleep(20).await;
    assert!(fences(&name).await.is_empty());
    assert!(!held().await.contains(&name));
}

#[wasm_bindgen_test]
async fn a_page_that_comes_back_looks_at_the_record_again() {
    let server = Server::new();
    let options = server.options(Storage::Local);
    let session = Session::new(options.clone()).unwrap();
    session.login(&credentials()).await.unwrap();
    let window = web_sys::window().unwrap();
    // Frozen: nothing is heard of what the other tab does.
    window.dispatch_event(&Event::new("pagehide").unwrap()).unwrap();
    let other = Session::new(options).unwrap();
    other.logout().await.unwrap();
    sleep(20).await;
    assert_eq!(session.snapshot().status, Status::SignedIn);
    let shown = Event::new("pageshow").unwrap();
    Reflect::set(&shown, &"persisted".into(), &JsValue::TRUE).unwrap();
    window.dispatch_event(&shown).unwrap();
    assert_eq!(session.snapshot().status, Status::SignedOut);
    // And the channel is open again.
    other.login(&credentials()).await.unwrap();
    until(|| session.snapshot().status == Status::SignedIn).await;
    close(&[session, other]);
}

#[wasm_bindgen_test]
async fn a_network_that_is_back_ends_the_pause() {
    let server = Server::new();
    let session = server.expired().await;
    server.on("/renew", |_| Reply::Reject(js_sys::TypeError::new("offline").into()));
    session.fetch(get("/things")).await.unwrap_err();
    session.fetch(get("/things")).await.unwrap_err();
    assert_eq!(server.count("/renew"), 1);
    server.on("/renew", |_| Reply::Json(200, r#"{"token":"t1","refreshToken":"r2","expiresIn":300}"#.into()));
    web_sys::window().unwrap().dispatch_event(&Event::new("online").unwrap()).unwrap();
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    assert_eq!(server.count("/renew"), 2);
}

#[wasm_bindgen_test]
fn the_monotonic_clock_never_goes_back_and_never_stands_still() {
    let performance = field(&web_sys::window().unwrap(), "performance");
    let set = |reading: f64| {
        let now = js_sys::Function::new_no_args(&format!("return {reading}"));
        Reflect::set(&performance, &"now".into(), &now).unwrap();
    };
    let clock = Clock::default();
    let readings = [1000.0, 1100.5, 3.0, 53.0, 20.0, 21.0].map(|reading| {
        set(reading);
        clock.now().mono.0
    });
    Reflect::delete_property(performance.unchecked_ref::<js_sys::Object>(), &"now".into()).unwrap();
    assert_eq!(readings, [1000, 1100, 1100, 1150, 1150, 1151]);
}

#[wasm_bindgen_test]
async fn a_renewal_that_hangs_times_out_and_its_late_answer_still_counts() {
    let server = Server::new();
    let mut options = server.options(Storage::Memory);
    options.timeout = tokenkeep::time::Millis(50);
    let session = Session::new(options).unwrap();
    server.lifetime(0.001);
    session.login(&credentials()).await.unwrap();
    server.lifetime(300.0);
    sleep(5).await;
    let gate = server.hold("/renew");
    let Err(FetchError::Session { error, .. }) = session.fetch(get("/things")).await else { panic!() };
    assert_eq!((error.code, error.code.retryable()), (Code::Timeout, true));
    gate.open();
    until(|| session.snapshot().generation == 2).await;
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    assert_eq!(server.count("/renew"), 1);
}
