//! Randomness from a seed that is handed in, so that a run can be repeated.

/// SplitMix64 (Steele, Lea, Flood 2014). Good for jitter and for names that must not collide by
/// accident; nothing here has to be unguessable.
#[derive(Clone, Hash, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between half of `length` and all of it.
    pub(super) fn jitter(&mut self, length: u64) -> u64 {
        let half = length / 2;
        half + self.next() % (length - half + 1)
    }

    /// A whole number that JSON holds exactly.
    pub(super) fn lot(&mut self) -> u64 {
        self.next() >> 11
    }
}
