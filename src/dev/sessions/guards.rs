//! At the door: whether an access token lets somebody in, and whether a password may be tried.

use super::Sessions;
use crate::dev::access::{AccessError, AccessForm, Claims};
use crate::dev::failure::Failure;
use crate::dev::family::User;
use crate::dev::limiter::Draw;
use crate::dev::secret::RefreshSecret;
use crate::dev::store::{session_name, token_name};

impl Sessions {
    /// Takes an access token at the door of a protected resource.
    ///
    /// # Errors
    /// [`Failure::Access`], or a fault of the server. When it cannot be known whether the token is denied,
    /// that is a fault: nobody is let in.
    pub async fn authenticate(&self, access: &str) -> Result<(Claims, User), Failure> {
        let claims = self.parts.authority.alive(self.recognise(access).await?, self.now())?;
        let user = self.admit(&claims).await?;
        Ok((claims, user))
    }

    /// The user of claims that are authentic and alive, unless they have been denied or revoked.
    pub(super) async fn admit(&self, claims: &Claims) -> Result<User, Failure> {
        let (session, token) = (session_name(&claims.rfid), token_name(&claims.jti));
        if self.parts.brief.denied([&session, &token], self.now()).await? {
            return Err(AccessError::Invalid.into());
        }
        let user = self.parts.store.user(&claims.sub).await?.ok_or(AccessError::Invalid)?;
        self.parts.authority.admit(claims, user.not_before)?;
        Ok(user)
    }

    /// The claims of an access token of ours, which may have expired.
    pub(super) async fn recognise(&self, access: &str) -> Result<Claims, Failure> {
        match self.parts.authority.form() {
            AccessForm::Jwt => Ok(self.parts.authority.recognise(access)?),
            AccessForm::Opaque => {
                let secret = RefreshSecret::parse(access).ok_or(AccessError::Invalid)?;
                Ok(self.parts.store.access(secret.hash()).await?.ok_or(AccessError::Invalid)?)
            }
        }
    }

    /// Takes an attempt out of every bucket, or says that one has none left.
    pub(super) async fn brake(&self, buckets: &[(String, Draw)]) -> Result<(), Failure> {
        self.parts.brief.draw_each(buckets, self.now()).await?.map_err(Failure::TooMany)
    }
}
