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

/// What holds for every operation is said once, here.
pub(super) fn finish(document: utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    if let Some(root) = document.as_object_mut() {
        root.insert("servers".to_owned(), json!([{ "url": API }]));
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        let schemes = json!({
            "bearer": { "type": "http", "scheme": "bearer", "description": "The access token." },
            "basic": { "type": "http", "scheme": "basic", "description": "Name and password, at login." },
        });
        components.insert("securitySchemes".to_owned(), schemes);
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flatten().filter_map(|(_, path)| path.as_object_mut()).flatten();
    for (_, operation) in operations {
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            // 408, 413, 415, 503 and the like can come of every operation.
            responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/ProblemBody" }));
        }
    }
    document
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
