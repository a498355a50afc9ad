//! Limits that the app sets on a session, beside the server's own: how long nobody may do anything,
//! and how long it may last in all. They count over all tabs and over reloads.

use super::credentials::Credentials;
use super::effect::Notice;
use super::event::StorageOp;
use super::record::{Content, Record};
use super::storing::Purpose;
use super::timer::Timer;
use super::{Auth, Machine};
use crate::error::EndReason;
use crate::time::{Millis, Now, Wall};

/// Activity is written down at most this often, or twenty times in the idle limit if that is less often.
const NOTED_EVERY: Millis = Millis::from_secs(5);

/// Renewing ahead of time waits this long for the next time: a token may live no longer than its own
/// renewal takes.
const AHEAD_GAP: Millis = Millis::from_secs(10);

/// How long a session may last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Without anybody doing anything (ASVS 5.0, 7.3.1).
    pub idle: Option<Millis>,
    /// In all, since the login (ASVS 5.0, 7.3.2).
    pub absolute: Option<Millis>,
    /// How long before either the app is told.
    pub warning: Millis,
}

/// What the next limit is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Limit {
    at: Wall,
    reason: EndReason,
}

impl Default for Limits {
    fn default() -> Self {
        Self { idle: None, absolute: None, warning: Millis::from_secs(60) }
    }
}

impl Machine {
    /// Somebody is there: a key, a pointer, or the app's word.
    pub(super) fn user_active(&mut self, now: Now) {
        let Some(idle) = self.config.limits.idle else { return };
        let every = Millis((idle.0 / 20).max(NOTED_EVERY.0).min(idle.0 / 4));
        // Perhaps only as far as this tab knows: the look that follows will tell.
        if self.is_over_limit(now) {
            self.limit_due(now);
            self.roused = true;
            return;
        }
        let Auth::In(credentials) = &mut self.auth else { return };
        let time = credentials.time(now);
        if time - credentials.live.active >= every {
            credentials.live.active = time;
            self.commit_update();
        }
    }

    /// Wakes up for the next limit, for the warning before it, and for a renewal ahead of time.
    pub(super) fn watch_limits(&mut self, now: Now) {
        let next = self.next_limit();
        match (&self.auth, next) {
            (Auth::In(credentials), Some(limit)) if self.ending.is_none() && !self.disposed => {
                let time = credentials.time(now);
                if self.warned.is_some_and(|warned| warned < limit.at) {
                    self.warned = None;
                    self.notify(Notice::Extended);
                }
                let warn = Wall((limit.at - Wall(self.config.limits.warning.0)).0);
                if time >= warn && time < limit.at && self.warned != Some(limit.at) {
                    self.warned = Some(limit.at);
                    self.timeline.note(now, "expiring", limit.reason.as_str());
                    self.notify(Notice::Expiring { left: limit.at - time, reason: limit.reason });
                }
                let wake = if time < warn { warn } else { limit.at };
                self.timers.set(Timer::Limit, now.mono + (wake - time));
            }
            _ => self.timers.stop(Timer::Limit),
        }
    }

    /// A limit has come, as far as this tab knows: another one may have seen the user since.
    pub(super) fn limit_due(&mut self, now: Now) {
        if self.ending.is_none() && self.is_over_limit(now) {
            self.ending = Some(self.read());
            self.roused = false;
        }
    }

    pub(super) fn looked_for_limit(&mut self, now: Now, op: StorageOp) {
        if self.ending != Some(op) {
            return;
        }
        if let (true, Some(limit), Auth::In(credentials)) = (self.is_over_limit(now), self.next_limit(), &self.auth) {
            let mark = Record { content: Content::Ended(limit.reason), ..credentials.record() };
            self.ending = Some(self.commit(mark, Purpose::Refused));
        } else {
            self.limit_is_off(now);
        }
    }

    /// Another tab has seen the user, and so perhaps has this one.
    pub(super) fn limit_is_off(&mut self, now: Now) {
        self.ending = None;
        if std::mem::take(&mut self.roused) {
            self.user_active(now);
        }
    }

    /// The server need not wait for its own limits.
    pub(super) fn revoke_at_limit(&mut self, reason: EndReason) {
        if let (EndReason::Idle | EndReason::Absolute, Auth::In(credentials)) = (reason, &self.auth) {
            let live = credentials.live.clone();
            self.revoke_all(None, &live);
        }
    }

    /// Wakes up to renew before anybody asks.
    pub(super) fn watch_expiry(&mut self, now: Now) {
        let sliding = self.config.protocol.is_sliding();
        let wanted = (self.config.ahead || sliding)
            && self.visible
            && !self.disposed
            && !self.outdated
            && self.renewal.is_none()
            && !self.is_over_limit(now);
        let wait = match &self.auth {
            Auth::In(credentials) if wanted && self.renews_with(credentials, now).is_some() => {
                let pause = credentials.live.backoff.and_then(|backoff| backoff.remaining(now.wall));
                let gap = Millis(AHEAD_GAP.0.saturating_sub(credentials.held_for(now).0));
                credentials
                    .until_stale(now, self.config.margin, sliding)
                    .map(|wait| wait.max(gap).max(pause.unwrap_or_default()))
            }
            _ => None,
        };
        match wait {
            Some(wait) => self.timers.set(Timer::Ahead, now.mono + wait),
            None => self.timers.stop(Timer::Ahead),
        }
    }

    /// Whether a limit has been reached, so that no token may be handed out any more.
    pub(super) fn is_over_limit(&self, now: Now) -> bool {
        match (&self.auth, self.next_limit()) {
            (Auth::In(credentials), Some(limit)) => credentials.time(now) >= limit.at,
            _ => false,
        }
    }

    fn next_limit(&self) -> Option<Limit> {
        let Auth::In(Credentials { live, .. }) = &self.auth else { return None };
        let limits = &self.config.limits;
        let idle = limits.idle.map(|idle| Limit { at: live.active + idle, reason: EndReason::Idle });
        let absolute = limits.absolute.map(|most| Limit { at: live.began + most, reason: EndReason::Absolute });
        idle.into_iter().chain(absolute).min_by_key(|limit| limit.at)
    }
}
