//! What a client presents, and what is decided about it.

use std::fmt;

use super::access::Claims;
use super::family::Change;
use super::secret::RefreshSecret;

/// A refresh token as a client presents it.
#[derive(Clone, Debug)]
pub struct Presented {
    pub(super) secret: RefreshSecret,
    pub(super) attempt: Option<String>,
    /// Come upon as the child of a token that was presented again.
    pub(super) repeat: bool,
}

impl Presented {
    /// A token fresh from a request, with the request's `Idempotency-Key`.
    #[must_use]
    pub const fn new(secret: RefreshSecret, attempt: Option<String>) -> Self {
        Self { secret, attempt, repeat: false }
    }

    /// The token; its hash finds the row to decide on.
    #[must_use]
    pub const fn secret(&self) -> &RefreshSecret {
        &self.secret
    }
}

/// What a client gets: an access token, and a refresh token unless it keeps the one it has.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// The signed access token.
    pub access: String,
    /// What it says.
    pub claims: Claims,
    /// The refresh token to use from now on; `None` where it does not change.
    pub refresh: Option<RefreshSecret>,
    /// Life of the access token, seconds from now.
    pub expires_in: u64,
    /// Life of the refresh token if it is not used, whole seconds from now.
    pub refresh_expires_in: u64,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("subject", &self.claims.sub)
            .field("family", &self.claims.rfid)
            .field("refresh", &self.refresh.as_ref().map(RefreshSecret::hash))
            .field("expires_in", &self.expires_in)
            .field("refresh_expires_in", &self.refresh_expires_in)
            .finish_non_exhaustive()
    }
}

/// The answer to a renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Renewed; where tokens rotate, with a new refresh token.
    Renewed(Grant),
    /// Renewed before: the same refresh token again, with a new access token.
    Repeated(Grant),
    /// The session is over for this token.
    Refused(Refusal),
}

/// Why a refresh token was refused. Each is final: no later presentation is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not one of ours, or forgotten long after its end.
    Unknown,
    /// Idle too long, or its family has reached its absolute age.
    Expired,
    /// The user logged out, or an administrator ended the family.
    Revoked,
    /// It was spent before; the family is over.
    Reused,
}

impl Outcome {
    /// What the client gets, if it gets something.
    #[must_use]
    pub const fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Renewed(grant) | Self::Repeated(grant) => Some(grant),
            Self::Refused(_) => None,
        }
    }
}

impl Refusal {
    /// The stable code in the answer.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "refresh_token_unknown",
            Self::Expired => "refresh_token_expired",
            Self::Revoked => "refresh_token_revoked",
            Self::Reused => "refresh_token_reused",
        }
    }
}

/// What to do about a renewal.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Answer; there is nothing to change.
    Answer(Outcome),
    /// Make the change, then answer. If the change is not taken, read again and decide again.
    Apply(Box<Change>, Outcome),
    /// The answer depends on the child: read its row and decide on that.
    Descend(Presented),
}

pub(super) const fn refuse(refusal: Refusal) -> Decision {
    Decision::Answer(Outcome::Refused(refusal))
}

pub(super) fn apply(change: Change, outcome: Outcome) -> Decision {
    Decision::Apply(Box::new(change), outcome)
}
