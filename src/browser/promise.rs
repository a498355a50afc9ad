//! `Promise`.

use std::future::Future;
use std::pin::Pin;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Runs on its own, beginning with the next microtask. Boxed, so that all of them share one machinery.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}

/// What a promise, or anything like one, comes to. What is no promise comes to itself.
pub fn settled(value: &JsValue) -> JsFuture {
    JsFuture::from(Promise::resolve(value))
}
