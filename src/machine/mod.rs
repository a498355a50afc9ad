//! The core: every rule about a session, and nothing else. Pure and synchronous; no clock, no
//! randomness, no browser. Events in, effects out.

mod config;
mod credentials;
mod effect;
mod event;
mod lifecycle;
mod pausing;
mod random;
mod record;
mod rejection;
mod renewal;
mod sending;
mod snapshot;
mod storing;
mod timeline;
mod timer;
mod turn;
mod waiting;

pub use config::{Config, Sharing};
pub use effect::{Announcement, Delivery, Effect, Lease, Notice};
pub use event::{Commit, Event, Flight, Lock, StorageFault, StorageOp, Ticket};
pub use record::{Attempt, Backoff, Cause, Content, Live, Record, Unreadable};
pub use snapshot::{Snapshot, Status};
pub use timeline::Entry;
pub use timer::Timer;

use std::collections::{BTreeMap, VecDeque};

use crate::error::{Code, EndReason, SessionError};
use crate::protocol::ParseJson;
use crate::time::{Mono, Now};
use crate::token::{AccessToken, Secret, Stamp};
use credentials::Credentials;
use random::Random;
use rejection::Breaker;
use renewal::{Renewal, Sent};
use storing::Write;
use timeline::Timeline;
use timer::Timers;
use waiting::{Waiter, Waiters, Want};

/// The session of one tab.
///
/// The driver's contract: call [`handle`](Self::handle) for everything that happens, with readings
/// of both clocks, the monotonic one never going back. After every call (and after
/// [`new`](Self::new)) take effects with [`poll_effect`](Self::poll_effect) until there are none, and
/// do them in that order; then be back with [`handle_timeout`](Self::handle_timeout) at the time that
/// [`poll_timeout`](Self::poll_timeout) gives, or later. Storage effects are done one after the other.
/// Every ticket is used once, and answered by exactly one [`Effect::Deliver`] unless it is aborted.
#[derive(Debug)]
pub struct Machine {
    config: Config,
    parse: ParseJson,
    random: Random,
    auth: Auth,
    /// The item's text as this tab last saw it: what a conditional write expects.
    stored: Option<Secret>,
    /// The newest state that some tab is known to have committed, whether or not the storage shows it.
    promised: Stamp,
    renewal: Option<Renewal>,
    writes: BTreeMap<StorageOp, Write>,
    flights: BTreeMap<Flight, Sent>,
    logins: BTreeMap<Ticket, Now>,
    waiters: Waiters,
    deferred: Vec<Event>,
    /// Whether the storage has refused to take the state that this tab holds.
    unsaved: bool,
    breaker: Breaker,
    /// Whether the app knows that a login is required.
    prompted: bool,
    disposed: bool,
    rereads: u32,
    last_id: u64,
    timers: Timers,
    effects: VecDeque<Effect>,
    shown: Snapshot,
    timeline: Timeline,
}

/// Whether somebody is signed in, as far as this tab knows.
#[derive(Clone, Debug)]
enum Auth {
    /// The record has not been read yet.
    Unread,
    /// Nobody; with the mark that the last session left.
    Out(Option<Record>),
    /// Somebody.
    In(Credentials),
}

impl Machine {
    /// Begins by reading the record.
    pub fn new(config: Config, seed: u64, parse: ParseJson, now: Now) -> Self {
        let mut machine = Self {
            config,
            parse,
            random: Random::new(seed),
            auth: Auth::Unread,
            stored: None,
            promised: Stamp::default(),
            renewal: None,
            writes: BTreeMap::new(),
            flights: BTreeMap::new(),
            logins: BTreeMap::new(),
            waiters: Waiters::default(),
            deferred: Vec::new(),
            unsaved: false,
            breaker: Breaker::default(),
            prompted: false,
            disposed: false,
            rereads: 0,
            last_id: 0,
            timers: Timers::default(),
            effects: VecDeque::new(),
            shown: Snapshot::starting(),
            timeline: Timeline::default(),
        };
        machine.timeline.note(now, "started", "");
        machine.read();
        machine
    }

    /// Takes in one thing that happened.
    pub fn handle(&mut self, now: Now, event: Event) {
        match event {
            Event::TokenWanted(ticket) => self.want(ticket, Want::Token),
            Event::RenewalWanted(ticket) => self.want(ticket, Want::Renewal(self.stamp())),
            Event::TokenRejected { ticket, session, stamp, replayed } => {
                self.token_rejected(now, ticket, &session, stamp, replayed);
            }
            Event::ReplayAccepted(stamp) => self.breaker.close(stamp),
            Event::Aborted(ticket) => self.waiters.remove(ticket),
            Event::LoginWanted(ticket) => self.login_wanted(now, ticket),
            Event::LoginSettled(ticket, reply) => self.login_settled(now, ticket, &reply),
            Event::Adopted(ticket, grant) => self.adopted(now, ticket, grant),
            Event::LogoutWanted(ticket) => self.logout_wanted(now, ticket),
            Event::RevocationSettled(ticket, reply) => self.revocation_settled(now, ticket, &reply),
            Event::Announced(announcement) => self.announced(now, announcement),
            Event::StorageChanged => self.read_if_shared(),
            Event::PageResumed | Event::NetworkBack => {
                self.network_may_be_back();
                self.save_again();
                self.read_if_shared();
            }
            Event::RecordRead(op, result) => self.record_read(now, op, result),
            Event::Committed(op, commit) => self.committed(now, op, commit),
            Event::LockSettled(lock) => self.lock_settled(now, lock),
            Event::RenewalSettled(flight, reply) => self.renewal_settled(now, flight, &reply),
            Event::Disposed => self.dispose(),
        }
        self.reconcile(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some(timer) = self.timers.expire(now) {
            match timer {
                Timer::Reread => {
                    self.read();
                }
                Timer::Deadline => self.renewal_overdue(now),
                Timer::Settle | Timer::Sibling => self.look(),
            }
        }
        self.reconcile(now);
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), and why.
    pub fn poll_timeout(&self) -> Option<(Mono, Timer)> {
        self.timers.next()
    }

    /// The token, if it is fresh: the way of nearly every request, without storage, JSON or an
    /// effect. Without one, send [`Event::TokenWanted`].
    pub fn lease(&self, now: Now) -> Option<Lease> {
        match &self.auth {
            Auth::In(credentials) if !self.disposed && self.usable(credentials, now) => credentials.lease(),
            _ => None,
        }
    }

    /// The session at this moment.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot { renewing: self.renewal.is_some(), ..Snapshot::starting() };
        match &self.auth {
            Auth::Unread => {}
            Auth::Out(mark) => {
                snapshot.status = Status::SignedOut;
                snapshot.renewing = false;
                snapshot.generation = mark.as_ref().map_or(0, |mark| mark.stamp.generation);
                snapshot.reason = Some(mark.as_ref().map_or(EndReason::None, Record::end_reason));
            }
            Auth::In(credentials) => {
                snapshot.status = Status::SignedIn;
                snapshot.subject = credentials.live.subject.clone();
                snapshot.obtained_at = Some(credentials.live.obtained);
                snapshot.expires_at = credentials.expires_at();
                snapshot.refresh_expires_at = credentials.refresh_expires_at();
                snapshot.generation = credentials.stamp.generation;
            }
        }
        snapshot
    }

    /// What this tab's session did and why, oldest first.
    pub fn timeline(&self) -> impl Iterator<Item = &Entry> {
        self.timeline.entries()
    }

    /// The access token, however old: for reading its claims, never for a request.
    pub fn access_token(&self) -> Option<&AccessToken> {
        match &self.auth {
            Auth::In(credentials) => credentials.live.access.as_ref(),
            _ => None,
        }
    }

    fn want(&mut self, ticket: Ticket, wants: Want) {
        let bound = match &self.auth {
            Auth::In(credentials) => Some((credentials.session.clone(), credentials.live.subject.clone())),
            _ => None,
        };
        self.waiters.add(ticket, Waiter { wants, bound });
    }

    fn dispose(&mut self) {
        self.disposed = true;
        self.timers.stop(Timer::Reread);
        if self.renewal.as_ref().is_some_and(Renewal::is_waiting) {
            self.finish_renewal();
        }
        let logins = std::mem::take(&mut self.logins).into_keys();
        let tickets = self.waiters.take().into_keys().chain(logins);
        self.effects.extend(tickets.map(disposed));
        for event in std::mem::take(&mut self.deferred) {
            if let Event::LogoutWanted(ticket) = event {
                self.effects.push_back(disposed(ticket));
            }
        }
    }

    /// Answers whoever can be answered, and starts a renewal for those who cannot.
    fn reconcile(&mut self, now: Now) {
        self.answer_waiters(now);
        if !self.waiters.is_empty() && self.renewal.is_none() && matches!(self.auth, Auth::In(_)) {
            self.begin_renewal(now);
        }
        let snapshot = self.snapshot();
        if snapshot != self.shown {
            self.shown = snapshot;
            self.notify(Notice::Changed);
        }
    }

    fn answer_waiters(&mut self, now: Now) {
        if self.disposed {
            let tickets = self.waiters.take().into_keys();
            self.effects.extend(tickets.map(disposed));
            return;
        }
        match &self.auth {
            Auth::Unread => {}
            Auth::Out(mark) => {
                let reason = mark.as_ref().map_or(EndReason::None, Record::end_reason);
                self.finish_renewal();
                for ticket in self.waiters.take().into_keys() {
                    self.require_login(now, reason);
                    self.fail(ticket, SessionError::login_required(reason));
                }
            }
            Auth::In(credentials) => {
                let credentials = credentials.clone();
                if self.renewal.as_ref().is_some_and(|renewal| renewal.is_superseded_by(&credentials)) {
                    self.finish_renewal();
                }
                for (ticket, waiter) in self.waiters.take() {
                    self.answer_waiter(now, &credentials, ticket, waiter);
                }
            }
        }
    }

    fn answer_waiter(&mut self, now: Now, credentials: &Credentials, ticket: Ticket, waiter: Waiter) {
        if !waiter.accepts(&credentials.session, credentials.live.subject.as_ref()) {
            let error = SessionError::new(Code::SubjectChanged, "another user signed in while the request was waiting");
            return self.fail(ticket, error);
        }
        let newer = |over: Option<Stamp>| over.is_some_and(|over| credentials.stamp > over);
        match waiter.wants {
            Want::Renewal(over) if newer(over) => self.deliver(ticket, Delivery::Done(self.snapshot())),
            Want::Renewal(over) => {
                let wants = Want::Renewal(over.or(Some(credentials.stamp)));
                self.waiters.add(ticket, Waiter { wants, ..waiter });
            }
            Want::Replay(over) if !newer(Some(over)) => self.waiters.add(ticket, waiter),
            Want::Token | Want::Replay(_) => match credentials.lease() {
                Some(lease) if self.usable(credentials, now) => self.deliver(ticket, Delivery::Token(lease)),
                _ => self.waiters.add(ticket, waiter),
            },
        }
    }

    /// With no renewal to be had, a rejection is the caller's to see.
    fn answer_unrenewable(&mut self, ticket: Ticket, waiter: Waiter, lease: Option<Lease>) {
        match (waiter.wants, lease) {
            (Want::Token, Some(lease)) => self.deliver(ticket, Delivery::Token(lease)),
            (Want::Replay(_), _) => self.deliver(ticket, Delivery::PassThrough),
            _ => self.fail(ticket, SessionError::new(Code::InvalidConfig, "there is no refresh token to renew with")),
        }
    }

    /// A renewal came to nothing. Whoever can do with the token there is goes on with it.
    fn fail_waiters(&mut self, now: Now, error: &SessionError) {
        let lease = match &mut self.auth {
            Auth::In(credentials) => {
                credentials.contested = false;
                credentials.lease().filter(|_| credentials.valid(now))
            }
            _ => None,
        };
        for (ticket, waiter) in self.waiters.take() {
            match (&lease, waiter.wants) {
                (Some(lease), Want::Token) => self.deliver(ticket, Delivery::Token(lease.clone())),
                _ => self.fail(ticket, error.clone()),
            }
        }
    }

    fn require_login(&mut self, now: Now, reason: EndReason) {
        if !self.prompted {
            self.prompted = true;
            self.timeline.note(now, "login_required", reason.as_str());
            self.notify(Notice::LoginRequired(reason));
        }
    }

    fn deliver(&mut self, ticket: Ticket, delivery: Delivery) {
        self.effects.push_back(Effect::Deliver(ticket, delivery));
    }

    fn fail(&mut self, ticket: Ticket, error: SessionError) {
        self.deliver(ticket, Delivery::Failed(error));
    }

    fn notify(&mut self, notice: Notice) {
        self.effects.push_back(Effect::Notify(notice));
    }

    fn diagnose(&mut self, now: Now, code: &'static str, message: impl Into<String>) {
        let message = message.into();
        self.timeline.note(now, code, message.clone());
        self.notify(Notice::Diagnostic { code, message });
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn usable(&self, credentials: &Credentials, now: Now) -> bool {
        !credentials.contested && credentials.fresh(now, self.config.margin)
    }

    fn stamp(&self) -> Option<Stamp> {
        match &self.auth {
            Auth::In(credentials) => Some(credentials.stamp),
            Auth::Out(mark) => mark.as_ref().map(|mark| mark.stamp),
            Auth::Unread => None,
        }
    }

    fn is_shared(&self) -> bool {
        matches!(self.config.sharing, Sharing::Tabs { .. })
    }
}

fn disposed(ticket: Ticket) -> Effect {
    Effect::Deliver(ticket, Delivery::Failed(SessionError::new(Code::Disposed, "the session object was disposed of")))
}
