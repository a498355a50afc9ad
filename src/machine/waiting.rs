//! Callers who wait for a token.

use super::effect::Delivery;
use super::event::Ticket;
use super::holding::{Owner, Patience};
use super::safeguard::Safeguard;
use super::{Auth, Machine};
use crate::error::{Code, SessionError};
use crate::time::{Mono, Now};
use crate::token::{SessionId, Stamp};

/// One who waits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Waiter {
    pub(super) wants: Want,
    /// The session that the caller began under, if there was one.
    pub(super) bound: Option<Owner>,
    /// Whether it waits where there is no session.
    pub(super) patience: Patience,
    /// Until when, if it does so now.
    pub(super) until: Option<Mono>,
}

/// What would be an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Want {
    /// A fresh token.
    Token,
    /// A token later than this one, which the server has rejected.
    Replay(Stamp),
    /// The first access token, after a login that gave none. The login is done in any case.
    First(Stamp),
    /// A renewal of this one. `None`: of whatever there is when it is known.
    Renewal(Option<Stamp>),
}

impl Waiter {
    /// Whether a session may answer this caller: the one it began under, or a later one of the same user.
    pub(super) fn accepts(&self, session: SessionId, subject: Option<&String>) -> bool {
        match &self.bound {
            None => true,
            Some((bound, _)) if *bound == session => true,
            Some((_, bound)) => bound.is_some() && bound.as_ref() == subject,
        }
    }
}

impl Machine {
    pub(super) fn want(&mut self, ticket: Ticket, wants: Want, patience: Patience) {
        self.wait(ticket, wants, self.owner(), patience);
    }

    pub(super) fn wait(&mut self, ticket: Ticket, wants: Want, bound: Option<Owner>, patience: Patience) {
        self.waiters.insert(ticket, Waiter { wants, bound, patience, until: None });
    }

    /// Whether somebody waits because the server has rejected the token.
    pub(super) fn any_rejected(&self) -> bool {
        self.waiters.values().any(|waiter| matches!(waiter.wants, Want::Replay(_)))
    }

    pub(super) fn answer_waiters(&mut self, now: Now) {
        match &self.auth {
            _ if self.disposed => {
                while let Some((ticket, _)) = self.waiters.pop() {
                    self.fail_disposed(ticket);
                }
            }
            Auth::Unread => {}
            Auth::Out(_) => self.hold_waiters(now),
            Auth::In(credentials) => {
                let usable = self.usable(credentials, now);
                if self.renewal.as_ref().is_some_and(|renewal| renewal.is_superseded_by(credentials)) {
                    self.finish_renewal();
                }
                self.free_waiters();
                self.answer_if_possible(usable);
            }
        }
    }

    /// Hands out what a renewal has just brought, even if it is too old on arrival: another renewal
    /// would bring nothing better, and nobody would ever be answered.
    pub(super) fn hand_out(&mut self, now: Now) {
        if !self.disposed && !self.is_over_limit(now) {
            self.answer_if_possible(true);
        }
    }

    /// A renewal came to nothing. Whoever can do with the token there is goes on with it.
    pub(super) fn fail_waiters(&mut self, now: Now, error: &SessionError) {
        if let Auth::In(credentials) = &mut self.auth {
            credentials.contested = false;
        }
        while let Some((ticket, waiter)) = self.waiters.pop() {
            let delivery = match (waiter.wants, &self.auth) {
                (Want::Token, Auth::In(credentials)) if credentials.valid(now) => {
                    credentials.lease().map(Delivery::Token)
                }
                (Want::First(_), _) => Some(Delivery::Done(self.snapshot())),
                // With no renewal to be had, a rejection is the caller's to see.
                (Want::Replay(_), _) if error.code == Code::InvalidConfig => Some(Delivery::PassThrough),
                _ => None,
            };
            self.deliver(ticket, delivery.unwrap_or_else(|| Delivery::Failed(error.clone())));
        }
    }

    fn answer_if_possible(&mut self, usable: bool) {
        for (ticket, mut waiter) in self.waiters.take() {
            match self.answer_to(&mut waiter, usable) {
                Some(delivery) => self.deliver(ticket, delivery),
                None => self.waiters.insert(ticket, waiter),
            }
        }
    }

    fn answer_to(&self, waiter: &mut Waiter, usable: bool) -> Option<Delivery> {
        let Auth::In(credentials) = &self.auth else { return None };
        let accepted = waiter.accepts(credentials.session, credentials.live.subject.as_ref());
        if !accepted && self.config.keeps(Safeguard::SameSubject) {
            let error = SessionError::new(Code::SubjectChanged, "another user signed in while the request was waiting");
            return Some(Delivery::Failed(error));
        }
        waiter.bound.get_or_insert_with(|| credentials.owner());
        match &mut waiter.wants {
            Want::Renewal(Some(over)) | Want::First(over) if credentials.stamp > *over => {
                Some(Delivery::Done(self.snapshot()))
            }
            Want::First(_) => None,
            Want::Renewal(over) => {
                over.get_or_insert(credentials.stamp);
                None
            }
            Want::Replay(over) if credentials.stamp <= *over => None,
            Want::Token | Want::Replay(_) => credentials.lease().filter(|_| usable).map(Delivery::Token),
        }
    }
}
