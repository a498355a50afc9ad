//! The options and tokens of an app.

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

use super::schema::{Kind, Member, check, items, may, must, names};
use crate::browser::global::{flag, property, text};
use crate::protocol::{Carrier, Encoding, Endpoint, Grant, Protocol, Refusal, Unit};
use crate::session::{Options, Storage};
use crate::time::Millis;
use crate::token::{AccessToken, RefreshToken};

const OPTIONS: Kind = Kind::Object(&[
    must("baseUrl", Kind::Url),
    may("protocol", Kind::Object(PROTOCOL)),
    may(
        "storage",
        Kind::WordOrMethods(
            &["local", "session", "memory"],
            &["getItem", "setItem", "removeItem"],
            "\"local\", \"session\", \"memory\" or an object with getItem, setItem and removeItem",
        ),
    ),
    may("name", Kind::FilledText),
    may("origins", Kind::TextList),
    may("renewal", Kind::Object(RENEWAL)),
    may("idle", Kind::PositiveSeconds),
    may("absolute", Kind::PositiveSeconds),
    may("warnBefore", Kind::Seconds),
    may("fetch", Kind::Function),
]);

const RENEWAL: &[Member] =
    &[may("margin", Kind::Seconds), may("timeout", Kind::PositiveSeconds), may("ahead", Kind::Flag)];

const PROTOCOL: &[Member] = &[
    may("login", Kind::Object(&ENDPOINT)),
    may("renew", Kind::OrFalse(&Kind::Object(RENEW))),
    may("logout", Kind::OrFalse(&Kind::Object(&ENDPOINT))),
    may(
        "answer",
        Kind::Object(&[
            may("accessToken", Kind::Texts),
            may("refreshToken", Kind::Texts),
            may("expiresIn", Kind::Texts),
            may("refreshExpiresIn", Kind::Texts),
            may("unit", Kind::Word(&["s", "ms"], "\"s\" or \"ms\"")),
            may("subject", Kind::Texts),
        ]),
    ),
    may("attach", Kind::Object(&[may("header", Kind::FilledText), may("scheme", Kind::Text)])),
    may("refused", Kind::List(&Kind::Object(REFUSAL))),
    may("idempotencyHeader", Kind::OrFalse(&Kind::FilledText)),
];

const ENDPOINT: [Member; 5] = [
    must("path", Kind::Text),
    may("method", Kind::FilledText),
    may("body", Kind::Word(&["json", "form", "none"], "\"json\", \"form\" or \"none\"")),
    may("fields", Kind::TextMap),
    may("headers", Kind::TextMap),
];

const RENEW: &[Member] = {
    let [path, method, body, fields, headers] = ENDPOINT;
    let sends = may("sends", Kind::OneText(&["field", "scheme"], "{ field: string } or { scheme: string }"));
    &[path, method, body, fields, headers, sends]
};

const REFUSAL: &[Member] = &[must("status", Kind::Status), may("path", Kind::Text), may("codes", Kind::TextList)];

const TOKENS: Kind = Kind::Object(&[
    must("accessToken", Kind::FilledText),
    may("refreshToken", Kind::FilledText),
    may("expiresIn", Kind::PositiveSeconds),
    may("subject", Kind::FilledText),
]);

/// The argument of `new Session()`.
pub(super) fn read(value: &JsValue) -> Result<Options, String> {
    check(&OPTIONS, value, "")?;
    let mut options = Options::new(text(&property(value, "baseUrl")).unwrap_or_default());
    let storage = property(value, "storage");
    options.storage = match storage.as_string().as_deref() {
        None if storage.is_undefined() => Storage::Local,
        None => Storage::Custom(storage),
        Some("local") => Storage::Local,
        Some("session") => Storage::Session,
        Some(_) => Storage::Memory,
    };
    read_text(value, "name", &mut options.name);
    read_texts(value, "origins", &mut options.origins);
    let renewal = property(value, "renewal");
    options.margin = read_seconds(&renewal, "margin").unwrap_or(options.margin);
    options.timeout = read_seconds(&renewal, "timeout").unwrap_or(options.timeout);
    options.ahead = flag(&renewal, "ahead");
    options.limits.idle = read_seconds(value, "idle");
    options.limits.absolute = read_seconds(value, "absolute");
    options.limits.warning = read_seconds(value, "warnBefore").unwrap_or(options.limits.warning);
    options.fetch = property(value, "fetch").dyn_into::<Function>().ok();
    read_protocol(&property(value, "protocol"), &mut options.protocol);
    Ok(options)
}

/// The argument of `adopt()`.
pub(super) fn tokens(value: &JsValue) -> Result<Grant, String> {
    check(&TOKENS, value, "")?;
    let text = |name: &str| property(value, name).as_string();
    Ok(Grant {
        access: text("accessToken").as_deref().map(AccessToken::new),
        refresh: text("refreshToken").as_deref().map(RefreshToken::new),
        lifetime: read_seconds(value, "expiresIn"),
        refresh_lifetime: None,
        subject: text("subject"),
    })
}

// From here on everything is known to be of the right kind, or `undefined`.

fn read_protocol(value: &JsValue, protocol: &mut Protocol) {
    read_endpoint(value, "login", &mut protocol.login);
    read_endpoint(value, "renew", &mut protocol.renew);
    read_endpoint(value, "logout", &mut protocol.logout);
    let sends = property(&property(value, "renew"), "sends");
    if let Some(field) = property(&sends, "field").as_string() {
        protocol.carrier = Carrier::Field(field);
    } else if let Some(scheme) = property(&sends, "scheme").as_string() {
        protocol.carrier = Carrier::Scheme(scheme);
    }
    let (answer, map) = (property(value, "answer"), &mut protocol.answer);
    read_texts(&answer, "accessToken", &mut map.access_token);
    read_texts(&answer, "refreshToken", &mut map.refresh_token);
    read_texts(&answer, "expiresIn", &mut map.expires_in);
    read_texts(&answer, "refreshExpiresIn", &mut map.refresh_expires_in);
    read_texts(&answer, "subject", &mut map.subject);
    if property(&answer, "unit") == "ms" {
        map.unit = Unit::Millis;
    }
    let attach = property(value, "attach");
    read_text(&attach, "header", &mut protocol.attach.header);
    read_text(&attach, "scheme", &mut protocol.attach.scheme);
    if let Some(refused) = items(&property(value, "refused")) {
        protocol.refused = refused.iter().map(read_refusal).collect();
    }
    let header = property(value, "idempotencyHeader");
    if !header.is_undefined() {
        protocol.idempotency_header = header.as_string();
    }
}

fn read_endpoint(value: &JsValue, name: &str, endpoint: &mut Option<Endpoint>) {
    let value = property(value, name);
    if value.is_undefined() {
        return;
    }
    if value == false {
        *endpoint = None;
    } else if let Some(endpoint) = endpoint {
        read_text(&value, "path", &mut endpoint.path);
        read_text(&value, "method", &mut endpoint.method);
        let body = property(&value, "body").as_string();
        endpoint.encoding = match (body.as_deref(), endpoint.method.as_str()) {
            (Some("json"), _) => Encoding::Json,
            (Some("form"), _) => Encoding::Form,
            (Some(_), _) | (None, "GET") => Encoding::None,
            (None, _) => endpoint.encoding,
        };
        endpoint.fields = read_pairs(&value, "fields");
        endpoint.headers = read_pairs(&value, "headers");
    }
}

fn read_refusal(value: &JsValue) -> Refusal {
    let mut refusal = Refusal {
        status: property(value, "status").as_f64().unwrap_or_default() as u16,
        paths: Refusal::default_paths(),
        codes: Vec::new(),
    };
    read_texts(value, "path", &mut refusal.paths);
    read_texts(value, "codes", &mut refusal.codes);
    refusal
}

fn read_text(value: &JsValue, name: &str, into: &mut String) {
    if let Some(text) = property(value, name).as_string() {
        *into = text;
    }
}

/// A string counts for a list of one.
fn read_texts(value: &JsValue, name: &str, into: &mut Vec<String>) {
    let value = property(value, name);
    if !value.is_undefined() {
        let list = items(&value).unwrap_or_else(|| vec![value]);
        *into = list.iter().filter_map(JsValue::as_string).collect();
    }
}

fn read_pairs(value: &JsValue, name: &str) -> Vec<(String, String)> {
    let object = property(value, name);
    let pair = |name: String| property(&object, &name).as_string().map(|text| (name, text));
    names(&object).into_iter().filter_map(pair).collect()
}

fn read_seconds(value: &JsValue, name: &str) -> Option<Millis> {
    property(value, name).as_f64().map(|seconds| Millis((seconds * 1000.0) as u64))
}
