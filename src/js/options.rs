//! The options and tokens of an app, read and checked.

use wasm_bindgen::JsValue;

use super::reader::{Read, Reader, items, wrong};
use crate::browser::global::{property, text};
use crate::protocol::{Carrier, Encoding, Endpoint, Grant, Protocol, Refusal, Unit};
use crate::session::{Options, Storage};
use crate::time::Millis;
use crate::token::{AccessToken, RefreshToken};

const ENDPOINT: &[&str] = &["path", "method", "body", "fields", "headers"];
const RENEW: &[&str] = &["path", "method", "body", "fields", "headers", "sends"];

/// The argument of `new Session()`.
pub(super) fn read(value: &JsValue) -> Read<Options> {
    let known = ["baseUrl", "protocol", "storage", "name", "origins", "renewal", "fetch"];
    let reader = Reader::new(value.clone(), "", "options", &known)?;
    let base_url = reader.read("baseUrl", "a URL", |value| {
        let is_url = !property(value, "href").is_undefined();
        if is_url { text(value).ok() } else { value.as_string() }
    })?;
    let mut options = Options::new(base_url.ok_or_else(|| reader.missing("baseUrl", "a URL"))?);
    if let Some(protocol) =
        reader.object("protocol", &["login", "renew", "logout", "answer", "attach", "refused", "idempotencyHeader"])?
    {
        read_protocol(&mut options.protocol, &protocol)?;
    }
    set(&mut options.storage, reader.read("storage", STORAGE, read_storage)?);
    set(&mut options.name, reader.filled_text("name")?);
    set(&mut options.origins, reader.text_list("origins")?);
    if let Some(renewal) = reader.object("renewal", &["margin", "timeout"])? {
        set(&mut options.margin, renewal.read("margin", "a number of seconds ≥ 0", seconds)?);
        let timeout =
            renewal.read("timeout", "a number of seconds > 0", |value| seconds(value).filter(|length| length.0 > 0))?;
        set(&mut options.timeout, timeout);
    }
    options.fetch = reader.function("fetch")?;
    Ok(options)
}

/// The argument of `adopt()`.
pub(super) fn tokens(value: &JsValue) -> Read<Grant> {
    let reader = Reader::new(value.clone(), "", "tokens", &["accessToken", "refreshToken", "expiresIn", "subject"])?;
    let access = reader.filled_text("accessToken")?;
    Ok(Grant {
        access: Some(AccessToken::new(&access.ok_or_else(|| reader.missing("accessToken", "a string"))?)),
        refresh: reader.filled_text("refreshToken")?.map(|token| RefreshToken::new(&token)),
        lifetime: reader
            .read("expiresIn", "a number of seconds > 0", |value| seconds(value).filter(|length| length.0 > 0))?,
        refresh_lifetime: None,
        subject: reader.filled_text("subject")?,
    })
}

const STORAGE: &str = "\"local\", \"session\", \"memory\" or an object with getItem, setItem and removeItem";

fn read_storage(value: &JsValue) -> Option<Storage> {
    match value.as_string().as_deref() {
        Some("local") => Some(Storage::Local),
        Some("session") => Some(Storage::Session),
        Some("memory") => Some(Storage::Memory),
        Some(_) => None,
        None => ["getItem", "setItem", "removeItem"]
            .iter()
            .all(|method| property(value, method).is_function())
            .then(|| Storage::Custom(value.clone())),
    }
}

fn read_protocol(protocol: &mut Protocol, reader: &Reader) -> Read<()> {
    if let Some(login) = reader.object("login", ENDPOINT)? {
        protocol.login = Some(read_endpoint(&login, protocol.login.take())?);
    }
    match reader.any("renew") {
        Some(value) if value == false => protocol.renew = None,
        _ => {
            if let Some(renew) = reader.object("renew", RENEW)? {
                protocol.renew = Some(read_endpoint(&renew, protocol.renew.take())?);
                set(
                    &mut protocol.carrier,
                    renew.read("sends", "{ field: string } or { scheme: string }", read_carrier)?,
                );
            }
        }
    }
    match reader.any("logout") {
        Some(value) if value == false => protocol.logout = None,
        _ => {
            if let Some(logout) = reader.object("logout", ENDPOINT)? {
                protocol.logout = Some(read_endpoint(&logout, protocol.logout.take())?);
            }
        }
    }
    let fields = ["accessToken", "refreshToken", "expiresIn", "refreshExpiresIn", "unit", "subject"];
    if let Some(answer) = reader.object("answer", &fields)? {
        let path = |name| answer.texts(name, "a dotted path or an array of them");
        let map = &mut protocol.answer;
        set(&mut map.access_token, path("accessToken")?);
        set(&mut map.refresh_token, path("refreshToken")?);
        set(&mut map.expires_in, path("expiresIn")?);
        set(&mut map.refresh_expires_in, path("refreshExpiresIn")?);
        set(&mut map.subject, path("subject")?);
        set(&mut map.unit, answer.word("unit", "\"s\" or \"ms\"", &[("s", Unit::Seconds), ("ms", Unit::Millis)])?);
    }
    if let Some(attach) = reader.object("attach", &["header", "scheme"])? {
        set(&mut protocol.attach.header, attach.filled_text("header")?);
        set(&mut protocol.attach.scheme, attach.text("scheme")?);
    }
    if let Some(refused) = reader.read("refused", "an array", items)? {
        protocol.refused = refused
            .into_iter()
            .enumerate()
            .map(|(index, value)| read_refusal(value, &reader.at(&format!("refused[{index}]"))))
            .collect::<Read<_>>()?;
    }
    match reader.any("idempotencyHeader") {
        Some(value) if value == false => protocol.idempotency_header = None,
        _ => {
            if let Some(name) = reader.filled_text("idempotencyHeader")? {
                protocol.idempotency_header = Some(name);
            }
        }
    }
    Ok(())
}

fn read_endpoint(reader: &Reader, default: Option<Endpoint>) -> Read<Endpoint> {
    let path = reader.text("path")?.ok_or_else(|| reader.missing("path", "a string"))?;
    let mut endpoint = Endpoint { path, ..default.unwrap_or_else(|| Endpoint::post("")) };
    if let Some(method) = reader.filled_text("method")? {
        if matches!(method.as_str(), "GET" | "HEAD") {
            endpoint.encoding = Encoding::None;
        }
        endpoint.method = method;
    }
    let encodings = [("json", Encoding::Json), ("form", Encoding::Form), ("none", Encoding::None)];
    set(&mut endpoint.encoding, reader.word("body", "\"json\", \"form\" or \"none\"", &encodings)?);
    set(&mut endpoint.fields, reader.pairs("fields")?);
    set(&mut endpoint.headers, reader.pairs("headers")?);
    Ok(endpoint)
}

fn read_carrier(value: &JsValue) -> Option<Carrier> {
    match (property(value, "field").as_string(), property(value, "scheme").as_string()) {
        (Some(field), None) => Some(Carrier::Field(field)),
        (None, Some(scheme)) => Some(Carrier::Scheme(scheme)),
        _ => None,
    }
}

fn read_refusal(value: JsValue, path: &str) -> Read<Refusal> {
    let reader = Reader::new(value, path, path, &["status", "path", "codes"])?;
    let status = reader.read("status", "an HTTP status", |value| {
        let status = value.as_f64()?;
        ((100.0..600.0).contains(&status) && status.trunc() == status).then_some(status as u16)
    })?;
    Ok(Refusal {
        status: status.ok_or_else(|| wrong(&reader.at("status"), "an HTTP status", &JsValue::UNDEFINED))?,
        paths: reader.text("path")?.map_or_else(Refusal::default_paths, |path| vec![path]),
        codes: reader.text_list("codes")?.unwrap_or_default(),
    })
}

/// A number of seconds that is not negative.
fn seconds(value: &JsValue) -> Option<Millis> {
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
    Some(Millis((seconds * 1000.0) as u64))
}

fn set<T>(option: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *option = value;
    }
}
