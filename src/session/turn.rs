//! The lock that all tabs of a session share, and the fence that a tab leaves behind.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::browser::promise::spawn;

use super::driver::Driver;
use crate::browser::locks::{self, Hold, Mode};
use crate::machine::{Event, Lock};
use crate::text::{concat, decimal};
use crate::token::Stamp;

#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Tells the answer to the present request from that to one which was taken back.
    asked: Cell<u64>,
    turn: RefCell<Option<Hold>>,
    fence: RefCell<Option<Hold>>,
    fence_rising: Cell<bool>,
    /// Let go of, but not before the fence stands.
    leaving: RefCell<Option<Hold>>,
}

impl Driver {
    pub(super) fn acquire_turn(self: &Rc<Self>) {
        let asked = self.turns.asked.get() + 1;
        self.turns.asked.set(asked);
        let driver = Rc::downgrade(self);
        let heard = move |granted| {
            let Some(driver) = driver.upgrade() else { return };
            spawn(async move {
                let lock = match granted {
                    true => Lock::Granted { fence: driver.highest_fence().await },
                    false => Lock::Unavailable,
                };
                if driver.turns.asked.get() == asked {
                    driver.feed(Event::LockSettled(lock));
                }
            });
        };
        let hold = locks::request(&self.key, Mode::Exclusive, Box::new(heard));
        if hold.is_none() {
            self.push([Event::LockSettled(Lock::Unavailable)]);
        }
        self.turns.turn.replace(hold);
    }

    pub(super) fn release_turn(&self) {
        self.turns.asked.set(self.turns.asked.get() + 1);
        let hold = self.turns.turn.take();
        let mut leaving = self.turns.leaving.borrow_mut();
        // Who asks again before the fence stands queues behind his own lock.
        if self.turns.fence_rising.get() && leaving.is_none() {
            *leaving = hold;
        }
    }

    pub(super) fn raise_fence(self: &Rc<Self>, stamp: Stamp) {
        let Stamp { epoch, generation } = stamp;
        let driver = Rc::downgrade(self);
        // The old one stands until the new one does.
        let old = self.turns.fence.take();
        self.turns.fence_rising.set(true);
        let heard = move |_| {
            drop(old);
            if let Some(driver) = driver.upgrade() {
                driver.turns.fence_rising.set(false);
                driver.turns.leaving.take();
            }
        };
        let name = concat(&[&self.fence_prefix(), &decimal(epoch), ".", &decimal(generation)]);
        let hold = locks::request(&name, Mode::Shared, Box::new(heard));
        self.turns.fence_rising.set(hold.is_some());
        self.turns.fence.replace(hold);
    }

    /// A page that holds a lock does not get into the back/forward cache.
    pub(super) fn drop_fence(&self) {
        self.turns.fence_rising.set(false);
        self.turns.fence.take();
        self.turns.leaving.take();
    }

    async fn highest_fence(&self) -> Option<Stamp> {
        let prefix = self.fence_prefix();
        let names = locks::shared_names().await;
        names.iter().filter_map(|name| parse(name.strip_prefix(&prefix)?)).max()
    }

    fn fence_prefix(&self) -> String {
        concat(&[&self.key, ":fence:"])
    }
}

fn parse(name: &str) -> Option<Stamp> {
    let (epoch, generation) = name.split_once('.')?;
    Some(Stamp { epoch: epoch.parse().ok()?, generation: generation.parse().ok()? })
}
