//! What is over soon by itself: the deny-list, the login buckets, the tickets.

use super::Reply;
use crate::dev::access::Claims;
use crate::dev::limiter::Draw;
use crate::dev::moment::Moment;
use crate::dev::secret::TokenHash;

/// A place for what need not outlive a quarter of an hour, and is looked at in every request.
///
/// Each method is one atomic act. When the place cannot be reached, it fails; nobody is let in then.
pub trait Brief: Send + Sync + 'static {
    /// Denies everything of that name until then: a session's id, or an access token's.
    fn deny<'a>(&'a self, name: &'a str, until: Moment, now: Moment) -> Reply<'a, ()>;

    /// Whether one of these names is denied.
    fn denied<'a>(&'a self, names: [&'a str; 2], now: Moment) -> Reply<'a, bool>;

    /// Takes an attempt out of a bucket, or says how long until there is one.
    fn draw<'a>(&'a self, bucket: &'a str, draw: Draw, now: Moment) -> Reply<'a, Result<(), std::time::Duration>>;

    /// Puts an attempt back.
    fn put_back<'a>(&'a self, bucket: &'a str, draw: Draw, now: Moment) -> Reply<'a, ()>;

    /// Keeps a ticket that opens one socket until then.
    fn keep_ticket(&self, hash: TokenHash, claims: Claims, until: Moment, now: Moment) -> Reply<'_, ()>;

    /// Takes a ticket away; of any number of takers one gets what it stands for.
    fn take_ticket(&self, hash: TokenHash, now: Moment) -> Reply<'_, Option<Claims>>;

    /// Forgets what is over. Returns how many entries.
    fn sweep(&self, now: Moment) -> Reply<'_, u64>;

    /// Whether it can be reached.
    fn ping(&self) -> Reply<'_, ()>;
}

/// How a whole session is denied.
pub(in crate::dev) fn session_name(family: &str) -> String {
    format!("session:{family}")
}

/// How one access token is denied.
pub(in crate::dev) fn token_name(jti: &str) -> String {
    format!("token:{jti}")
}
