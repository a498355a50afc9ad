//! Reading the record and writing it: whoever writes must have seen what is there.

use super::credentials::Credentials;
use super::effect::{Delivery, Effect};
use super::event::{Commit, StorageFault, StorageOp, Ticket};
use super::holding::Patience;
use super::record::{Attempt, Content, Record, Unreadable};
use super::safeguard::Safeguard;
use super::timer::Timer;
use super::waiting::Want;
use super::{Auth, Machine};
use crate::error::{EndReason, SessionError};
use crate::time::{Millis, Now, Wall};
use crate::token::{Secret, SessionId, Stamp};

/// After this many conflicts in a row the state is kept in memory only.
const TRIES: u32 = 20;
/// After this many looks an announced record is not expected any more.
const REREADS: u32 = 10;

/// A record on its way into the storage.
#[derive(Clone, Hash, Debug)]
pub(super) struct Write {
    record: Record,
    text: Secret,
    purpose: Purpose,
    tries: u32,
}

/// What a write is for, and so what follows from it.
#[derive(Clone, Hash, Debug)]
pub(super) enum Purpose {
    /// A new session. Nobody waits for it any more where the session object was disposed of.
    Begin { ticket: Option<Ticket>, sent: Now },
    /// A new session that was logged out before it was written.
    Withdrawn,
    /// The mark of an ended session.
    End,
    /// The journal of a renewal.
    Journal,
    /// The result of a renewal of `over`.
    Renewed { over: Stamp, sent: Now },
    /// The end that a renewal or a want has found.
    Refused,
    /// No new state, but what is known of it has changed. After a renewal that came to nothing, the
    /// error is for those who wait.
    Update(Option<SessionError>),
    /// The present state, which another tab has written over.
    Restore,
}

impl Write {
    /// Logout wins over a login that is being written. Gives the one who waits for it.
    pub(super) fn withdraw(&mut self) -> Option<Ticket> {
        let Purpose::Begin { ticket, .. } = self.purpose else { return None };
        self.purpose = Purpose::Withdrawn;
        ticket
    }

    /// It is written all the same. Gives the one who waits for it.
    pub(super) fn forsake(&mut self) -> Option<Ticket> {
        let Purpose::Begin { ticket, .. } = &mut self.purpose else { return None };
        ticket.take()
    }

    /// Whether this already writes that end.
    pub(super) fn ends(&self, mark: &Record) -> bool {
        self.record == *mark
    }
}

impl Machine {
    pub(super) fn read(&mut self) -> StorageOp {
        let op = StorageOp(self.next_id());
        self.act(Effect::Read(op));
        op
    }

    pub(super) fn read_if_shared(&mut self) {
        if self.is_shared() && !self.disposed {
            self.read();
        }
    }

    pub(super) fn commit(&mut self, record: Record, purpose: Purpose) -> StorageOp {
        self.write(Box::new(Write { record, text: Secret(String::new()), purpose, tries: 0 }))
    }

    pub(super) fn record_read(&mut self, now: Now, op: StorageOp, result: Result<Option<Secret>, StorageFault>) {
        let starting = matches!(self.auth, Auth::Unread);
        let was_blind = std::mem::replace(&mut self.blind, result.is_err());
        match result {
            Ok(text) => self.observe(now, text),
            Err(fault) => self.diagnose(now, "storage_unavailable", &fault.0),
        }
        if starting {
            if matches!(self.auth, Auth::Unread) {
                self.auth = Auth::Out(None);
            }
            while let Some(ticket) = self.deferred.pop() {
                self.logout_wanted(now, ticket);
            }
        }
        if let Some(news) = self.rumour.take() {
            let was_signed_in = matches!(self.auth, Auth::In(_));
            self.consider(now, news);
            // The storage still shows what has ended, and no other tab may know better.
            if was_signed_in && matches!(self.auth, Auth::Out(_)) {
                self.restore(now);
            }
        }
        if was_blind && !self.blind {
            self.save_again();
        }
        self.looked(now, op);
        self.looked_for_limit(now, op);
        self.expect_promised(now);
    }

    /// Takes in what the storage holds.
    pub(super) fn observe(&mut self, now: Now, text: Option<Secret>) {
        let decoded = text.as_ref().map(|text| Record::decode(&text.0));
        let seen_before = self.stored == text;
        self.stored = text;
        self.outdated = matches!(decoded, Some(Err(Unreadable::Newer)));
        match decoded {
            Some(Ok(record)) => {
                self.watch_for_relapse(now, &record);
                self.consider(now, record);
            }
            _ if seen_before => {}
            Some(Err(Unreadable::Foreign)) => {
                self.diagnose(
                    now,
                    "storage_unreadable",
                    "the stored item is not a session record; it is left until the next login",
                );
            }
            Some(Err(Unreadable::Newer)) => {
                self.diagnose(now, "storage_newer", "the stored record was written by a later version of this library");
            }
            None => self.diagnose(now, "storage_cleared", "the stored record is gone; this tab goes on from memory"),
        }
    }

    pub(super) fn committed(&mut self, now: Now, op: StorageOp, commit: Commit) {
        let Some(write) = self.writes.remove(op) else {
            // It was given up, and comes through after all, perhaps over what this tab holds since.
            return self.save_again();
        };
        let stored = matches!(commit, Commit::Done);
        match commit {
            Commit::Done => {
                self.stored = Some(write.text.clone());
                self.unsaved = false;
                self.timers.stop(Timer::Relapse);
            }
            Commit::Failed(fault) => self.diagnose(now, "storage_write_failed", &fault.0),
            Commit::Conflict(_) if write.tries >= TRIES => {
                self.diagnose(now, "storage_contended", "the record keeps changing; this tab goes on from memory");
            }
            Commit::Conflict(found) => return self.conflicted(now, op, write, found),
        }
        self.written(now, op, *write, stored);
    }

    /// The storage has kept a write for too long: go on as if it had failed.
    pub(super) fn give_up_write(&mut self, now: Now, op: StorageOp) {
        self.committed(now, op, Commit::Failed(StorageFault("the storage did not answer in time".into())));
    }

    fn write(&mut self, mut write: Box<Write>) -> StorageOp {
        let op = StorageOp(self.next_id());
        write.text = Secret(write.record.encode());
        // Over the record of a later version goes the user's word, and nothing else.
        let is_barred = self.outdated && !matches!(write.purpose, Purpose::Begin { .. } | Purpose::End);
        let expected = self.stored.clone().filter(|_| !is_barred);
        self.act(Effect::CommitIf { op, expected, text: write.text.clone() });
        self.writes.insert(op, write);
        op
    }

    fn written(&mut self, now: Now, op: StorageOp, write: Write, stored: bool) {
        let Write { record, purpose, .. } = write;
        self.unsaved |= !stored;
        match purpose {
            Purpose::Begin { ticket, sent } => {
                let (session, stamp) = (record.session, record.stamp);
                let complete = matches!(&record.content, Content::Live(live) if live.access.is_some());
                self.put_in_force(now, record, sent);
                self.announce(session, stamp, None);
                match ticket {
                    Some(ticket) if complete => self.deliver(ticket, Delivery::Done(self.snapshot())),
                    Some(ticket) => self.want(ticket, Want::First(stamp), Patience::None),
                    None => {}
                }
            }
            Purpose::Withdrawn => {
                let Content::Live(live) = &record.content else { return };
                self.revoke_all(None, live);
                let stamp = self.next_stamp(now, record.stamp, record.stamp.generation);
                let mark = Record { stamp, session: record.session, content: Content::Ended(EndReason::Logout) };
                self.commit(mark.clone(), Purpose::End);
                self.end(now, mark);
            }
            Purpose::End => self.announce(record.session, record.stamp, Some(record.end_reason())),
            Purpose::Restore => {}
            Purpose::Journal => self.journaled(now, op, stored),
            Purpose::Renewed { over, sent } => {
                if self.is_renewable_from(&record, over) {
                    let (session, stamp) = (record.session, record.stamp);
                    self.put_in_force(now, record, sent);
                    self.finish_renewal_of(op);
                    self.announce(session, stamp, None);
                    self.hand_out(now);
                } else {
                    self.discard(&record);
                    self.finish_renewal_of(op);
                }
            }
            Purpose::Refused => {
                self.ending = self.ending.filter(|ending| *ending != op);
                if self.is_current(record.session, record.stamp) {
                    let (session, stamp, reason) = (record.session, record.stamp, record.end_reason());
                    self.revoke_at_limit(reason);
                    self.end(now, record);
                    self.finish_renewal();
                    self.announce(session, stamp, Some(reason));
                }
            }
            Purpose::Update(error) => {
                if self.is_committing(op) {
                    self.finish_renewal();
                }
                if let Some(error) = error {
                    self.fail_waiters(now, &error);
                }
            }
        }
    }

    /// Somebody else has written since this tab last looked. What they wrote decides.
    fn conflicted(&mut self, now: Now, op: StorageOp, mut write: Box<Write>, found: Option<Secret>) {
        let there = found.as_ref().and_then(|text| Record::decode(&text.0).ok());
        write.tries += 1;
        match write.purpose {
            // A login and a logout are the user's word: they come after whatever is there.
            Purpose::Begin { .. } | Purpose::End => {
                self.stored = found;
                if let Some(there) = there.filter(|there| write.record.stamp.epoch <= there.stamp.epoch) {
                    write.record.stamp = self.next_stamp(now, there.stamp, there.stamp.generation + 1);
                    if let (Auth::Out(Some(mark)), Purpose::End) = (&mut self.auth, &write.purpose) {
                        mark.stamp = write.record.stamp;
                    }
                }
                self.write(write);
            }
            Purpose::Withdrawn => {
                self.discard(&write.record);
                self.observe(now, found);
            }
            Purpose::Restore => self.observe(now, found),
            Purpose::Journal => {
                self.observe(now, found);
                self.journal_conflicted(now, op);
            }
            Purpose::Renewed { over, .. } => {
                self.observe(now, found);
                if self.outdated {
                    self.written(now, op, *write, false);
                } else if self.is_renewable_from(&write.record, over) {
                    let retried = self.write_over(write);
                    self.follow_commit(op, retried);
                } else {
                    self.discard(&write.record);
                    self.finish_renewal_of(op);
                }
            }
            Purpose::Refused | Purpose::Update(_) => {
                self.observe(now, found);
                let for_limit = self.ending == Some(op);
                if self.outdated {
                    self.written(now, op, *write, false);
                } else if self.is_current(write.record.session, write.record.stamp)
                    && (!for_limit || self.is_over_limit(now))
                {
                    let retried = self.write_over(write);
                    self.follow_commit(op, retried);
                    self.ending = if for_limit { Some(retried) } else { self.ending };
                } else {
                    self.finish_renewal_of(op);
                    if for_limit {
                        self.limit_is_off(now);
                    }
                }
            }
        }
    }

    /// Writes again what another writer came before, and keeps what that one had to say.
    fn write_over(&mut self, mut write: Box<Write>) -> StorageOp {
        if let (Auth::In(Credentials { live: found, .. }), Content::Live(ours)) =
            (&mut self.auth, &mut write.record.content)
        {
            match &write.purpose {
                Purpose::Renewed { sent, .. } => {
                    ours.active = ours.active.max(found.active);
                    ours.backoff = found.backoff.filter(|pause| pause.was_asked_after(sent.wall)).or(ours.backoff);
                }
                Purpose::Update(error) => {
                    let own = self.renewal.as_ref().and_then(|renewal| renewal.attempt);
                    let claimed = |found: Attempt| own.is_none_or(|own| own.lot != found.lot);
                    let before = found.backoff.map_or(Wall(0), |pause| pause.since);
                    if ours.backoff.is_some_and(|pause| pause.was_asked_after(before)) {
                        found.backoff = ours.backoff;
                    }
                    if error.is_some() {
                        found.backoff = ours.backoff;
                        if !found.attempt.is_some_and(claimed) {
                            found.attempt = ours.attempt;
                        }
                    }
                    *ours = found.clone();
                }
                _ => {}
            }
        }
        self.write(write)
    }

    fn put_in_force(&mut self, now: Now, record: Record, sent: Now) {
        let Content::Live(live) = record.content else { return };
        self.install(now, Credentials::new(record.session, record.stamp, live, sent), true);
        if self.is_shared() {
            self.act(Effect::RaiseFence(record.stamp));
        }
    }

    /// Writes what is new about the present state.
    pub(super) fn commit_update(&mut self) {
        if let Auth::In(credentials) = &self.auth {
            self.commit(credentials.record(), Purpose::Update(None));
        }
    }

    /// A state that the storage did not take is offered again.
    pub(super) fn save_again(&mut self) {
        match &self.auth {
            Auth::In(_) if self.unsaved => self.commit_update(),
            Auth::Out(Some(mark)) if self.unsaved => {
                let seen = self.stored.as_ref().and_then(|text| Record::decode(&text.0).ok());
                if !seen.is_some_and(|seen| self.may_be_later(&seen, mark)) {
                    self.commit(mark.clone(), Purpose::Restore);
                }
            }
            _ => {}
        }
    }

    /// Tokens that came too late: after a logout, or after another login. A later state of the
    /// same session is no reason to tell the server; that would end it.
    fn discard(&mut self, record: &Record) {
        let same = matches!(&self.auth, Auth::In(credentials) if credentials.session == record.session);
        if let (false, Content::Live(live)) = (same, &record.content) {
            self.revoke(None, live.access.as_ref(), live.refresh.as_ref(), None);
        }
    }

    /// Looks again for a record that was announced, for a while: an announcement travels faster
    /// than the write.
    fn expect_promised(&mut self, now: Now) {
        self.timers.stop(Timer::Reread);
        if self.disposed || self.promised <= self.stamp().unwrap_or_default() || self.rereads >= REREADS {
            return;
        }
        self.timers.set(Timer::Reread, now.mono + Millis(5 << self.rereads));
        self.rereads += 1;
    }

    fn is_renewable_from(&self, record: &Record, over: Stamp) -> bool {
        self.is_current(record.session, over) || !self.config.keeps(Safeguard::LogoutWins)
    }

    /// Whether that is the state in use.
    pub(super) fn is_current(&self, session: SessionId, stamp: Stamp) -> bool {
        matches!(&self.auth, Auth::In(now) if now.session == session && now.stamp == stamp)
    }
}
