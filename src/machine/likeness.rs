//! Which machines will act alike from now on, for the exhaustive test.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use super::renewal::Phase;
use super::{Flight, Machine, StorageOp};

/// Everything that later decisions depend on. The timeline is only ever written, and the
/// configuration and the parser are the same for all machines of one exploration. Operations are told
/// apart by their numbers, whatever these are.
impl Hash for Machine {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            config: _,
            timeline: _,
            last_id: _,
            random,
            auth,
            stored,
            promised,
            rumour,
            unordered,
            renewal,
            writes,
            flights,
            logins,
            waiters,
            deferred,
            unsaved,
            blind,
            breaker,
            asked,
            parted,
            disposed,
            outdated,
            visible,
            warned,
            roused,
            ending,
            rereads,
            timers,
            effects,
            shown,
        } = self;
        let mut renewal = renewal.clone();
        if let Some(id) = renewal.as_mut().and_then(|renewal| renewal.phase.id_mut()) {
            *id = self.rank(*id) as u64;
        }
        (random, auth, stored, promised, rumour, unordered, renewal).hash(state);
        writes.values().for_each(|write| write.hash(state));
        flights.values().for_each(|sent| sent.hash(state));
        for id in writes.keys().map(|op| op.0).chain(flights.keys().map(|flight| flight.0)) {
            self.rank(id).hash(state);
        }
        ending.map(|ending| self.rank(ending.0)).hash(state);
        (logins, waiters, deferred, (unsaved, blind), breaker, warned).hash(state);
        (asked, parted, disposed, outdated, visible, roused).hash(state);
        (rereads, timers, effects, shown).hash(state);
    }
}

impl Machine {
    /// Where an operation stands among those whose result the machine waits for, from one. Zero: it
    /// does not matter which one it is.
    pub fn rank(&self, id: u64) -> usize {
        let awaited = self.renewal.as_ref().and_then(|renewal| renewal.phase.clone().id_mut().map(|id| *id));
        let mut ids: BTreeSet<u64> = awaited.into_iter().chain(self.ending.map(|ending| ending.0)).collect();
        ids.extend(self.writes.keys().map(|op| op.0));
        ids.extend(self.flights.keys().map(|flight| flight.0));
        ids.iter().position(|known| *known == id).map_or(0, |at| at + 1)
    }
}

impl Phase {
    fn id_mut(&mut self) -> Option<&mut u64> {
        match self {
            Self::Looking(StorageOp(id), _)
            | Self::Journaling(StorageOp(id))
            | Self::Committing(StorageOp(id))
            | Self::InFlight(Flight(id)) => Some(id),
            Self::Queued | Self::Settling(_) | Self::Sibling => None,
        }
    }
}
