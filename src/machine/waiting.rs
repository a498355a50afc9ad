//! Callers who wait for a token.

use super::credentials::Credentials;
use super::effect::{Delivery, Lease};
use super::event::Ticket;
use super::record::Record;
use super::table::Table;
use super::{Auth, Machine, disposed};
use crate::error::{Code, EndReason, SessionError};
use crate::time::Now;
use crate::token::{SessionId, Stamp};

/// One who waits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Waiter {
    pub(super) wants: Want,
    /// The session that the caller began under, if there was one.
    pub(super) bound: Option<(SessionId, Option<String>)>,
}

/// What would be an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
    pub(super) fn accepts(&self, session: SessionId, subject: Option<&String>) -> bool {
        match &self.bound {
            None => true,
            Some((bound, _)) if *bound == session => true,
            Some((_, bound)) => bound.is_some() && bound.as_ref() == subject,
        }
    }
}

#[derive(Clone, Hash, Debug, Default)]
pub(super) struct Waiters(Table<Ticket, Waiter>);

impl Waiters {
    pub(super) fn add(&mut self, ticket: Ticket, waiter: Waiter) {
        self.0.insert(ticket, waiter);
    }

    pub(super) fn remove(&mut self, ticket: Ticket) {
        self.0.remove(ticket);
    }

    pub(super) fn take(&mut self) -> Vec<(Ticket, Waiter)> {
        self.0.take()
    }

    /// Whether somebody waits because the server has rejected the token.
    pub(super) fn any_rejected(&self) -> bool {
        self.0.values().any(|waiter| matches!(waiter.wants, Want::Replay(_)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Machine {
    pub(super) fn want(&mut self, ticket: Ticket, wants: Want) {
        let bound = match &self.auth {
            Auth::In(credentials) => Some((credentials.session, credentials.live.subject.clone())),
            _ => None,
        };
        self.waiters.add(ticket, Waiter { wants, bound });
    }

    pub(super) fn answer_waiters(&mut self, now: Now) {
        if self.disposed {
            let tickets = self.waiters.take().into_iter().map(|(ticket, _)| ticket);
            self.effects.extend(tickets.map(disposed));
            return;
        }
        match &self.auth {
            Auth::Unread => {}
            Auth::Out(mark) => {
                let reason = mark.as_ref().map_or(EndReason::None, Record::end_reason);
                self.finish_renewal();
                for (ticket, _) in self.waiters.take() {
                    self.require_login(now, reason);
                    self.fail(ticket, SessionError::login_required(reason));
                }
            }
            Auth::In(credentials) => {
                let credentials = credentials.clone();
                if self.renewal.as_ref().is_some_and(|renewal| renewal.is_superseded_by(&credentials)) {
                    self.finish_renewal();
                }
                let usable = self.usable(&credentials, now);
                for (ticket, waiter) in self.waiters.take() {
                    self.answer_waiter(&credentials, usable, ticket, waiter);
                }
            }
        }
    }

    /// Hands out what a renewal has just brought, even if it is too old on arrival: another renewal
    /// would bring nothing better, and nobody would ever be answered.
    pub(super) fn hand_out(&mut self, now: Now) {
        if let Auth::In(credentials) = &self.auth
            && !self.disposed
            && !self.is_over_limit(now)
        {
            let credentials = credentials.clone();
            for (ticket, waiter) in self.waiters.take() {
                self.answer_waiter(&credentials, true, ticket, waiter);
            }
        }
    }

    fn answer_waiter(&mut self, credentials: &Credentials, usable: bool, ticket: Ticket, waiter: Waiter) {
        if !waiter.accepts(credentials.session, credentials.live.subject.as_ref()) {
            let error = SessionError::new(Code::SubjectChanged, "another user signed in while the request was waiting");
            return self.fail(ticket, error);
        }
        let newer = |over: Option<Stamp>| over.is_some_and(|over| credentials.stamp > over);
        match waiter.wants {
            Want::Renewal(over) if newer(over) => self.deliver(ticket, Delivery::Done(self.snapshot())),
            Want::Renewal(over) => {
                let wants = Want::Renewal(over.or(Some(credentials.stamp)));
                self.waiters.add(ticket, Waiter { wants, ..waiter });
            }
            Want::Replay(over) if !newer(Some(over)) => self.waiters.add(ticket, waiter),
            Want::Token | Want::Replay(_) => match credentials.lease() {
                Some(lease) if usable => self.deliver(ticket, Delivery::Token(lease)),
                _ => self.waiters.add(ticket, waiter),
            },
        }
    }

    /// With no renewal to be had, a rejection is the caller's to see.
    pub(super) fn answer_unrenewable(&mut self, ticket: Ticket, waiter: Waiter, lease: Option<Lease>) {
        match (waiter.wants, lease) {
            (Want::Token, Some(lease)) => self.deliver(ticket, Delivery::Token(lease)),
            (Want::Replay(_), _) => self.deliver(ticket, Delivery::PassThrough),
            _ => self.fail(ticket, SessionError::new(Code::InvalidConfig, "there is no refresh token to renew with")),
        }
    }

    /// A renewal came to nothing. Whoever can do with the token there is goes on with it.
    pub(super) fn fail_waiters(&mut self, now: Now, error: &SessionError) {
        let lease = match &mut self.auth {
            Auth::In(credentials) => {
                credentials.contested = false;
                credentials.lease().filter(|_| credentials.valid(now))
            }
            _ => None,
        };
        for (ticket, waiter) in self.waiters.take() {
            match (&lease, waiter.wants) {
                (Some(lease), Want::Token) => self.deliver(ticket, Delivery::Token(lease.clone())),
                _ => self.fail(ticket, error.clone()),
            }
        }
    }
}
