//! What access tokens say, and access tokens that are JWTs. Pure.

use serde::{Deserialize, Serialize};

use super::jwt;
use super::keys::{Keys, Kind};
use super::moment::Moment;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed it.
    pub iss: String,
    /// Who may take it.
    pub aud: String,
    /// Whose it is: the user's id.
    pub sub: String,
    /// Issued at, epoch seconds.
    pub iat: u64,
    /// The last epoch second of its life.
    pub exp: u64,
    /// This token's own id.
    pub jti: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// The user's role when it was signed.
    pub role: String,
    /// The refresh-token family it came from; logout ends that family.
    pub rfid: String,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessForm {
    /// A signed JWT, which any service that has the key can read.
    #[default]
    Jwt,
    /// 256 random bits, which mean something to this server's store alone.
    Opaque,
}

/// Why an access token was not taken (RFC 6750 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessError {
    /// The request carries none.
    Missing,
    /// Malformed, not ours, or revoked.
    Invalid,
    /// Ours, but past its `exp`.
    Expired,
}

impl AccessError {
    /// The stable code in the answer.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Invalid => "token_invalid",
            Self::Expired => "token_expired",
        }
    }
}

impl Claims {
    /// When the token is dead.
    ///
    /// `iat` and `exp` are cut to whole seconds, which would end a token up to a second before the
    /// `expiresIn` that came with it. So the second that `exp` names still counts.
    #[must_use]
    pub const fn runs_out(&self) -> Moment {
        Moment::from_millis(self.exp.saturating_add(1).saturating_mul(1000))
    }
}

/// The compact serialisation of `claims`.
#[must_use]
pub fn sign(keys: &Keys, claims: &Claims) -> String {
    jwt::sign(keys, Kind::Access, claims)
}

/// The claims of a token that we signed, expired or not.
///
/// # Errors
/// [`AccessError::Invalid`] for anything that is not a JWT signed by `keys`.
pub fn authentic(keys: &Keys, token: &str) -> Result<Claims, AccessError> {
    jwt::authentic(keys, Kind::Access, token).ok_or(AccessError::Invalid)
}
