//! The Content-Security-Policy (CSP level 3) of static files.

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Scripts in larger pages are not looked for, bytes.
const MAX_PAGE: u64 = 1024 * 1024;

/// What a page may do: run and fetch what comes from its own origin, WebAssembly included, and what stands in its own
/// file as a script, which goes by its hash. No `eval`, and nothing else inline but styles, which frameworks and
/// custom elements set on their own elements.
fn policy(scripts: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; \
         frame-ancestors 'self'"
    )
}

/// Sets the policy: this one, or one that is made for the page.
pub(super) async fn protect(mut response: Response, given: Option<HeaderValue>) -> Response {
    let mut scripts = String::new();
    if given.is_none() && response.status() == StatusCode::OK && is_page(response.headers()) {
        let (parts, body) = response.into_parts();
        let small = length(&parts.headers).is_some_and(|length| length <= MAX_PAGE);
        let body = match small {
            true => match to_bytes(body, usize::MAX).await {
                Ok(bytes) => {
                    scripts = hashes(&String::from_utf8_lossy(&bytes));
                    Body::from(bytes)
                }
                Err(error) => {
                    tracing::error!(%error, "a page could not be read");
                    Body::empty()
                }
            },
            false => body,
        };
        response = Response::from_parts(parts, body);
    }
    if let Some(policy) = given.or_else(|| HeaderValue::try_from(policy(&scripts)).ok()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The hashes of the scripts that stand in a page, as sources of `script-src`.
fn hashes(page: &str) -> String {
    let mut sources = String::new();
    let lower = page.to_ascii_lowercase();
    let mut from = 0;
    while let Some((start, end)) = next_script(&lower, from) {
        // As the parser hands it on: with line ends of one kind.
        let text = page.get(start..end).unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n");
        if !text.is_empty() {
            sources.push_str(&format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes()))));
        }
        from = end;
    }
    sources
}

/// Where the text of the next script element begins and ends. `lower` is the page in lower case.
fn next_script(lower: &str, mut from: usize) -> Option<(usize, usize)> {
    loop {
        let tag = from + lower.get(from..)?.find("<script")?;
        let start = tag + lower.get(tag..)?.find('>')? + 1;
        from = tag + "<script".len();
        if lower.get(from..)?.starts_with(|next: char| next == '>' || next == '/' || next.is_ascii_whitespace()) {
            return Some((start, start + lower.get(start..)?.find("</script")?));
        }
    }
}
