//! Routes to try a session on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};

use super::Answer;
use super::bodies::{Greeting, Health, ProblemBody};
use crate::dev::body::Whole;
use crate::dev::guard::{Read, RequireScope, Write};
use crate::dev::sessions::Sessions;

/// A protected resource
#[utoipa::path(
    get, path = "/resource", tag = "sample",
    responses(
        (status = 200, body = Greeting, description = "Hello."),
        (status = 401, response = ProblemBody),
        (status = 403, response = ProblemBody),
    ),
    security(("bearer" = ["read"])),
)]
pub(super) async fn resource(current: RequireScope<Read>) -> Json<Greeting> {
    let user = &current.user;
    Json(Greeting { message: format!("Hello, {}!", user.name), subject: user.id.clone() })
}

/// The body back
///
/// As it came, with its content type.
#[utoipa::path(
    post, path = "/echo", tag = "sample",
    request_body(content_type = "*/*", description = "Anything."),
    responses(
        (status = 200, content_type = "*/*", description = "The same."),
        (status = 401, response = ProblemBody),
        (status = 403, response = ProblemBody),
    ),
    security(("bearer" = ["write"])),
)]
pub(super) async fn echo(_: RequireScope<Write>, headers: HeaderMap, Whole(body): Whole) -> Response {
    let octets = HeaderValue::from_static("application/octet-stream");
    let content_type = headers.get(CONTENT_TYPE).cloned().unwrap_or(octets);
    ([(CONTENT_TYPE, content_type)], body).into_response()
}

/// Is the server up?
#[utoipa::path(
    get, path = "/healthz", tag = "sample",
    responses((status = 200, body = Health, description = "It is, and its databases answer.")),
)]
pub(super) async fn healthz(State(sessions): State<Arc<Sessions>>) -> Answer<Json<Health>> {
    sessions.ping().await?;
    Ok(Json(Health { status: "ok" }))
}
