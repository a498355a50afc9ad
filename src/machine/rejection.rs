//! What follows when the app's API answers that the token was not good.

use super::effect::Delivery;
use super::event::{Resend, Ticket};
use super::holding::Patience;
use super::safeguard::Safeguard;
use super::waiting::Want;
use super::{Auth, Machine};
use crate::time::{Millis, Mono, Now};
use crate::token::{SessionId, Stamp};

const FIRST_PAUSE: Millis = Millis::from_secs(60);
const LONGEST_PAUSE: Millis = Millis::from_secs(3600);

/// Stops rejections from causing renewals when renewing has not helped: then it is the endpoint
/// that says no, not the token that is old.
#[derive(Clone, Hash, Debug, Default)]
pub(super) struct Breaker {
    tripped: Option<Stamp>,
    open_until: Mono,
    pause: Millis,
}

impl Breaker {
    /// A token that was renewed because of a rejection has been rejected again.
    fn trip(&mut self, now: Now, stamp: Stamp) {
        if self.tripped == Some(stamp) {
            return;
        }
        self.tripped = Some(stamp);
        self.pause = Millis((self.pause.0 * 2).clamp(FIRST_PAUSE.0, LONGEST_PAUSE.0));
        self.open_until = now.mono + self.pause;
    }

    /// A renewal has helped after all.
    pub(super) fn close(&mut self, stamp: Stamp) {
        if self.tripped.is_none_or(|tripped| tripped < stamp) {
            *self = Self::default();
        }
    }

    fn is_open(&self, now: Now) -> bool {
        now.mono < self.open_until
    }
}

impl Machine {
    pub(super) fn token_rejected(
        &mut self,
        now: Now,
        ticket: Ticket,
        session: SessionId,
        stamp: Stamp,
        replayed: bool,
        resend: Resend,
    ) {
        let keeps_generation = self.config.keeps(Safeguard::RejectionByGeneration);
        let parted = self.parted.clone().filter(|(parted, _)| *parted == session);
        // For a session before the last one nobody can log in again.
        let patience = if parted.is_none() && !self.is_session(session) { Patience::None } else { resend.into() };
        if replayed && !self.is_session(session) {
            return self.deliver(ticket, Delivery::PassThrough);
        }
        let credentials = match &mut self.auth {
            Auth::In(credentials) if credentials.session == session => credentials,
            Auth::In(_) if patience == Patience::Login => {
                return self.wait(ticket, Want::Replay(stamp), parted, patience);
            }
            // The request belongs to a session that is gone: its answer is the caller's.
            Auth::In(_) | Auth::Unread => return self.deliver(ticket, Delivery::PassThrough),
            Auth::Out(_) => return self.wait(ticket, Want::Replay(stamp), parted, patience),
        };
        let stamp = if keeps_generation { stamp } else { stamp.max(credentials.stamp) };
        let current = stamp >= credentials.stamp;
        if replayed {
            if current {
                self.timeline.note(now, "rejected_again", "the answer goes to the caller");
                self.breaker.trip(now, stamp);
            }
            return self.deliver(ticket, Delivery::PassThrough);
        }
        if current {
            if self.breaker.is_open(now) {
                return self.deliver(ticket, Delivery::PassThrough);
            }
            credentials.contested = true;
        }
        self.timeline.note(now, "rejected", if current { "with the current token" } else { "with an older token" });
        self.want(ticket, Want::Replay(stamp), patience);
    }
}
