//! What people and devices do: requests, logins, closed lids.

use tokenkeep::machine::{Event, Machine, Status, Ticket};

use crate::device::{Frozen, Tab};
use crate::history::{Errand, Jump};
use crate::world::{Happening, World};

impl World {
    pub fn act(&mut self) {
        if self.calm {
            return;
        }
        let next = self.time + self.rng.within(self.climate.pace / 20, self.climate.pace);
        self.queue.put(next, Happening::Act);
        let tab = self.rng.within(0, self.climate.tabs - 1) as usize;
        self.misfortune(tab);
        if self.tabs[tab].machine.is_none() || self.tabs[tab].frozen.is_some() {
            return;
        }
        if self.rng.chance(200) {
            self.be_there(tab);
        }
        match self.rng.within(0, 99) {
            0..70 => {
                for _ in 0..self.rng.pick(&[1, 1, 1, 2, 5]) {
                    let bad = self.rng.chance(self.climate.bad_endpoint);
                    self.fetch(tab, bad, false);
                }
            }
            70..85 => {
                for tab in 0..self.tabs.len() {
                    self.fetch(tab, false, false);
                }
            }
            85..88 => self.ask(tab, Errand::Renewal, Event::RenewalWanted),
            88..92 => self.abort(tab),
            _ => {}
        }
    }

    /// Things that go wrong, each as often as the climate has it.
    fn misfortune(&mut self, tab: usize) {
        let climate = self.climate.clone();
        if self.rng.chance(climate.crashes) {
            self.close(tab);
            let wait = self.rng.pick(&[0, 1, 30, 3_000, 40_000]);
            self.queue.put(self.time + wait, Happening::Open(tab));
        }
        if self.rng.chance(climate.freezes) {
            self.freeze(tab);
        }
        if self.rng.chance(climate.jumps) {
            let by = self.rng.pick(&[-7_200_000, -60_000, -3_000, 3_000, 60_000, 7_200_000]);
            self.skew = (self.skew + by).clamp(-20_000_000, 20_000_000);
            self.history.jumps.push(Jump { at: self.time, by });
            self.history.count("clock jumps");
            self.trace.note(self.time, format_args!("the clock jumps by {by}"));
        }
        if self.rng.chance(climate.sleeps) {
            self.fall_asleep();
        }
        if self.rng.chance(climate.outages) && self.online {
            self.online = false;
            self.history.count("outages");
            self.trace.note(self.time, format_args!("offline"));
            let wait = self.rng.pick(&[500, 5_000, 60_000]);
            self.queue.put(self.time + wait, Happening::Online);
        }
        if self.rng.chance(climate.revocations) {
            self.history.count("revocations");
            self.trace.note(self.time, format_args!("server: revokes susan"));
            self.server.revoke("susan", self.time);
        }
        if self.rng.chance(climate.full_storage) && !self.storage_full {
            self.storage_full = true;
            self.storage_broken = self.rng.chance(300);
            self.history.full_storage.push(self.time);
            let wait = self.rng.pick(&[100, 5_000, 60_000]);
            self.queue.put(self.time + wait, Happening::Roomy);
        }
        if self.rng.chance(climate.cleared_storage) {
            self.throw_away(None);
        }
        if self.rng.chance(climate.garbled_storage) {
            let text = self.rng.pick(&["", "null", "{\"v\":1}", "{\"v\":99,\"session\":\"x\"}"]);
            self.throw_away(Some(text.to_owned()));
        }
        if self.rng.chance(climate.hiding) {
            self.hide_or_show(tab);
        }
        if self.rng.chance(climate.lost_locks) {
            self.lose_lock();
        }
        if self.tabs[tab].machine.is_some() && self.tabs[tab].frozen.is_none() {
            if self.rng.chance(climate.logins) {
                self.log_in(tab);
            }
            if self.rng.chance(climate.logouts) {
                self.log_out(tab);
            }
        }
    }

    pub fn open(&mut self, tab: usize) {
        if self.tabs[tab].machine.is_some() {
            return;
        }
        let life = self.tabs[tab].life + 1;
        let seed = self.rng.next();
        let mut page = Tab { life, opened: self.time, view: self.central.clone(), ..Tab::closed() };
        page.last_travel = self.tabs[tab].last_travel;
        self.trace.note(self.time, format_args!("{tab} opens"));
        let now = page.now(self.time, self.skew);
        page.machine = Some(Machine::new(self.config.clone(), seed, now));
        self.tabs[tab] = page;
        self.run_tab(tab);
    }

    pub fn thaw(&mut self, tab: usize) {
        let time = self.time;
        let Tab { frozen, hidden_since, mailbox, inbox, slept, frozen_at, thawed, .. } = &mut self.tabs[tab];
        match frozen.take() {
            None => return,
            Some(Frozen::Device) => *slept += time - *frozen_at,
            Some(Frozen::Page | Frozen::Cache) => {}
        }
        *thawed = time;
        *hidden_since = None;
        self.trace.note(self.time, format_args!("{tab} thaws"));
        inbox.extend(mailbox.drain(..));
        self.tell(tab, Event::PageResumed);
    }

    pub fn awake(&mut self) {
        for tab in 0..self.tabs.len() {
            if self.tabs[tab].frozen == Some(Frozen::Device) {
                self.thaw(tab);
            }
        }
    }

    pub fn back_online(&mut self) {
        if std::mem::replace(&mut self.online, true) {
            return;
        }
        self.trace.note(self.time, format_args!("online"));
        for tab in 0..self.tabs.len() {
            self.tell(tab, Event::NetworkBack);
        }
    }

    /// From now on all is well: what has not mended when the pauses are over never will.
    pub fn calm_down(&mut self) {
        self.trace.note(self.time, format_args!("calm"));
        self.calm = true;
        self.storage_mends();
        self.online = true;
        for tab in 0..self.tabs.len() {
            self.tabs[tab].hidden_since = None;
            self.thaw(tab);
            self.open(tab);
            self.tell(tab, Event::NetworkBack);
            self.tell(tab, Event::PageResumed);
        }
        for wait in [400_000, 400_100, 430_000] {
            self.queue.put(self.time + wait, Happening::LastCall);
        }
        self.queue.put(self.time + 800_000, Happening::End);
    }

    pub fn storage_mends(&mut self) {
        (self.storage_full, self.storage_broken, self.full_until) = (false, false, self.time);
    }

    pub fn last_call(&mut self) {
        for tab in 0..self.tabs.len() {
            self.tabs[tab].served = false;
            self.fetch(tab, false, true);
        }
    }

    fn close(&mut self, tab: usize) {
        let life = self.tabs[tab].life;
        self.look_back(tab);
        let Some(machine) = self.tabs[tab].machine.take() else { return };
        if machine.snapshot().status == Status::Starting {
            self.history.unheard(tab, life);
        }
        self.history.count("pages gone");
        self.trace.note(self.time, format_args!("{tab} goes"));
        self.history.orphan(tab, life, self.time);
        self.tabs[tab] = Tab { life: life + 1, last_travel: self.tabs[tab].last_travel, ..Tab::closed() };
        self.locks.drop_of(tab);
        self.pass_on_lock();
    }

    /// The user does something in a page.
    fn be_there(&mut self, tab: usize) {
        let access = self.tabs[tab].access.as_ref();
        // One that was away looks at the record first: perhaps its session has reached a limit.
        let looks_first = self.time <= self.tabs[tab].opened.max(self.tabs[tab].thawed) + 500;
        if let Some(issued) = access.and_then(|access| self.history.issued.get(access)) {
            let family = issued.family.clone();
            let began = self.history.began.get(&family).copied().unwrap_or_default();
            let before = self.history.noted_activity.get(&family).copied().unwrap_or_default().max(began);
            let too_late = self.climate.idle.is_some_and(|idle| before + idle - (idle / 4).min(15_000) <= self.time);
            self.history.activity.insert(family.clone(), self.time);
            if !looks_first && !too_late {
                self.history.noted_activity.insert(family, self.time);
            }
        }
        self.tell(tab, Event::UserActive);
    }

    fn hide_or_show(&mut self, tab: usize) {
        let page = &mut self.tabs[tab];
        if page.machine.is_none() || page.frozen.is_some() {
            return;
        }
        page.hidden_since = if page.hidden_since.is_none() { Some(self.time) } else { None };
        if page.hidden_since.is_none() {
            page.thawed = self.time;
        }
        let event = if page.hidden_since.is_some() { Event::PageHidden } else { Event::PageResumed };
        self.history.count("pages hidden or shown");
        self.tell(tab, event);
    }

    /// The holder is not told.
    fn lose_lock(&mut self) {
        if self.locks.holder.take().is_some() {
            self.history.count("locks lost");
            self.history.locks_lost.push(self.time);
            self.trace.note(self.time, format_args!("the lock is given away"));
            self.pass_on_lock();
        }
    }

    fn freeze(&mut self, tab: usize) {
        let busy = self.tabs[tab].machine.as_ref().is_none_or(|machine| machine.snapshot().renewing);
        if self.tabs[tab].machine.is_none() || self.tabs[tab].frozen.is_some() {
            return;
        }
        // A page that holds a lock or waits for an answer is not taken into the cache.
        let kind = if !busy && self.rng.chance(500) { Frozen::Cache } else { Frozen::Page };
        self.tabs[tab].frozen = Some(kind);
        self.tabs[tab].frozen_at = self.time;
        self.history.count("pages frozen");
        self.trace.note(self.time, format_args!("{tab} freezes: {kind:?}"));
        let at = self.time + self.rng.pick(&[100, 5_000, 45_000]);
        self.queue.put(at, Happening::Thaw(tab, self.tabs[tab].life));
    }

    fn fall_asleep(&mut self) {
        let length = self.rng.pick(&[60_000, 600_000, 8 * 3_600_000]);
        self.history.count("sleeps");
        self.history.sleeps.push(self.time);
        self.trace.note(self.time, format_args!("the device sleeps for {length}"));
        for tab in self.tabs.iter_mut().filter(|tab| tab.machine.is_some() && tab.frozen.is_none()) {
            tab.frozen = Some(Frozen::Device);
            tab.frozen_at = self.time;
        }
        self.queue.put(self.time + length, Happening::Awake);
    }

    fn abort(&mut self, tab: usize) {
        let open: Vec<Ticket> = self.history.abortable(tab);
        if !open.is_empty() {
            let ticket = self.rng.pick(&open);
            self.history.aborted(ticket);
            self.tell(tab, Event::Aborted(ticket));
        }
    }
}
