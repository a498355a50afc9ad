//! When the machine wants to be woken, and why.

use crate::time::{Mono, Now};

/// Why the machine wants to be woken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// When to stop waiting: for the turn among the tabs, or for the renewal's answer.
    Deadline,
    /// When the storage should show what the last holder of the lock has written.
    Settle,
    /// When a renewal that another tab has begun should have come to something.
    Sibling,
    /// When the session reaches a limit, or the app is to be warned of it.
    Limit,
    /// When to renew ahead of time.
    Ahead,
    /// When to look again for a record that was announced.
    Reread,
    /// When to put back a state that another tab has written over.
    Relapse,
    /// When a request has waited long enough for a login.
    Held,
}

const ALL: [Timer; 8] = [
    Timer::Deadline,
    Timer::Settle,
    Timer::Sibling,
    Timer::Limit,
    Timer::Ahead,
    Timer::Reread,
    Timer::Relapse,
    Timer::Held,
];

const NEVER: Mono = Mono(u64::MAX);

/// At most one wake-up for each reason.
#[derive(Clone, Hash, Debug)]
pub(super) struct Timers([Mono; ALL.len()]);

impl Timers {
    pub(super) fn new() -> Self {
        Self([NEVER; ALL.len()])
    }

    pub(super) fn set(&mut self, timer: Timer, at: Mono) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = at;
        }
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.set(timer, NEVER);
    }

    /// Takes one that is due.
    pub(super) fn expire(&mut self, now: Now) -> Option<Timer> {
        let (at, timer) = self.next()?;
        (at <= now.mono).then(|| {
            self.stop(timer);
            timer
        })
    }

    pub(super) fn next(&self) -> Option<(Mono, Timer)> {
        let mut next = (NEVER, Timer::Deadline);
        for (at, timer) in self.0.iter().zip(ALL) {
            if *at < next.0 {
                next = (*at, timer);
            }
        }
        (next.0 < NEVER).then_some(next)
    }
}
