//! The requests that the session makes itself, built with `gloo-net`. They are sent by
//! [`Fetch`], because `gloo-net` panics when a patched `fetch` rejects with something that is no error.

use gloo_net::http::{Headers, Method, RequestBuilder, Response};
use js_sys::{JSON, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Url, UrlSearchParams};

use super::fetch::{self, Fetch};
use super::global::{property, text};
use crate::protocol::{Answer, Body, Call, Reply, Silence};
use crate::token::Secret;

/// What a call needs besides itself.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// What the call's path is resolved against.
    pub base: &'a str,
    /// An object whose members are sent along in the body.
    pub extra: Option<&'a JsValue>,
    /// Whether the page may go away meanwhile.
    pub outlives_page: bool,
}

/// Builds the request. Fails where the call cannot be said in HTTP.
pub fn build(call: &Call, envelope: Envelope<'_>) -> Result<Request, JsValue> {
    let url = Url::new_with_base(&call.path, envelope.base)?.href();
    let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| JsValue::UNDEFINED)?;
    let headers = web_sys::Headers::new()?;
    for (name, value) in &call.headers {
        headers.set(name, value)?;
    }
    if matches!(call.body, Body::Json(_)) && !headers.has("Content-Type")? {
        headers.set("Content-Type", "application/json")?;
    }
    if !headers.has("Accept")? {
        headers.set("Accept", "application/json")?;
    }
    let builder = RequestBuilder::new(&url)
        .method(method)
        .headers(Headers::from_raw(headers))
        .credentials(RequestCredentials::Omit)
        .cache(RequestCache::NoStore)
        .redirect(RequestRedirect::Error);
    let built = match encode(&call.body, envelope.extra)? {
        Some(body) => builder.body(body),
        None => builder.build(),
    };
    let request = Request::from(built.map_err(|_| JsValue::UNDEFINED)?);
    if !envelope.outlives_page {
        return Ok(request);
    }
    let init = RequestInit::new();
    Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE)?;
    Request::new_with_request_and_init(&request, &init)
}

/// Sends it, and reads the answer to its end. Whatever goes wrong is silence.
pub async fn send(fetch: &Fetch, request: Result<Request, JsValue>) -> Reply {
    exchange(fetch, request).await.ok_or(Silence::Network)
}

async fn exchange(fetch: &Fetch, request: Result<Request, JsValue>) -> Option<Answer> {
    let answer = JsFuture::from(fetch.send(&request.ok()?.into(), &JsValue::UNDEFINED)).await.ok()?;
    // An answer that another library has made is no `Response` of this page; what it has must do.
    if fetch::status(&answer)? < 200 || !property(&answer, "text").is_function() {
        return None;
    }
    let raw: web_sys::Response = answer.unchecked_into();
    let body = JsFuture::from(Promise::resolve(&raw.text().ok()?)).await.ok()?.as_string()?;
    let retry_after = fetch::header(&raw, "Retry-After");
    Some(Answer { status: Response::from(raw).status(), retry_after, body: Secret(body) })
}

fn encode(body: &Body, extra: Option<&JsValue>) -> Result<Option<JsValue>, JsValue> {
    match body {
        Body::None => Ok(None),
        Body::Json(fields) => {
            let object = Object::new();
            for (name, value) in fields {
                Reflect::set(&object, &name.into(), &value.into())?;
            }
            for (name, value) in members(extra) {
                Reflect::set(&object, &name, &value)?;
            }
            Ok(Some(JSON::stringify(&object)?.into()))
        }
        Body::Form(fields) => {
            let form = UrlSearchParams::new()?;
            for (name, value) in fields {
                form.set(name, value);
            }
            for (name, value) in members(extra) {
                if !value.is_null() && !value.is_undefined() {
                    form.set(&text(&name)?, &text(&value)?);
                }
            }
            Ok(Some(form.into()))
        }
    }
}

fn members(object: Option<&JsValue>) -> impl Iterator<Item = (JsValue, JsValue)> {
    let object = object.filter(|object| object.is_object()).cloned().unwrap_or_else(|| Object::new().into());
    Object::keys(object.unchecked_ref::<Object>())
        .iter()
        .map(|name| (name.clone(), Reflect::get(&object, &name).unwrap_or(JsValue::UNDEFINED)))
        .collect::<Vec<_>>()
        .into_iter()
}
