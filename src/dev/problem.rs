//! Refusals as `application/problem+json` (RFC 9457) with a stable `code`, and the challenges of RFC 6750.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::access::AccessError;
use super::decision::Refusal;
use super::failure::Failure;
use super::password::PasswordError;

/// An answer that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    challenge: Option<String>,
    retry_after: Option<u64>,
}

impl Problem {
    /// `code` is for programs and never changes; `detail` is for people and says nothing secret.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), challenge: None, retry_after: None }
    }

    /// 400: the request is not what this endpoint takes.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", detail)
    }

    /// 401: the refresh token buys nothing, ever.
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        let detail = match refusal {
            Refusal::Unknown => "The refresh token is not known.",
            Refusal::Expired => "The refresh token has expired.",
            Refusal::Revoked => "The refresh token has been revoked.",
            Refusal::Reused => "The refresh token was used before; its session is over.",
        };
        Self::new(StatusCode::UNAUTHORIZED, refusal.code(), detail)
            .challenge(format!(r#"error="invalid_token", error_description="{detail}""#))
    }

    /// 403: the access token is fine, but not for this.
    #[must_use]
    pub fn insufficient_scope(scope: &str) -> Self {
        let detail = format!("This takes an access token with the scope {scope}.");
        let challenge = format!(r#"error="insufficient_scope", error_description="{detail}", scope="{scope}""#);
        Self::new(StatusCode::FORBIDDEN, "insufficient_scope", detail).challenge(challenge)
    }

    /// 403: the user's role is too low for this. RFC 6750 has one word for it and for a missing scope.
    #[must_use]
    pub fn insufficient_role(role: &str) -> Self {
        let detail = format!("This takes the role {role}, or a higher one.");
        let challenge = format!(r#"error="insufficient_scope", error_description="{detail}""#);
        Self::new(StatusCode::FORBIDDEN, "insufficient_role", detail).challenge(challenge)
    }

    /// 404: there is nothing, or nothing that this user may know of.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    /// 503: something that the server stands on does not answer. Nobody is let in on a guess.
    fn unavailable(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "the server cannot serve");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The server cannot serve this now. Try again.")
            .retry_after(Duration::from_secs(1))
    }

    /// What sort of thing went wrong, for programs that do not know the code.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication",
            403 => "authorization",
            409 => "conflict",
            429 => "limit",
            500.. => "server",
            _ => "request",
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// RFC 6750 §3: a request that carried no token gets the realm alone, without an error.
    fn challenge(mut self, parameters: impl AsRef<str>) -> Self {
        let separator = if parameters.as_ref().is_empty() { "" } else { ", " };
        let parameters = parameters.as_ref();
        self.challenge = Some(format!(r#"Bearer realm="tokenkeep"{separator}{parameters}"#));
        self
    }

    fn retry_after(mut self, wait: Duration) -> Self {
        // Rounded up: asked a moment too early, the answer would be no again.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.retry_after = Some(seconds.max(1));
        self
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        let detail = match error {
            AccessError::Missing => "This takes an access token.",
            AccessError::Invalid => "The access token is not valid.",
            AccessError::Expired => "The access token has expired.",
        };
        let challenge = match error {
            AccessError::Missing => String::new(),
            AccessError::Invalid | AccessError::Expired => {
                format!(r#"error="invalid_token", error_description="{detail}""#)
            }
        };
        Self::new(StatusCode::UNAUTHORIZED, error.code(), detail).challenge(challenge)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::UsernameTaken => Self::new(StatusCode::CONFLICT, "username_taken", "This username is taken."),
            Failure::InvalidCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "The username or the password is wrong.")
                    .challenge("")
            }
            Failure::InvalidScope => Self::new(
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                "`scopes` names a scope that this user does not have.",
            ),
            Failure::UnknownRole => {
                Self::new(StatusCode::BAD_REQUEST, "unknown_role", "`role` is not a role of this server.")
            }
            Failure::InvalidCode => {
                Self::new(StatusCode::BAD_REQUEST, "invalid_code", "The code is not valid, not any more, or was used.")
            }
            Failure::NotFound => Self::not_found(),
            Failure::TooMany(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many attempts. Try again later.")
                    .retry_after(wait)
            }
            Failure::Access(error) => error.into(),
            Failure::Store(error) => Self::unavailable(&error),
            Failure::Password(error @ PasswordError::Busy) => Self::unavailable(&error),
            Failure::Password(error @ PasswordError::Broken(_)) => internal(&error),
            Failure::Random(error) => internal(&error),
        }
    }
}

fn internal(cause: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%cause, "the server failed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed.")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
            "kind": self.kind(),
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(Ok(challenge)) = self.challenge.map(HeaderValue::try_from) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
