//! Where the record is kept: broken, blocked, foreign, slow.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Reflect};
use page::{Server, credentials, field, get, json, local_storage, object, spawned, until};
use tokenkeep::machine::{Notice, Status};
use tokenkeep::{Options, Session, Storage};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{StorageEvent, StorageEventInit};

wasm_bindgen_test_configure!(run_in_browser);

/// The codes of all diagnostics from now on.
fn diagnostics(session: &Session) -> Rc<RefCell<Vec<&'static str>>> {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let list = Rc::clone(&heard);
    let subscription = session.subscribe(move |_, notice| {
        if let Notice::Diagnostic { code, .. } = notice {
            list.borrow_mut().push(*code);
        }
    });
    // For as long as the page.
    std::mem::forget(subscription);
    heard
}

fn key(options: &Options) -> String {
    format!("tokenkeep:{}", options.name)
}

/// An object with storage methods that are written in JavaScript, over a map called `map`.
fn custom(get: &str, set: &str) -> JsValue {
    let map = Object::new();
    let method = |arguments: &str, body: &str| {
        let make = Function::new_with_args("map", &format!("return function ({arguments}) {{ {body} }}"));
        make.call1(&JsValue::UNDEFINED, &map).unwrap()
    };
    object(&[
        ("getItem", method("key", get)),
        ("setItem", method("key, value", set)),
        ("removeItem", method("key", "delete map[key]")),
        ("map", map.clone().into()),
    ])
}

fn options(server: &Server, storage: JsValue) -> Options {
    server.options(Storage::Custom(storage))
}

fn item(storage: &JsValue, options: &Options) -> String {
    field(&field(storage, "map"), &key(options)).as_string().unwrap_or_default()
}

#[wasm_bindgen_test]
async fn the_record_is_one_item_of_local_storage() {
    let server = Server::new();
    let options = server.options(Storage::Local);
    let key = key(&options);
    let session = Session::new(options).unwrap();
    assert_eq!(local_storage().get_item(&key).unwrap(), None);
    session.login(&credentials()).await.unwrap();
    let record = json(&local_storage().get_item(&key).unwrap().unwrap());
    assert_eq!(field(&record, "access"), "t1");
    assert_eq!(field(&record, "refresh"), "r1");
    session.dispose();
}

#[wasm_bindgen_test]
async fn session_storage_is_used_where_asked_for() {
    let server = Server::new();
    let options = server.options(Storage::Session);
    let session = Session::new(options.clone()).unwrap();
    session.login(&credentials()).await.unwrap();
    let storage = web_sys::window().unwrap().session_storage().unwrap().unwrap();
    assert!(storage.get_item(&key(&options)).unwrap().is_some());
    assert_eq!(local_storage().get_item(&key(&options)).unwrap(), None);
}

#[wasm_bindgen_test]
async fn foreign_and_corrupted_items_mean_signed_out_and_are_told() {
    for foreign in ["", "null", "garbage", "[]", "{}", r#"{"v":1,"session":7}"#, r#"{"v":1"#, "\u{0}\u{ffff}"] {
        let server = Server::new();
        let options = server.options(Storage::Local);
        local_storage().set_item(&key(&options), foreign).unwrap();
        let session = Session::new(options.clone()).unwrap();
        let heard = diagnostics(&session);
        assert_eq!(session.snapshot().status, Status::SignedOut, "{foreign}");
        until(|| !heard.borrow().is_empty()).await;
        // A login takes its place.
        session.login(&credentials()).await.unwrap();
        assert!(local_storage().get_item(&key(&options)).unwrap().unwrap().contains("r1"), "{foreign}");
        session.dispose();
        local_storage().remove_item(&key(&options)).unwrap();
    }
}

#[wasm_bindgen_test]
async fn where_storage_is_blocked_the_session_lives_in_memory() {
    let server = Server::new();
    let window: Object = web_sys::window().unwrap().unchecked_into();
    let name = JsValue::from_str("localStorage");
    let original: Object = Object::get_own_property_descriptor(&window, &name).unchecked_into();
    for blocked in ["throw new DOMException('blocked', 'SecurityError')", "return null", "return undefined"] {
        let getter = object(&[("get", Function::new_no_args(blocked).into()), ("configurable", JsValue::TRUE)]);
        Reflect::define_property(&window, &name, getter.unchecked_ref::<Object>()).unwrap();
        let session = Session::new(server.options(Storage::Local));
        Reflect::define_property(&window, &name, &original).unwrap();
        let session = session.unwrap();
        let heard = diagnostics(&session);
        until(|| *heard.borrow() == ["storage_blocked"]).await;
        session.login(&credentials()).await.unwrap();
        assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    }
    assert!(field(&window, "localStorage").is_object());
}

#[wasm_bindgen_test]
async fn a_synchronous_storage_of_the_app_is_read_before_the_constructor_returns() {
    let server = Server::new();
    let storage = custom("return map[key]", "map[key] = value");
    let options = options(&server, storage.clone());
    let session = Session::new(options.clone()).unwrap();
    assert_eq!(session.snapshot().status, Status::SignedOut);
    session.login(&credentials()).await.unwrap();
    assert!(item(&storage, &options).contains("r1"));
    let again = Session::new(options).unwrap();
    assert_eq!(again.snapshot().status, Status::SignedIn);
    again.dispose();
    session.dispose();
}

#[wasm_bindgen_test]
async fn an_asynchronous_storage_of_the_app_works_one_step_after_the_other() {
    let server = Server::new();
    let later = "return new Promise(done => setTimeout(() => done(map[key] ?? null), 5))";
    let write = "return new Promise(done => setTimeout(() => { map[key] = value; done() }, 5))";
    let storage = custom(later, write);
    let options = options(&server, storage.clone());
    let session = Session::new(options.clone()).unwrap();
    assert_eq!(session.snapshot().status, Status::Starting);
    // Asked before the record is read, answered after.
    let early = spawned(session.fetch(get("/things")));
    until(|| session.snapshot().status == Status::SignedOut).await;
    until(|| early.borrow().is_some()).await;
    server.lifetime(0.001);
    session.login(&credentials()).await.unwrap();
    server.lifetime(300.0);
    page::sleep(5).await;
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    assert_eq!(server.count("/renew"), 1);
    until(|| item(&storage, &options).contains("r2")).await;
    session.logout().await.unwrap();
    until(|| !item(&storage, &options).contains("r2")).await;
    session.dispose();
}

#[wasm_bindgen_test]
async fn a_storage_of_the_app_that_fails_is_told_and_does_without() {
    for (get_item, set_item) in [
        ("throw new Error('t1 inside')", "throw new Error('t1 inside')"),
        ("throw 'no error'", "throw undefined"),
        ("return Promise.reject(new RangeError('r1'))", "return Promise.reject(null)"),
        ("return 42", "throw new DOMException('full', 'QuotaExceededError')"),
        ("return undefined", "return Promise.reject('later')"),
        ("return { then: 7 }", "return { then(done, fail) { fail('thenable') } }"),
    ] {
        let server = Server::new();
        let session = Session::new(options(&server, custom(get_item, set_item))).unwrap();
        let heard = diagnostics(&session);
        session.login(&credentials()).await.unwrap();
        assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200, "{get_item}");
        until(|| !heard.borrow().is_empty()).await;
        let told = format!("{:?}", session.explain());
        assert!(!told.contains("inside") && !told.contains("r1"), "{told}");
        session.dispose();
    }
}

#[wasm_bindgen_test]
async fn a_storage_that_never_answers_counts_as_one_that_fails() {
    let server = Server::new();
    let silent = "return new Promise(() => {})";
    let session = Session::new(options(&server, custom(silent, silent))).unwrap();
    let heard = diagnostics(&session);
    assert_eq!(session.snapshot().status, Status::Starting);
    until(|| session.snapshot().status == Status::SignedOut).await;
    // Nobody waits for it a second time.
    session.login(&credentials()).await.unwrap();
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    assert!(!heard.borrow().is_empty());
    session.dispose();
}

#[wasm_bindgen_test]
async fn an_app_that_calls_the_session_from_within_its_storage_does_no_harm() {
    let server = Server::new();
    let storage = custom("return map[key]", "map[key] = value; map.hook?.()");
    let session = Session::new(options(&server, storage.clone())).unwrap();
    let inner = session.clone();
    let hook = Closure::<dyn FnMut()>::new(move || {
        let _ = inner.snapshot();
        drop(inner.renew());
        drop(inner.access_token());
    });
    Reflect::set(&field(&storage, "map"), &"hook".into(), hook.as_ref()).unwrap();
    session.login(&credentials()).await.unwrap();
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    Reflect::delete_property(field(&storage, "map").unchecked_ref::<Object>(), &"hook".into()).unwrap();
    session.dispose();
}

#[wasm_bindgen_test]
async fn an_item_that_another_tab_has_written_is_taken_over() {
    let server = Server::new();
    let storage_options = server.options(Storage::Local);
    let here = Session::new(storage_options.clone()).unwrap();
    // Another tab without a BroadcastChannel: its writing is told by the storage event alone.
    let channel = web_sys::window().unwrap();
    let constructor = field(&channel, "BroadcastChannel");
    Reflect::set(&channel, &"BroadcastChannel".into(), &JsValue::UNDEFINED).unwrap();
    let there = Session::new(storage_options.clone()).unwrap();
    Reflect::set(&channel, &"BroadcastChannel".into(), &constructor).unwrap();
    there.login(&credentials()).await.unwrap();
    assert_eq!(here.snapshot().status, Status::SignedOut);
    let unrelated = StorageEventInit::new();
    unrelated.set_key(Some("tokenkeep:another"));
    dispatch(&unrelated);
    assert_eq!(here.snapshot().status, Status::SignedOut);
    let init = StorageEventInit::new();
    init.set_key(Some(&key(&storage_options)));
    dispatch(&init);
    assert_eq!(here.snapshot().status, Status::SignedIn);
    here.dispose();
    there.dispose();
}

#[wasm_bindgen_test]
async fn clearing_the_storage_does_not_log_the_user_out_of_this_tab() {
    let server = Server::new();
    let options = server.options(Storage::Local);
    let session = Session::new(options.clone()).unwrap();
    session.login(&credentials()).await.unwrap();
    local_storage().remove_item(&key(&options)).unwrap();
    dispatch(&StorageEventInit::new());
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    session.dispose();
}

#[wasm_bindgen_test]
async fn a_write_that_fails_after_a_renewal_keeps_this_tab_going() {
    let server = Server::new();
    let storage =
        custom("return map[key]", "if (map.full && value.includes('t2')) throw new Error(); map[key] = value");
    let session = Session::new(options(&server, storage.clone())).unwrap();
    server.lifetime(0.001);
    session.login(&credentials()).await.unwrap();
    server.lifetime(300.0);
    page::sleep(5).await;
    Reflect::set(&field(&storage, "map"), &"full".into(), &JsValue::TRUE).unwrap();
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    assert_eq!(session.fetch(get("/things")).await.unwrap().status(), 200);
    assert_eq!(server.count("/renew"), 1);
    session.dispose();
}

fn dispatch(init: &StorageEventInit) {
    let event = StorageEvent::new_with_event_init_dict("storage", init).unwrap();
    web_sys::window().unwrap().dispatch_event(&event).unwrap();
}
