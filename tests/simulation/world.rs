//! One run: a device with its tabs, the server, what is between them, and virtual time.

use std::collections::BTreeMap;

use tokenkeep::machine::{Config, Effect, Event, Hold, Limits, Lock, Machine, Safeguard, Ticket};
use tokenkeep::protocol::Protocol;
use tokenkeep::time::Millis;

use crate::climate::Climate;
use crate::device::{Locks, Tab};
use crate::history::{Caller, Errand, History};
use crate::network::{AppAnswer, Parcel, Reply};
use crate::queue::Queue;
use crate::rng::Rng;
use crate::server::Server;
use crate::trace::Trace;
use crate::{at_rest, invariants};

/// After this a renewal, or the wait for the turn, is overdue.
pub const TIMEOUT: u64 = 30_000;
pub const MARGIN: u64 = 10_000;
/// A request waits for a login no longer than this.
const DEADLINE: u64 = 90_000;
/// No run needs more steps than this.
const MOST_STEPS: u64 = 300_000;

pub struct World {
    pub climate: Climate,
    pub rng: Rng,
    pub server: Server,
    pub tabs: Vec<Tab>,
    pub locks: Locks,
    pub queue: Queue<Happening>,
    /// What the storage holds, as the browser knows it.
    pub central: Option<String>,
    pub history: History,
    pub trace: Trace,
    pub time: u64,
    /// How far the device's wall clock is ahead of true time.
    pub skew: i64,
    pub online: bool,
    pub storage_full: bool,
    /// Takes nothing at all.
    pub storage_broken: bool,
    pub full_until: u64,
    /// The faults are over; what is wrong now will stay wrong.
    pub calm: bool,
    pub config: Config,
    pub violation: Option<String>,
    pub flights: BTreeMap<(usize, u32, u64), usize>,
    tickets: u64,
}

pub enum Happening {
    /// People and devices do something.
    Act,
    /// A parcel reaches the server.
    Arrive(Parcel),
    /// An answer, or the certainty that there is none, reaches a page.
    Reply(Reply),
    AppReply(AppAnswer),
    /// The lock is given to a tab.
    Grant(crate::device::Claim),
    /// A page hears of something.
    Tell {
        tab: usize,
        life: u32,
        event: Event,
    },
    /// A write reaches the browser.
    Publish {
        tab: usize,
        life: u32,
        text: Option<String>,
    },
    /// What a page sees in the storage changes.
    Show {
        tab: usize,
        life: u32,
        text: Option<String>,
    },
    /// A page's own write is confirmed.
    Confirm {
        tab: usize,
        life: u32,
    },
    /// A slow storage does what it was asked.
    Store {
        tab: usize,
        life: u32,
    },
    /// A slow storage has not done yet what it was asked.
    Overdue {
        tab: usize,
        life: u32,
        nth: u64,
    },
    Open(usize),
    Thaw(usize, u32),
    Awake,
    Online,
    Roomy,
    LogIn(usize),
    LastCall,
    Calm,
    End,
}

/// What came of a run.
pub struct Outcome {
    pub violation: Option<String>,
    pub trace: Trace,
    pub counts: BTreeMap<&'static str, u64>,
    pub climate: Climate,
}

impl World {
    pub fn new(seed: u64, without: Option<Safeguard>, keep_trace: bool) -> Self {
        let mut rng = Rng::new(seed);
        let climate = Climate::of(&mut rng);
        let config = configure(&climate, without);
        let server = Server::new(&climate, seed, rng.within(0, 7_200_000));
        let mut world = Self {
            tabs: (0..climate.tabs).map(|_| Tab::closed()).collect(),
            queue: Queue::default(),
            locks: Locks::default(),
            central: None,
            history: History::default(),
            trace: Trace::new(keep_trace),
            time: 1,
            skew: 0,
            online: true,
            storage_full: false,
            storage_broken: false,
            full_until: 0,
            calm: false,
            violation: None,
            flights: BTreeMap::new(),
            tickets: 0,
            climate,
            rng,
            server,
            config,
        };
        for tab in 0..world.tabs.len() {
            world.queue.put(1, Happening::Open(tab));
        }
        world.queue.put(5, Happening::LogIn(0));
        world.queue.put(10, Happening::Act);
        world.queue.put(world.climate.duration, Happening::Calm);
        world
    }

    pub fn run(mut self) -> Outcome {
        let mut steps = 0;
        while self.violation.is_none() && self.step() {
            steps += 1;
            if steps > MOST_STEPS {
                self.violation = Some("it never comes to rest".into());
            }
        }
        for tab in 0..self.tabs.len() {
            self.look_back(tab);
        }
        if let Some(line) = self.trace.leaked.take() {
            self.violation.get_or_insert(format!("no_token_in_any_trace: {line}"));
        }
        let Self { violation, trace, climate, history, .. } = self;
        Outcome { violation, trace, climate, counts: history.counts }
    }

    /// What a page's machine can tell before it goes. It must not tell a token.
    pub fn look_back(&mut self, tab: usize) {
        let Some(machine) = &self.tabs[tab].machine else { return };
        self.trace.note(self.time, format_args!("{tab} was {machine:?}"));
        for entry in machine.timeline() {
            self.history.count(entry.what);
        }
    }

    pub fn blame(&mut self, verdict: Result<(), String>) {
        if let Err(violation) = verdict {
            self.violation.get_or_insert(violation);
        }
    }

    pub fn wall(&self) -> u64 {
        (crate::device::EPOCH + self.time).saturating_add_signed(self.skew)
    }

    /// Has a caller ask the machine of a tab for something.
    pub fn ask(&mut self, tab: usize, errand: Errand, event: impl FnOnce(Ticket) -> Event) {
        self.ask_for(tab, errand, self.tabs[tab].subject, event);
    }

    /// The same, for whoever has made the request.
    pub fn ask_for(
        &mut self,
        tab: usize,
        errand: Errand,
        owner: Option<&'static str>,
        event: impl FnOnce(Ticket) -> Event,
    ) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let life = self.tabs[tab].life;
        let caller = Caller { tab, life, asked: self.time, errand, aborted: false, answer: None, owner };
        self.history.callers.insert(ticket, caller);
        self.tell(tab, event(ticket));
    }

    /// Lets a page know, now or when it is able to hear.
    pub fn tell(&mut self, tab: usize, event: Event) {
        let Tab { machine, frozen, mailbox, inbox, .. } = &mut self.tabs[tab];
        match (machine, frozen) {
            (None, _) => {}
            (Some(_), Some(_)) => mailbox.push(event),
            (Some(_), None) => {
                inbox.push_back(event);
                self.run_tab(tab);
            }
        }
    }

    /// Until the page has nothing left to do at this moment.
    pub fn run_tab(&mut self, tab: usize) {
        loop {
            while let Some(effect) = self.tabs[tab].machine.as_mut().and_then(Machine::poll_effect) {
                self.trace.note(self.time, format_args!("{tab} > {effect:?}"));
                self.perform(tab, effect);
            }
            let Some(event) = self.tabs[tab].inbox.pop_front() else { return };
            self.trace.note(self.time, format_args!("{tab} < {event:?}"));
            self.before(tab, &event);
            let now = self.tabs[tab].now(self.time, self.skew);
            if let Some(machine) = &mut self.tabs[tab].machine {
                machine.handle(now, event);
            }
            self.after(tab);
        }
    }

    fn step(&mut self) -> bool {
        let wake = (0..self.tabs.len())
            .filter_map(|tab| self.tabs[tab].wake_at(self.climate.throttle).map(|at| (at, tab)))
            .min();
        let next = self.queue.next_at();
        match (wake, next) {
            (Some((at, tab)), _) if next.is_none_or(|next| at <= next) => {
                self.time = self.time.max(at);
                let now = self.tabs[tab].now(self.time, self.skew);
                if let Some(machine) = &mut self.tabs[tab].machine {
                    self.trace.note(self.time, format_args!("{tab} ! {:?}", machine.poll_timeout()));
                    machine.handle_timeout(now);
                }
                self.after(tab);
                self.run_tab(tab);
            }
            (_, Some(at)) => {
                self.time = self.time.max(at);
                match self.queue.take() {
                    Some(Happening::End) => {
                        let verdict = at_rest::at_the_end(self);
                        self.blame(verdict);
                        return false;
                    }
                    Some(thing) => self.happen(thing),
                    None => return false,
                }
            }
            _ => return false,
        }
        let verdict = invariants::nothing_live_is_stored_after_logout(self);
        self.blame(verdict);
        true
    }

    fn happen(&mut self, thing: Happening) {
        match thing {
            Happening::Act => self.act(),
            Happening::Arrive(parcel) => self.arrive(parcel),
            Happening::Reply(reply) => self.reply(reply),
            Happening::AppReply(answer) => self.app_reply(answer),
            Happening::Grant(claim) if self.locks.holder == Some(claim) => {
                let fence = self.tabs.iter().filter_map(|tab| tab.fence).max();
                self.tell(claim.tab, Event::LockSettled(Lock::Granted { fence }));
            }
            Happening::Grant(_) => {}
            Happening::Tell { tab, life, event } => {
                let Tab { life: current, frozen, .. } = &self.tabs[tab];
                if *current == life && *frozen != Some(crate::device::Frozen::Cache) {
                    self.tell(tab, event);
                }
            }
            Happening::Publish { tab, life, text } => self.publish(tab, life, text),
            Happening::Show { tab, life, text } => self.show(tab, life, text),
            Happening::Confirm { tab, life } => self.confirm(tab, life),
            Happening::Store { tab, life } => self.store_slowly(tab, life),
            Happening::Overdue { tab, life, nth } => self.storage_overdue(tab, life, nth),
            Happening::Open(tab) => self.open(tab),
            Happening::Thaw(tab, life) if self.tabs[tab].life == life => self.thaw(tab),
            Happening::Thaw(..) => {}
            Happening::Awake => self.awake(),
            Happening::Online => self.back_online(),
            Happening::Roomy => self.storage_mends(),
            Happening::LogIn(tab) => self.log_in(tab),
            Happening::LastCall => self.last_call(),
            Happening::Calm => self.calm_down(),
            Happening::End => {}
        }
    }

    fn perform(&mut self, tab: usize, effect: Effect) {
        let life = self.tabs[tab].life;
        match effect {
            Effect::Read(_) | Effect::CommitIf { .. } => self.store(tab, effect),
            Effect::AcquireLock if self.climate.locks => {
                self.locks.ask(tab);
                self.pass_on_lock();
            }
            Effect::AcquireLock => self.tabs[tab].inbox.push_back(Event::LockSettled(Lock::Unavailable)),
            Effect::ReleaseLock => {
                self.locks.drop_of(tab);
                self.pass_on_lock();
            }
            Effect::RaiseFence(stamp) => {
                self.tabs[tab].fence = Some(stamp);
                let unsaved = self.storage_full || self.time < self.tabs[tab].stuck_until;
                self.history.in_force(tab, life, unsaved);
            }
            Effect::Renew(flight, call) => self.send_renewal(tab, flight, &call),
            Effect::SendLogin(ticket, _) => self.send_login(tab, ticket),
            Effect::Revoke(ticket, call) => self.send_revocation(tab, ticket, &call),
            Effect::Deliver(ticket, delivery) => self.delivered(tab, ticket, delivery),
            Effect::Announce(announcement) => {
                for other in (0..self.tabs.len()).filter(|other| *other != tab) {
                    let at = self.time + self.rng.within(0, self.climate.chatter);
                    let event = Event::Announced(announcement.clone());
                    self.queue.put(at, Happening::Tell { tab: other, life: self.tabs[other].life, event });
                }
            }
            Effect::Notify(notice) => self.noticed(tab, &notice),
        }
    }

    pub fn pass_on_lock(&mut self) {
        if let Some(claim) = self.locks.pass_on() {
            let at = self.time + self.rng.within(0, 2);
            self.queue.put(at, Happening::Grant(claim));
        }
    }
}

fn configure(climate: &Climate, without: Option<Safeguard>) -> Config {
    let mut config =
        Config { margin: Millis(MARGIN), timeout: Millis(TIMEOUT), ahead: climate.ahead, ..Config::default() };
    config.limits = Limits { idle: climate.idle.map(Millis), absolute: climate.absolute.map(Millis), ..config.limits };
    if !climate.idempotency {
        config.protocol = Protocol::parse(r#"{"idempotencyHeader":false}"#).expect("a protocol");
    }
    config.hold = Hold { limit: 3, deadline: Millis(DEADLINE) };
    config.without = without;
    config
}
