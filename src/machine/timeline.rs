//! What this tab's session did and why, for a developer to read. Holds no token.

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

#[derive(Clone, Debug, Default)]
pub(super) struct Timeline(Vec<Entry>);

impl Timeline {
    #[inline(never)]
    pub(super) fn note(&mut self, now: Now, what: &'static str, detail: &str) {
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(Entry { at: now.wall, what, detail: detail.into() });
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }
}
