//! What has happened so far, as far as invariants need to know.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tokenkeep::dev::Refusal;
use tokenkeep::error::EndReason;
use tokenkeep::machine::{Delivery, Ticket};

use crate::server::Ruling;

#[derive(Default)]
pub struct History {
    pub presentations: Vec<Presentation>,
    /// By access token.
    pub issued: BTreeMap<String, Issued>,
    /// Access tokens that were not taken at some door.
    pub rejected: BTreeSet<String>,
    /// By family.
    pub refusals: BTreeMap<String, Refusal>,
    pub callers: BTreeMap<Ticket, Caller>,
    /// By family: who is signed in.
    pub subjects: BTreeMap<String, &'static str>,
    pub logouts: Vec<u64>,
    /// By family: when the answer to the login arrived.
    pub logins: BTreeMap<String, u64>,
    /// By family: when the request was sent that logged in.
    pub began: BTreeMap<String, u64>,
    /// By family: when somebody was last there.
    pub activity: BTreeMap<String, u64>,
    /// The same, where it must be known to all.
    pub noted_activity: BTreeMap<String, u64>,
    /// Families that have reached a limit.
    pub limited: BTreeSet<String>,
    /// When the lock was given away although its holder was alive.
    pub locks_lost: Vec<u64>,
    /// While the storage did nothing for some page, for long.
    pub stuck: Vec<Range<u64>>,
    pub jumps: Vec<Jump>,
    pub sleeps: Vec<u64>,
    /// When pages were told that all may be well again: that ends pauses.
    pub resumptions: Vec<u64>,
    pub full_storage: Vec<u64>,
    pub cleared: bool,
    /// When that was, the last time.
    pub cleared_at: u64,
    /// Families that began while the storage took nothing.
    pub unstored_logins: BTreeSet<String>,
    /// Whether somebody logged out while the storage took nothing.
    pub broken_logout: bool,
    /// Pauses that the server asked for and some tab has stored.
    pub pauses: Vec<Pause>,
    /// Since when something live stands in the storage although the last word was a logout.
    pub live_after_logout: Option<u64>,
    /// How often things happened, to see that runs are worth their while.
    pub counts: BTreeMap<&'static str, u64>,
}

/// One sending of a refresh token.
#[derive(Clone)]
pub struct Presentation {
    pub token: String,
    pub attempt: String,
    pub family: String,
    /// The access token that was to be replaced.
    pub access: Option<String>,
    pub tab: usize,
    pub life: u32,
    pub sent: u64,
    pub sent_wall: u64,
    /// Whether the storage had no room to write it down, or did nothing at all.
    pub unwritten: bool,
    /// Whether the storage did not even let it be read.
    pub blind: bool,
    /// Whether the page held the lock.
    pub locked: bool,
    pub ruling: Option<Ruling>,
    pub fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Nothing came back so far.
    Open,
    /// New tokens came back.
    Renewed { at: u64, in_force: bool, saved: bool },
    /// Something else came back, or it is certain that nothing will.
    Failed,
    /// The page went before anything came back, or before what came back was safe.
    Orphaned,
}

/// An access token.
#[derive(Clone, Debug)]
pub struct Issued {
    pub family: String,
    /// When the request that brought it was sent, and when the answer came.
    pub asked: u64,
    pub arrived: Option<u64>,
}

pub struct Caller {
    pub tab: usize,
    pub life: u32,
    pub asked: u64,
    pub errand: Errand,
    pub aborted: bool,
    pub answer: Option<Delivery>,
    /// Whose work it is, as far as the page knows.
    pub owner: Option<&'static str>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Errand {
    /// A request to the app's API; `bad`: to an endpoint that says 401 whatever it gets.
    Fetch {
        bad: bool,
        replay: bool,
        last: bool,
    },
    Renewal,
    Login,
    Logout,
}

#[derive(Clone, Copy, Debug)]
pub struct Jump {
    pub at: u64,
    pub by: i64,
}

#[derive(Clone, Debug)]
pub struct Pause {
    pub tab: usize,
    pub life: u32,
    pub token: String,
    pub from: u64,
    pub until: u64,
}

/// A session is over in a tab.
#[derive(Clone, Debug)]
pub struct End {
    pub family: String,
    pub reason: EndReason,
}

impl History {
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Whether the wall clock was set, or both clocks may have gone apart.
    pub fn clocks_changed_since(&self, time: u64) -> bool {
        self.jumps.iter().any(|jump| jump.at >= time) || self.sleeps.iter().any(|at| *at >= time)
    }

    /// What a page has obtained is in use.
    pub fn in_force(&mut self, tab: usize, life: u32, full: bool) {
        for presentation in self.of_page(tab, life) {
            if let Fate::Renewed { in_force: in_force @ false, saved, .. } = &mut presentation.fate {
                (*in_force, *saved) = (true, !full);
            }
        }
    }

    /// What a page that goes leaves behind.
    pub fn orphan(&mut self, tab: usize, life: u32, time: u64) {
        for presentation in self.of_page(tab, life) {
            if matches!(presentation.fate, Fate::Open | Fate::Renewed { saved: false, .. }) {
                presentation.fate = Fate::Orphaned;
            }
        }
        self.callers.retain(|_, caller| caller.answer.is_some() || (caller.tab, caller.life) != (tab, life));
        self.pauses.retain(|pause| (pause.tab, pause.life) != (tab, life) || pause.from + 100 < time);
    }

    /// A page goes before the storage has told it who is signed in: nobody could be logged out.
    pub fn unheard(&mut self, tab: usize, life: u32) {
        let callers = self.callers.values().filter(|caller| (caller.tab, caller.life) == (tab, life));
        for caller in callers.filter(|caller| caller.errand == Errand::Logout) {
            self.logouts.retain(|at| *at != caller.asked);
        }
    }

    /// Callers in a tab that can still change their mind.
    pub fn abortable(&self, tab: usize) -> Vec<Ticket> {
        let waiting = self.callers.iter().filter(|(_, caller)| {
            let patient = matches!(caller.errand, Errand::Fetch { .. } | Errand::Renewal);
            caller.tab == tab && caller.answer.is_none() && !caller.aborted && patient
        });
        waiting.map(|(ticket, _)| *ticket).collect()
    }

    pub fn aborted(&mut self, ticket: Ticket) {
        self.count("callers gone");
        if let Some(caller) = self.callers.get_mut(&ticket) {
            caller.aborted = true;
        }
    }

    fn of_page(&mut self, tab: usize, life: u32) -> impl Iterator<Item = &mut Presentation> {
        self.presentations.iter_mut().filter(move |it| it.tab == tab && it.life == life)
    }
}

impl std::fmt::Debug for Presentation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { attempt, tab, life, sent, ruling, fate, .. } = self;
        let attempt = attempt.get(..6).unwrap_or("-");
        write!(f, "attempt {attempt} of page {tab}.{life} at {sent}: {ruling:?}, {fate:?}")
    }
}
