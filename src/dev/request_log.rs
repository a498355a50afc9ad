//! One line in the log for each request: method, path, status, how long it took, and an id that the answer carries too.
//!
//! Never a query, a header or a body: those may hold secrets.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::secret::Fresh;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// As long as a UUID. No token is as short.
const MAX_ID: usize = 36;

/// Longer parts of a path are no names of ours, and might be a token that somebody put there.
const MAX_SEGMENT: usize = 36;

/// Its line is written when the answer's head is ready, or when the client has left before.
struct Line {
    method: Method,
    path: String,
    id: String,
    began: Instant,
    status: Option<u16>,
}

/// Everything that is logged on the way carries the id, too.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(drawn);
    let span = tracing::info_span!("request", request_id = id);
    let mut line = Line {
        method: request.method().clone(),
        path: shown(request.uri().path()),
        id,
        began: Instant::now(),
        status: None,
    };
    let mut response = next.run(request).instrument(span).await;
    line.status = Some(response.status().as_u16());
    if let Ok(id) = HeaderValue::try_from(&line.id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { method, path, id, began, status } = self;
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match status {
            Some(status) => tracing::info!(request_id = id, %method, path, status, duration_ms, "answered"),
            None => tracing::info!(request_id = id, %method, path, duration_ms, "given up"),
        }
    }
}

/// The id that a proxy has given the request.
fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (plain && (1..=MAX_ID).contains(&id.len())).then(|| id.to_owned())
}

fn drawn() -> String {
    Fresh::draw().map_or_else(|_| "unknown".to_owned(), |fresh| fresh.id("request"))
}

fn shown(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.len() > MAX_SEGMENT { "…" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
