//! What was mailed, shown to the developer on the same machine. Whoever reads it can reset passwords.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Extension};
use axum::http::HeaderMap;
use axum::http::header::{FORWARDED, HOST};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde_json::json;

use super::mail::Mailer;
use super::problem::Problem;

pub(super) fn route(mailer: Arc<Mailer>) -> MethodRouter {
    get(async move |peer: Option<Extension<ConnectInfo<SocketAddr>>>, headers: HeaderMap| -> Response {
        let near = peer.is_some_and(|Extension(ConnectInfo(peer))| peer.ip().to_canonical().is_loopback());
        match mailer.outbox() {
            Some(letters) if near && is_direct(&headers) => Json(json!({ "letters": letters })).into_response(),
            _ => Problem::not_found().into_response(),
        }
    })
}

/// A proxy on this machine makes everybody a neighbour, and a name that somebody else's DNS points here makes his
/// page one.
fn is_direct(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host });
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let local = name == "localhost" || address.is_ok_and(|address| address.is_loopback());
    local && !headers.contains_key(FORWARDED) && !headers.contains_key("x-forwarded-for")
}
