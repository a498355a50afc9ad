//! A user's sessions, seen and ended one by one or all at once.

use std::sync::Arc;

use super::Sessions;
use crate::dev::failure::Failure;
use crate::dev::family::{Family, User};
use crate::dev::moment::Moment;

/// A session that could still be renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// The login it goes back to.
    pub family: Family,
    /// When it was last renewed.
    pub active: Moment,
    /// When it ends if nothing happens.
    pub ends: Moment,
}

impl Sessions {
    /// The sessions of a user that are not over, newest first.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn of_user(&self, subject: &str) -> Result<Vec<OpenSession>, Failure> {
        let policy = self.parts.authority.policy();
        let now = self.now();
        let open = self.parts.store.families(subject).await?.into_iter().map(|(family, active)| {
            let ends = family.started.after(policy.refresh_absolute).min(active.after(policy.refresh_idle));
            OpenSession { family, active, ends }
        });
        Ok(open.filter(|session| session.ends > now).collect())
    }

    /// Ends one session of a user, at once: its access tokens die too. Doing it twice is fine.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when the user has no such session, or a fault of the server.
    pub async fn end(self: &Arc<Self>, subject: &str, family: &str) -> Result<(), Failure> {
        let family = self.parts.store.family(family).await?.filter(|family| family.subject == subject);
        let family = family.ok_or(Failure::NotFound)?;
        let change = self.parts.authority.end(&family, self.now());
        self.end_session(family.id, change, self.tokens_end()).await
    }

    /// Ends all sessions of a user, at once.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn end_all(&self, user: &User) -> Result<(), Failure> {
        self.revoke_user(user).await
    }
}
