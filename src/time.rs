//! Points in time, read from two clocks.

use std::ops::{Add, Sub};

/// A length of time in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Millis(pub u64);

/// A reading of the monotonic clock. Only good within one page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Mono(pub u64);

/// A reading of the device's wall clock, in ms since 1970. May be wrong, and may jump.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Wall(pub u64);

/// Both clocks at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Now {
    /// The monotonic clock.
    pub mono: Mono,
    /// The wall clock.
    pub wall: Wall,
}

impl Millis {
    /// From whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }
}

// Not inlined: some fifty times their comparison would weigh more than all the calls.
macro_rules! arithmetic {
    ($clock:ident) => {
        impl Add<Millis> for $clock {
            type Output = Self;
            #[inline(never)]
            fn add(self, length: Millis) -> Self {
                Self(self.0.saturating_add(length.0))
            }
        }

        impl Sub for $clock {
            type Output = Millis;
            /// Zero where `earlier` is in fact later.
            #[inline(never)]
            fn sub(self, earlier: Self) -> Millis {
                Millis(self.0.saturating_sub(earlier.0))
            }
        }
    };
}
arithmetic!(Mono);
arithmetic!(Wall);
