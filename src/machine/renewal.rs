//! One renewal under way: whose, how far, and with which right.

use super::credentials::Credentials;
use super::event::{Flight, StorageOp, Ticket};
use super::record::{Attempt, Live};
use crate::error::EndReason;
use crate::time::{Millis, Mono, Now};
use crate::token::{SessionId, Stamp};

/// A renewal under way.
#[derive(Clone, Hash, Debug)]
pub(super) struct Renewal {
    pub(super) session: SessionId,
    pub(super) over: Stamp,
    /// When it was wanted.
    pub(super) wanted: Mono,
    pub(super) turn: Turn,
    pub(super) phase: Phase,
    pub(super) rounds: u32,
    /// A state that was promised, and that no living tab held any more when the lock came; and the
    /// newest that one did hold.
    pub(super) forsaken: Option<(Stamp, Stamp)>,
    /// What was written, or is being written, into the journal.
    pub(super) attempt: Option<Attempt>,
    /// Whether that attempt had been begun before, by this tab or another.
    pub(super) repeated: bool,
}

/// A renewal that was sent. Outlives the [`Renewal`] where the answer comes too late for it.
#[derive(Clone, Hash, Debug)]
pub(super) struct Sent {
    pub(super) session: SessionId,
    pub(super) over: Stamp,
    pub(super) at: Now,
    pub(super) repeated: bool,
    /// Set where it is sent for the sake of a logout: who waits for that, and which tokens it ends.
    pub(super) farewell: Option<(Ticket, Box<Live>)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Turn {
    Asked,
    Held,
    /// It came, or is used, after so long that others who wanted it may have gone on without it.
    HeldLate,
    /// It did not come in time. It is still asked for: whoever asks later must not get it first, and
    /// take it for a sign that nobody else is sending.
    Overdue,
    /// There is no lock. Looking again, conditional writes and the journal must do.
    Without,
}

#[derive(Clone, Hash, Debug)]
pub(super) enum Phase {
    Queued,
    Settling(Look),
    Looking(StorageOp, Look),
    Sibling,
    Journaling(StorageOp),
    InFlight(Flight),
    Committing(StorageOp),
}

/// What to do after the next look at the record.
#[derive(Clone, Copy, Hash, Debug)]
pub(super) enum Look {
    Renew,
    /// Without a lock the journal is the lease: whoever finds their own attempt in it, after every
    /// other writer's has had time to show, sends. One who did not see it may have written until it
    /// showed, and that takes as long again to show (Fischer's protocol; Lamport 1987).
    Send,
    /// The server has refused. If the record is newer by now, it was not about this session's end.
    End(EndReason),
}

impl Turn {
    /// Whether the lock alone keeps every other tab from sending.
    pub(super) fn is_sole(self) -> bool {
        self == Self::Held
    }
}

impl Renewal {
    /// Whether nothing has been written or sent yet.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(
            self.phase,
            Phase::Queued
                | Phase::Sibling
                | Phase::Settling(Look::Renew | Look::Send)
                | Phase::Looking(_, Look::Renew | Look::Send)
        )
    }

    /// Others stop waiting for a turn that is not used for long, and go on without it.
    pub(super) fn grow_late(&mut self, now: Now, timeout: Millis) {
        if self.turn == Turn::Held && (now.mono - self.wanted).0 >= timeout.0 / 2 {
            self.turn = Turn::HeldLate;
        }
    }

    pub(super) fn is_in_flight(&self) -> bool {
        matches!(self.phase, Phase::InFlight(_))
    }

    pub(super) fn is_journaling(&self, op: StorageOp) -> bool {
        matches!(self.phase, Phase::Journaling(awaited) if awaited == op)
    }

    pub(super) fn is_superseded_by(&self, credentials: &Credentials) -> bool {
        credentials.session != self.session || (credentials.stamp > self.over && self.is_waiting())
    }
}
