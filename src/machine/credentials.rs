//! The tokens in use, and whether they are still good.

use super::effect::Lease;
use super::holding::Owner;
use super::record::{Content, Live, Record};
use crate::time::{Millis, Mono, Now, Wall};
use crate::token::{SessionId, Stamp};

/// A wall clock that stands this little before a token's birth was merely adjusted.
const ADJUSTMENT: Millis = Millis(5_000);

/// A live record, anchored on both clocks of this page.
#[derive(Clone, Hash, Debug)]
pub(super) struct Credentials {
    pub(super) session: SessionId,
    pub(super) stamp: Stamp,
    pub(super) live: Box<Live>,
    /// Whether the server has rejected the token, and a renewal has yet to tell what that means.
    pub(super) contested: bool,
    /// When the access token was obtained. `None`: before this page's monotonic clock began.
    born: Option<Mono>,
    /// When this was taken up, and what time it was then: the session's own time never goes back.
    since: Now,
    /// How old it was when `born` was out of reach.
    head_start: Millis,
}

impl Credentials {
    pub(super) fn new(session: SessionId, stamp: Stamp, live: Box<Live>, now: Now) -> Self {
        let since = Now { wall: now.wall.max(live.active), ..now };
        let age = now.wall - live.obtained;
        let born = now.mono.0.checked_sub(age.0).map(Mono);
        let head_start = if born.is_some() { Millis(0) } else { Millis(age.0 - now.mono.0) };
        Self { session, stamp, live, contested: false, born, since, head_start }
    }

    /// They are in use from now on, after others of the same session: its own time goes on from where
    /// it was. Tells whether those knew somebody to be there of whom these do not.
    pub(super) fn take_up(&mut self, now: Now, before: Option<&Self>) -> bool {
        let (time, active) = before.map_or_else(Default::default, |before| (before.time(now), before.live.active));
        let unnoted = active > self.live.active;
        self.live.active = self.live.active.max(active);
        self.since = Now { wall: now.wall.max(self.live.active).max(time), ..now };
        unnoted
    }

    /// Whether the token has more than `margin` left, on both clocks. One that never said how long
    /// it lives is fresh until the server says otherwise.
    pub(super) fn fresh(&self, now: Now, margin: Millis) -> bool {
        let Some(lifetime) = self.live.lifetime else {
            return self.live.access.is_some();
        };
        let margin = margin.0.min(lifetime.0 / 10);
        self.live.access.is_some() && self.age(now).is_some_and(|age| age.0.saturating_add(margin) < lifetime.0)
    }

    /// As those do it who trust the device's clock.
    #[cfg(feature = "sabotage")]
    pub(super) fn fresh_by_wall(&self, now: Now, margin: Millis) -> bool {
        self.expires_at().is_none_or(|at| now.wall + margin < at)
    }

    /// Whether the token has anything left.
    pub(super) fn valid(&self, now: Now) -> bool {
        self.fresh(now, Millis(0))
    }

    /// Whether the token has half of its life before it.
    pub(super) fn young(&self, now: Now) -> bool {
        self.live.lifetime.is_none_or(|lifetime| self.age(now).is_some_and(|age| age.0 < lifetime.0 / 2))
    }

    /// How long until twice the margin is left, early enough that no request has to wait; or until half of
    /// its life is over.
    pub(super) fn until_stale(&self, now: Now, margin: Millis, half: bool) -> Option<Millis> {
        let lifetime = self.live.lifetime?;
        let margin = if half { lifetime.0 / 2 } else { (margin.0 * 2).min(lifetime.0 / 5) };
        let age = self.age(now).unwrap_or(lifetime);
        Some(Millis(lifetime.0.saturating_sub(margin.saturating_add(age.0))))
    }

    /// How long this tab has had it.
    pub(super) fn held_for(&self, now: Now) -> Millis {
        now.mono - self.since.mono
    }

    pub(super) fn lease(&self) -> Option<Lease> {
        let token = self.live.access.clone()?;
        Some(Lease { token, session: self.session, stamp: self.stamp })
    }

    pub(super) fn owner(&self) -> Owner {
        (self.session, self.live.subject.clone())
    }

    pub(super) fn record(&self) -> Record {
        Record { session: self.session, stamp: self.stamp, content: Content::Live(self.live.clone()) }
    }

    /// The session's own time: the wall clock's, except that it never goes back, neither when the
    /// clock is set back nor over a reload.
    pub(super) fn time(&self, now: Now) -> Wall {
        now.wall.max(self.since.wall + (now.mono - self.since.mono)).max(self.live.active)
    }

    pub(super) fn expires_at(&self) -> Option<Wall> {
        self.live.access.as_ref().and(self.live.lifetime).map(|lifetime| self.live.obtained + lifetime)
    }

    pub(super) fn refresh_expires_at(&self) -> Option<Wall> {
        self.live.refresh.as_ref().and(self.live.refresh_lifetime).map(|lifetime| self.live.refresh_obtained + lifetime)
    }

    /// The greater of the ages that the two clocks show; a monotonic clock may stand still while
    /// the device sleeps, a wall clock may be set. `None` where the wall clock was set back.
    fn age(&self, now: Now) -> Option<Millis> {
        let by_mono = (now.mono - self.born.unwrap_or_default()).0 + self.head_start.0;
        if now.wall + ADJUSTMENT < self.live.obtained {
            return None;
        }
        Some(Millis(by_mono.max((now.wall - self.live.obtained).0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::AccessToken;

    const MARGIN: Millis = Millis(10_000);

    fn at(mono: u64, wall: u64) -> Now {
        Now { mono: Mono(mono), wall: Wall(wall) }
    }

    fn credentials(lifetime: Option<u64>, now: Now) -> Credentials {
        let live = Live {
            access: Some(AccessToken::new("a")),
            obtained: Wall(1_000_000),
            lifetime: lifetime.map(Millis),
            ..Live::default()
        };
        Credentials::new(SessionId(1), Stamp::default(), Box::new(live), now)
    }

    #[test]
    fn fresh_means_fresh_on_both_clocks() {
        let credentials = credentials(Some(300_000), at(500, 1_000_000));
        for (mono, wall, expected) in [
            (500, 1_000_000, true),
            (289_000, 1_289_000, true),
            (291_000, 1_291_000, false),
            (500, 8_200_000, false),
            (400_000, 1_000_500, false),
            (1_500, 999_000, true),
            (1_500, 900_000, false),
        ] {
            assert_eq!(credentials.fresh(at(mono, wall), MARGIN), expected, "{mono} {wall}");
        }
    }

    #[test]
    fn the_age_survives_a_reload() {
        let taken_over = credentials(Some(300_000), at(10, 1_200_000));
        assert!(taken_over.fresh(at(80_000, 1_200_010), MARGIN));
        assert!(!taken_over.fresh(at(95_000, 1_200_010), MARGIN));
    }

    #[test]
    fn the_margin_never_eats_more_than_a_tenth_of_a_short_life() {
        let credentials = credentials(Some(5_000), at(0, 1_000_000));
        assert!(credentials.fresh(at(4_400, 1_004_400), MARGIN));
        assert!(!credentials.fresh(at(4_600, 1_004_600), MARGIN));
        assert!(credentials.valid(at(4_600, 1_004_600)));
    }

    #[test]
    fn an_unknown_lifetime_is_fresh_until_the_server_says_otherwise() {
        assert!(credentials(None, at(0, 0)).fresh(at(u64::MAX, u64::MAX), MARGIN));
    }
}
