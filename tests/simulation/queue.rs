//! What is going to happen, in the order of time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

pub struct Queue<T> {
    order: BinaryHeap<Reverse<(u64, u64)>>,
    things: BTreeMap<u64, T>,
    last: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { order: BinaryHeap::new(), things: BTreeMap::new(), last: 0 }
    }
}

impl<T> Queue<T> {
    /// Things of the same moment happen in the order in which they were put here.
    pub fn put(&mut self, at: u64, thing: T) {
        self.last += 1;
        self.order.push(Reverse((at, self.last)));
        self.things.insert(self.last, thing);
    }

    pub fn next_at(&self) -> Option<u64> {
        self.order.peek().map(|Reverse((at, _))| *at)
    }

    pub fn take(&mut self) -> Option<T> {
        let Reverse((_, id)) = self.order.pop()?;
        self.things.remove(&id)
    }
}
