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
}

const ALL: [Timer; 7] =
    [Timer::Deadline, Timer::Settle, Timer::Sibling, Timer::Limit, Timer::Ahead, Timer::Reread, Timer::Relapse];

/// At most one wake-up for each reason.
#[derive(Clone, Hash, Debug, Default)]
pub(super) struct Timers {
    deadline: Option<Mono>,
    settle: Option<Mono>,
    sibling: Option<Mono>,
    limit: Option<Mono>,
    ahead: Option<Mono>,
    reread: Option<Mono>,
    relapse: Option<Mono>,
}

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Mono) {
        *self.slot(timer) = Some(at);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        *self.slot(timer) = None;
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
        ALL.into_iter().filter_map(|timer| self.at(timer).map(|at| (at, timer))).min()
    }

    fn at(&self, timer: Timer) -> Option<Mono> {
        match timer {
            Timer::Deadline => self.deadline,
            Timer::Settle => self.settle,
            Timer::Sibling => self.sibling,
            Timer::Limit => self.limit,
            Timer::Ahead => self.ahead,
            Timer::Reread => self.reread,
            Timer::Relapse => self.relapse,
        }
    }

    fn slot(&mut self, timer: Timer) -> &mut Option<Mono> {
        match timer {
            Timer::Deadline => &mut self.deadline,
            Timer::Settle => &mut self.settle,
            Timer::Sibling => &mut self.sibling,
            Timer::Limit => &mut self.limit,
            Timer::Ahead => &mut self.ahead,
            Timer::Reread => &mut self.reread,
            Timer::Relapse => &mut self.relapse,
        }
    }
}
