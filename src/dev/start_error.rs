//! Why a server could not start.

use std::fmt;
use std::path::PathBuf;

use super::failure::Failure;
use super::password::PasswordError;
use super::smtp::InvalidMail;
use super::store::StoreError;
use super::tls::{InvalidAuthority, Untrusted};

/// Why a server could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A directory to serve is not there.
    NoDirectory(PathBuf),
    /// The database cannot be used.
    Store(StoreError),
    /// The password work is out of argon2's range.
    Password(PasswordError),
    /// A user could not be created.
    Users(Failure),
    /// The mail server's URL or the sender cannot be used.
    Mail(InvalidMail),
    /// The file of one's own certificate authority cannot be used.
    Authority(InvalidAuthority),
    /// PostgreSQL, Redis or the mail server shows a certificate that is not trusted.
    Untrusted(Untrusted),
}

impl StartError {
    /// A certificate that is not trusted is for the operator to mend; anything else may pass by itself.
    pub(super) fn reaching(service: &'static str, error: StoreError) -> Self {
        Untrusted::behind(service, &error).map_or(Self::Store(error), Self::Untrusted)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDirectory(path) => write!(f, "{} is not a directory", path.display()),
            Self::Store(error) => error.fmt(f),
            Self::Password(error) => error.fmt(f),
            Self::Mail(error) => error.fmt(f),
            Self::Authority(error) => error.fmt(f),
            Self::Untrusted(error) => error.fmt(f),
            Self::Users(failure) => write!(f, "a user could not be created: {failure:?}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PasswordError> for StartError {
    fn from(error: PasswordError) -> Self {
        Self::Password(error)
    }
}

impl From<InvalidMail> for StartError {
    fn from(error: InvalidMail) -> Self {
        Self::Mail(error)
    }
}

impl From<InvalidAuthority> for StartError {
    fn from(error: InvalidAuthority) -> Self {
        Self::Authority(error)
    }
}

impl From<Untrusted> for StartError {
    fn from(error: Untrusted) -> Self {
        Self::Untrusted(error)
    }
}

impl From<Failure> for StartError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => Self::Store(error),
            Failure::Password(error) => Self::Password(error),
            other => Self::Users(other),
        }
    }
}
