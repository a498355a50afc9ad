//! The rows that the rules read and write. Every store keeps exactly these.

use super::moment::Moment;
use super::secret::TokenHash;

/// Who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Stable id; the `sub` of access tokens.
    pub id: String,
    /// Unique name, compared byte by byte.
    pub name: String,
    /// Argon2id hash in PHC string format.
    pub password: String,
    /// What the user may do.
    pub scopes: Vec<String>,
    /// Access tokens issued before this epoch second are dead.
    pub not_before: u64,
}

/// One login and every refresh token that came from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The `rfid` of its access tokens.
    pub id: String,
    /// The user's id.
    pub subject: String,
    /// What its access tokens may be used for.
    pub scopes: Vec<String>,
    /// The user's `not_before` at login: the earliest `iat` of its access tokens, epoch seconds.
    pub not_before: u64,
    /// When the login happened; the absolute lifetime counts from here.
    pub started: Moment,
    /// Set once, never unset.
    pub ended: Option<End>,
}

/// That a family is over, since when and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When it was ended.
    pub at: Moment,
    /// What ended it.
    pub reason: EndReason,
}

/// What ended a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The user logged out.
    LoggedOut,
    /// An administrator revoked it.
    Revoked,
    /// A spent refresh token was presented again: it may have been stolen.
    Reused,
}

impl EndReason {
    /// The word for it in a store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Revoked => "revoked",
            Self::Reused => "reused",
        }
    }

    /// Reads [`EndReason::as_str`] back; an unknown word counts as revoked, the safe reading.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "logged_out" => Self::LoggedOut,
            "reused" => Self::Reused,
            _ => Self::Revoked,
        }
    }
}

/// One refresh token, known by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// The family it belongs to.
    pub family: String,
    /// Issued, or last used where tokens are not rotated; the idle lifetime counts from here.
    pub active: Moment,
    /// Set by the one renewal that rotates it, never changed after.
    pub spent: Option<Spent>,
}

/// That a token has been rotated, and into what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// When; the grace window counts from here.
    pub at: Moment,
    /// The token that took its place.
    pub child: TokenHash,
    /// What the child was derived with, beside the parent and the server's key.
    pub salt: [u8; 32],
    /// The `Idempotency-Key` of the renewal, if it carried one.
    pub attempt: Option<String>,
}

/// A step that a rule asks a store to take: all of it or nothing.
///
/// Each is guarded by the state it was decided on. A store that finds another state changes nothing
/// and says so; the caller then reads again and decides again. That is all the atomicity the rules need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Add a family and its first token.
    Open {
        /// The new family.
        family: Family,
        /// Its first token.
        token: Token,
    },
    /// Spend `parent` and add `child`, unless `parent` is spent already or its family is over.
    Rotate {
        /// The token presented.
        parent: TokenHash,
        /// What becomes of it.
        spent: Spent,
        /// The token that takes its place.
        child: Token,
    },
    /// Note the use of an unrotated token, unless it is spent or its family is over.
    Touch {
        /// The token presented.
        token: TokenHash,
        /// When it was used.
        at: Moment,
    },
    /// End a family, unless it is over already. Never refused.
    End {
        /// The family's id.
        family: String,
        /// When and why.
        end: End,
    },
    /// End all families of a user and kill the access tokens issued so far. Never refused.
    Revoke {
        /// The user's id.
        subject: String,
        /// When.
        at: Moment,
        /// The user's new [`User::not_before`], unless it is later already.
        not_before: u64,
    },
}
