//! Tokens, and the names by which a session's states are told apart.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A short-lived token that is attached to requests. May be a JWT or opaque. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AccessToken(Arc<str>);

/// A long-lived token that buys the next access token. May be single-use. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RefreshToken(Arc<str>);

/// Text that holds tokens somewhere inside. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(pub String);

/// Tells one login from the next: a random number that JSON holds exactly. Not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct SessionId(pub u64);

/// Names one renewal on the wire and in the journal, so that a repeated one can be recognised. Not a secret.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AttemptId(Arc<str>);

/// Which state of the session a record, a token or an announcement belongs to. Never derived from
/// token text: a server may answer two renewals of one second with the same string.
///
/// `epoch` orders logins and logouts: the wall clock in ms where it moves forward, else the
/// predecessor plus one. `generation` grows by one with every login and every renewal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Stamp {
    /// Grows with every login and logout.
    pub epoch: u64,
    /// Grows with every login and renewal.
    pub generation: u64,
}

macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: &str) -> Self {
                Self(Arc::from(text))
            }
        }
    };
}
text!(AccessToken);
text!(RefreshToken);
text!(AttemptId);

impl AccessToken {
    /// The token itself. Not for logs, errors or URLs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl RefreshToken {
    /// The token itself. Not for logs, errors or URLs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl AttemptId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialOrd for Stamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Stamp {
    // A comparison of two numbers each, in two dozen places.
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        (self.epoch, self.generation).cmp(&(other.epoch, other.generation))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(redacted)")
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(redacted)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_never_shows_a_token() {
        let shown = format!("{:?} {:?}", AccessToken::new("secret-a"), RefreshToken::new("secret-r"));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_later_login_outranks_any_renewal_of_an_earlier_session() {
        let renewed = Stamp { epoch: 1, generation: 9 };
        let next_login = Stamp { epoch: 2, generation: 2 };
        assert!(next_login > renewed);
    }
}
