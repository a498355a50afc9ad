//! What the machine reads and writes, one after the other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::driver::Driver;
use crate::browser::promise::spawn;
use crate::browser::storage::Item;
use crate::browser::timer::Timer;
use crate::machine::{Commit, Effect, Event, StorageFault};
use crate::time::Millis;

/// How long a storage of the app's own may keep its answer to itself. Another one answers at once.
const ANSWERS_WITHIN: Millis = Millis(5_000);

#[derive(Debug)]
pub(super) struct Storing {
    item: Item,
    queue: RefCell<VecDeque<Effect>>,
    busy: Cell<bool>,
    /// Whether the storage has not answered in time. It counts as one that fails, until it does.
    mute: Cell<bool>,
    patience: RefCell<Option<Timer>>,
}

impl Storing {
    pub(super) fn new(item: Item) -> Self {
        Self {
            item,
            queue: RefCell::default(),
            busy: Cell::default(),
            mute: Cell::default(),
            patience: RefCell::default(),
        }
    }

    /// Waits for no answer any more.
    pub(super) fn end(&self) {
        self.patience.take();
    }

    async fn perform(&self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Read(op) => Some(Event::RecordRead(op, self.item.read().await)),
            Effect::CommitIf { op, expected, text } => {
                Some(Event::Committed(op, self.item.commit_if(expected.as_ref(), text).await))
            }
            _ => None,
        }
    }

    fn next(&self) -> Option<Effect> {
        self.queue.borrow_mut().pop_front()
    }
}

impl Driver {
    /// Reads or writes when its turn comes. What is answered at once is taken in at once.
    pub(super) fn store(self: &Rc<Self>, effect: Effect) {
        self.storing.queue.borrow_mut().push_back(effect);
        self.store_next();
    }

    fn store_next(self: &Rc<Self>) {
        if self.storing.mute.get() {
            self.store_nothing();
        }
        if self.storing.busy.replace(true) {
            return;
        }
        while let Some(effect) = self.storing.next() {
            let overdue = overdue(&effect);
            let driver = Rc::clone(self);
            let mut doing: Pin<Box<dyn Future<Output = Option<Event>>>> =
                Box::pin(async move { driver.storing.perform(effect).await });
            match doing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(event) => self.push(event),
                Poll::Pending => {
                    self.lose_patience_after(overdue);
                    let driver = Rc::clone(self);
                    return spawn(async move {
                        let event = doing.await;
                        driver.storing.end();
                        driver.storing.mute.set(false);
                        driver.storing.busy.set(false);
                        driver.push(event);
                        driver.store_next();
                        driver.pump();
                    });
                }
            }
        }
        self.storing.busy.set(false);
    }

    fn lose_patience_after(self: &Rc<Self>, overdue: Option<Event>) {
        let driver = Rc::downgrade(self);
        let mut overdue = overdue;
        let patience = Timer::after(ANSWERS_WITHIN, move || {
            let Some(driver) = driver.upgrade() else { return };
            driver.storing.mute.set(true);
            driver.push(overdue.take());
            driver.store_nothing();
            driver.pump();
        });
        self.storing.patience.replace(patience);
    }

    fn store_nothing(&self) {
        while let Some(effect) = self.storing.next() {
            self.push(overdue(&effect));
        }
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
