//! Taking the turn among the tabs: ask for the lock, look at the record again, write the attempt down.

use super::credentials::Credentials;
use super::effect::Effect;
use super::event::{Lock, StorageOp};
use super::record::{Attempt, Content, Record};
use super::renewal::{Look, Phase, Renewal, Turn};
use super::safeguard::Safeguard;
use super::storing::Purpose;
use super::timer::Timer;
use super::{Auth, Machine, Sharing};
use crate::error::{Code, EndReason, SessionError};
use crate::time::{Millis, Now};

/// After this many looks that do not show what was promised, and after this many conflicts.
const ROUNDS: u32 = 100;

impl Machine {
    /// Called when somebody waits and nothing is under way.
    pub(super) fn begin_renewal(&mut self, now: Now) {
        let Auth::In(credentials) = &self.auth else { return };
        let (session, over) = (credentials.session, credentials.stamp);
        if self.renews_with(credentials, now).is_none() {
            return self.cannot_renew(now);
        }
        if let Some(error) = self.paused(&credentials.live, now) {
            return self.fail_waiters(now, &error);
        }
        self.timeline.note(now, "renewal_wanted", "");
        let shared = self.is_shared();
        self.renewal = Some(Renewal {
            session,
            over,
            wanted: now.mono,
            turn: if shared { Turn::Asked } else { Turn::Without },
            phase: Phase::Queued,
            rounds: 0,
            forsaken: None,
            attempt: None,
            repeated: false,
        });
        self.timers.set(Timer::Deadline, now.mono + self.config.patience());
        if shared {
            self.act(Effect::AcquireLock);
        } else {
            self.look_for(now, Look::Renew);
        }
    }

    pub(super) fn lock_settled(&mut self, now: Now, lock: Lock) {
        let asked = |renewal: &&mut Renewal| matches!(renewal.turn, Turn::Asked | Turn::Overdue);
        let Some(renewal) = self.renewal.as_mut().filter(asked) else {
            if lock != Lock::Unavailable {
                self.act(Effect::ReleaseLock);
            }
            return;
        };
        renewal.turn = match lock {
            Lock::Granted { fence } => {
                let fence = fence.unwrap_or_default();
                renewal.forsaken = Some((self.promised, fence)).filter(|(promised, fence)| promised > fence);
                self.promised = self.promised.max(fence);
                Turn::Held
            }
            Lock::Unavailable => Turn::Without,
        };
        renewal.grow_late(now, self.config.timeout);
        if !matches!(renewal.phase, Phase::Queued) {
            return;
        }
        self.timers.set(Timer::Deadline, now.mono + self.config.timeout);
        if self.config.keeps(Safeguard::Reread) {
            self.settle(now, Look::Renew);
        } else {
            self.looked_before_renewing(now);
        }
    }

    /// The wait before a look is over.
    pub(super) fn look(&mut self, now: Now) {
        match &self.renewal {
            Some(Renewal { phase: Phase::Settling(look), .. }) => self.look_for(now, *look),
            Some(Renewal { phase: Phase::Sibling, .. }) => self.look_for(now, Look::Renew),
            _ => {}
        }
    }

    /// The record has been read, for whatever purpose, and taken in.
    pub(super) fn looked(&mut self, now: Now, op: StorageOp) {
        match &self.renewal {
            Some(Renewal { phase: Phase::Looking(awaited, look), .. }) if *awaited == op => match *look {
                Look::Renew => self.looked_before_renewing(now),
                Look::Send => self.looked_before_sending(now),
                Look::End(reason) => self.looked_before_ending(now, reason),
            },
            _ => {}
        }
    }

    /// What the conflicting writer wrote has been taken in.
    pub(super) fn journal_conflicted(&mut self, now: Now, op: StorageOp) {
        if self.renewal.as_ref().is_some_and(|renewal| renewal.is_journaling(op)) {
            self.looked_before_renewing(now);
        }
    }

    pub(super) fn finish_renewal(&mut self) {
        if let Some(renewal) = self.renewal.take() {
            for timer in [Timer::Deadline, Timer::Settle, Timer::Sibling] {
                self.timers.stop(timer);
            }
            if renewal.turn != Turn::Without {
                self.act(Effect::ReleaseLock);
            }
        }
    }

    /// A renewal came to nothing before it was sent.
    pub(super) fn fail_renewal(&mut self, now: Now, error: &SessionError) {
        self.finish_renewal();
        self.fail_waiters(now, error);
    }

    pub(super) fn is_committing(&self, op: StorageOp) -> bool {
        matches!(&self.renewal, Some(Renewal { phase: Phase::Committing(awaited), .. }) if *awaited == op)
    }

    pub(super) fn finish_renewal_of(&mut self, op: StorageOp) {
        if self.is_committing(op) {
            self.finish_renewal();
        }
    }

    /// The renewal is over once this is written.
    pub(super) fn await_commit(&mut self, op: StorageOp) {
        self.set_phase(Phase::Committing(op));
    }

    /// A conditional write is tried again under another name.
    pub(super) fn follow_commit(&mut self, op: StorageOp, retried: StorageOp) {
        if self.is_committing(op) {
            self.set_phase(Phase::Committing(retried));
        }
    }

    pub(super) fn looked_before_renewing(&mut self, now: Now) {
        let Some(renewal) = &mut self.renewal else { return };
        let Auth::In(credentials) = &self.auth else { return self.finish_renewal() };
        if credentials.session != renewal.session || credentials.stamp > renewal.over {
            return self.finish_renewal();
        }
        // Who waited may have gone, or been served by a clock that was put right.
        let is_wanted = !self.waiters.is_empty() || self.config.ahead || self.config.protocol.is_sliding();
        if !is_wanted && renewal.attempt.is_none() {
            return self.finish_renewal();
        }
        if self.outdated {
            let message = "a later version of this app holds the session; reload the page";
            return self.fail_renewal(now, &SessionError::new(Code::Storage, message));
        }
        renewal.rounds += 1;
        renewal.grow_late(now, self.config.timeout);
        let (rounds, turn, written, was_repeated) = (renewal.rounds, renewal.turn, renewal.attempt, renewal.repeated);
        if self.promised > credentials.stamp && self.config.keeps(Safeguard::Fence) {
            // Only a tab that lives can still give what the storage, which was seen, does not show.
            let lost = renewal.forsaken.filter(|(promised, _)| *promised == self.promised && !self.blind);
            // Where timers are slow, so many looks would take minutes.
            let long = lost.is_some() || now.mono - renewal.wanted >= self.config.patience();
            if rounds < if long { ROUNDS / 10 } else { ROUNDS } {
                return self.settle(now, Look::Renew);
            }
            if let Some((_, held)) = lost {
                self.timeline.note(now, "promise_lost", "the tab that held a newer token is gone");
                self.promised = held.max(credentials.stamp);
                return self.looked_before_renewing(now);
            }
            let message = "another tab holds a newer token that it could not store";
            return self.fail_renewal(now, &SessionError::new(Code::Storage, message));
        }
        if let Some(error) = self.paused(&credentials.live, now) {
            return self.fail_renewal(now, &error);
        }
        let begun = credentials.live.attempt;
        let own = written.filter(|_| begun == written);
        if own.is_some() && rounds >= ROUNDS / 10 {
            let message = "the page's timers come too late to take a turn";
            return self.fail_renewal(now, &SessionError::new(Code::Timeout, message));
        }
        let repeated = if own.is_some() { was_repeated } else { begun.is_some() };
        if let (Some(attempt), None, Sharing::Tabs { .. }) = (&begun, &own, self.config.sharing)
            && !turn.is_sole()
            && let Some(left) = self.sibling_has(attempt, now)
        {
            self.set_phase(Phase::Sibling);
            self.timers.set(Timer::Sibling, now.mono + left);
            self.timers.set(Timer::Deadline, now.mono + left + self.config.timeout);
            return self.timeline.note(now, "sibling_renews", "waiting for its result");
        }
        let id = begun.map_or_else(|| self.random.lot(), |attempt| attempt.id);
        let attempt = Attempt { id, since: now.wall, lot: self.random.lot() };
        let mut record = credentials.record();
        if let Content::Live(live) = &mut record.content {
            live.attempt = Some(attempt);
        }
        if let Some(renewal) = &mut self.renewal {
            renewal.repeated = repeated;
            renewal.attempt = Some(attempt);
        }
        if self.config.keeps(Safeguard::Journal) {
            let op = self.commit(record, Purpose::Journal);
            self.set_phase(Phase::Journaling(op));
        } else {
            self.send(now);
        }
    }

    fn looked_before_ending(&mut self, now: Now, reason: EndReason) {
        let Some(renewal) = &self.renewal else { return };
        let Auth::In(credentials) = &self.auth else { return self.finish_renewal() };
        if credentials.session != renewal.session || credentials.stamp > renewal.over {
            self.timeline.note(now, "refusal_obsolete", "another tab has renewed");
            return self.finish_renewal();
        }
        let mark = Record { content: Content::Ended(reason), ..credentials.record() };
        let op = self.commit(mark, Purpose::Refused);
        self.set_phase(Phase::Committing(op));
    }

    fn looked_before_sending(&mut self, now: Now) {
        let Some(renewal) = &self.renewal else { return };
        let (journal, is_paused) = match &self.auth {
            Auth::In(Credentials { live, .. }) => (live.attempt, self.paused(live, now).is_some()),
            _ => (None, false),
        };
        let is_obsolete = self.promised > renewal.over && self.config.keeps(Safeguard::Fence);
        let is_own = self.is_current(renewal.session, renewal.over) && journal == renewal.attempt;
        if is_own && !is_obsolete && !is_paused && !self.is_stale(renewal, now) {
            self.send(now);
        } else {
            self.looked_before_renewing(now);
        }
    }

    /// Without a way to renew, the session lasts as long as the access token.
    fn cannot_renew(&mut self, now: Now) {
        let rejected = self.any_rejected();
        let Auth::In(credentials) = &self.auth else { return };
        let told = rejected && self.config.protocol.ends_when_rejected();
        if credentials.valid(now) && !told && (credentials.live.lifetime.is_some() || !rejected) {
            let error = SessionError::new(Code::InvalidConfig, "there is no refresh token to renew with");
            return self.fail_waiters(now, &error);
        }
        let reason = if told { EndReason::Refused } else { EndReason::Expired };
        let mark = Record { content: Content::Ended(reason), ..credentials.record() };
        if self.writes.values().all(|write| !write.ends(&mark)) {
            self.commit(mark, Purpose::Refused);
        }
    }

    /// The storage has its time from now on: a page's timers may come late, and then all at once.
    fn look_for(&mut self, now: Now, look: Look) {
        let op = self.read();
        self.timers.set(Timer::Deadline, now.mono + self.config.timeout);
        self.set_phase(Phase::Looking(op, look));
    }

    pub(super) fn settle(&mut self, now: Now, look: Look) {
        self.set_phase(Phase::Settling(look));
        match self.config.sharing {
            Sharing::Tabs { settle, settle_unlocked } => {
                let locked = self.renewal.as_ref().is_some_and(|renewal| renewal.turn.is_sole());
                let settle = if locked { settle } else { settle_unlocked };
                let times = if matches!(look, Look::Send) { 2 } else { 1 };
                self.timers.set(Timer::Settle, now.mono + Millis(settle.0 * times));
            }
            Sharing::Alone => self.look_for(now, look),
        }
    }

    pub(super) fn set_phase(&mut self, phase: Phase) {
        if let Some(renewal) = &mut self.renewal {
            renewal.phase = phase;
        }
    }

    /// Whether an attempt was written down so long ago that others might give it up before its answer.
    fn is_stale(&self, renewal: &Renewal, now: Now) -> bool {
        let Sharing::Tabs { settle_unlocked, .. } = self.config.sharing else { return false };
        let Some(attempt) = &renewal.attempt else { return false };
        let bound = (self.config.timeout.0 / 4).max(settle_unlocked.0 * 4);
        self.age(attempt, now).is_none_or(|gone| gone.0 > bound)
    }

    /// How long a renewal that another tab has begun may still take.
    fn sibling_has(&self, attempt: &Attempt, now: Now) -> Option<Millis> {
        let patience = self.config.patience();
        let gone = self.age(attempt, now)?;
        (gone < patience).then(|| Millis(patience.0 - gone.0))
    }

    /// `None` where the clock was set back. By a little makes no attempt old.
    fn age(&self, attempt: &Attempt, now: Now) -> Option<Millis> {
        (now.wall + self.config.patience() >= attempt.since).then(|| now.wall - attempt.since)
    }
}
