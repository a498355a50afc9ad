//! Listeners of the app.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::{Rc, Weak};

use super::Session;
use crate::machine::Notice;

type Callback = Rc<dyn Fn(&Session, &Notice)>;

/// Who listens, and what they have not been told yet.
#[derive(Default)]
pub(super) struct Listeners {
    entries: RefCell<Vec<(u64, Callback)>>,
    last: Cell<u64>,
    untold: RefCell<VecDeque<Notice>>,
    /// Set while somebody is being told, and until the app can have begun to listen.
    pub(super) busy: Cell<bool>,
}

/// Listens until dropped.
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    listeners: Weak<Listeners>,
    id: u64,
}

impl Listeners {
    pub(super) fn add(self: &Rc<Self>, callback: Callback) -> Subscription {
        let id = self.last.get() + 1;
        self.last.set(id);
        self.entries.borrow_mut().push((id, callback));
        Subscription { listeners: Rc::downgrade(self), id }
    }

    pub(super) fn note(&self, notice: Notice) {
        self.untold.borrow_mut().push_back(notice);
    }

    /// Tells everything in order, also what comes up meanwhile: a listener may call the session.
    pub(super) fn tell(&self, session: &Session) {
        if self.busy.replace(true) {
            return;
        }
        while let Some(notice) = self.next() {
            let entries = self.entries.borrow().clone();
            for (id, callback) in entries {
                if self.listens(id) {
                    callback(session, &notice);
                }
            }
        }
        self.busy.set(false);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.untold.borrow().is_empty()
    }

    fn next(&self) -> Option<Notice> {
        self.untold.borrow_mut().pop_front()
    }

    fn listens(&self, id: u64) -> bool {
        self.entries.borrow().iter().any(|(entry, _)| *entry == id)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(listeners) = self.listeners.upgrade() {
            listeners.entries.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listeners")
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}
