//! One-use codes that are mailed: to verify an address, to reset a password. JWTs of kinds of their own. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::family::{Code, User};
use super::jwt;
use super::keys::{Keys, Kind};
use super::moment::Moment;
use super::secret::Fresh;

/// How long a code is good.
pub const CODE_LIFETIME: Duration = Duration::from_secs(3600);

/// What a code is good for. Each kind is signed with a secret of its own, so that none passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To show that a mail address is one's own.
    VerifyEmail,
    /// To set a new password without the old one.
    ResetPassword,
}

/// What a code says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailCode {
    /// Who signed it.
    pub iss: String,
    /// The user's id.
    pub sub: String,
    /// Issued at, epoch seconds.
    pub iat: u64,
    /// The first epoch second at which it is worth nothing.
    pub exp: u64,
    /// Its id, by which it is spent.
    pub jti: String,
    /// The address it was mailed to.
    pub email: String,
    /// The user's `not_before` when it was made: a code from before a revocation or another new password is void.
    pub nbu: u64,
}

impl MailCode {
    /// A code for a user, to be mailed to `email`.
    #[must_use]
    pub fn new(issuer: &str, user: &User, email: &str, now: Moment, fresh: &Fresh) -> Self {
        Self {
            iss: issuer.to_owned(),
            sub: user.id.clone(),
            iat: now.seconds(),
            exp: now.after(CODE_LIFETIME).seconds(),
            jti: fresh.id("mailed code"),
            email: email.to_owned(),
            nbu: user.not_before,
        }
    }

    /// The code of a text that we signed for this purpose.
    #[must_use]
    pub fn read(keys: &Keys, purpose: Purpose, text: &str) -> Option<Self> {
        jwt::authentic(keys, purpose.kind(), text)
    }

    /// The code as it is mailed.
    #[must_use]
    pub fn sign(&self, keys: &Keys, purpose: Purpose) -> String {
        jwt::sign(keys, purpose.kind(), self)
    }

    /// When it is worth nothing any more.
    #[must_use]
    pub const fn until(&self) -> Moment {
        Moment::from_millis(self.exp.saturating_mul(1000))
    }

    /// What to note when it is used.
    #[must_use]
    pub fn spend(&self) -> Code {
        Code { id: self.jti.clone(), until: self.until() }
    }
}

impl Purpose {
    const fn kind(self) -> Kind {
        match self {
            Self::VerifyEmail => Kind::EmailVerification,
            Self::ResetPassword => Kind::PasswordReset,
        }
    }
}
