//! A storage that has fallen back: a tab that had not yet seen the present state wrote over it. Left
//! alone, that would bring an ended session back, or lose the only refresh token that is still good.

use super::record::{Content, Record};
use super::storing::Purpose;
use super::timer::Timer;
use super::{Auth, Machine, Sharing};
use crate::time::{Millis, Now};

impl Machine {
    /// Waits until the writer's own news had time to show, before the state that it hid is put back.
    pub(super) fn watch_for_relapse(&mut self, now: Now, seen: &Record) {
        self.unordered |= matches!(&self.auth, Auth::Out(Some(mark)) if mark.stamp.epoch > now.wall.0);
        if self.is_relapse(seen) {
            let settle = match self.config.sharing {
                Sharing::Tabs { settle, .. } => settle,
                Sharing::Alone => Millis(0),
            };
            self.timers.set(Timer::Relapse, now.mono + settle);
        } else {
            self.timers.stop(Timer::Relapse);
        }
    }

    /// Nothing else was seen or written since.
    pub(super) fn restore(&mut self, now: Now) {
        let record = match &self.auth {
            Auth::In(credentials) => credentials.record(),
            Auth::Out(Some(mark)) => mark.clone(),
            Auth::Out(None) | Auth::Unread => return,
        };
        self.timeline.note(now, "storage_relapsed", "an earlier state was written over the present one");
        self.commit(record, Purpose::Restore);
    }

    fn is_relapse(&self, seen: &Record) -> bool {
        match &self.auth {
            _ if self.disposed => false,
            // What the storage did not take, it cannot have lost.
            Auth::In(credentials) => !self.unsaved && credentials.record().supersedes(seen),
            Auth::Out(Some(mark)) => {
                matches!(seen.content, Content::Live(_)) && !self.may_be_later(seen, mark) && mark.supersedes(seen)
            }
            Auth::Out(None) | Auth::Unread => false,
        }
    }

    /// After a clock was set back, another session may be a login that could not know of the end of this one.
    pub(super) fn may_be_later(&self, seen: &Record, mark: &Record) -> bool {
        self.unordered && seen.session != mark.session
    }
}
