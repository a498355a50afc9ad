//! What this tab's session did and why, for a developer to read. Holds no token.

use crate::text::{concat, decimal};
use crate::time::{Now, Wall};

const KEPT: usize = 200;

/// One line of the timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When, by the device's clock.
    pub at: Wall,
    /// What, as a stable name.
    pub what: &'static str,
    /// More about it, in words.
    pub detail: String,
}

/// Clocks that drift apart by less are put right, not moved.
const MOVED: u64 = 60_000;

#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    entries: Vec<Entry>,
    latest: Option<Now>,
}

impl Timeline {
    #[inline(never)]
    pub(super) fn note(&mut self, now: Now, what: &'static str, detail: &str) {
        if self.entries.len() == KEPT {
            self.entries.remove(0);
        }
        self.entries.push(Entry { at: now.wall, what, detail: detail.into() });
    }

    /// Notes where the wall clock has not gone as far as the monotonic one: it was set, or the device slept.
    pub(super) fn follow(&mut self, now: Now) {
        let Some(latest) = self.latest.replace(now) else { return };
        let expected = latest.wall + (now.mono - latest.mono);
        let (forward, back) = (now.wall - expected, expected - now.wall);
        let (way, far) = if forward > back { ("forward by ", forward) } else { ("back by ", back) };
        if far.0 > MOVED {
            self.note(now, "clock_moved", &concat(&[way, &decimal(far.0 / 1000), " s"]));
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
}
