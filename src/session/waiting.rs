//! Callers who wait for an answer of the machine.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::TypeError;
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::driver::Driver;
use crate::browser::listener::Listener;
use crate::machine::table::Table;
use crate::machine::{Delivery, Event, Ticket};

/// What ends the wait.
#[derive(Debug)]
pub(super) enum Told {
    Delivery(Delivery),
    /// The caller's own signal, with its reason.
    Aborted(JsValue),
}

#[derive(Debug, Default)]
struct Slot {
    told: Option<Told>,
    waker: Option<Waker>,
}

/// Everybody who waits.
#[derive(Debug, Default)]
pub(super) struct Callers {
    slots: RefCell<Table<Ticket, Rc<RefCell<Slot>>>>,
}

/// One who waits. Dropped before the answer, it tells the machine not to bother.
#[derive(Debug)]
pub(super) struct Waiting {
    driver: Rc<Driver>,
    ticket: Ticket,
    slot: Rc<RefCell<Slot>>,
    answered: bool,
    _abort: Option<Listener>,
}

impl Callers {
    pub(super) fn answer(&self, ticket: Ticket, delivery: Delivery) {
        let slot = self.slots.borrow_mut().remove(ticket);
        if let Some(slot) = slot {
            fill(&slot, Told::Delivery(delivery));
        }
    }

    fn add(&self, ticket: Ticket) -> Rc<RefCell<Slot>> {
        let slot = Rc::default();
        self.slots.borrow_mut().insert(ticket, Rc::clone(&slot));
        slot
    }

    fn remove(&self, ticket: Ticket) {
        self.slots.borrow_mut().remove(ticket);
    }
}

impl Waiting {
    /// Asks the machine at once, before anything is awaited: calls keep the order in which they were made.
    pub(super) fn ask(driver: &Rc<Driver>, ticket: Ticket, question: Event) -> Self {
        let slot = driver.callers.add(ticket);
        driver.feed(question);
        Self { driver: Rc::clone(driver), ticket, slot, answered: false, _abort: None }
    }

    /// Waits no longer than the signal allows.
    pub(super) fn until(mut self, signal: AbortSignal) -> Self {
        if signal.aborted() {
            fill(&self.slot, Told::Aborted(reason(&signal)));
        } else {
            let (slot, watched) = (Rc::clone(&self.slot), signal.clone());
            self._abort = Listener::on(&signal, "abort", move |_| fill(&slot, Told::Aborted(reason(&watched))));
        }
        self
    }
}

impl Future for Waiting {
    type Output = Told;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Told> {
        let told = {
            let mut slot = self.slot.borrow_mut();
            let told = slot.told.take();
            if told.is_none() {
                slot.waker = Some(context.waker().clone());
            }
            told
        };
        match told {
            None => Poll::Pending,
            Some(told) => {
                self.answered = matches!(told, Told::Delivery(_));
                Poll::Ready(told)
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.answered {
            self.driver.callers.remove(self.ticket);
            self.driver.feed(Event::Aborted(self.ticket));
        }
    }
}

fn fill(slot: &RefCell<Slot>, told: Told) {
    let waker = {
        let mut slot = slot.borrow_mut();
        if slot.told.is_some() {
            return;
        }
        slot.told = Some(told);
        slot.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// As `fetch` rejects; older browsers have no reasons.
pub(super) fn reason(signal: &AbortSignal) -> JsValue {
    let reason = signal.reason();
    if !reason.is_undefined() {
        return reason;
    }
    let error = TypeError::new("the operation was aborted");
    error.set_name("AbortError");
    error.into()
}
