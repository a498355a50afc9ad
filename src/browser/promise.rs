//! `Promise`.

use std::future::Future;
use std::pin::Pin;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

/// Runs on its own, beginning with the next microtask. Boxed, so that all of them share one machinery.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}

/// A promise for what comes of it.
pub fn promise(task: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let task: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>> = Box::pin(task);
    future_to_promise(task)
}

/// What a promise, or anything like one, comes to. What is no promise comes to itself.
pub fn settled(value: &JsValue) -> JsFuture {
    JsFuture::from(Promise::resolve(value))
}
