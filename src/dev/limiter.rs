//! A brake on guessing passwords: a token bucket for each account and address. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::moment::Moment;

/// How many failed logins are free, and how fast they are forgiven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimit {
    /// Failed attempts in a row before the brake.
    pub burst: u32,
    /// One more attempt is granted after each of these spans.
    pub refill: Duration,
}

impl Default for LoginLimit {
    /// Ten at once, then ten a minute.
    fn default() -> Self {
        Self { burst: 10, refill: Duration::from_secs(6) }
    }
}

/// The buckets. Time is handed in.
#[derive(Debug)]
pub struct Limiter {
    limit: LoginLimit,
    /// When each bucket will be full again: one moment says it all. A full bucket needs no entry.
    full_at: BTreeMap<(String, String), Moment>,
}

/// Beyond this many accounts under attack the full buckets are swept out at each attempt.
const SWEEP_ABOVE: usize = 10_000;

impl Limiter {
    /// All buckets full.
    #[must_use]
    pub const fn new(limit: LoginLimit) -> Self {
        Self { limit, full_at: BTreeMap::new() }
    }

    /// Takes an attempt from the bucket.
    ///
    /// # Errors
    /// How long to wait for the next attempt, if there is none left.
    pub fn take(&mut self, account: &str, address: &str, now: Moment) -> Result<(), Duration> {
        if self.full_at.len() > SWEEP_ABOVE {
            self.full_at.retain(|_, full_at| *full_at > now);
        }
        let full_at = self.full_at.entry((account.to_owned(), address.to_owned())).or_insert(now);
        let capacity = self.limit.refill.saturating_mul(self.limit.burst);
        // A clock set back makes a bucket look emptier than empty; it is at most empty.
        let spent = full_at.since(now).min(capacity);
        let after = spent.saturating_add(self.limit.refill);
        if after > capacity {
            *full_at = now.after(spent);
            return Err(after.saturating_sub(capacity));
        }
        *full_at = now.after(after);
        Ok(())
    }

    /// Puts an attempt back: it succeeded.
    pub fn forgive(&mut self, account: &str, address: &str, now: Moment) {
        let key = (account.to_owned(), address.to_owned());
        if let Some(full_at) = self.full_at.get_mut(&key) {
            *full_at = full_at.before(self.limit.refill);
            if *full_at <= now {
                self.full_at.remove(&key);
            }
        }
    }
}
