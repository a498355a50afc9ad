//! The API under `/api/v1`: reads requests, writes answers, decides nothing.

mod account;
mod bodies;
mod devices;
mod login;
mod named;
mod openapi;
mod sample;
mod session;
mod socket;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Extension};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::client;
use super::mail;
use super::note::Note;
use super::problem::Problem;
use super::sessions::Sessions;

/// Where the API lives.
pub const API: &str = "/api/v1";

/// Two of the longest passwords fit, however they are escaped.
const JSON_LIMIT: usize = 32 * 1024;
const ECHO_LIMIT: usize = 4 * 1024 * 1024;
const MAX_NAME_CHARS: usize = 64;
const MIN_PASSWORD_CHARS: usize = 8;
const MAX_PASSWORD_CHARS: usize = 1024;

type Noted<T> = (Extension<Note>, T);
type Answer<T> = Result<T, Problem>;
/// The peer, where whoever serves the router says so.
type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

pub(super) fn api(sessions: Arc<Sessions>) -> Router {
    let (routes, document) = described().split_for_parts();
    let document: Arc<Value> = Arc::new(openapi::finish(document));
    routes
        .route("/openapi.json", get(async move || Json(Arc::clone(&document).as_ref().clone())))
        .merge(openapi::page())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        // RFC 6749 §5.1: answers that carry tokens must not be stored; the others need not.
        .layer(axum::middleware::map_response(harden))
        .with_state(sessions)
}

/// The API as OpenAPI 3.1, from the very routes that serve it.
#[must_use]
pub fn openapi() -> Value {
    openapi::finish(described().split_for_parts().1)
}

fn described() -> OpenApiRouter<Arc<Sessions>> {
    let small = openapi::empty()
        .routes(routes!(account::register))
        .routes(routes!(account::user))
        .routes(routes!(account::set_role))
        .routes(routes!(account::send_verification))
        .routes(routes!(account::verify_email))
        .routes(routes!(account::change_password))
        .routes(routes!(account::forgot_password))
        .routes(routes!(account::reset_password))
        .routes(routes!(login::login))
        .routes(routes!(session::renew))
        .routes(routes!(session::logout))
        .routes(routes!(session::status))
        .routes(routes!(session::public_keys))
        .routes(routes!(devices::mine, devices::end_mine))
        .routes(routes!(devices::end_one_of_mine))
        .routes(routes!(devices::of_user, devices::end_of_user))
        .routes(routes!(devices::end_one_of_user))
        .routes(routes!(socket::ticket))
        .routes(routes!(socket::socket))
        .routes(routes!(sample::resource))
        .routes(routes!(sample::healthz))
        .layer(DefaultBodyLimit::max(JSON_LIMIT));
    small.merge(OpenApiRouter::new().routes(routes!(sample::echo)).layer(DefaultBodyLimit::max(ECHO_LIMIT)))
}

pub(super) async fn not_found() -> Problem {
    Problem::not_found()
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This endpoint does not take this method.")
}

pub(super) fn check_name(name: &str) -> Answer<()> {
    if name.chars().count() > MAX_NAME_CHARS {
        let most = format!("`username` is too long: at most {MAX_NAME_CHARS} characters.");
        return Err(Problem::invalid(most));
    }
    if name.chars().any(char::is_control) || name.trim() != name {
        return Err(Problem::invalid("`username` has control characters or blanks at its ends."));
    }
    Ok(())
}

fn check_password(field: &str, password: &str) -> Answer<()> {
    if password.chars().count() > MAX_PASSWORD_CHARS {
        let most = format!("`{field}` is too long: at most {MAX_PASSWORD_CHARS} characters.");
        return Err(Problem::invalid(most));
    }
    Ok(())
}

fn check_new_password(field: &str, password: &str) -> Answer<()> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        let least = format!("`{field}` is too short: at least {MIN_PASSWORD_CHARS} characters.");
        return Err(Problem::invalid(least));
    }
    check_password(field, password)
}

/// In lower case: nobody's mail server tells addresses apart by it, and people do not remember how they wrote theirs.
fn check_email(email: &str) -> Answer<String> {
    if mail::is_address(email) {
        Ok(email.to_ascii_lowercase())
    } else {
        Err(Problem::invalid("`email` is not a mail address."))
    }
}

fn address(peer: &Peer) -> String {
    peer.as_ref().map(|Extension(ConnectInfo(peer))| client::bucket(peer.ip())).unwrap_or_default()
}

/// What the client calls itself, for the list of sessions.
fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get("user-agent").and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    agent.chars().take(200).collect()
}

async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Data is no page. The one page there is says what it needs.
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(nothing);
    response
}
