//! The storage. `localStorage` shows a page its own writes at once, and those of other pages when the
//! browser has passed them on: in one order for all, but late, and later than a lock travels.

use tokenkeep::machine::{Commit, Effect, Event, Safeguard, StorageFault};
use tokenkeep::token::Secret;

use crate::climate::Storing;
use crate::invariants;
use crate::world::{Happening, World};

/// How long the drivers wait for a storage of the app's own.
const ANSWERS_WITHIN: u64 = 5_000;

impl World {
    pub fn store(&mut self, tab: usize, effect: Effect) {
        if let Effect::CommitIf { text, .. } = &effect {
            let verdict = invariants::when_a_record_is_written(self, tab, &text.0);
            self.blame(verdict);
        }
        match self.climate.storage {
            Storing::Local { lag } => self.store_locally(tab, effect, lag),
            Storing::Slow { delay } => {
                if self.tabs[tab].mute {
                    return self.tabs[tab].inbox.push_back(in_vain(&effect));
                }
                self.tabs[tab].storing.push_back(effect);
                if self.tabs[tab].storing.len() == 1 {
                    self.begin_storing(tab, delay);
                }
            }
        }
    }

    fn begin_storing(&mut self, tab: usize, delay: u64) {
        let page = &mut self.tabs[tab];
        page.stored += 1;
        let (life, nth) = (page.life, page.stored);
        let takes = self.storing_takes(tab, delay);
        self.queue.put(self.time + takes, Happening::Store { tab, life });
        if takes > ANSWERS_WITHIN {
            self.queue.put(self.time + ANSWERS_WITHIN, Happening::Overdue { tab, life, nth });
        }
    }

    /// The driver's part: a storage that does not answer in time is one that fails, until it does.
    pub fn storage_overdue(&mut self, tab: usize, life: u32, nth: u64) {
        let page = &mut self.tabs[tab];
        if page.life != life || page.stored != nth {
            return;
        }
        page.mute = true;
        let unanswered: Vec<Event> = page.storing.iter().map(in_vain).collect();
        page.storing.truncate(1);
        self.history.count("storage overdue");
        for event in unanswered {
            self.tell(tab, event);
        }
    }

    fn store_locally(&mut self, tab: usize, effect: Effect, lag: u64) {
        let life = self.tabs[tab].life;
        let seen = self.tabs[tab].view.clone();
        if seen != self.central {
            self.history.count("stale views met");
        }
        let (event, written) = self.attempt(effect, seen);
        if let Some(text) = written {
            self.tabs[tab].view = Some(text.clone());
            self.tabs[tab].unconfirmed += 1;
            let at = self.travel(tab, 0, lag / 2);
            self.queue.put(at, Happening::Publish { tab, life, text: Some(text) });
        }
        self.tabs[tab].inbox.push_back(event);
    }

    pub fn store_slowly(&mut self, tab: usize, life: u32) {
        if self.tabs[tab].life != life {
            return;
        }
        let Some(effect) = self.tabs[tab].storing.pop_front() else { return };
        let (event, written) = self.attempt(effect, self.central.clone());
        if let Some(text) = written {
            self.central = Some(text);
            self.stored();
        }
        self.tabs[tab].mute = false;
        if !self.tabs[tab].storing.is_empty()
            && let Storing::Slow { delay } = self.climate.storage
        {
            self.begin_storing(tab, delay);
        }
        self.tell(tab, event);
    }

    /// A write has reached the browser, which tells the other pages.
    pub fn publish(&mut self, writer: usize, life: u32, text: Option<String>) {
        self.trace.note(self.time, format_args!("storage: a write of tab {writer} is everybody's"));
        self.central.clone_from(&text);
        self.stored();
        let Storing::Local { lag } = self.climate.storage else { return };
        for tab in 0..self.tabs.len() {
            let at = self.travel(tab, 1, lag - lag / 2);
            let thing = match tab == writer && self.tabs[tab].life == life {
                true => Happening::Confirm { tab, life },
                false => Happening::Show { tab, life: self.tabs[tab].life, text: text.clone() },
            };
            self.queue.put(at, thing);
        }
    }

    pub fn show(&mut self, tab: usize, life: u32, text: Option<String>) {
        let page = &mut self.tabs[tab];
        if page.life == life && page.machine.is_some() && page.unconfirmed == 0 {
            page.view = text;
            if page.frozen != Some(crate::device::Frozen::Cache) {
                self.tell(tab, Event::StorageChanged);
            }
        }
    }

    pub fn confirm(&mut self, tab: usize, life: u32) {
        let page = &mut self.tabs[tab];
        if page.life == life {
            page.unconfirmed = page.unconfirmed.saturating_sub(1);
        }
    }

    /// The app, or the browser, throws everything away, or something else is written there.
    pub fn throw_away(&mut self, instead: Option<String>) {
        self.trace.note(self.time, format_args!("storage: now {instead:?}"));
        (self.history.cleared, self.history.cleared_at) = (true, self.time);
        self.history.count(if instead.is_none() { "storage cleared" } else { "storage garbled" });
        self.central.clone_from(&instead);
        self.stored();
        for tab in &mut self.tabs {
            tab.view.clone_from(&instead);
        }
        for tab in 0..self.tabs.len() {
            let life = self.tabs[tab].life;
            self.queue.put(self.time, Happening::Tell { tab, life, event: Event::StorageChanged });
        }
    }

    fn stored(&mut self) {
        let live = invariants::stands_after_logout(self);
        self.history.live_after_logout = live.map(|_| self.history.live_after_logout.unwrap_or(self.time));
    }

    /// What comes of an operation on what is there, and what is then written.
    fn attempt(&mut self, effect: Effect, held: Option<String>) -> (Event, Option<String>) {
        let held = held.map(Secret);
        match effect {
            Effect::CommitIf { op, expected, .. } if expected != held && self.compares() => {
                self.history.count("writes in conflict");
                (Event::Committed(op, Commit::Conflict(held)), None)
            }
            // Where there is no room, a text that is no longer than the one before still fits.
            Effect::CommitIf { op, ref text, .. }
                if self.storage_broken
                    || self.storage_full && held.as_ref().is_none_or(|held| held.0.len() < text.0.len()) =>
            {
                self.history.count("writes without room");
                (Event::Committed(op, Commit::Failed(StorageFault("no room".into()))), None)
            }
            Effect::CommitIf { op, text, .. } => {
                let verdict = invariants::when_a_record_is_replaced(held.as_ref().map(|held| &held.0), &text.0);
                self.blame(verdict);
                (Event::Committed(op, Commit::Done), Some(text.0))
            }
            Effect::Read(op) if self.storage_broken => {
                self.history.count("reads in vain");
                (Event::RecordRead(op, Err(StorageFault("blocked".into()))), None)
            }
            Effect::Read(op) => (Event::RecordRead(op, Ok(held)), None),
            other => panic!("{other:?} is no storage operation"),
        }
    }

    fn storing_takes(&mut self, tab: usize, delay: u64) -> u64 {
        if !self.calm && self.rng.chance(self.climate.stuck_storage) {
            self.history.count("storage stuck");
            // What it was about to take is a pause, perhaps.
            let (life, lately) = (self.tabs[tab].life, self.time.saturating_sub(delay));
            self.history.pauses.retain(|pause| (pause.tab, pause.life) != (tab, life) || pause.from < lately);
            self.history.stuck.push(self.time..self.time + 45_000);
            self.tabs[tab].stuck_until = self.time + 45_000;
            return 45_000;
        }
        self.rng.within(0, delay)
    }

    /// Whether conditional writes are conditional.
    fn compares(&self) -> bool {
        self.config.without != Some(Safeguard::CompareAndSet)
    }

    /// When something that is sent now arrives, never before what was sent earlier.
    fn travel(&mut self, tab: usize, way: usize, longest: u64) -> u64 {
        let at = self.time + self.rng.within(0, longest);
        let last = &mut self.tabs[tab].last_travel[way];
        *last = at.max(*last);
        *last
    }
}

/// What the machine is told where the storage does not answer.
fn in_vain(effect: &Effect) -> Event {
    let fault = StorageFault("no answer in time".into());
    match effect {
        Effect::Read(op) => Event::RecordRead(*op, Err(fault)),
        Effect::CommitIf { op, .. } => Event::Committed(*op, Commit::Failed(fault)),
        other => panic!("{other:?} is no storage operation"),
    }
}
