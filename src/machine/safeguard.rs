//! The safeguards by name, so that the simulation can take each away and see that it is missed.

/// What keeps a session right when things go wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Safeguard {
    /// The record is read again under the lock.
    Reread,
    /// A state that is known to exist is waited for.
    Fence,
    /// Nothing is written over that this tab has not seen. The driver's part of a conditional write:
    /// the simulated one leaves the condition out.
    CompareAndSet,
    /// A renewal is written down before it is sent.
    Journal,
    /// A 401 counts against the token that the request was sent with, not against the present one.
    RejectionByGeneration,
    /// Only a recognised refusal ends a session.
    RefusalClassifier,
    /// A pause is kept by every tab and over a reload.
    StoredPause,
    /// A token is fresh only if both clocks say so.
    SecondClock,
    /// What comes in after a logout is not taken.
    LogoutWins,
    /// Without a lock, only the tab whose attempt stands in the journal sends.
    Lease,
    /// What waits goes out for the user it began under, and for no other.
    SameSubject,
}

impl Safeguard {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Reread,
        Self::Fence,
        Self::CompareAndSet,
        Self::Journal,
        Self::RejectionByGeneration,
        Self::RefusalClassifier,
        Self::StoredPause,
        Self::SecondClock,
        Self::LogoutWins,
        Self::Lease,
        Self::SameSubject,
    ];
}
