//! Requests that wait for a login, after the session has ended.

use super::event::{Relogin, Resend};
use super::timer::Timer;
use super::{Auth, Machine, Notice};
use crate::error::{Code, EndReason, SessionError};
use crate::time::{Mono, Now};
use crate::token::SessionId;

/// Whose a session is, where that is known.
pub(super) type Owner = (SessionId, Option<String>);

/// Whether the app has been told that a login is required.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Asked {
    No,
    Yes,
    /// It has, and the user would not. Only what has to wait for it is worth another question.
    InVain,
}

/// Whether a caller waits for a login.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Patience {
    None,
    /// It would, but there is nothing that could be sent after it. With the status of the rejection.
    Futile(u16),
    Login,
}

impl From<Relogin> for Patience {
    fn from(relogin: Relogin) -> Self {
        match relogin {
            Relogin::Reject => Self::None,
            Relogin::Hold => Self::Login,
        }
    }
}

impl From<Resend> for Patience {
    /// Nobody can tell what was done already, unless the server has said that it knew nobody (401).
    fn from(resend: Resend) -> Self {
        let is_safe = resend.status == 401 || resend.idempotent || resend.harmless;
        match resend.relogin {
            Relogin::Hold if !resend.repeatable => Self::Futile(resend.status),
            Relogin::Hold if is_safe => Self::Login,
            _ => Self::None,
        }
    }
}

impl Machine {
    /// Nobody is signed in: whoever cannot wait for that to change is told.
    pub(super) fn hold_waiters(&mut self, now: Now) {
        let reason = self.end_reason();
        let mut wake = Mono(u64::MAX);
        for (ticket, mut waiter) in self.waiters.take() {
            let is_held = waiter.until.is_some();
            let deadline = *waiter.until.get_or_insert(now.mono + self.config.hold.deadline);
            let has_room = is_held || self.waiters.len() < self.config.hold.limit as usize;
            let error = match waiter.patience {
                Patience::Login if now.mono >= deadline => {
                    SessionError::new(Code::LoginTimeout, "nobody has logged in while the request was waiting")
                }
                Patience::Login if has_room => {
                    if !is_held {
                        self.timeline.note(now, "held", "");
                        self.require_login(now, reason, true);
                    }
                    wake = wake.min(deadline);
                    self.waiters.insert(ticket, waiter);
                    continue;
                }
                Patience::Futile(status) => {
                    let message = "the session has ended, and the request's body was a stream and cannot be sent again";
                    let mut error = SessionError::new(Code::NotReplayable, message);
                    error.status = (status > 0).then_some(status);
                    error
                }
                _ => SessionError::login_required(reason),
            };
            self.require_login(now, reason, false);
            self.fail(ticket, error);
        }
        self.timers.set(Timer::Held, wake);
    }

    /// Nobody waits for a login any more, or waits again: when there is a session.
    pub(super) fn free_waiters(&mut self) {
        self.timers.stop(Timer::Held);
        self.waiters.values_mut().for_each(|waiter| waiter.until = None);
    }

    pub(super) fn login_cancelled(&mut self, now: Now) {
        if matches!(self.auth, Auth::Out(_)) {
            self.timeline.note(now, "login_cancelled", "");
            if self.asked == Asked::Yes {
                self.asked = Asked::InVain;
            }
            self.dismiss_waiters(&SessionError::new(Code::LoginCancelled, "the user did not log in"));
        }
    }

    pub(super) fn dismiss_waiters(&mut self, error: &SessionError) {
        while let Some((ticket, _)) = self.waiters.pop() {
            self.fail(ticket, error.clone());
        }
    }

    pub(super) fn require_login(&mut self, now: Now, reason: EndReason, held: bool) {
        if self.asked == Asked::No || self.asked == Asked::InVain && held {
            self.asked = Asked::Yes;
            self.timeline.note(now, "login_required", reason.as_str());
            self.notify(Notice::LoginRequired(reason));
        }
    }

    /// Whose the requests are that are made now: they are not for another user to send.
    pub(super) fn owner(&self) -> Option<Owner> {
        match &self.auth {
            Auth::In(credentials) => Some(credentials.owner()),
            _ => self.parted.clone(),
        }
    }

    pub(super) fn end_reason(&self) -> EndReason {
        match &self.auth {
            Auth::Out(Some(mark)) => mark.end_reason(),
            _ => EndReason::None,
        }
    }
}
