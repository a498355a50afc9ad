//! `fetch()`.

use js_sys::{Function, Promise, TypeError};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;

use super::global::global;

/// Sends requests.
#[derive(Clone, Debug)]
pub struct Fetch(Option<Function>);

impl Fetch {
    /// Without a function of its own, uses whatever `globalThis.fetch` is at the time of each call:
    /// tools for testing and monitoring replace it.
    pub fn new(own: Option<Function>) -> Self {
        Self(own)
    }

    /// What throws is a rejection, and what is no promise is an answer.
    pub fn send(&self, request: &Request) -> Promise {
        let Some(fetch) = self.0.clone().or_else(|| global("fetch").dyn_into().ok()) else {
            return Promise::reject(&TypeError::new("there is no fetch function in this place"));
        };
        promised(fetch.call1(&JsValue::UNDEFINED, request))
    }

    /// The same for an operation of the session's own, which a function of the app's may send instead.
    pub fn send_own(&self, own: Option<&Function>, request: &Request, operation: &str) -> Promise {
        match own {
            Some(own) => promised(own.call2(&JsValue::UNDEFINED, request, &operation.into())),
            None => self.send(request),
        }
    }
}

fn promised(answer: Result<JsValue, JsValue>) -> Promise {
    match answer {
        Ok(answer) => Promise::resolve(&answer),
        Err(thrown) => Promise::reject(&thrown),
    }
}
