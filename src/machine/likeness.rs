//! Which machines will act alike from now on, for the exhaustive test.

use std::hash::{Hash, Hasher};

use super::Machine;

/// Everything that later decisions depend on. The timeline is only ever written, and the
/// configuration and the parser are the same for all machines of one exploration.
impl Hash for Machine {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            config: _,
            parse: _,
            timeline: _,
            random,
            auth,
            stored,
            promised,
            renewal,
            writes,
            flights,
            logins,
            waiters,
            deferred,
            unsaved,
            breaker,
            prompted,
            disposed,
            outdated,
            visible,
            warned,
            ending,
            rereads,
            last_id,
            timers,
            effects,
            shown,
        } = self;
        (random, auth, stored, promised, renewal, writes).hash(state);
        (flights, logins, waiters, deferred, unsaved, breaker).hash(state);
        (prompted, disposed, outdated, visible, warned, ending).hash(state);
        (rereads, last_id, timers, effects, shown).hash(state);
    }
}
