//! The device: its clocks, its tabs, and what all tabs of one browser share.

use std::collections::{BTreeSet, VecDeque};

use tokenkeep::machine::{Effect, Event, Machine};
use tokenkeep::time::{Mono, Now, Wall};
use tokenkeep::token::Stamp;

/// What a right clock shows when a world begins.
pub const EPOCH: u64 = 1_800_000_000_000;

pub struct Tab {
    /// `None` while it is closed.
    pub machine: Option<Machine>,
    /// Counts page loads: what was meant for an earlier page does not reach a later one.
    pub life: u32,
    pub opened: u64,
    /// How long its monotonic clock stood still.
    pub slept: u64,
    pub frozen: Option<Frozen>,
    /// Since when nobody looks at it.
    pub hidden_since: Option<u64>,
    /// Until then the storage does nothing for it.
    pub stuck_until: u64,
    pub mailbox: Vec<Event>,
    /// What it sees in the storage.
    pub view: Option<String>,
    /// Its own writes that the browser has not confirmed yet: until then it sees nothing else.
    pub unconfirmed: u32,
    pub inbox: VecDeque<Event>,
    /// Operations of a slow storage, one after the other.
    pub storing: VecDeque<Effect>,
    /// How many it has begun, and whether the last one is overdue.
    pub stored: u64,
    pub mute: bool,
    pub fence: Option<Stamp>,
    /// When the state in use was taken up.
    pub installed: u64,
    /// The access token in use.
    pub access: Option<String>,
    /// Who was signed in last, as far as this page knows.
    pub subject: Option<&'static str>,
    /// When it was frozen, and when it was not any more.
    pub frozen_at: u64,
    pub thawed: u64,
    /// Whether the app was asked for a login that has not come yet.
    pub prompted: bool,
    /// Whether its last request was.
    pub served: bool,
    /// Families of which this page knows that the user has logged out.
    pub logged_out: BTreeSet<String>,
    /// When the last thing arrives that is on its way to the browser, and from there.
    pub last_travel: [u64; 2],
}

/// Why a page stands still.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frozen {
    /// Stopped by the browser: what comes meanwhile waits.
    Page,
    /// In the back/forward cache: what comes meanwhile is lost.
    Cache,
    /// The device is asleep: connections break.
    Device,
}

/// The lock that all tabs share.
#[derive(Default)]
pub struct Locks {
    pub holder: Option<Claim>,
    pub queue: VecDeque<Claim>,
    last: u64,
}

/// One request for the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    pub tab: usize,
    id: u64,
}

impl Tab {
    pub fn closed() -> Self {
        Self {
            machine: None,
            life: 0,
            opened: 0,
            slept: 0,
            frozen: None,
            hidden_since: None,
            stuck_until: 0,
            mailbox: Vec::new(),
            view: None,
            unconfirmed: 0,
            inbox: VecDeque::new(),
            storing: VecDeque::new(),
            stored: 0,
            mute: false,
            fence: None,
            installed: 0,
            access: None,
            frozen_at: 0,
            thawed: 0,
            prompted: false,
            subject: None,
            served: false,
            logged_out: BTreeSet::new(),
            last_travel: [0; 2],
        }
    }

    pub fn now(&self, time: u64, skew: i64) -> Now {
        let wall = (EPOCH + time).saturating_add_signed(skew);
        Now { mono: Mono(time - self.opened - self.slept), wall: Wall(wall) }
    }

    /// When its machine is woken, in true time.
    pub fn wake_at(&self, throttle: u64) -> Option<u64> {
        let machine = self.machine.as_ref().filter(|_| self.frozen.is_none())?;
        let at = machine.poll_timeout().map(|(when, _)| self.opened + self.slept + when.0)?;
        Some(if self.hidden_since.is_some() && throttle > 0 { at.next_multiple_of(throttle) } else { at })
    }
}

impl Locks {
    pub fn ask(&mut self, tab: usize) {
        self.last += 1;
        self.queue.push_back(Claim { tab, id: self.last });
    }

    /// Lets go, or takes a request back.
    pub fn drop_of(&mut self, tab: usize) {
        self.queue.retain(|claim| claim.tab != tab);
        if self.holder.is_some_and(|claim| claim.tab == tab) {
            self.holder = None;
        }
    }

    /// Gives the lock to the next in the queue, if it is free.
    pub fn pass_on(&mut self) -> Option<Claim> {
        if self.holder.is_some() {
            return None;
        }
        self.holder = self.queue.pop_front();
        self.holder
    }
}
