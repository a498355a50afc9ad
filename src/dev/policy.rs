//! What an operator may choose.

use std::time::Duration;

/// How long sessions live and how refresh tokens change hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Life of an access token. Whole seconds count.
    pub access_lifetime: Duration,
    /// A refresh token that is not used for this long is dead.
    pub refresh_idle: Duration,
    /// A family is dead this long after its login, however busy it was.
    pub refresh_absolute: Duration,
    /// Whether a renewal replaces the refresh token.
    pub rotation: Rotation,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            access_lifetime: Duration::from_secs(300),
            refresh_idle: Duration::from_secs(14 * 86_400),
            refresh_absolute: Duration::from_secs(90 * 86_400),
            rotation: Rotation::default(),
        }
    }
}

/// Whether and how a renewal replaces the refresh token (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Never: the token stays as long as it is used.
    Off,
    /// Each token buys one renewal. Presented again, it ends the family, unless the renewal carried
    /// an `Idempotency-Key` and is repeated with the same one before its child is used.
    Strict,
    /// As strict, but a token presented again within the window gets the child that it got before.
    Grace(
        /// The window, counted from the first renewal.
        Duration,
    ),
}

impl Default for Rotation {
    fn default() -> Self {
        Self::Grace(Duration::from_secs(10))
    }
}
