//! The facade as its JavaScript half uses it.
#![allow(dead_code, clippy::unwrap_used)]

use js_sys::{Array, Function, JSON, Object, Promise};
use tokenkeep::js::RawSession;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::{BASE, Server, json, object, unique_name};

/// `{ error, emit, events }`; an error is `{ code, message, … }`.
pub fn hooks() -> JsValue {
    let events = Array::new();
    let emit = Function::new_with_args("events", "return (type, detail) => { events.push({ type, detail }) }");
    let error = "return Object.assign(new Error(message), { code }, rest)";
    object(&[
        ("error", Function::new_with_args("code, message, rest", error).into()),
        ("emit", emit.call1(&JsValue::UNDEFINED, &events).unwrap()),
        ("events", events.into()),
    ])
}

pub fn options(server: &Server, more: &[(&str, JsValue)]) -> JsValue {
    let own = [
        ("baseUrl", BASE.into()),
        ("storage", "memory".into()),
        ("name", unique_name().into()),
        ("fetch", server.fetch().into()),
    ];
    let options = object(&own);
    Object::assign(options.unchecked_ref::<Object>(), object(more).unchecked_ref::<Object>()).into()
}

pub fn open(server: &Server) -> RawSession {
    RawSession::new(&options(server, &[]), &hooks()).unwrap()
}

pub fn secrets() -> JsValue {
    json(r#"{"username":"ada","password":"secret-pw"}"#)
}

pub async fn signed_in(server: &Server) -> RawSession {
    let session = open(server);
    settle(session.login(&secrets())).await.unwrap();
    session
}

pub async fn settle(promise: Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(promise).await
}

pub fn text(value: &JsValue) -> String {
    value.as_string().unwrap_or_else(|| format!("{value:?}"))
}

pub fn status(answer: &JsValue) -> u16 {
    answer.unchecked_ref::<Response>().status()
}

pub fn members(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}
