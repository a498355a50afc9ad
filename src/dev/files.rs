//! Static files beside the API, so that a page and its server share an origin.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

use super::page_policy::protect;
use super::problem::Problem;
use super::routes::{method_not_allowed, not_found};

/// A directory to serve and where: `/pkg=dist` serves `dist/a.js` as `/pkg/a.js`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The path prefix, without its last slash: empty for the root.
    prefix: String,
    directory: PathBuf,
}

impl Mount {
    /// The directory that is served.
    #[must_use]
    pub const fn directory(&self) -> &PathBuf {
        &self.directory
    }
}

impl FromStr for Mount {
    type Err = InvalidMount;

    fn from_str(text: &str) -> Result<Self, InvalidMount> {
        let (prefix, directory) = text.split_once('=').ok_or(InvalidMount)?;
        if !prefix.starts_with('/') || prefix.contains(['?', '#']) || directory.is_empty() {
            return Err(InvalidMount);
        }
        let prefix = prefix.trim_end_matches('/').to_owned();
        Ok(Self { prefix, directory: directory.into() })
    }
}

/// Not of the form `/prefix=DIR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidMount;

impl fmt::Display for InvalidMount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected /prefix=DIR, for example /=www or /pkg=pkg")
    }
}

impl std::error::Error for InvalidMount {}

/// The directories behind their prefixes, and the Content-Security-Policy of what is in them.
#[derive(Clone)]
pub(super) struct Files {
    mounts: Arc<Vec<(String, ServeDir)>>,
    policy: Option<HeaderValue>,
}

/// The longest prefix goes first, so that it wins.
pub(super) fn files(list: &[Mount], policy: Option<HeaderValue>) -> Files {
    let mut sorted: Vec<&Mount> = list.iter().collect();
    sorted.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
    let served = sorted.into_iter().map(|mount| {
        let service = ServeDir::new(&mount.directory).redirect_path_prefix(mount.prefix.clone());
        (mount.prefix.clone(), service)
    });
    Files { mounts: Arc::new(served.collect()), policy }
}

pub(super) async fn serve(State(files): State<Files>, mut request: Request) -> Response {
    let path = request.uri().path();
    let found = files.mounts.iter().find_map(|(prefix, service)| {
        let rest = path.strip_prefix(prefix.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| (prefix, rest.to_owned(), service))
    });
    let Some((prefix, rest, service)) = found else {
        return not_found().await.into_response();
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return method_not_allowed().await.into_response();
    }
    if rest.is_empty() {
        // "/pkg" for "/pkg/": relative links in its index need the slash.
        return axum::response::Redirect::temporary(&format!("{prefix}/")).into_response();
    }
    let Ok(uri) = Uri::try_from(rest) else {
        return not_found().await.into_response();
    };
    *request.uri_mut() = uri;
    let mut response = match service.clone().try_call(request).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => not_found().await.into_response(),
        Ok(response) => response.map(axum::body::Body::new),
        Err(error) if is_absent(error.kind()) => not_found().await.into_response(),
        Err(error) => {
            tracing::error!(%error, "a file could not be read");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Problem::new(status, "internal", "The file could not be read.").into_response()
        }
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    protect(response, files.policy).await
}

/// Files that we may not read are none of the client's business either.
const fn is_absent(kind: ErrorKind) -> bool {
    use ErrorKind::{InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound, PermissionDenied};
    matches!(kind, NotFound | NotADirectory | IsADirectory | PermissionDenied | InvalidInput | InvalidFilename)
}
