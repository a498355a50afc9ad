//! What a browser does at once: the storage, the lock, the message bus, and the wire up to the server.

use std::collections::VecDeque;

use tokenkeep::machine::{Announcement, Commit, Effect, Event, Flight, Lock, StorageFault, Ticket};
use tokenkeep::protocol::{self, Call};
use tokenkeep::token::Secret;

use super::World;

#[derive(Default)]
pub struct Storage {
    pub text: Option<String>,
    /// Why it gives or takes nothing.
    pub fault: Option<&'static str>,
    pub full: bool,
    /// Whether operations wait for [`World::storage_step`].
    pub slow: bool,
    pub(super) waiting: VecDeque<(usize, Effect)>,
}

#[derive(Default)]
pub struct Locks {
    pub unavailable: bool,
    holder: Option<usize>,
    queue: VecDeque<usize>,
}

/// One request that is waiting for its answer.
#[derive(Debug)]
pub struct Request {
    pub tab: usize,
    pub kind: Kind,
    pub sent: protocol::Request,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Renewal(Flight),
    Login(Ticket),
    Revocation(Option<Ticket>),
}

impl World {
    pub(super) fn run(&mut self) {
        loop {
            let mut idle = true;
            for tab in 0..self.tabs.len() {
                if self.tabs[tab].asleep {
                    continue;
                }
                while let Some(effect) = self.tabs[tab].machine.poll_effect() {
                    idle = false;
                    self.perform(tab, effect);
                }
                if let Some(event) = self.tabs[tab].inbox.pop_front() {
                    idle = false;
                    let now = self.now(tab);
                    self.tabs[tab].machine.handle(now, event);
                }
            }
            if idle {
                return;
            }
        }
    }

    fn perform(&mut self, tab: usize, effect: Effect) {
        match effect {
            Effect::Read(_) | Effect::CommitIf { .. } if self.storage.slow => {
                self.storage.waiting.push_back((tab, effect));
            }
            Effect::Read(_) | Effect::CommitIf { .. } => self.store(tab, effect),
            Effect::AcquireLock => self.acquire(tab),
            Effect::ReleaseLock => self.release(tab),
            Effect::RaiseFence(stamp) => self.tabs[tab].fence = Some(stamp),
            Effect::Renew(flight, call) => self.send(tab, Kind::Renewal(flight), &call),
            Effect::SendLogin(ticket, call) => self.send(tab, Kind::Login(ticket), &call),
            Effect::Revoke(ticket, call) => self.send(tab, Kind::Revocation(ticket), &call),
            Effect::Deliver(ticket, delivery) => {
                let before = self.answers.insert(ticket, delivery);
                assert_eq!(before, None, "{ticket:?} was answered twice");
            }
            Effect::Announce(announcement) => {
                self.tabs[tab].announcements.push(announcement.clone());
                let text = announcement.encode();
                assert_eq!(Announcement::decode(&text), Some(announcement.clone()), "{text}");
                self.others(tab, &Event::Announced(announcement));
            }
            Effect::Notify(notice) => self.tabs[tab].notices.push(notice),
        }
    }

    fn send(&mut self, tab: usize, kind: Kind, call: &Call) {
        let sent = self.tabs[tab].machine.protocol().request(call);
        self.wire.push(Request { tab, kind, sent });
    }

    pub(super) fn store(&mut self, tab: usize, effect: Effect) {
        let fault = self.storage.fault.map(|what| StorageFault(what.into()));
        let held = self.storage.text.clone().map(Secret);
        let event = match (effect, fault) {
            (Effect::Read(op), Some(fault)) => Event::RecordRead(op, Err(fault)),
            (Effect::Read(op), None) => Event::RecordRead(op, Ok(held)),
            (Effect::CommitIf { op, .. }, Some(fault)) => Event::Committed(op, Commit::Failed(fault)),
            (Effect::CommitIf { op, expected, .. }, None) if expected != held => {
                Event::Committed(op, Commit::Conflict(held))
            }
            (Effect::CommitIf { op, .. }, None) if self.storage.full => {
                Event::Committed(op, Commit::Failed(StorageFault("the quota is used up".into())))
            }
            (Effect::CommitIf { op, text, .. }, None) => {
                self.storage.text = Some(text.0);
                self.others(tab, &Event::StorageChanged);
                Event::Committed(op, Commit::Done)
            }
            (other, _) => panic!("{other:?} is no storage operation"),
        };
        self.tabs[tab].inbox.push_back(event);
    }

    fn others(&mut self, tab: usize, event: &Event) {
        for (at, other) in self.tabs.iter_mut().enumerate() {
            if at != tab && !self.deaf && !other.asleep {
                other.inbox.push_back(event.clone());
            }
        }
    }

    fn acquire(&mut self, tab: usize) {
        if self.locks.unavailable {
            return self.tabs[tab].inbox.push_back(Event::LockSettled(Lock::Unavailable));
        }
        self.locks.queue.push_back(tab);
        self.grant();
    }

    pub(super) fn release(&mut self, tab: usize) {
        self.locks.queue.retain(|waiting| *waiting != tab);
        if self.locks.holder == Some(tab) {
            self.locks.holder = None;
        }
        self.grant();
    }

    fn grant(&mut self) {
        if self.locks.holder.is_none()
            && let Some(next) = self.locks.queue.pop_front()
        {
            self.locks.holder = Some(next);
            let fence = self.tabs.iter().filter_map(|tab| tab.fence).max();
            self.tabs[next].inbox.push_back(Event::LockSettled(Lock::Granted { fence }));
        }
    }
}

impl Locks {
    pub fn holder(&self) -> Option<usize> {
        self.holder
    }
}

impl Request {
    /// The number of the refresh token that it carries.
    pub fn refresh(&self) -> Option<u64> {
        let (_, token) = self.sent.fields.iter().find(|(name, _)| name == "refreshToken")?;
        token.strip_prefix("refresh-")?.parse().ok()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.sent.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}
