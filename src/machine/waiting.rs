//! Callers who wait for a token.

use std::collections::BTreeMap;

use super::event::Ticket;
use crate::token::{SessionId, Stamp};

/// One who waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Waiter {
    pub(super) wants: Want,
    /// The session that the caller began under, if there was one.
    pub(super) bound: Option<(SessionId, Option<String>)>,
}

/// What would be an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Want {
    /// A fresh token.
    Token,
    /// A token later than this one, which the server has rejected.
    Replay(Stamp),
    /// A renewal of this one. `None`: of whatever there is when it is known.
    Renewal(Option<Stamp>),
}

impl Waiter {
    /// Whether a session may answer this caller: the one it began under, or a later one of the same user.
    pub(super) fn accepts(&self, session: &SessionId, subject: Option<&String>) -> bool {
        match &self.bound {
            None => true,
            Some((bound, _)) if bound == session => true,
            Some((_, bound)) => bound.is_some() && bound.as_ref() == subject,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Waiters(BTreeMap<Ticket, Waiter>);

impl Waiters {
    pub(super) fn add(&mut self, ticket: Ticket, waiter: Waiter) {
        self.0.insert(ticket, waiter);
    }

    pub(super) fn remove(&mut self, ticket: Ticket) {
        self.0.remove(&ticket);
    }

    pub(super) fn take(&mut self) -> BTreeMap<Ticket, Waiter> {
        std::mem::take(&mut self.0)
    }

    /// Whether somebody waits because the server has rejected the token.
    pub(super) fn any_rejected(&self) -> bool {
        self.0.values().any(|waiter| matches!(waiter.wants, Want::Replay(_)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
