//! The requests that the session makes itself, built with `gloo-net`. They are sent by
//! [`Fetch`](super::fetch::Fetch), because `gloo-net` panics when a patched `fetch` rejects with something that is no error.

use gloo_net::http::{Headers, Method, RequestBuilder, Response};
use js_sys::{Array, Function, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Url, UrlSearchParams};

use super::global::{flag, property};
use super::promise::settled;
use crate::protocol::{Answer, Encoding, Reply, Request as Plan, Silence, Value, basic};
use crate::token::Secret;

/// What is longer than this says nothing about tokens.
const LONGEST_COMPLAINT: usize = 65_536;

/// What a call needs besides itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope<'a> {
    /// What the call's path is resolved against.
    pub base: &'a str,
    /// An object whose members are sent along in the body.
    pub extra: Option<&'a JsValue>,
    /// Whether the page may go away meanwhile.
    pub outlives_page: bool,
    /// The mode, if it is not to be `omit`.
    pub credentials: Option<&'a str>,
}

/// Builds the request. Fails where the call cannot be said in HTTP.
pub fn build(call: &Plan, envelope: Envelope<'_>) -> Result<Request, JsValue> {
    let url = Url::new_with_base(&call.path, envelope.base)?;
    for (name, value) in &call.query {
        url.search_params().append(name, value);
    }
    let url = url.href();
    let method = method(&call.method).ok_or(JsValue::UNDEFINED)?;
    let headers = web_sys::Headers::new()?;
    for (name, value) in &call.headers {
        headers.set(name, value)?;
    }
    let content = content(call, envelope.extra)?;
    if let [user, password] = &call.basic[..] {
        let text = |name: &String| property(&content, name).as_string().unwrap_or_default();
        headers.set("Authorization", &basic(&text(user), &text(password)))?;
        for name in [user, password] {
            Reflect::delete_property(&content, &name.into())?;
        }
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
        .credentials(mode(envelope.credentials))
        .cache(RequestCache::NoStore)
        .redirect(RequestRedirect::Error);
    let built = builder.body(encode(call.encoding, &content)?).map_err(|_| JsValue::UNDEFINED)?;
    let request = Request::from(built);
    if !envelope.outlives_page {
        return Ok(request);
    }
    // `web_sys` does not know of it.
    let init = RequestInit::new();
    Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE)?;
    Request::new_with_request_and_init(&request, &init)
}

/// The mode of that name.
pub fn mode(credentials: Option<&str>) -> RequestCredentials {
    match credentials {
        Some("include") => RequestCredentials::Include,
        Some("same-origin") => RequestCredentials::SameOrigin,
        _ => RequestCredentials::Omit,
    }
}

/// The headers of an answer that the page may read.
pub fn headers_of(answer: &JsValue) -> Vec<(String, Value)> {
    let headers = property(answer, "headers");
    let entries = Object::from_entries(&headers).map(|headers| Object::entries(&headers)).unwrap_or_default();
    let text = |entry: &Array, at| entry.get(at).as_string();
    entries
        .iter()
        .map(|entry| Array::from(&entry))
        .filter_map(|entry| Some((text(&entry, 0)?, Value::Text(text(&entry, 1)?))))
        .collect()
}

/// The beginning of an answer's body, which the caller can still read as a whole.
pub async fn peek(answer: &web_sys::Response) -> String {
    let mut bytes = Vec::new();
    // What is wrong with it, the caller will see.
    let _ = peek_into(answer, &mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn peek_into(answer: &web_sys::Response, bytes: &mut Vec<u8>) -> Result<(), JsValue> {
    let method = |of: &JsValue, name: &str| property(of, name).dyn_into::<Function>();
    let body = property(answer.clone()?.as_ref(), "body");
    let reader = method(&body, "getReader")?.call0(&body)?;
    let read = method(&reader, "read")?;
    while bytes.len() < LONGEST_COMPLAINT {
        let part = settled(&read.call0(&reader)?).await?;
        if flag(&part, "done") {
            return Ok(());
        }
        bytes.extend(Uint8Array::new(&property(&part, "value")).to_vec());
    }
    settled(&method(&reader, "cancel")?.call0(&reader)?);
    Ok(())
}

/// Reads an answer to its end. Whatever goes wrong is silence.
pub async fn read(answer: Result<JsValue, JsValue>) -> Reply {
    understand(answer).await.ok_or(Silence::Network)
}

async fn understand(answer: Result<JsValue, JsValue>) -> Option<Answer> {
    let answer = answer.ok()?;
    // An answer that another library has made is no `Response` of this page; what it has must do.
    if property(&answer, "status").as_f64()? < 200.0 || !property(&answer, "text").is_function() {
        return None;
    }
    let raw: web_sys::Response = answer.unchecked_into();
    let body = settled(raw.text().ok()?.as_ref()).await.ok()?.as_string()?;
    let headers = headers_of(raw.as_ref());
    Some(Answer { status: Response::from(raw).status(), headers, body: Secret(body) })
}

/// The fields and what is sent along with them.
fn content(call: &Plan, extra: Option<&JsValue>) -> Result<Object, JsValue> {
    let object = Object::new();
    for (name, value) in &call.fields {
        Reflect::set(&object, &name.into(), &value.into())?;
    }
    if let Some(extra) = extra {
        Object::assign(&object, extra.unchecked_ref());
    }
    Ok(object)
}

/// As one text or form.
fn encode(encoding: Encoding, object: &Object) -> Result<JsValue, JsValue> {
    match encoding {
        Encoding::None => Ok(JsValue::UNDEFINED),
        Encoding::Form => UrlSearchParams::new_with_record_from_str_to_str(object).map(JsValue::from),
        Encoding::Json => JSON::stringify(object).map(JsValue::from),
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
