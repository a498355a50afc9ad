//! Tabs of one browser around real machines: virtual time, one storage, one lock, one message bus.
//! Nothing happens by itself but what a browser does at once; the network is the test's.

mod browser;
mod deeds;

use std::collections::{BTreeMap, VecDeque};

pub use browser::{Kind, Locks, Request, Storage};
use tokenkeep::error::SessionError;
use tokenkeep::machine::{
    Announcement, Config, Delivery, Event, Lease, Machine, Notice, Record, Relogin, Resend, Ticket,
};
use tokenkeep::protocol::{Grant, Reply};
use tokenkeep::time::{Mono, Now, Wall};
use tokenkeep::token::Stamp;

use crate::answers::{granted_to, lost};

/// What the device's clock shows when a world begins.
pub const EPOCH: u64 = 1_800_000_000_000;

pub struct World {
    pub storage: Storage,
    pub locks: Locks,
    /// Whether tabs hear of what other tabs do.
    pub deaf: bool,
    pub config: Config,
    tabs: Vec<Tab>,
    wire: Vec<Request>,
    answers: BTreeMap<Ticket, Delivery>,
    tickets: u64,
    time: u64,
}

/// One tab: its machine, and what it has told the app.
pub struct Tab {
    pub machine: Machine,
    pub notices: Vec<Notice>,
    pub announcements: Vec<Announcement>,
    /// How far this tab's wall clock is ahead of true time.
    pub skew: i64,
    opened: u64,
    fence: Option<Stamp>,
    asleep: bool,
    inbox: VecDeque<Event>,
}

impl World {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        Self {
            storage: Storage::default(),
            locks: Locks::default(),
            deaf: false,
            config,
            tabs: Vec::new(),
            wire: Vec::new(),
            answers: BTreeMap::new(),
            tickets: 0,
            time: 0,
        }
    }

    /// So many tabs, in which susan is signed in with the first pair of tokens.
    pub fn signed_in(tabs: usize) -> Self {
        Self::signed_in_with(Config::default(), tabs)
    }

    pub fn signed_in_with(config: Config, tabs: usize) -> Self {
        let mut world = Self::with(config);
        for _ in 0..tabs {
            world.open();
        }
        world.log_in(0, "susan", 1);
        for tab in &mut world.tabs {
            tab.notices.clear();
            tab.announcements.clear();
        }
        world
    }

    /// Opens a tab, which reads the record.
    pub fn open(&mut self) -> usize {
        let tab = self.tabs.len();
        let fresh = self.load(tab, 0);
        self.tabs.push(fresh);
        self.run();
        tab
    }

    /// The page goes, with all that it waited for, and comes back.
    pub fn reload(&mut self, tab: usize) {
        self.vanish(tab);
        let skew = self.tabs[tab].skew;
        self.tabs[tab] = self.load(tab, skew);
        self.run();
    }

    /// The page goes, with all that it waited for.
    pub fn vanish(&mut self, tab: usize) {
        self.wire.retain(|request| request.tab != tab);
        self.storage.waiting.retain(|(owner, _)| *owner != tab);
        self.tabs[tab].fence = None;
        self.tabs[tab].asleep = true;
        self.release(tab);
        self.run();
    }

    /// The page stops: no timer, no event. It keeps its lock.
    pub fn sleep(&mut self, tab: usize) {
        self.tabs[tab].asleep = true;
    }

    pub fn wake(&mut self, tab: usize) {
        self.tabs[tab].asleep = false;
        self.tell(tab, Event::PageResumed);
    }

    pub fn log_in(&mut self, tab: usize, subject: &str, n: u64) {
        let ticket = self.want_login(tab);
        self.answer(Kind::Login(ticket), granted_to(subject, n));
        assert!(matches!(self.told(ticket), Some(Delivery::Done(_))), "{:?}", self.told(ticket));
    }

    pub fn want_login(&mut self, tab: usize) -> Ticket {
        self.ask(tab, Event::LoginWanted)
    }

    pub fn want(&mut self, tab: usize) -> Ticket {
        self.ask(tab, |ticket| Event::TokenWanted(ticket, Relogin::Reject))
    }

    /// The same, for a request that waits for a login if need be.
    pub fn hold(&mut self, tab: usize) -> Ticket {
        self.ask(tab, |ticket| Event::TokenWanted(ticket, Relogin::Hold))
    }

    pub fn want_renewal(&mut self, tab: usize) -> Ticket {
        self.ask(tab, Event::RenewalWanted)
    }

    pub fn log_out(&mut self, tab: usize) -> Ticket {
        self.ask(tab, Event::LogoutWanted)
    }

    pub fn adopt(&mut self, tab: usize, grant: Grant) -> Ticket {
        self.ask(tab, |ticket| Event::Adopted(ticket, grant))
    }

    /// The app's API answered 401 to a request with this token.
    pub fn reject(&mut self, tab: usize, lease: &Lease) -> Ticket {
        self.reject_with(tab, lease, Resend::default())
    }

    /// The same, where this is known about the request.
    pub fn reject_with(&mut self, tab: usize, lease: &Lease, resend: Resend) -> Ticket {
        let (session, stamp) = (lease.session, lease.stamp);
        self.ask(tab, |ticket| Event::TokenRejected { ticket, session, stamp, replayed: false, resend })
    }

    /// It answered 401 to the second try as well.
    pub fn reject_replay(&mut self, tab: usize, lease: &Lease) -> Ticket {
        let (session, stamp) = (lease.session, lease.stamp);
        self.ask(tab, |ticket| Event::TokenRejected {
            ticket,
            session,
            stamp,
            replayed: true,
            resend: Resend::default(),
        })
    }

    /// Lets the machine of `tab` know, and all that follows happen.
    pub fn tell(&mut self, tab: usize, event: Event) {
        self.tabs[tab].inbox.push_back(event);
        self.run();
    }

    /// Answers a request that was made.
    pub fn answer(&mut self, kind: Kind, reply: Reply) {
        let at = self.wire.iter().position(|request| request.kind == kind).expect("no such request");
        self.answer_at(at, reply);
    }

    /// Answers the renewal that has waited longest.
    pub fn answer_renewal(&mut self, reply: Reply) {
        let renewal = |request: &Request| matches!(request.kind, Kind::Renewal(_));
        let at = self.wire.iter().position(renewal).expect("no renewal was sent");
        self.answer_at(at, reply);
    }

    /// Nothing more comes of any request that was made.
    pub fn lose_all(&mut self) {
        while !self.wire.is_empty() {
            self.answer_at(0, lost());
        }
    }

    /// Lets so many milliseconds pass.
    pub fn pass(&mut self, millis: u64) {
        let until = self.time + millis;
        while let Some((at, tab)) = self.next_wake().filter(|(at, _)| *at <= until) {
            self.time = self.time.max(at);
            let now = self.now(tab);
            self.tabs[tab].machine.handle_timeout(now);
            self.run();
        }
        self.time = until;
    }

    /// Until the next renewal is on its way: the turn and the look before it take a moment.
    pub fn pass_the_turn(&mut self) {
        self.pass(if self.locks.unavailable { 500 } else { 100 });
    }

    /// Does the storage operation that has waited longest.
    pub fn storage_step(&mut self) {
        let (tab, effect) = self.storage.waiting.pop_front().expect("no storage operation is waiting");
        self.store(tab, effect);
        self.run();
    }

    pub fn storage_flush(&mut self) {
        while !self.storage.waiting.is_empty() {
            self.storage_step();
        }
    }

    pub fn tab(&self, tab: usize) -> &Tab {
        &self.tabs[tab]
    }

    pub fn tab_mut(&mut self, tab: usize) -> &mut Tab {
        &mut self.tabs[tab]
    }

    pub fn told(&self, ticket: Ticket) -> Option<&Delivery> {
        self.answers.get(&ticket)
    }

    pub fn lease(&self, tab: usize) -> Option<Lease> {
        self.tabs[tab].machine.lease(self.now(tab))
    }

    /// The tokens' number, where this caller was given a token.
    pub fn token_of(&self, ticket: Ticket) -> Option<u64> {
        match self.told(ticket) {
            Some(Delivery::Token(lease)) => lease.token.expose().strip_prefix("access-")?.parse().ok(),
            _ => None,
        }
    }

    pub fn error_of(&self, ticket: Ticket) -> Option<&SessionError> {
        match self.told(ticket) {
            Some(Delivery::Failed(error)) => Some(error),
            _ => None,
        }
    }

    pub fn renewals(&self) -> Vec<&Request> {
        self.wire.iter().filter(|request| matches!(request.kind, Kind::Renewal(_))).collect()
    }

    pub fn revocations(&self) -> Vec<&Request> {
        self.wire.iter().filter(|request| matches!(request.kind, Kind::Revocation(_))).collect()
    }

    pub fn record(&self) -> Option<Record> {
        Record::decode(self.storage.text.as_ref()?).ok()
    }

    pub fn now(&self, tab: usize) -> Now {
        let Tab { opened, skew, .. } = &self.tabs[tab];
        self.clocks(*opened, *skew)
    }

    fn clocks(&self, opened: u64, skew: i64) -> Now {
        Now { mono: Mono(self.time - opened), wall: Wall((EPOCH + self.time).saturating_add_signed(skew)) }
    }

    fn load(&self, tab: usize, skew: i64) -> Tab {
        let seed = tab as u64 + 1000 * self.time;
        let machine = Machine::new(self.config.clone(), seed, self.clocks(self.time, skew));
        Tab {
            machine,
            notices: Vec::new(),
            announcements: Vec::new(),
            skew,
            opened: self.time,
            fence: None,
            asleep: false,
            inbox: VecDeque::new(),
        }
    }

    fn ask(&mut self, tab: usize, event: impl FnOnce(Ticket) -> Event) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.tell(tab, event(ticket));
        ticket
    }

    fn answer_at(&mut self, at: usize, reply: Reply) {
        let Request { tab, kind, .. } = self.wire.remove(at);
        let event = match kind {
            Kind::Renewal(flight) => Event::RenewalSettled(flight, reply),
            Kind::Login(ticket) => Event::LoginSettled(ticket, reply),
            Kind::Revocation(ticket) => Event::RevocationSettled(ticket, reply),
        };
        self.tell(tab, event);
    }

    fn next_wake(&self) -> Option<(u64, usize)> {
        let awake = self.tabs.iter().enumerate().filter(|(_, tab)| !tab.asleep);
        awake.filter_map(|(at, tab)| tab.machine.poll_timeout().map(|(when, _)| (tab.opened + when.0, at))).min()
    }
}

impl Tab {
    /// It goes on, and nobody tells it so.
    pub fn rouse(&mut self) {
        self.asleep = false;
    }

    /// How often the app was asked to have the user log in.
    pub fn prompts(&self) -> usize {
        self.notices.iter().filter(|notice| matches!(notice, Notice::LoginRequired(_))).count()
    }

    pub fn diagnostics(&self) -> Vec<&'static str> {
        let codes = self.notices.iter().filter_map(|notice| match notice {
            Notice::Diagnostic { code, .. } => Some(*code),
            _ => None,
        });
        codes.collect()
    }

    pub fn timeline(&self) -> Vec<&'static str> {
        self.machine.timeline().map(|entry| entry.what).collect()
    }
}

pub const fn secs(seconds: u64) -> u64 {
    seconds * 1000
}

/// Long enough for the access token to run out.
pub const EXPIRY: u64 = secs(crate::answers::LIFE);

/// A renewal's bound.
pub const TIMEOUT: u64 = secs(30);

/// How long a tab waits for another one.
pub const PATIENCE: u64 = TIMEOUT + TIMEOUT / 4;
