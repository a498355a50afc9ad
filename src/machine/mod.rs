//! The core: every rule about a session, and nothing else. Pure and synchronous; no clock, no
//! randomness, no browser. Events in, effects out.

mod calling;
mod config;
mod credentials;
mod effect;
mod event;
mod holding;
mod lifecycle;
#[cfg(feature = "sabotage")]
mod likeness;
mod limits;
mod pausing;
mod random;
mod record;
mod rejection;
mod relapse;
mod renewal;
mod safeguard;
mod sending;
mod snapshot;
mod storing;
pub(crate) mod table;
mod timeline;
mod timer;
mod turn;
mod waiting;

pub use config::{Config, Hold, Sharing};
pub use effect::{Announcement, Delivery, Effect, Lease, Notice};
pub use event::{Commit, Event, Flight, Lock, Relogin, Resend, StorageFault, StorageOp, Ticket};
pub use limits::Limits;
pub use record::{Attempt, Backoff, Cause, Content, Live, Record, Unreadable};
pub use safeguard::Safeguard;
pub use snapshot::{Snapshot, Status};
pub use timeline::Entry;
pub use timer::Timer;

use crate::error::{Code, SessionError};
use crate::protocol::Protocol;
use crate::time::{Mono, Now, Wall};
use crate::token::{AccessToken, Secret, Stamp};
use credentials::Credentials;
use holding::{Asked, Owner, Patience};
use random::Random;
use rejection::Breaker;
use renewal::{Renewal, Sent};
use snapshot::Shown;
use storing::Write;
use table::Table;
use timeline::Timeline;
use timer::Timers;
use waiting::{Waiter, Want};

/// The session of one tab.
///
/// The driver's contract: call [`handle`](Self::handle) for everything that happens, with readings
/// of both clocks, the monotonic one never going back. After every call (and after
/// [`new`](Self::new)) take effects with [`poll_effect`](Self::poll_effect) until there are none, and
/// do them in that order; then be back with [`handle_timeout`](Self::handle_timeout) at the time that
/// [`poll_timeout`](Self::poll_timeout) gives, or later. Storage effects are done one after the other.
/// Every ticket is used once, and answered by exactly one [`Effect::Deliver`] unless it is aborted.
#[derive(Debug)]
#[cfg_attr(feature = "sabotage", derive(Clone))]
pub struct Machine {
    config: Config,
    random: Random,
    auth: Auth,
    /// The item's text as this tab last saw it: what a conditional write expects.
    stored: Option<Secret>,
    /// The newest state that some tab is known to have committed, whether or not the storage shows it.
    promised: Stamp,
    renewal: Option<Renewal>,
    writes: Table<StorageOp, Write>,
    flights: Table<Flight, Sent>,
    logins: Table<Ticket, Now>,
    waiters: Table<Ticket, Waiter>,
    /// Those who want to log out of what has not been read yet.
    deferred: Vec<Ticket>,
    /// Whether the storage has refused to take the state that this tab holds.
    unsaved: bool,
    /// Whether the last look at the storage showed nothing, because it did not answer.
    blind: bool,
    breaker: Breaker,
    /// The end of a session that this tab never had, until the record was looked at.
    rumour: Option<Record>,
    /// Whether the clock has stood before the mark of the last end: what came after it cannot be told.
    unordered: bool,
    /// Whether the app knows that a login is required.
    asked: Asked,
    /// Who was signed in last in this tab, and in which session.
    parted: Option<Owner>,
    disposed: bool,
    /// Whether the storage holds a record of a later version, which this one must leave alone.
    outdated: bool,
    /// Whether the page is looked at.
    visible: bool,
    /// The limit that the app has been warned of.
    warned: Option<Wall>,
    /// Whether the user was there when this tab took the limit to have come.
    roused: bool,
    /// The look, and then the write, that ends a session at its limit.
    ending: Option<StorageOp>,
    rereads: u32,
    last_id: u64,
    timers: Timers,
    effects: Vec<Effect>,
    shown: Shown,
    timeline: Timeline,
}

/// Whether somebody is signed in, as far as this tab knows.
#[derive(Clone, Hash, Debug)]
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
    pub fn new(config: Config, seed: u64, now: Now) -> Self {
        let mut machine = Self {
            config,
            random: Random::new(seed),
            auth: Auth::Unread,
            stored: None,
            promised: Stamp::default(),
            renewal: None,
            writes: Table::new(),
            flights: Table::new(),
            logins: Table::new(),
            waiters: Table::new(),
            deferred: Vec::new(),
            unsaved: false,
            blind: false,
            breaker: Breaker::default(),
            rumour: None,
            unordered: false,
            asked: Asked::No,
            parted: None,
            disposed: false,
            outdated: false,
            visible: true,
            warned: None,
            roused: false,
            ending: None,
            rereads: 0,
            last_id: 0,
            timers: Timers::new(),
            effects: Vec::new(),
            shown: Shown::default(),
            timeline: Timeline::default(),
        };
        machine.timeline.follow(now);
        machine.timeline.note(now, "started", "");
        machine.read();
        machine
    }

    /// Takes in one thing that happened.
    pub fn handle(&mut self, now: Now, event: Event) {
        self.timeline.follow(now);
        match event {
            Event::TokenWanted(ticket, relogin) => self.want(ticket, Want::Token, relogin.into()),
            Event::RenewalWanted(ticket) => self.want(ticket, Want::Renewal(self.stamp()), Patience::None),
            Event::TokenRejected { ticket, session, stamp, replayed, resend } => {
                self.token_rejected(now, ticket, session, stamp, replayed, resend);
            }
            Event::ReplayAccepted(stamp) => self.breaker.close(stamp),
            Event::Aborted(ticket) => {
                self.waiters.remove(ticket);
            }
            Event::LoginCancelled => self.login_cancelled(now),
            Event::LoginWanted(ticket) => self.login_wanted(now, ticket),
            Event::LoginSettled(ticket, reply) => self.login_settled(now, ticket, &reply),
            Event::Adopted(ticket, grant) => self.adopted(now, ticket, grant),
            Event::LogoutWanted(ticket) => self.logout_wanted(now, ticket),
            Event::RevocationSettled(ticket, reply) => self.revocation_settled(now, ticket, &reply),
            Event::Announced(announcement) => self.announced(now, announcement),
            Event::StorageChanged => self.read_if_shared(),
            Event::PageHidden => self.visible = false,
            Event::UserActive => self.user_active(now),
            Event::PageResumed | Event::NetworkBack => {
                self.visible |= matches!(event, Event::PageResumed);
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
        self.timeline.follow(now);
        while let Some(timer) = self.timers.expire(now) {
            match timer {
                Timer::Reread => {
                    self.read();
                }
                Timer::Deadline => self.renewal_overdue(now),
                Timer::Settle | Timer::Sibling => self.look(now),
                Timer::Limit => self.limit_due(now),
                Timer::Ahead if self.may_renew(now) => self.begin_renewal(now),
                Timer::Ahead => {}
                Timer::Relapse => self.restore(now),
                // Whoever waits is looked at in any case.
                Timer::Held => {}
            }
        }
        self.reconcile(now);
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        (!self.effects.is_empty()).then(|| self.effects.remove(0))
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), and why.
    pub fn poll_timeout(&self) -> Option<(Mono, Timer)> {
        self.timers.next()
    }

    /// The token, if it is fresh: the way of nearly every request, without storage, JSON or an
    /// effect. Without one, send [`Event::TokenWanted`].
    pub fn lease(&self, now: Now) -> Option<Lease> {
        match &self.auth {
            Auth::In(credentials) if !self.disposed && self.usable(credentials, now) && !self.is_over_limit(now) => {
                credentials.lease()
            }
            _ => None,
        }
    }

    /// How the server speaks.
    pub fn protocol(&self) -> &Protocol {
        &self.config.protocol
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

    fn dispose(&mut self) {
        self.disposed = true;
        self.timers.stop(Timer::Reread);
        self.timers.stop(Timer::Relapse);
        if self.renewal.as_ref().is_some_and(Renewal::is_waiting) {
            self.finish_renewal();
        }
        while let Some((ticket, _)) = self.waiters.pop() {
            self.fail_disposed(ticket);
        }
        while let Some((ticket, _)) = self.logins.pop() {
            self.fail_disposed(ticket);
        }
        while let Some(ticket) = self.deferred.pop() {
            self.fail_disposed(ticket);
        }
        loop {
            let Some(ticket) = self.writes.values_mut().find_map(Write::forsake) else { break };
            self.fail_disposed(ticket);
        }
    }

    /// Answers whoever can be answered, and starts a renewal for those who cannot.
    fn reconcile(&mut self, now: Now) {
        if self.is_over_limit(now) && !self.disposed {
            self.limit_due(now);
        } else {
            self.answer_waiters(now);
        }
        // Who has the turn next must find the mark, not an attempt that seems to have come to nothing.
        if matches!(self.auth, Auth::Out(_)) && self.writes.is_empty() {
            self.finish_renewal();
        }
        if !self.waiters.is_empty() && self.renewal.is_none() && self.may_renew(now) {
            self.begin_renewal(now);
        }
        self.watch_limits(now);
        self.watch_expiry(now);
        let shown = self.shown();
        if shown != self.shown {
            self.shown = shown;
            self.notify(Notice::Changed);
        }
    }

    fn deliver(&mut self, ticket: Ticket, delivery: Delivery) {
        self.act(Effect::Deliver(ticket, delivery));
    }

    fn fail(&mut self, ticket: Ticket, error: SessionError) {
        self.deliver(ticket, Delivery::Failed(error));
    }

    fn fail_with(&mut self, ticket: Ticket, code: Code, message: &str) {
        self.fail(ticket, SessionError::new(code, message));
    }

    fn fail_disposed(&mut self, ticket: Ticket) {
        self.fail_with(ticket, Code::Disposed, "the session object was disposed of");
    }

    fn notify(&mut self, notice: Notice) {
        self.act(Effect::Notify(notice));
    }

    fn act(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn diagnose(&mut self, now: Now, code: &'static str, message: &str) {
        self.timeline.note(now, code, message);
        self.notify(Notice::Diagnostic { code, message: message.into() });
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn usable(&self, credentials: &Credentials, now: Now) -> bool {
        #[cfg(feature = "sabotage")]
        if !self.config.keeps(Safeguard::SecondClock) {
            return !credentials.contested && credentials.fresh_by_wall(now, self.config.margin);
        }
        // What only a live token can renew is renewed in good time.
        let in_time = !self.config.protocol.is_sliding() || credentials.young(now);
        !credentials.contested && in_time && credentials.fresh(now, self.config.margin)
    }

    /// What buys the next access token. One that has run out buys nothing.
    fn renews_with<'a>(&self, credentials: &'a Credentials, now: Now) -> Option<&'a str> {
        let access = credentials.live.access.as_ref().filter(|_| credentials.valid(now));
        self.config.protocol.renews_with(access, credentials.live.refresh.as_ref())
    }

    fn stamp(&self) -> Option<Stamp> {
        match &self.auth {
            Auth::In(credentials) => Some(credentials.stamp),
            Auth::Out(mark) => mark.as_ref().map(|mark| mark.stamp),
            Auth::Unread => None,
        }
    }

    fn may_renew(&self, now: Now) -> bool {
        matches!(self.auth, Auth::In(_)) && !self.is_over_limit(now)
    }

    fn is_shared(&self) -> bool {
        matches!(self.config.sharing, Sharing::Tabs { .. })
    }
}
