//! Drives the machine: feeds it what happened, does what it says, calls back who waits and listens.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::JsValue;

use super::Session;
use super::options::{Options, Settings};
use super::subscription::Listeners;
use super::turn::Turns;
use super::waiting::{Callers, Waiting};
use crate::browser::channel::Channel;
use crate::browser::clock::Clock;
use crate::browser::lifecycle::{self, Turn};
use crate::browser::listener::Listener;
use crate::browser::promise::spawn;
use crate::browser::random;
use crate::browser::storage::{self, Item};
use crate::browser::timer::{self, Timer};
use crate::browser::transport::{self, Envelope};
use crate::error::SessionError;
use crate::machine::table::Table;
use crate::machine::{Announcement, Commit, Effect, Event, Lease, Machine, Notice, StorageFault, Ticket};
use crate::protocol::{Call, Reply, Silence};
use crate::time::{Millis, Mono};

/// A page that is reloaded or left sees its requests fail, and runs on for some ten milliseconds: not
/// long enough to take that for a network that is down, and to tell the other tabs.
const GOING_AWAY: Millis = Millis(250);

/// How long a storage of the app's own may keep its answer to itself. Another one answers at once.
const STORAGE_ANSWERS_WITHIN: Millis = Millis(5_000);

/// What a session consists of. The machine is borrowed only while it is asked or told something,
/// never while anything else runs.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(super) settings: Settings,
    /// The stored item, the channel and the lock all have this name.
    pub(super) key: String,
    pub(super) clock: Clock,
    pub(super) machine: RefCell<Machine>,
    pub(super) callers: Callers,
    pub(super) listeners: Rc<Listeners>,
    pub(super) turns: Turns,
    events: RefCell<VecDeque<Event>>,
    pumping: Cell<bool>,
    last_ticket: Cell<u64>,
    credentials: RefCell<Table<Ticket, JsValue>>,
    item: Item,
    shared: bool,
    storing: RefCell<VecDeque<Effect>>,
    storage_busy: Cell<bool>,
    /// Set while the storage is busy, for as long as it may still answer in time.
    storage_patience: RefCell<Option<Timer>>,
    timer: RefCell<Option<Timer>>,
    armed: Cell<Option<Mono>>,
    channel: RefCell<Option<Channel>>,
    watches: RefCell<Vec<Listener>>,
}

impl Driver {
    pub(super) fn start(options: Options) -> Result<Rc<Self>, SessionError> {
        let (settings, opened) = Settings::new(options)?;
        let clock = Clock::default();
        let machine = Machine::new(opened.config, random::seed(), clock.now());
        let driver = Rc::new(Self {
            settings,
            key: opened.key,
            clock,
            machine: RefCell::new(machine),
            callers: Callers::default(),
            listeners: Rc::default(),
            turns: Turns::default(),
            events: RefCell::default(),
            pumping: Cell::default(),
            last_ticket: Cell::default(),
            credentials: RefCell::default(),
            item: opened.item,
            shared: opened.shared,
            storing: RefCell::default(),
            storage_busy: Cell::default(),
            storage_patience: RefCell::default(),
            timer: RefCell::default(),
            armed: Cell::default(),
            channel: RefCell::default(),
            watches: RefCell::default(),
        });
        if opened.blocked {
            let message = "the browser's storage is blocked or missing; the session lasts as long as this page".into();
            driver.listeners.note(Notice::Diagnostic { code: "storage_blocked", message });
        }
        driver.watch();
        driver.begin();
        Ok(driver)
    }

    /// Takes in what happened, and does what follows.
    pub(super) fn feed(self: &Rc<Self>, event: Event) {
        self.push(event);
        self.pump();
    }

    /// Takes in what happened while something else is being done.
    pub(super) fn push(&self, event: Event) {
        self.events.borrow_mut().push_back(event);
    }

    /// Asks the machine something that it answers when it can.
    pub(super) fn ask(self: &Rc<Self>, question: impl FnOnce(Ticket) -> Event) -> Waiting {
        let ticket = self.next_ticket();
        Waiting::ask(self, ticket, question(ticket))
    }

    pub(super) fn ask_login(self: &Rc<Self>, credentials: JsValue) -> Waiting {
        let ticket = self.next_ticket();
        self.credentials.borrow_mut().insert(ticket, credentials);
        Waiting::ask(self, ticket, Event::LoginWanted(ticket))
    }

    pub(super) fn lease(&self) -> Option<Lease> {
        self.machine.borrow().lease(self.clock.now())
    }

    pub(super) fn dispose(self: &Rc<Self>) {
        self.feed(Event::Disposed);
        self.watches.take();
        self.channel.take();
        self.storage_patience.take();
        self.drop_fence();
    }

    /// What comes up in the first turn is told after it, when the app can have begun to listen.
    fn begin(self: &Rc<Self>) {
        self.listeners.busy.set(true);
        self.pump();
        if self.listeners.is_empty() {
            self.listeners.busy.set(false);
            return;
        }
        let driver = Rc::clone(self);
        spawn(async move {
            driver.listeners.busy.set(false);
            driver.tell();
        });
    }

    fn pump(self: &Rc<Self>) {
        if self.pumping.replace(true) {
            return;
        }
        loop {
            while let Some(effect) = self.next_effect() {
                self.execute(effect);
            }
            let Some(event) = self.next_event() else { break };
            self.machine.borrow_mut().handle(self.clock.now(), event);
        }
        self.pumping.set(false);
        self.arm();
        self.tell();
    }

    fn execute(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Read(_) | Effect::CommitIf { .. } => {
                self.storing.borrow_mut().push_back(effect);
                self.store();
            }
            Effect::AcquireLock => self.acquire_turn(),
            Effect::ReleaseLock => self.release_turn(),
            Effect::RaiseFence(stamp) => self.raise_fence(stamp),
            Effect::Renew(flight, call) => {
                self.send(call, None, false, Box::new(move |reply| Event::RenewalSettled(flight, reply)));
            }
            Effect::SendLogin(ticket, call) => {
                let credentials = self.credentials.borrow_mut().remove(ticket).map(|credentials| *credentials);
                self.send(call, credentials, false, Box::new(move |reply| Event::LoginSettled(ticket, reply)));
            }
            Effect::Revoke(ticket, call) => {
                self.send(call, None, true, Box::new(move |reply| Event::RevocationSettled(ticket, reply)));
            }
            Effect::Deliver(ticket, delivery) => self.callers.answer(ticket, delivery),
            Effect::Announce(announcement) => {
                if let Some(channel) = &*self.channel.borrow() {
                    channel.say(&announcement.encode());
                }
            }
            Effect::Notify(notice) => self.listeners.note(notice),
        }
    }

    /// One after the other. What is answered at once is taken in at once.
    fn store(self: &Rc<Self>) {
        if self.storage_busy.replace(true) {
            if self.storage_patience.borrow().is_none() {
                self.store_nothing();
            }
            return;
        }
        while let Some(effect) = self.next_storing() {
            let overdue = overdue(&effect);
            let driver = Rc::clone(self);
            let mut doing: Pin<Box<dyn Future<Output = Option<Event>>>> =
                Box::pin(async move { driver.use_storage(effect).await });
            match doing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(event) => self.events.borrow_mut().extend(event),
                Poll::Pending => {
                    self.lose_patience_after(overdue);
                    let driver = Rc::clone(self);
                    return spawn(async move {
                        let event = doing.await;
                        driver.storage_patience.take();
                        driver.events.borrow_mut().extend(event);
                        driver.storage_busy.set(false);
                        driver.store();
                        driver.pump();
                    });
                }
            }
        }
        self.storage_busy.set(false);
    }

    /// A storage that does not answer is one that fails, until it does.
    fn lose_patience_after(self: &Rc<Self>, overdue: Option<Event>) {
        let driver = Rc::downgrade(self);
        let mut overdue = overdue;
        let patience = Timer::after(STORAGE_ANSWERS_WITHIN, move || {
            let Some(driver) = driver.upgrade() else { return };
            driver.events.borrow_mut().extend(overdue.take());
            driver.storage_patience.take();
            driver.store_nothing();
            driver.pump();
        });
        self.storage_patience.replace(patience);
    }

    fn store_nothing(&self) {
        while let Some(effect) = self.next_storing() {
            self.events.borrow_mut().extend(overdue(&effect));
        }
    }

    async fn use_storage(&self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Read(op) => Some(Event::RecordRead(op, self.item.read().await)),
            Effect::CommitIf { op, expected, text } => {
                Some(Event::Committed(op, self.item.commit_if(expected.as_ref(), text).await))
            }
            _ => None,
        }
    }

    fn send(
        self: &Rc<Self>,
        call: Call,
        extra: Option<JsValue>,
        outlives_page: bool,
        settled: Box<dyn FnOnce(Reply) -> Event>,
    ) {
        let driver = Rc::clone(self);
        spawn(async move {
            let envelope = Envelope { base: &driver.settings.base, extra: extra.as_ref(), outlives_page };
            let request = transport::build(&call, envelope);
            let reply = transport::send(&driver.settings.fetch, request).await;
            if reply == Err(Silence::Network) && !outlives_page {
                timer::sleep(GOING_AWAY).await;
            }
            driver.feed(settled(reply));
        });
    }

    /// Listens to the page's life, and to the other tabs where there can be any. In Node there are
    /// none, and an open channel would keep the process alive.
    fn watch(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let mut watches = lifecycle::watch(self.settings.idle, move |turn| {
            if let Some(driver) = weak.upgrade() {
                driver.live(turn);
            }
        });
        if self.shared && !watches.is_empty() {
            self.open_channel();
            let weak = Rc::downgrade(self);
            watches.extend(storage::watch(self.key.clone(), move || {
                if let Some(driver) = weak.upgrade() {
                    driver.feed(Event::StorageChanged);
                }
            }));
        }
        self.watches.replace(watches);
    }

    fn live(self: &Rc<Self>, turn: Turn) {
        match turn {
            // An open channel keeps a page out of the back/forward cache, too.
            Turn::Left => {
                self.channel.take();
                self.drop_fence();
            }
            Turn::Hidden => self.feed(Event::PageHidden),
            Turn::Resumed => {
                if self.shared && self.channel.borrow().is_none() {
                    self.open_channel();
                }
                self.wake();
                self.feed(Event::PageResumed);
            }
            Turn::Online => self.feed(Event::NetworkBack),
            Turn::Active => self.feed(Event::UserActive),
        }
    }

    fn open_channel(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let channel = Channel::open(&self.key, move |text| {
            if let (Some(driver), Some(announcement)) = (weak.upgrade(), Announcement::decode(&text)) {
                driver.feed(Event::Announced(announcement));
            }
        });
        self.channel.replace(channel);
    }

    fn arm(self: &Rc<Self>) {
        let due = self.machine.borrow().poll_timeout().map(|(due, _)| due);
        if due == self.armed.get() {
            return;
        }
        let timer = due.and_then(|due| {
            let weak = Rc::downgrade(self);
            Timer::after(due - self.clock.now().mono, move || {
                if let Some(driver) = weak.upgrade() {
                    driver.wake();
                }
            })
        });
        self.armed.set(due.filter(|_| timer.is_some()));
        self.timer.replace(timer);
    }

    fn wake(self: &Rc<Self>) {
        self.armed.set(None);
        self.machine.borrow_mut().handle_timeout(self.clock.now());
        self.pump();
    }

    fn tell(self: &Rc<Self>) {
        self.listeners.tell(&Session(Rc::clone(self)));
    }

    fn next_effect(&self) -> Option<Effect> {
        self.machine.borrow_mut().poll_effect()
    }

    fn next_event(&self) -> Option<Event> {
        self.events.borrow_mut().pop_front()
    }

    fn next_storing(&self) -> Option<Effect> {
        self.storing.borrow_mut().pop_front()
    }

    fn next_ticket(&self) -> Ticket {
        let ticket = self.last_ticket.get() + 1;
        self.last_ticket.set(ticket);
        Ticket(ticket)
    }
}

/// What the machine is told where the storage does not answer.
fn overdue(effect: &Effect) -> Option<Event> {
    let fault = StorageFault("the storage did not answer in time".into());
    match effect {
        Effect::Read(op) => Some(Event::RecordRead(*op, Err(fault))),
        Effect::CommitIf { op, .. } => Some(Event::Committed(*op, Commit::Failed(fault))),
        _ => None,
    }
}
