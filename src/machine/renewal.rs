//! One renewal: take the turn among the tabs, look again, write it down, send it, store what came.

use super::credentials::Credentials;
use super::effect::Effect;
use super::event::{Flight, Lock, StorageOp};
use super::pausing::paused;
use super::record::{Attempt, Content, Live, Record};
use super::storing::Purpose;
use super::timer::Timer;
use super::{Auth, Machine, Sharing};
use crate::error::{Code, EndReason, SessionError};
use crate::protocol::{Grant, Outcome, Reply, Silence};
use crate::time::{Millis, Now};
use crate::token::{AttemptId, SessionId, Stamp};

/// After this many looks that do not show what was promised, and after this many conflicts.
const ROUNDS: u32 = 100;

/// A renewal under way.
#[derive(Clone, Debug)]
pub(super) struct Renewal {
    session: SessionId,
    over: Stamp,
    turn: Turn,
    phase: Phase,
    rounds: u32,
}

/// A renewal that was sent. Outlives the [`Renewal`] where the answer comes too late for it.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    session: SessionId,
    over: Stamp,
    at: Now,
    repeated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    Asked,
    Held,
    /// There is no lock, or it did not come in time. Looking again, conditional writes and the
    /// journal must do.
    Without,
}

#[derive(Clone, Debug)]
enum Phase {
    Queued,
    Settling(Look),
    Looking(StorageOp, Look),
    Sibling,
    Journaling { op: StorageOp, attempt: Attempt, repeated: bool },
    InFlight(Flight),
    Committing(StorageOp),
}

/// What to do after the next look at the record.
#[derive(Clone, Copy, Debug)]
enum Look {
    Renew,
    /// The server has refused. If the record is newer by now, it was not about this session's end.
    End(EndReason),
}

impl Renewal {
    /// Whether nothing has been written or sent yet.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(
            self.phase,
            Phase::Queued | Phase::Sibling | Phase::Settling(Look::Renew) | Phase::Looking(_, Look::Renew)
        )
    }

    pub(super) fn is_superseded_by(&self, credentials: &Credentials) -> bool {
        credentials.session != self.session || (credentials.stamp > self.over && self.is_waiting())
    }
}

impl Machine {
    /// Called when somebody waits and nothing is under way.
    pub(super) fn begin_renewal(&mut self, now: Now) {
        let Auth::In(credentials) = &self.auth else { return };
        let (session, over) = (credentials.session.clone(), credentials.stamp);
        if credentials.live.refresh.is_none() || self.config.protocol.renew.is_none() {
            return self.cannot_renew(now);
        }
        if let Some(error) = paused(&credentials.live, now) {
            return self.fail_waiters(now, &error);
        }
        self.timeline.note(now, "renewal_wanted", "");
        let mut renewal = Renewal { session, over, turn: Turn::Without, phase: Phase::Queued, rounds: 0 };
        self.timers.set(Timer::Deadline, now.mono + self.config.timeout);
        if self.is_shared() {
            renewal.turn = Turn::Asked;
            self.effects.push_back(Effect::AcquireLock);
            self.renewal = Some(renewal);
        } else {
            self.renewal = Some(renewal);
            self.look_for(Look::Renew);
        }
    }

    pub(super) fn lock_settled(&mut self, now: Now, lock: Lock) {
        let Some(renewal) = self.renewal.as_mut().filter(|renewal| matches!(renewal.phase, Phase::Queued)) else {
            if lock != Lock::Unavailable {
                self.effects.push_back(Effect::ReleaseLock);
            }
            return;
        };
        renewal.turn = match lock {
            Lock::Granted { fence } => {
                self.promised = self.promised.max(fence.unwrap_or_default());
                Turn::Held
            }
            Lock::Unavailable => Turn::Without,
        };
        self.settle(now, Look::Renew);
    }

    /// The wait before a look is over.
    pub(super) fn look(&mut self) {
        match &self.renewal {
            Some(Renewal { phase: Phase::Settling(look), .. }) => self.look_for(*look),
            Some(Renewal { phase: Phase::Sibling, .. }) => self.look_for(Look::Renew),
            _ => {}
        }
    }

    /// The record has been read, for whatever purpose, and taken in.
    pub(super) fn looked(&mut self, now: Now, op: StorageOp) {
        match &self.renewal {
            Some(Renewal { phase: Phase::Looking(awaited, look), .. }) if *awaited == op => match *look {
                Look::Renew => self.looked_before_renewing(now),
                Look::End(reason) => self.looked_before_ending(now, reason),
            },
            _ => {}
        }
    }

    pub(super) fn journaled(&mut self, now: Now, op: StorageOp) {
        let Some(renewal) = &mut self.renewal else { return };
        let Phase::Journaling { op: awaited, attempt, repeated } = &renewal.phase else { return };
        if *awaited != op {
            return;
        }
        let (attempt, repeated) = (attempt.clone(), *repeated);
        let Auth::In(credentials) = &mut self.auth else { return };
        let call = (credentials.live.refresh.as_ref())
            .and_then(|refresh| self.config.protocol.renewal_call(refresh, &attempt.id));
        let Some(call) = call else { return };
        credentials.live.attempt = Some(attempt);
        self.last_id += 1;
        let flight = Flight(self.last_id);
        renewal.phase = Phase::InFlight(flight);
        let (session, over) = (renewal.session.clone(), renewal.over);
        self.flights.insert(flight, Sent { session, over, at: now, repeated });
        self.timers.set(Timer::Deadline, now.mono + self.config.timeout);
        self.timeline.note(now, "renewal_sent", if repeated { "again: its answer was lost" } else { "" });
        self.effects.push_back(Effect::Renew(flight, call));
    }

    /// What the conflicting writer wrote has been taken in.
    pub(super) fn journal_conflicted(&mut self, now: Now, op: StorageOp) {
        match &self.renewal {
            Some(Renewal { phase: Phase::Journaling { op: awaited, .. }, .. }) if *awaited == op => {
                self.looked_before_renewing(now);
            }
            _ => {}
        }
    }

    pub(super) fn renewal_settled(&mut self, now: Now, flight: Flight, reply: &Reply) {
        let Some(sent) = self.flights.remove(&flight) else { return };
        let outcome = self.config.protocol.read_renewal(reply, sent.at.wall, now.wall, self.parse);
        let awaited = matches!(&self.renewal, Some(Renewal { phase: Phase::InFlight(f), .. }) if *f == flight);
        let live = match &self.auth {
            Auth::In(credentials) if credentials.session == sent.session && credentials.stamp == sent.over => {
                credentials.live.clone()
            }
            _ => {
                self.timeline.note(now, "renewal_late", "the session has moved on");
                if let (Outcome::Renewed(grant), false) = (&outcome, self.is_session(&sent.session)) {
                    self.revoke(None, grant.access.as_ref());
                }
                if awaited {
                    self.finish_renewal();
                }
                return;
            }
        };
        match outcome {
            Outcome::Renewed(grant) => {
                let stamp = Stamp { generation: sent.over.generation + 1, ..sent.over };
                let content = Content::Live(renewed(live, grant, sent.at));
                let record = Record { session: sent.session, stamp, content };
                let op = self.commit(record, Purpose::Renewed { over: sent.over, sent: sent.at });
                if awaited {
                    self.set_phase(Phase::Committing(op));
                }
            }
            _ if !awaited => {}
            Outcome::Refused { status } => {
                self.timeline.note(now, "renewal_refused", format!("status {status}"));
                let reason = if sent.repeated { EndReason::LostRenewal } else { EndReason::Refused };
                self.settle(now, Look::End(reason));
            }
            Outcome::RetryLater { .. } | Outcome::Offline(_) | Outcome::Misconfigured { .. } => {
                self.renewal_failed(now, &outcome, live);
            }
        }
    }

    /// The turn, the storage or the answer did not come in time.
    pub(super) fn renewal_overdue(&mut self, now: Now) {
        let Some(renewal) = &mut self.renewal else { return };
        match renewal.phase {
            Phase::Queued => {
                self.timeline.note(now, "turn_overdue", "going on without the lock");
                renewal.turn = Turn::Without;
                self.effects.push_back(Effect::ReleaseLock);
                self.timers.set(Timer::Deadline, now.mono + self.config.timeout);
                self.settle(now, Look::Renew);
            }
            // Still sent: its answer is taken whenever it comes.
            Phase::InFlight(_) => match &self.auth {
                Auth::In(credentials) => {
                    let live = credentials.live.clone();
                    self.renewal_failed(now, &Outcome::Offline(Silence::Timeout), live);
                }
                _ => self.finish_renewal(),
            },
            Phase::Committing(op) | Phase::Journaling { op, .. } => self.give_up_write(now, op),
            _ => {
                let error = SessionError::new(Code::Storage, "the storage did not answer in time");
                self.timeline.note(now, "storage_overdue", "");
                self.finish_renewal();
                self.fail_waiters(now, &error);
            }
        }
    }

    pub(super) fn finish_renewal(&mut self) {
        if let Some(renewal) = self.renewal.take() {
            for timer in [Timer::Deadline, Timer::Settle, Timer::Sibling] {
                self.timers.stop(timer);
            }
            if renewal.turn != Turn::Without {
                self.effects.push_back(Effect::ReleaseLock);
            }
        }
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

    fn looked_before_renewing(&mut self, now: Now) {
        let Some(renewal) = &mut self.renewal else { return };
        let Auth::In(credentials) = &self.auth else { return self.finish_renewal() };
        if credentials.session != renewal.session || credentials.stamp > renewal.over {
            return self.finish_renewal();
        }
        renewal.rounds += 1;
        let (rounds, turn) = (renewal.rounds, renewal.turn);
        if self.promised > credentials.stamp {
            if rounds < ROUNDS {
                return self.settle(now, Look::Renew);
            }
            let error = SessionError::new(Code::Storage, "another tab holds a newer token that it could not store");
            self.finish_renewal();
            return self.fail_waiters(now, &error);
        }
        if let Some(error) = paused(&credentials.live, now) {
            self.finish_renewal();
            return self.fail_waiters(now, &error);
        }
        let begun = credentials.live.attempt.clone();
        if let (Some(attempt), Turn::Without, Sharing::Tabs { .. }) = (&begun, turn, self.config.sharing)
            && let Some(left) = self.sibling_has(attempt, now)
        {
            self.set_phase(Phase::Sibling);
            self.timers.set(Timer::Sibling, now.mono + left);
            self.timers.set(Timer::Deadline, now.mono + left + self.config.timeout);
            return self.timeline.note(now, "sibling_renews", "waiting for its result");
        }
        let repeated = begun.is_some();
        let id = begun.map_or_else(|| AttemptId::new(&self.random.name()), |attempt| attempt.id);
        let attempt = Attempt { id, since: now.wall };
        let mut record = credentials.record();
        if let Content::Live(live) = &mut record.content {
            live.attempt = Some(attempt.clone());
        }
        let op = self.commit(record, Purpose::Journal);
        self.set_phase(Phase::Journaling { op, attempt, repeated });
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

    /// Without a way to renew, the session lasts as long as the access token.
    fn cannot_renew(&mut self, now: Now) {
        let Auth::In(credentials) = &mut self.auth else { return };
        credentials.contested = false;
        let lifetime_known = credentials.live.lifetime.is_some();
        if credentials.valid(now) && (lifetime_known || !self.waiters.any_rejected()) {
            let lease = credentials.lease();
            for (ticket, waiter) in self.waiters.take() {
                self.answer_unrenewable(ticket, waiter, lease.clone());
            }
            return;
        }
        let mark = Record { content: Content::Ended(EndReason::Expired), ..credentials.record() };
        if self.writes.values().all(|write| !write.ends(&mark)) {
            self.commit(mark, Purpose::Refused);
        }
    }

    fn look_for(&mut self, look: Look) {
        let op = self.read();
        self.set_phase(Phase::Looking(op, look));
    }

    fn settle(&mut self, now: Now, look: Look) {
        self.set_phase(Phase::Settling(look));
        match self.config.sharing {
            Sharing::Tabs { settle } => self.timers.set(Timer::Settle, now.mono + settle),
            Sharing::Alone => self.look_for(look),
        }
    }

    fn set_phase(&mut self, phase: Phase) {
        if let Some(renewal) = &mut self.renewal {
            renewal.phase = phase;
        }
    }

    /// How long a renewal that another tab has begun may still take.
    fn sibling_has(&self, attempt: &Attempt, now: Now) -> Option<Millis> {
        let gone = (now.wall >= attempt.since).then(|| now.wall - attempt.since)?;
        (gone < self.config.timeout).then(|| Millis(self.config.timeout.0 - gone.0))
    }

    fn is_session(&self, session: &SessionId) -> bool {
        matches!(&self.auth, Auth::In(credentials) if credentials.session == *session)
    }
}

/// What an answer leaves out stays as it was.
fn renewed(before: Live, grant: Grant, sent: Now) -> Live {
    Live {
        access: grant.access,
        refresh: grant.refresh.or(before.refresh),
        obtained: sent.wall,
        lifetime: grant.lifetime.or(before.lifetime),
        refresh_obtained: sent.wall,
        refresh_lifetime: grant.refresh_lifetime.or(before.refresh_lifetime),
        subject: grant.subject.or(before.subject),
        attempt: None,
        backoff: None,
    }
}
