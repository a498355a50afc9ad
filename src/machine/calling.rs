//! What the app asks of the session beside tokens: further endpoints, and hints about the user.

use super::{Auth, Machine};
use crate::error::{Code, SessionError};
use crate::protocol::{Outcome, Reply};
use crate::time::Now;

impl Machine {
    /// What an answer of a further endpoint means. It never touches the session.
    ///
    /// # Errors
    /// The server has not done what it was asked for.
    pub fn read_call(&self, name: &str, reply: &Reply, now: Now) -> Result<(), SessionError> {
        match self.config.protocol.read_call(name, reply, now.wall) {
            None => Ok(()),
            Some(Outcome::Refused { status, code }) => {
                let mut error = SessionError::new(Code::CallRefused, "the server refused the call");
                error.status = Some(status);
                error.reason = code;
                Err(error)
            }
            Some(outcome) => Err(self.failure(&outcome)),
        }
    }

    /// Whether the user has this role, or a stronger one; or else, whether the tokens are good for this scope. A
    /// hint for the UI, never a decision.
    pub fn has(&self, role: bool, name: &str) -> bool {
        let Auth::In(credentials) = &self.auth else { return false };
        let held = if role { &credentials.live.roles } else { &credentials.live.scopes };
        held.as_deref().is_some_and(|held| self.config.protocol.has(role, held, name))
    }
}
