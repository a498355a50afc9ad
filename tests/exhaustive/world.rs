//! One state of everything: the tabs, what they share, and what is on its way between them.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use tokenkeep::error::EndReason;
use tokenkeep::machine::{Commit, Config, Event, Flight, Lock, Machine, Ticket};
use tokenkeep::protocol::{Reply, Silence};
use tokenkeep::time::{Mono, Now, Wall};
use tokenkeep::token::Secret;

use crate::browser::stored_token;
use crate::ledger::Ledger;
use crate::scenario::Scenario;
use crate::server::{Answered, Server, Token};
use crate::tab::{Page, Storing, Tab};

/// What the device's clock shows when a run begins.
const EPOCH: u64 = 1_800_000_000_000;

/// What the storage holds.
pub type Text = Arc<str>;

#[derive(Clone, PartialEq, Eq)]
pub struct World {
    /// Milliseconds since the run began.
    pub time: u64,
    pub tabs: Vec<Tab>,
    /// What the storage holds in truth.
    pub stored: Text,
    pub lock: WebLock,
    /// Sorted: which was sent first is no difference.
    pub requests: Vec<Request>,
    pub server: Server,
    pub left: Budget,
    pub ledger: Ledger,
}

#[derive(Clone, PartialEq, Eq, Default, Hash)]
pub struct WebLock {
    pub holder: Option<usize>,
    pub queue: Vec<usize>,
}

/// How often what may still happen.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub struct Budget {
    pub crashes: u8,
    pub losses: u8,
    pub logouts: u8,
    pub logins: u8,
    /// Long waits although something could happen: for an answer, or for the lock.
    pub delays: u8,
    /// Long pauses in which nothing happens.
    pub pauses: u8,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Request {
    /// Gone once its page is.
    pub tab: Option<usize>,
    pub kind: Kind,
    pub answer: Option<Answered>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    Renewal { flight: Flight, token: Token, since: u64 },
    Login(Ticket),
    Logout(Option<Ticket>, Token),
}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { time, tabs, stored, lock, requests, server, left, ledger } = self;
        (time, tabs, stored, lock, server, left, ledger, requests.len()).hash(state);
        for Request { tab, kind, answer } in requests {
            let kind = match kind {
                Kind::Renewal { flight, token, since } => {
                    let rank = tab.map_or(0, |tab| tabs[tab].page.machine().rank(flight.0));
                    Kind::Renewal { flight: Flight(rank as u64), token: *token, since: *since }
                }
                other => other.clone(),
            };
            (tab, kind, answer).hash(state);
        }
    }
}

impl World {
    pub fn new(scenario: &Scenario) -> Self {
        let stored = Text::from(scenario.first_record(Wall(EPOCH)).encode());
        let mut world = Self {
            time: 0,
            tabs: Vec::new(),
            stored: stored.clone(),
            lock: WebLock::default(),
            requests: Vec::new(),
            server: Server::new(),
            left: scenario.budget,
            ledger: Ledger::default(),
        };
        for at in 0..scenario.tabs {
            let machine = world.load(&scenario.config, at as u64);
            world.tabs.push(Tab::new(machine, stored.clone()));
            world.drive(at, scenario, |_, _| {});
        }
        world
    }

    /// Lets something happen to the machine of a tab, and does at once what a browser does at once.
    pub fn drive(&mut self, at: usize, scenario: &Scenario, happen: impl FnOnce(&mut Machine, Now)) {
        let now = self.now();
        let mut machine = self.tabs[at].page.machine().clone();
        let mut events = VecDeque::new();
        happen(&mut machine, now);
        loop {
            while let Some(effect) = machine.poll_effect() {
                events.extend(self.perform(at, scenario, effect));
            }
            while scenario.stores_at_once(self, at) {
                events.extend(self.next_stored(at, false));
            }
            match events.pop_front() {
                Some(event) => machine.handle(now, event),
                None => break,
            }
        }
        let (before, page) = (self.tabs[at].page.token(), Page::new(machine));
        if let (Some(token), None, Some(EndReason::Logout)) = (before, page.token(), page.machine().snapshot().reason) {
            self.tabs[at].logged_out.push(token.family);
        }
        self.tabs[at].page = page;
    }

    pub fn tell(&mut self, at: usize, scenario: &Scenario, event: Event) {
        self.drive(at, scenario, |machine, now| machine.handle(now, event));
    }

    /// The page goes and comes back. What it has sent may still arrive.
    pub fn crash(&mut self, at: usize, scenario: &Scenario) {
        self.release(at);
        for request in &mut self.requests {
            if request.tab == Some(at) {
                request.tab = None;
                if let Kind::Renewal { flight, token, since } = &mut request.kind {
                    *flight = Flight(0);
                    self.ledger.lost(*token, *since);
                }
            }
        }
        self.requests.retain(|request| request.tab.is_some() || request.answer.is_none());
        self.requests.sort_unstable();
        let (own, held, stored) = (self.tabs[at].view.shown.clone(), self.tabs[at].page.token(), stored_token(self));
        let unseen = |tab: &Tab| tab.view.coming.iter().any(|write| write.text == own);
        let overwritten = match (held, stored) {
            (Some(held), _) => Some(held) == self.ledger.saved && Some(held) != stored,
            (None, Some(stored)) => self.ledger.logged_out.contains(&stored.family),
            (None, None) => false,
        };
        self.ledger.torn |= overwritten || self.tabs.iter().any(unseen);
        if let Some(child) = held.filter(|_| overwritten) {
            self.ledger.forgotten(Token { number: child.number.wrapping_sub(1), ..child });
        }
        for token in std::mem::take(&mut self.tabs[at].unsettled) {
            self.ledger.forgotten(token);
        }
        let seed = at as u64 + 100 * (1 + u64::from(self.tabs[at].loads));
        let machine = self.load(&scenario.config, seed);
        self.tabs[at].reload(machine);
        self.drive(at, scenario, |_, _| {});
    }

    /// The storage does the next thing that a tab has asked of it. `overtaken`: what others have
    /// written, and this tab has not seen, comes after it.
    pub fn store(&mut self, at: usize, scenario: &Scenario, overtaken: bool) {
        if let Some(event) = self.next_stored(at, overtaken) {
            self.tell(at, scenario, event);
        }
    }

    pub fn grant(&mut self, scenario: &Scenario) {
        let next = self.lock.queue.remove(0);
        self.lock.holder = Some(next);
        let fence = self.tabs.iter().filter_map(|tab| tab.fence).max();
        self.tell(next, scenario, Event::LockSettled(Lock::Granted { fence }));
    }

    pub fn serve(&mut self, at: usize, scenario: &Scenario) {
        let time = self.time;
        let request = &mut self.requests[at];
        let answer = match request.kind {
            Kind::Renewal { token, .. } => self.server.renew(token, scenario.rotation, time),
            Kind::Login(_) => self.server.log_in(),
            Kind::Logout(_, token) => self.server.log_out(token.family),
        };
        request.answer = Some(answer);
        if request.tab.is_none() {
            self.requests.remove(at);
        }
        self.requests.sort_unstable();
    }

    /// The answer to a request arrives, or the news that there will be none.
    pub fn answer(&mut self, at: usize, scenario: &Scenario) {
        let Request { tab, kind, answer } = self.requests.remove(at);
        let (Some(tab), Some(answered)) = (tab, answer) else { return };
        if let Kind::Renewal { token, since, .. } = kind {
            self.ledger.refused |= answered == Answered::Refused;
            self.ledger.answered(token, since, self.time, scenario.patience());
            self.tabs[tab].unsettled.push(token);
        }
        self.settle(tab, scenario, kind, answered.reply());
    }

    pub fn lose(&mut self, at: usize, scenario: &Scenario) {
        let Request { tab, kind, .. } = self.requests.remove(at);
        if let Kind::Renewal { token, since, .. } = kind {
            self.ledger.lost(token, since);
        }
        if let Some(tab) = tab {
            self.settle(tab, scenario, kind, Err(Silence::Network));
        }
    }

    pub fn now(&self) -> Now {
        Now { mono: Mono(1_000_000 + self.time), wall: Wall(EPOCH + self.time) }
    }

    /// How near the run is to its end. Every step must take it further, or it may never get there.
    pub fn progress(&self) -> (i64, u64, u64, i64) {
        let Budget { crashes, losses, logouts, logins, delays, pauses } = self.left;
        let asked = |tab: &Tab| i64::from(tab.loads) * 100 + i64::from(tab.asked);
        let spent = self.tabs.iter().map(asked).sum::<i64>()
            - [crashes, losses, logouts, logins, delays, pauses].map(i64::from).iter().sum::<i64>();
        let now = self.now();
        let open = |tab: &Tab| {
            100 * tab.storing.len() + 5 * tab.view.coming.len() + tab.inbox.len() + usize::from(tab.is_due(now))
        };
        let requests = |request: &Request| {
            let whole = if matches!(request.kind, Kind::Logout(..)) { 20 } else { 90 };
            if request.answer.is_some() { whole / 2 } else { whole }
        };
        let left = self.tabs.iter().map(open).sum::<usize>()
            + self.requests.iter().map(requests).sum::<usize>()
            + 2 * self.lock.queue.len();
        (spent, self.time, self.tabs.iter().map(|tab| tab.last_id).sum(), -(left as i64))
    }

    fn next_stored(&mut self, at: usize, overtaken: bool) -> Option<Event> {
        let shown = self.tabs[at].view.shown.clone();
        let told = |text: Text| Some(Secret(text.to_string()));
        Some(match self.tabs[at].storing.pop_front()? {
            Storing::Read(op) => Event::RecordRead(op, Ok(told(shown))),
            Storing::CommitIf { op, expected, text } => {
                if expected.is_some_and(|expected| *expected.0 == *shown) {
                    self.write(at, &text.0, overtaken);
                    Event::Committed(op, Commit::Done)
                } else {
                    Event::Committed(op, Commit::Conflict(told(shown)))
                }
            }
        })
    }

    fn load(&self, config: &Config, seed: u64) -> Machine {
        Machine::new(config.clone(), seed, self.now())
    }

    fn settle(&mut self, tab: usize, scenario: &Scenario, kind: Kind, reply: Reply) {
        let event = match kind {
            Kind::Renewal { flight, .. } => Event::RenewalSettled(flight, reply),
            Kind::Login(ticket) => Event::LoginSettled(ticket, reply),
            Kind::Logout(ticket, _) => Event::RevocationSettled(ticket, reply),
        };
        self.tell(tab, scenario, event);
    }
}
