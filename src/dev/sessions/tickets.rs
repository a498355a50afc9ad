//! Tickets: what opens a socket where a header cannot be sent, and a token must not stand in a URL.

use std::time::Duration;

use super::Sessions;
use crate::dev::access::{AccessError, Claims};
use crate::dev::failure::Failure;
use crate::dev::family::User;
use crate::dev::secret::{Fresh, RefreshSecret};

/// How long a ticket is good: as long as it takes to connect.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);

impl Sessions {
    /// A ticket that opens one socket in the name of these claims.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn ticket(&self, claims: Claims) -> Result<String, Failure> {
        let secret = Fresh::draw()?.secret("ticket");
        let now = self.now();
        self.parts.brief.keep_ticket(secret.hash(), claims, now.after(TICKET_LIFETIME), now).await?;
        Ok(secret.expose())
    }

    /// Takes a ticket, once. The session behind it must still be good.
    ///
    /// # Errors
    /// [`Failure::Access`], or a fault of the server.
    pub async fn redeem(&self, ticket: &str) -> Result<(Claims, User), Failure> {
        let secret = RefreshSecret::parse(ticket).ok_or(AccessError::Invalid)?;
        let claims = self.parts.brief.take_ticket(secret.hash(), self.now()).await?.ok_or(AccessError::Invalid)?;
        let claims = self.parts.authority.alive(claims, self.now())?;
        let user = self.admit(&claims).await?;
        Ok((claims, user))
    }

    /// How often to ask [`Sessions::still`], where no [`Listener`](super::Listener) tells.
    #[must_use]
    pub const fn look_every(&self) -> Duration {
        self.parts.look_every
    }

    /// Whether claims that were good a while ago still are: a socket outlives the request that opened it.
    ///
    /// # Errors
    /// [`Failure::Access`], or a fault of the server.
    pub async fn still(&self, claims: &Claims) -> Result<(), Failure> {
        self.parts.authority.alive(claims.clone(), self.now())?;
        self.admit(claims).await.map(drop)
    }
}
