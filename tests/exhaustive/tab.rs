//! One tab: the real machine, and what stands between it and the others.

use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use tokenkeep::machine::{Announcement, Machine, StorageOp, Ticket};
use tokenkeep::time::Now;
use tokenkeep::token::{Secret, Stamp};

use crate::server::Token;
use crate::world::Text;

#[derive(Clone, PartialEq, Eq)]
pub struct Tab {
    pub page: Page,
    /// How often it was loaded.
    pub loads: u8,
    /// How many of its callers have asked since then.
    pub asked: u8,
    pub last_ticket: u64,
    /// Who has asked and was not answered.
    pub waiting: Vec<Ticket>,
    /// What the storage is to do for it, one after the other.
    pub storing: VecDeque<Storing>,
    pub view: View,
    /// What other tabs have said and this one has not heard.
    pub inbox: VecDeque<Announcement>,
    pub fence: Option<Stamp>,
    /// Refresh tokens it has sent since it was loaded, whose successors are not stored yet.
    pub unsettled: Vec<Token>,
    /// Sessions of which this page knows that the user has logged out.
    pub logged_out: Vec<u8>,
    /// The highest number that the machine has given to an operation.
    pub last_id: u64,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Storing {
    Read(StorageOp),
    CommitIf { op: StorageOp, expected: Option<Secret>, text: Secret },
}

/// What the storage shows to one tab: others' writes come late, and in order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct View {
    pub shown: Text,
    pub coming: VecDeque<Write>,
}

/// What another tab has written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Write {
    pub text: Text,
    pub at: u64,
    /// This tab has written since, so its own text stays; it only hears that there was a change.
    moot: bool,
}

/// A machine at rest. Shared by all states that differ elsewhere.
#[derive(Clone)]
pub struct Page {
    machine: Arc<Machine>,
    hash: u64,
}

impl Tab {
    pub fn new(machine: Machine, shown: Text) -> Self {
        Self {
            page: Page::new(machine),
            loads: 0,
            asked: 0,
            last_ticket: 0,
            waiting: Vec::new(),
            storing: VecDeque::new(),
            view: View { shown, coming: VecDeque::new() },
            inbox: VecDeque::new(),
            fence: None,
            unsettled: Vec::new(),
            logged_out: Vec::new(),
            last_id: 0,
        }
    }

    /// The page goes, with all that it waited for, and comes back. Its fence goes with it.
    pub fn reload(&mut self, machine: Machine) {
        let View { shown, coming } = self.view.clone();
        *self =
            Self { loads: self.loads + 1, view: View { shown: shown.clone(), coming }, ..Self::new(machine, shown) };
    }

    pub fn next_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.waiting.push(ticket);
        ticket
    }

    pub fn is_due(&self, now: Now) -> bool {
        self.page.wakes_at().is_some_and(|at| at <= now.mono.0)
    }
}

/// The numbers of operations count for nothing, except in the machine's own order.
impl Hash for Tab {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            page,
            loads,
            asked,
            last_ticket,
            waiting,
            storing,
            view,
            inbox,
            fence,
            unsettled,
            logged_out,
            last_id: _,
        } = self;
        (page, loads, asked, last_ticket, waiting, view, inbox, fence, unsettled, logged_out, storing.len())
            .hash(state);
        for storing in storing {
            match storing {
                Storing::Read(op) => page.machine().rank(op.0).hash(state),
                Storing::CommitIf { op, expected, text } => (page.machine().rank(op.0), expected, text).hash(state),
            }
        }
    }
}

impl View {
    /// This tab writes after all others.
    pub fn write_last(&mut self, text: Text) {
        self.shown = text;
        for write in &mut self.coming {
            write.moot = true;
        }
    }

    /// This tab writes, but what others have written, and it has not seen, comes after it.
    pub fn write_before_others(&mut self, text: Text) {
        self.shown = text;
    }

    pub fn others_wrote(&mut self, text: Text, now: u64, moot: bool) {
        self.coming.push_back(Write { text, at: now, moot });
    }

    /// The next write of another tab shows.
    pub fn catch_up(&mut self) {
        if let Some(write) = self.coming.pop_front().filter(|write| !write.moot) {
            self.shown = write.text;
        }
    }

    /// Whether others have written something that this tab has yet to see.
    pub fn is_stale(&self) -> bool {
        self.coming.iter().any(|write| !write.moot)
    }
}

impl Page {
    pub fn new(machine: Machine) -> Self {
        let mut hasher = DefaultHasher::new();
        machine.hash(&mut hasher);
        Self { machine: Arc::new(machine), hash: hasher.finish() }
    }

    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Of which the access token is in use.
    pub fn token(&self) -> Option<Token> {
        self.machine.access_token().map(|token| Token::parse(token.expose()))
    }

    /// When its next timer is due, by the monotonic clock.
    pub fn wakes_at(&self) -> Option<u64> {
        self.machine.poll_timeout().map(|(at, _)| at.0)
    }
}

impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Page {}

impl Hash for Page {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}
