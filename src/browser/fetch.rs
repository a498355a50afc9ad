//! `fetch()`.

use js_sys::{Function, Promise, TypeError};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, Request};

use super::global::{call, global, property};

#[wasm_bindgen]
extern "C" {
    /// `Request`, whose constructor takes more than `web_sys` knows of.
    #[wasm_bindgen(extends = Request, js_name = Request)]
    type AnyRequest;
    #[wasm_bindgen(catch, constructor, js_class = "Request")]
    fn new(input: &JsValue, init: &JsValue) -> Result<AnyRequest, JsValue>;
}

/// Sends requests.
#[derive(Clone, Debug)]
pub struct Fetch(Option<JsValue>);

impl Fetch {
    /// Without a function of its own, uses whatever `globalThis.fetch` is at the time of each call:
    /// tools for testing and monitoring replace it.
    pub fn new(own: Option<Function>) -> Self {
        Self(own.map(JsValue::from))
    }

    /// What throws is a rejection, and what is no promise is an answer.
    pub fn send(&self, input: &JsValue, init: &JsValue) -> Promise {
        let fetch = self.0.clone().unwrap_or_else(|| global("fetch"));
        if !fetch.is_function() {
            return Promise::reject(&TypeError::new("there is no fetch function in this place"));
        }
        match call(&fetch, &JsValue::UNDEFINED, [input, init, &JsValue::UNDEFINED]) {
            Ok(answer) => Promise::resolve(&answer),
            Err(thrown) => Promise::reject(&thrown),
        }
    }
}

/// `new Request(input, init)`.
pub fn request(input: &JsValue, init: &JsValue) -> Result<Request, JsValue> {
    AnyRequest::new(input, init).map(JsCast::unchecked_into)
}

/// The address of a `Request`, also of one that another library or window has made.
pub fn url_of_request(input: &JsValue) -> Option<String> {
    let is_request = input.is_object() && property(input, "bodyUsed").as_bool().is_some();
    is_request.then(|| property(input, "url").as_string()).flatten()
}

/// The status of an answer; `None` for anything that is no answer.
pub fn status(answer: &JsValue) -> Option<u16> {
    let status = if answer.is_object() { property(answer, "status").as_f64()? } else { return None };
    Some(status as u16)
}

/// A header of an answer, as far as the page may read it.
pub fn header(answer: &JsValue, name: &str) -> Option<String> {
    property(answer, "headers").unchecked_ref::<Headers>().get(name).ok().flatten()
}
