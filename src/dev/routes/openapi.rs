//! The OpenAPI document, and a page to try the API on.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::API;
use super::bodies::ProblemBody;
use crate::dev::sessions::Sessions;

const PAGE: &str = include_str!("../page/index.html");
const SCRIPT: &str = include_str!("../page/try.js");
const STYLE: &str = include_str!("../page/try.css");
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

#[derive(OpenApi)]
#[openapi(
    info(title = "tokenkeep reference server", description = "Token sessions: login, renewal with rotation, logout, \
        and what belongs to them."),
    components(schemas(ProblemBody), responses(ProblemBody)),
    tags(
        (name = "session", description = "One login and what comes of it."),
        (name = "account", description = "Users and their passwords."),
        (name = "sessions", description = "All logins of a user."),
        (name = "socket", description = "Sockets, by ticket."),
        (name = "sample", description = "Something to call."),
    ),
)]
struct Document;

pub(super) fn empty() -> OpenApiRouter<Arc<Sessions>> {
    OpenApiRouter::with_openapi(Document::openapi())
}

/// Every `code` there is. One that is not here is answered nowhere under the API.
const CODES: [&str; 23] = [
    "insufficient_role",
    "insufficient_scope",
    "internal",
    "invalid_code",
    "invalid_credentials",
    "invalid_request",
    "invalid_scope",
    "method_not_allowed",
    "not_found",
    "payload_too_large",
    "refresh_token_expired",
    "refresh_token_reused",
    "refresh_token_revoked",
    "refresh_token_unknown",
    "request_timeout",
    "token_expired",
    "token_invalid",
    "token_missing",
    "too_many_requests",
    "unavailable",
    "unknown_role",
    "unsupported_media_type",
    "username_taken",
];

const KINDS: [&str; 6] = ["request", "authentication", "authorization", "conflict", "limit", "server"];

/// Refusals with a header of their own: the status, the name, the header, whether it is always there.
const WITH_HEADER: [(&str, &str, &str, bool); 4] = [
    ("401", "Unauthorized", "WWW-Authenticate", true),
    ("403", "Forbidden", "WWW-Authenticate", false),
    ("429", "TooManyRequests", "Retry-After", true),
    ("503", "Unavailable", "Retry-After", true),
];

/// What can come of every operation, of one that reads a body, and of one that reads it as something.
const ALWAYS: [&str; 3] = ["408", "500", "503"];
const WITH_BODY: [&str; 2] = ["400", "413"];
const WITH_MEDIA_TYPE: [&str; 1] = ["415"];

/// What holds for many operations is said once, here.
pub(super) fn finish(document: utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    if let Some(root) = document.as_object_mut() {
        root.insert("servers".to_owned(), json!([{ "url": API }]));
    }
    if let Some(components) = document.get_mut("components") {
        finish_components(components);
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flatten().filter_map(|(_, path)| path.as_object_mut()).flatten();
    for (_, operation) in operations {
        finish_operation(operation);
    }
    // HTTP Basic needs none.
    if let Some(body) = document.pointer_mut("/paths/~1login/post/requestBody") {
        set(body, "required", json!(false));
    }
    document
}

fn finish_components(components: &mut Value) {
    let schemes = json!({
        "bearer": { "type": "http", "scheme": "bearer", "description": "The access token." },
        "basic": { "type": "http", "scheme": "basic", "description": "Name and password, at login." },
    });
    set(components, "securitySchemes", schemes);
    if let Some(problem) = components.pointer_mut("/schemas/ProblemBody/properties") {
        for (field, values) in [("type", json!(["about:blank"])), ("code", json!(CODES)), ("kind", json!(KINDS))] {
            if let Some(field) = problem.get_mut(field) {
                set(field, "enum", values);
            }
        }
    }
    let schema = json!({ "$ref": "#/components/schemas/ProblemBody" });
    if let Some(content) = components.pointer_mut("/responses/ProblemBody/content/application~1problem+json") {
        set(content, "schema", schema);
    }
    let problem = components.pointer("/responses/ProblemBody").cloned().unwrap_or_default();
    for (_, name, header, always) in WITH_HEADER {
        let mut response = problem.clone();
        let header = json!({ header: { "schema": { "type": "string" }, "required": always } });
        set(&mut response, "headers", header);
        if let Some(responses) = components.get_mut("responses") {
            set(responses, name, response);
        }
    }
}

fn finish_operation(operation: &mut Value) {
    let reads = operation.pointer("/requestBody/content").and_then(Value::as_object);
    let with_body: &[&str] = if reads.is_some() { &WITH_BODY } else { &[] };
    let by_type = reads.is_some_and(|types| !types.contains_key("*/*"));
    let with_media_type: &[&str] = if by_type { &WITH_MEDIA_TYPE } else { &[] };
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    let problem = json!({ "$ref": "#/components/responses/ProblemBody" });
    for status in ALWAYS.iter().chain(with_body).chain(with_media_type) {
        responses.entry(*status).or_insert_with(|| problem.clone());
    }
    for (status, name, ..) in WITH_HEADER {
        if let Some(response) = responses.get_mut(status) {
            *response = json!({ "$ref": format!("#/components/responses/{name}") });
        }
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

pub(super) fn page() -> Router<Arc<Sessions>> {
    let asset = |media_type: &'static str, text: &'static str| {
        get(async move || ([(CONTENT_TYPE, media_type), (CONTENT_SECURITY_POLICY, POLICY)], text).into_response())
    };
    Router::new()
        .route("/docs", get(async || Redirect::permanent(&format!("{API}/docs/"))))
        .route("/docs/", asset("text/html; charset=utf-8", PAGE))
        .route("/docs/try.js", asset("text/javascript; charset=utf-8", SCRIPT))
        .route("/docs/try.css", asset("text/css; charset=utf-8", STYLE))
}
