//! What is over soon by itself: the deny-list, the login buckets, the tickets.

use std::time::Duration;

use super::{Reply, StoreError};
use crate::dev::access::Claims;
use crate::dev::limiter::Draw;
use crate::dev::moment::Moment;
use crate::dev::secret::TokenHash;

/// A place for what need not outlive a quarter of an hour, and is looked at in every request.
///
/// Each method is one atomic act, but for those that do another's for each bucket. When the place cannot be reached, it fails; nobody is let in then.
pub trait Brief: Send + Sync + 'static {
    /// Denies everything of that name until then: a session's id, or an access token's.
    fn deny<'a>(&'a self, name: &'a str, until: Moment, now: Moment) -> Reply<'a, ()>;

    /// Whether one of these names is denied.
    fn denied<'a>(&'a self, names: [&'a str; 2], now: Moment) -> Reply<'a, bool>;

    /// Takes an attempt out of a bucket, or says how long until there is one.
    fn draw<'a>(&'a self, bucket: &'a str, draw: Draw, now: Moment) -> Reply<'a, Result<(), Duration>>;

    /// Puts an attempt back.
    fn put_back<'a>(&'a self, bucket: &'a str, draw: Draw, now: Moment) -> Reply<'a, ()>;

    /// Takes an attempt out of each bucket, up to the first that has none, and says how long until it has.
    fn draw_each<'a>(&'a self, buckets: &'a [(String, Draw)], now: Moment) -> Reply<'a, Result<(), Duration>> {
        Box::pin(draw_in_turn(self, buckets, now))
    }

    /// Puts an attempt back into each bucket.
    fn put_back_each<'a>(&'a self, buckets: &'a [(String, Draw)], now: Moment) -> Reply<'a, ()> {
        Box::pin(put_back_in_turn(self, buckets, now))
    }

    /// Keeps a ticket that opens one socket until then.
    fn keep_ticket(&self, hash: TokenHash, claims: Claims, until: Moment, now: Moment) -> Reply<'_, ()>;

    /// Takes a ticket away; of any number of takers one gets what it stands for.
    fn take_ticket(&self, hash: TokenHash, now: Moment) -> Reply<'_, Option<Claims>>;

    /// Forgets what is over. Returns how many entries.
    fn sweep(&self, now: Moment) -> Reply<'_, u64>;

    /// Whether it can be reached.
    fn ping(&self) -> Reply<'_, ()>;
}

pub(super) async fn draw_in_turn<B: Brief + ?Sized>(
    brief: &B,
    buckets: &[(String, Draw)],
    now: Moment,
) -> Result<Result<(), Duration>, StoreError> {
    for (bucket, draw) in buckets {
        if let Err(wait) = brief.draw(bucket, *draw, now).await? {
            return Ok(Err(wait));
        }
    }
    Ok(Ok(()))
}

pub(super) async fn put_back_in_turn<B: Brief + ?Sized>(
    brief: &B,
    buckets: &[(String, Draw)],
    now: Moment,
) -> Result<(), StoreError> {
    for (bucket, draw) in buckets {
        brief.put_back(bucket, *draw, now).await?;
    }
    Ok(())
}

/// How a whole session is denied.
pub(in crate::dev) fn session_name(family: &str) -> String {
    format!("session:{family}")
}

/// How one access token is denied.
pub(in crate::dev) fn token_name(jti: &str) -> String {
    format!("token:{jti}")
}
