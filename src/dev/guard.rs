//! Guards for routes, as axum extractors: who is calling, and whether that is enough.
//!
//! Access tokens come in the `Authorization` header (RFC 6750 §2.1), nowhere else. The extractors work in any axum
//! app whose state gives a [`Guard`]; [`Config::guard`](super::Config::guard) makes one.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::access::{AccessError, Claims};
use super::failure::Failure;
use super::family::User;
use super::problem::Problem;
use super::roles::ADMIN;
use super::sessions::Sessions;
use super::store::StoreError;

/// What the extractors need of an app's state. Cheap to clone; each clone guards by the same sessions.
///
/// [`Config::guard`](super::Config::guard) gives it before there is a server, for the state of an app that is put
/// together first. Until the server is open, nobody is let in: the answer is 503.
#[derive(Clone, Default)]
pub struct Guard(Arc<OnceLock<Arc<Sessions>>>);

impl Guard {
    pub(super) fn of(sessions: Arc<Sessions>) -> Self {
        Self(Arc::new(sessions.into()))
    }

    /// Guards by these from now on, unless it does by others already.
    pub(super) fn bind(&self, sessions: &Arc<Sessions>) {
        let _ = self.0.set(Arc::clone(sessions));
    }

    fn sessions(&self) -> Result<&Sessions, Failure> {
        self.0.get().map(|sessions| &**sessions).ok_or_else(|| StoreError::new("no server is open").into())
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard(…)")
    }
}

impl FromRef<Arc<Sessions>> for Guard {
    fn from_ref(sessions: &Arc<Sessions>) -> Self {
        Self::of(Arc::clone(sessions))
    }
}

/// A role that a route asks for, as a type: `struct Editor; impl RoleName for Editor { const NAME: &str = "editor"; }`
pub trait RoleName: Send + Sync + 'static {
    /// One of the server's roles.
    const NAME: &'static str;
}

/// A scope that a route asks for, as a type.
pub trait ScopeName: Send + Sync + 'static {
    /// What the access token must have among its scopes.
    const NAME: &'static str;
}

/// The highest role.
#[derive(Clone, Copy, Debug)]
pub struct Admin;

impl RoleName for Admin {
    const NAME: &'static str = ADMIN;
}

/// The scope `read`.
#[derive(Clone, Copy, Debug)]
pub struct Read;

impl ScopeName for Read {
    const NAME: &'static str = "read";
}

/// The scope `write`.
#[derive(Clone, Copy, Debug)]
pub struct Write;

impl ScopeName for Write {
    const NAME: &'static str = "write";
}

/// The user of a request whose access token was taken. Without one the answer is 401, with the challenge of
/// RFC 6750 §3.
#[derive(Debug)]
pub struct CurrentUser {
    /// What the token says.
    pub claims: Claims,
    /// Whose it is, as the user is now.
    pub user: User,
}

/// A [`CurrentUser`] of at least the role `R`; otherwise 403.
#[derive(Debug)]
pub struct RequireRole<R>(CurrentUser, PhantomData<R>);

/// A [`CurrentUser`] whose access token has the scope `S`; otherwise 403 `insufficient_scope`.
#[derive(Debug)]
pub struct RequireScope<S>(CurrentUser, PhantomData<S>);

impl<R> Deref for RequireRole<R> {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl<S> Deref for RequireScope<S> {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl<S> FromRequestParts<S> for CurrentUser
where
    S: Send + Sync,
    Guard: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let guard = Guard::from_ref(state);
        let access = bearer(&parts.headers).map_err(Failure::from)?;
        let (claims, user) = guard.sessions()?.authenticate(access).await?;
        Ok(Self { claims, user })
    }
}

impl<R: RoleName, S> FromRequestParts<S> for RequireRole<R>
where
    S: Send + Sync,
    Guard: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let current = CurrentUser::from_request_parts(parts, state).await?;
        let guard = Guard::from_ref(state);
        if guard.sessions()?.roles().reach(&current.user.role, R::NAME) {
            Ok(Self(current, PhantomData))
        } else {
            Err(Problem::insufficient_role(R::NAME))
        }
    }
}

impl<N: ScopeName, S> FromRequestParts<S> for RequireScope<N>
where
    S: Send + Sync,
    Guard: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let current = CurrentUser::from_request_parts(parts, state).await?;
        if current.claims.scopes.iter().any(|held| held == N::NAME) {
            Ok(Self(current, PhantomData))
        } else {
            Err(Problem::insufficient_scope(N::NAME))
        }
    }
}

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
