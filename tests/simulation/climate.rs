//! What a seed's world is like: who is there, how the server rotates, and what goes wrong how often.

use std::time::Duration;

use tokenkeep::dev::{Policy, Rotation};

use crate::rng::Rng;

#[derive(Clone, Debug)]
pub struct Climate {
    pub tabs: u64,
    pub rotation: Rotation,
    /// Whether attempt ids are sent, as to the reference server.
    pub idempotency: bool,
    /// Seconds.
    pub lifetime: u64,
    /// Milliseconds that the people and devices do things.
    pub duration: u64,
    /// The longest pause between two things that they do.
    pub pace: u64,
    pub locks: bool,
    pub storage: Storing,
    /// How long announcements travel at most.
    pub chatter: u64,
    pub latency: u64,
    /// All from here on: times in a thousand.
    pub loss: u64,
    pub trouble: u64,
    pub slow: u64,
    pub duplicates: u64,
    pub crashes: u64,
    pub freezes: u64,
    pub jumps: u64,
    pub sleeps: u64,
    pub outages: u64,
    pub revocations: u64,
    pub logins: u64,
    pub logouts: u64,
    pub full_storage: u64,
    pub cleared_storage: u64,
    pub bad_endpoint: u64,
    pub garbled_storage: u64,
    /// A slow storage takes very long over one thing.
    pub stuck_storage: u64,
    /// Pages are hidden, or shown again.
    pub hiding: u64,
    /// The lock is given away although its holder is alive.
    pub lost_locks: u64,
    /// Hidden pages are woken only when so many milliseconds are full.
    pub throttle: u64,
    /// Milliseconds: limits that the app sets.
    pub idle: Option<u64>,
    pub absolute: Option<u64>,
    /// Seconds: what the server allows between two renewals.
    pub refresh_idle: u64,
    /// Whether visible pages renew before anybody asks.
    pub ahead: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Storing {
    /// As `localStorage`: a tab sees its own writes at once, and those of others up to so much later.
    Local { lag: u64 },
    /// A storage of the app's own: one truth, and every operation takes up to so long.
    Slow { delay: u64 },
}

impl Climate {
    pub fn of(rng: &mut Rng) -> Self {
        let mut often = |share, rates: &[u64]| if rng.chance(share) { rng.pick(rates) } else { 0 };
        let mut climate = Self {
            loss: often(500, &[10, 50, 250]),
            trouble: often(400, &[20, 100, 300]),
            slow: often(400, &[10, 100]),
            duplicates: often(150, &[50]),
            crashes: often(500, &[10, 40, 120]),
            freezes: often(300, &[10, 40]),
            jumps: often(250, &[10, 40]),
            sleeps: often(150, &[10]),
            outages: often(200, &[20]),
            revocations: often(200, &[5]),
            logins: often(300, &[5, 40]),
            logouts: often(400, &[5, 30]),
            full_storage: often(120, &[20]),
            cleared_storage: often(60, &[10]),
            bad_endpoint: often(150, &[100]),
            garbled_storage: often(40, &[10]),
            stuck_storage: often(200, &[5]),
            hiding: often(300, &[20, 100]),
            lost_locks: often(100, &[20]),
            throttle: 0,
            idle: None,
            absolute: None,
            refresh_idle: 0,
            ahead: false,
            tabs: 0,
            rotation: Rotation::Off,
            idempotency: false,
            lifetime: 0,
            duration: 0,
            pace: 0,
            locks: true,
            storage: Storing::Local { lag: 0 },
            chatter: 0,
            latency: 0,
        };
        climate.tabs = if rng.chance(60) { rng.within(6, 20) } else { rng.pick(&[2, 2, 2, 2, 3, 3, 4, 5]) };
        climate.rotation = rng.pick(&[
            Rotation::Strict,
            Rotation::Strict,
            Rotation::Grace(Duration::from_secs(10)),
            Rotation::Grace(Duration::from_secs(10)),
            Rotation::Off,
        ]);
        climate.idempotency = rng.chance(750);
        climate.pace = rng.pick(&[200, 2_000, 10_000]);
        climate.duration = rng.within(100, 300) * climate.pace;
        climate.lifetime = if climate.pace == 200 { 20 } else { rng.pick(&[20, 60, 300]) };
        climate.locks = rng.chance(800);
        climate.storage = match rng.chance(850) {
            true => Storing::Local { lag: rng.pick(if climate.locks { &[0, 5, 15] } else { &[0, 15, 120] }) },
            false => Storing::Slow { delay: rng.pick(&[1, 5, 40]) },
        };
        climate.chatter = rng.pick(&[0, 5, 20, 200]);
        climate.ahead = rng.chance(150);
        climate.latency = rng.pick(&[2, 40, 300]);
        climate.throttle = rng.pick(&[0, 1_000, 60_000]);
        climate.idle = rng.chance(150).then(|| rng.pick(&[60_000, 300_000, 1_200_000]));
        climate.absolute = rng.chance(100).then(|| rng.pick(&[120_000, 1_800_000]));
        climate.refresh_idle = rng.pick(&[14 * 86_400, 14 * 86_400, 14 * 86_400, 1_800]);
        climate
    }

    pub fn policy(&self) -> Policy {
        Policy {
            access_lifetime: Duration::from_secs(self.lifetime),
            refresh_idle: Duration::from_secs(self.refresh_idle),
            rotation: self.rotation,
            ..Policy::default()
        }
    }

    /// Whether a request may arrive twice. Under strict rotation the second copy ends the session if it
    /// comes after the next renewal, and no client can help it.
    pub fn forgives_copies(&self) -> bool {
        self.rotation != Rotation::Strict
    }

    /// Whether a spent refresh token that is sent again, for want of its answer, is always forgiven.
    pub fn forgives(&self) -> bool {
        self.idempotency || self.rotation == Rotation::Off
    }
}
