//! Where users and sessions are kept. A store holds rows and takes steps; it decides nothing.
//!
//! [`Store`] is what lasts: users, families, refresh tokens. [`Brief`] is what is over soon by itself: the
//! deny-list, the login buckets, the tickets. [`SqlStore`] is both, on SQLite and on PostgreSQL;
//! [`RedisBrief`] is the second, for several instances.

mod brief;
mod brief_sql;
mod changes;
mod redis;
mod rows;
mod schema;
mod sql;

use std::fmt;
use std::pin::Pin;

use super::access::Claims;
use super::family::{Change, Family, Token, User};
use super::moment::Moment;
use super::secret::TokenHash;

pub use brief::Brief;
pub(super) use brief::{session_name, token_name};
pub use redis::RedisBrief;
pub use sql::SqlStore;

/// The answer of a store, when it comes.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place for users, families and refresh tokens.
///
/// The contract is short on purpose, so that a further database is a small matter. All of the safety
/// rests on [`Store::grant`]: each [`Change`] is all or nothing, durable once answered, and guarded as
/// its variant says. Of a hundred concurrent [`Change::Rotate`] of one parent, exactly one is taken,
/// however many processes they come from.
pub trait Store: Send + Sync + 'static {
    /// Adds a user; `false` when the name is taken.
    fn create_user(&self, user: User, now: Moment) -> Reply<'_, bool>;

    /// The user of that exact name.
    fn user_named<'a>(&'a self, name: &'a str) -> Reply<'a, Option<User>>;

    /// The user of that id.
    fn user<'a>(&'a self, id: &'a str) -> Reply<'a, Option<User>>;

    /// The user whose *verified* address this is.
    fn user_at<'a>(&'a self, email: &'a str) -> Reply<'a, Option<User>>;

    /// The rows behind a refresh token.
    fn find(&self, hash: TokenHash) -> Reply<'_, Option<(Family, Token)>>;

    /// The family of that id.
    fn family<'a>(&'a self, id: &'a str) -> Reply<'a, Option<Family>>;

    /// The families of a user that have not been ended, and when each was last active; newest first.
    fn families<'a>(&'a self, subject: &'a str) -> Reply<'a, Vec<(Family, Moment)>>;

    /// Takes a step; `false` when the state it was decided on is gone. With it, in the same transaction, it keeps the
    /// opaque access token that the step gives out.
    fn grant(&self, change: Change, issued: Option<Issued>) -> Reply<'_, bool>;

    /// Takes a step that gives out no opaque access token.
    fn apply(&self, change: Change) -> Reply<'_, bool> {
        self.grant(change, None)
    }

    /// Keeps an opaque access token that was given out without a step.
    fn keep_access(&self, issued: Issued) -> Reply<'_, ()>;

    /// What an opaque access token stands for; it may have expired.
    fn access(&self, hash: TokenHash) -> Reply<'_, Option<Claims>>;

    /// Forgets what is over: families that started before `start` with their tokens (these become unknown), and
    /// access tokens and one-use codes that ended before `now`. Returns how many rows.
    fn purge(&self, start: Moment, now: Moment) -> Reply<'_, u64>;

    /// Lets go of the database in good order. Nothing is asked of the store after.
    fn close(&self) -> Reply<'_, ()>;
}

/// An opaque access token, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The token, hashed.
    pub hash: TokenHash,
    /// What it means.
    pub claims: Claims,
}

/// The database failed: it is full, locked for too long, gone.
#[derive(Debug)]
pub struct StoreError(Box<dyn std::error::Error + Send + Sync>);

impl StoreError {
    /// Wraps what the database said.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }

    /// Says which database it was.
    #[must_use]
    pub fn at(self, place: impl fmt::Display) -> Self {
        Self::new(format!("{place}: {}", self.0))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database failed: {}", self.0)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}
