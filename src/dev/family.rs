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
    /// How far the user stands above others: one of the server's stepped roles.
    pub role: String,
    /// The mail address that the user gave, in lower case.
    pub email: Option<String>,
    /// Whether that address has been shown to be the user's.
    pub verified: bool,
    /// Access tokens issued before this epoch second are dead. It grows with each revocation and each new
    /// password, so that it also tells whether one has come between.
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
    /// The user's role, as it is now.
    pub role: String,
    /// What the client called itself at login.
    pub agent: String,
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
    /// Add a family and its first token, unless its user is gone or its [`User::not_before`] is no longer the
    /// family's: a password that was checked before a revocation opens nothing after it.
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
    /// End all families of a user and kill the access tokens issued so far, and more.
    Revoke(Box<Revocation>),
    /// Note that a mail address is the user's, and spend the code that says so. Refused when the code is spent, when
    /// the user has given another address since, and when another user has shown to own this one.
    Verify {
        /// The user's id.
        subject: String,
        /// The address.
        email: String,
        /// The code.
        code: Code,
    },
    /// Give a user another role. Refused when there is no such user.
    SetRole {
        /// The user's id.
        subject: String,
        /// One of the server's roles.
        role: String,
    },
}

/// The end of all that a user holds. Without a condition it is never refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The user's id.
    pub subject: String,
    /// When.
    pub at: Moment,
    /// The user's new [`User::not_before`], unless it is later already.
    pub not_before: u64,
    /// A condition: this is still the user's [`User::not_before`].
    pub seen: Option<u64>,
    /// The one family that goes on. Its access tokens die like the others'; its refresh token buys a new one.
    pub keep: Option<String>,
    /// The user's new password, as a PHC string.
    pub password: Option<String>,
    /// A condition: this code has not been spent. It is, by this.
    pub code: Option<Code>,
}

/// A one-use code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Its id.
    pub id: String,
    /// When it is worthless anyway, and may be forgotten.
    pub until: Moment,
}
