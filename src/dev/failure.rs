//! Why a request that is in order could not be served.

use std::time::Duration;

use super::access::AccessError;
use super::password::PasswordError;
use super::store::StoreError;

/// Why a request that is in order could not be served.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The name belongs to someone else.
    UsernameTaken,
    /// No such user, or not this password: the answer does not tell which.
    InvalidCredentials,
    /// The user does not have one of the scopes asked for.
    InvalidScope,
    /// There is no such role.
    UnknownRole,
    /// A mailed code that is not ours, has run out, was used, or is for something else.
    InvalidCode,
    /// Too many attempts; wait this long.
    TooMany(Duration),
    /// The access token was not taken.
    Access(AccessError),
    /// There is nothing of that id, or nothing that this user may know of.
    NotFound,
    /// A database failed, or cannot be reached.
    Store(StoreError),
    /// A password could not be hashed, or not now.
    Password(PasswordError),
    /// The system has no randomness.
    Random(getrandom::Error),
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        Self::Password(error)
    }
}

impl From<getrandom::Error> for Failure {
    fn from(error: getrandom::Error) -> Self {
        Self::Random(error)
    }
}
