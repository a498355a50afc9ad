//! A brake on guessing passwords: token buckets for each account, each address, and each pair of them. Pure.

use std::time::Duration;

use super::moment::Moment;

/// How many failed logins are free, and how fast they are forgiven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimit {
    /// Failed attempts of one address on one account before the brake.
    pub burst: u32,
    /// One more attempt is granted after each of these spans.
    pub refill: Duration,
    /// As `burst`, for one account from anywhere. Much wider: else a stranger could lock its owner out.
    pub account_burst: u32,
    /// As `burst`, for one address on any accounts. Wider: a whole office may share one.
    pub address_burst: u32,
}

impl Default for LoginLimit {
    /// Ten at once, then ten a minute; a hundred on one account and fifty from one address.
    fn default() -> Self {
        Self { burst: 10, refill: Duration::from_secs(6), account_burst: 100, address_burst: 50 }
    }
}

impl LoginLimit {
    /// The buckets that a login takes an attempt from.
    #[must_use]
    pub fn buckets(&self, account: &str, address: &str) -> Vec<(String, Draw)> {
        let draw = |burst| Draw { burst, refill: self.refill };
        // The lengths keep two names from being read as one other.
        let mut buckets = vec![
            (format!("pair:{}:{account}:{address}", account.len()), draw(self.burst)),
            (format!("account:{account}"), draw(self.account_burst)),
        ];
        if !address.is_empty() {
            buckets.push((format!("address:{address}"), draw(self.address_burst)));
        }
        buckets
    }
}

/// One attempt out of a bucket of so many, each of which comes back after such a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// How many attempts a full bucket holds.
    pub burst: u32,
    /// How long one attempt takes to come back.
    pub refill: Duration,
}

impl Draw {
    /// How long an empty bucket takes to be full again.
    #[must_use]
    pub const fn capacity(self) -> Duration {
        self.refill.saturating_mul(self.burst)
    }

    /// When the bucket will be full again after this attempt. One moment says all there is to know of a bucket.
    ///
    /// # Errors
    /// How long to wait for the next attempt, if there is none left.
    pub fn take(self, full_at: Moment, now: Moment) -> Result<Moment, Duration> {
        let after = self.spent(full_at, now).saturating_add(self.refill);
        if after > self.capacity() { Err(self.wait(full_at, now)) } else { Ok(now.after(after)) }
    }

    /// How long until there is an attempt to take.
    #[must_use]
    pub fn wait(self, full_at: Moment, now: Moment) -> Duration {
        self.spent(full_at, now).saturating_add(self.refill).saturating_sub(self.capacity())
    }

    /// A clock set back makes a bucket look emptier than empty; it is at most empty.
    fn spent(self, full_at: Moment, now: Moment) -> Duration {
        full_at.since(now).min(self.capacity())
    }
}
