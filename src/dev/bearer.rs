//! Access tokens in requests (RFC 6750 §2.1): in the `Authorization` header, nowhere else.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::access::{AccessError, Claims};
use super::family::User;
use super::problem::Problem;
use super::sessions::{Failure, Sessions};

/// The access token of a request, unchecked.
///
/// # Errors
/// [`AccessError::Missing`] when there is no `Authorization: Bearer`, [`AccessError::Invalid`] when what follows cannot be a token.
pub fn bearer(headers: &HeaderMap) -> Result<&str, AccessError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(AccessError::Missing)?;
    if values.next().is_some() {
        return Err(AccessError::Invalid);
    }
    let value = value.to_str().map_err(|_| AccessError::Invalid)?.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AccessError::Missing);
    }
    let token = token.trim_start();
    if token.is_empty() { Err(AccessError::Invalid) } else { Ok(token) }
}

/// A request whose access token was taken.
#[derive(Debug)]
pub struct Authenticated {
    /// What the token says.
    pub claims: Claims,
    /// Whose it is.
    pub user: User,
}

impl Authenticated {
    /// Checks that the token may be used for this.
    ///
    /// # Errors
    /// 403 `insufficient_scope`.
    pub fn require(&self, scope: &str) -> Result<(), Problem> {
        if self.claims.scopes.iter().any(|held| held == scope) {
            Ok(())
        } else {
            Err(Problem::insufficient_scope(scope))
        }
    }
}

impl<S> FromRequestParts<S> for Authenticated
where
    S: Send + Sync,
    Arc<Sessions>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let sessions = Arc::<Sessions>::from_ref(state);
        let access = bearer(&parts.headers).map_err(Failure::from)?;
        let (claims, user) = sessions.authenticate(access).await?;
        Ok(Self { claims, user })
    }
}
