//! The requests that the session makes itself, built with `gloo-net`. They are sent by
//! [`Fetch`], because `gloo-net` panics when a patched `fetch` rejects with something that is no error.

use gloo_net::http::{Headers, Method, RequestBuilder, Response};
use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Url, UrlSearchParams};

use super::fetch::Fetch;
use super::global::property;
use super::promise::settled;
use crate::protocol::{Answer, Call, Encoding, Reply, Silence};
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
    let method = method(&call.method).ok_or(JsValue::UNDEFINED)?;
    let headers = web_sys::Headers::new()?;
    for (name, value) in &call.headers {
        headers.set(name, value)?;
    }
    if call.encoding == Encoding::Json && !headers.has("Content-Type")? {
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
    let built = builder.body(encode(call, envelope.extra)?).map_err(|_| JsValue::UNDEFINED)?;
    let request = Request::from(built);
    if !envelope.outlives_page {
        return Ok(request);
    }
    // `web_sys` does not know of it.
    let init = RequestInit::new();
    Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE)?;
    Request::new_with_request_and_init(&request, &init)
}

/// Sends it, and reads the answer to its end. Whatever goes wrong is silence.
pub async fn send(fetch: &Fetch, request: Result<Request, JsValue>) -> Reply {
    exchange(fetch, request).await.ok_or(Silence::Network)
}

async fn exchange(fetch: &Fetch, request: Result<Request, JsValue>) -> Option<Answer> {
    let answer = settled(&fetch.send(&request.ok()?)).await.ok()?;
    // An answer that another library has made is no `Response` of this page; what it has must do.
    if property(&answer, "status").as_f64()? < 200.0 || !property(&answer, "text").is_function() {
        return None;
    }
    let raw: web_sys::Response = answer.unchecked_into();
    let body = settled(raw.text().ok()?.as_ref()).await.ok()?.as_string()?;
    let retry_after = raw.headers().get("Retry-After").ok().flatten();
    Some(Answer { status: Response::from(raw).status(), retry_after, body: Secret(body) })
}

/// The fields and what is sent along with them, as one text or form.
fn encode(call: &Call, extra: Option<&JsValue>) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in &call.fields {
        Reflect::set(&object, &name.into(), &value.into())?;
    }
    if let Some(extra) = extra {
        Object::assign(&object, extra.unchecked_ref());
    }
    match call.encoding {
        Encoding::None => Ok(JsValue::UNDEFINED),
        Encoding::Form => UrlSearchParams::new_with_record_from_str_to_str(&object).map(JsValue::from),
        Encoding::Json => JSON::stringify(&object).map(JsValue::from),
    }
}

fn method(name: &str) -> Option<Method> {
    Some(match name {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => return None,
    })
}
