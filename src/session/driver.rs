//! Drives the machine: feeds it what happened, does what it says, calls back who waits and listens.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use web_sys::Request;

use super::Session;
use super::options::{Options, Settings};
use super::storing::Storing;
use super::subscription::Listeners;
use super::turn::Turns;
use super::waiting::{Callers, Waiting};
use crate::browser::channel::Channel;
use crate::browser::clock::Clock;
use crate::browser::global::property;
use crate::browser::lifecycle::{self, Turn};
use crate::browser::listener::Listener;
use crate::browser::promise::{settled, spawn};
use crate::browser::random;
use crate::browser::storage;
use crate::browser::timer::{self, Timer};
use crate::browser::transport::{self, Envelope};
use crate::error::SessionError;
use crate::machine::table::Table;
use crate::machine::{Announcement, Effect, Event, Lease, Machine, Notice, Ticket};
use crate::protocol::{Call, Reply, Silence};
use crate::text::concat;
use crate::time::{Millis, Mono};

/// A page that is reloaded or left sees its requests fail, and runs on for some ten milliseconds: not
/// long enough to take that for a network that is down, and to tell the other tabs.
const GOING_AWAY: Millis = Millis(250);

const LOGOUT: &str = "logout";

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
    pub(super) storing: Storing,
    shared: bool,
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
            storing: Storing::new(opened.item),
            shared: opened.shared,
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
        self.push([event]);
        self.pump();
    }

    /// Takes in what happened while something else is being done.
    pub(super) fn push(&self, event: impl IntoIterator<Item = Event>) {
        self.events.borrow_mut().extend(event);
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
        self.storing.end();
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

    pub(super) fn pump(self: &Rc<Self>) {
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
            Effect::Read(_) | Effect::CommitIf { .. } => self.store(effect),
            Effect::AcquireLock => self.acquire_turn(),
            Effect::ReleaseLock => self.release_turn(),
            Effect::RaiseFence(stamp) => self.raise_fence(stamp),
            Effect::Renew(flight, call) => {
                self.send("renew", call, None, Box::new(move |reply| Event::RenewalSettled(flight, reply)));
            }
            Effect::SendLogin(ticket, call) => {
                let credentials = self.credentials.borrow_mut().remove(ticket).map(|credentials| *credentials);
                self.send("login", call, credentials, Box::new(move |reply| Event::LoginSettled(ticket, reply)));
            }
            Effect::Revoke(ticket, call) => {
                self.send(LOGOUT, call, None, Box::new(move |reply| Event::RevocationSettled(ticket, reply)));
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

    fn send(
        self: &Rc<Self>,
        operation: &'static str,
        call: Call,
        extra: Option<JsValue>,
        settled: Box<dyn FnOnce(Reply) -> Event>,
    ) {
        let driver = Rc::clone(self);
        spawn(async move {
            let outlives_page = operation == LOGOUT;
            let mut reply = driver.exchange(operation, &call, extra.as_ref(), outlives_page).await;
            let name = driver.settings.protocol.names_subject();
            if let (Some(name), Some(sent), Ok(answer)) = (name, &extra, &mut reply) {
                let subject = property(sent, name).as_string().unwrap_or_default();
                *answer = answer.clone().with_header(&concat(&["sent:", name]), &subject);
            }
            if reply == Err(Silence::Network) && !outlives_page {
                timer::sleep(GOING_AWAY).await;
            }
            driver.feed(settled(reply));
        });
    }

    /// Sends a request of the session's own, and reads the answer to its end.
    pub(super) async fn exchange(
        &self,
        operation: &str,
        call: &Call,
        extra: Option<&JsValue>,
        outlives_page: bool,
    ) -> Reply {
        let answer = match self.build(call, extra, outlives_page) {
            Ok(request) => settled(&self.send_own(&request, operation)).await,
            Err(error) => Err(error),
        };
        transport::read(answer).await
    }

    pub(super) fn build(&self, call: &Call, extra: Option<&JsValue>, outlives_page: bool) -> Result<Request, JsValue> {
        let Settings { base, protocol, .. } = &self.settings;
        transport::build(
            &protocol.request(call),
            Envelope { base, extra, outlives_page, credentials: protocol.credentials() },
        )
    }

    pub(super) fn send_own(&self, request: &Request, operation: &str) -> Promise {
        self.settings.fetch.send_own(self.settings.send.as_ref(), request, operation)
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

    fn next_ticket(&self) -> Ticket {
        let ticket = self.last_ticket.get() + 1;
        self.last_ticket.set(ticket);
        Ticket(ticket)
    }
}
