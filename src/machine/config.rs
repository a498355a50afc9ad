//! What the machine is told once.

use super::limits::Limits;
use super::safeguard::Safeguard;
use crate::protocol::Protocol;
use crate::time::Millis;

/// What the machine is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// How the server speaks.
    pub protocol: Protocol,
    /// Renew when the access token has less than this left; never more than a tenth of its lifetime.
    pub margin: Millis,
    /// How long one renewal may take. The wait for another tab's is a quarter longer.
    pub timeout: Millis,
    /// Renew while the page is looked at, before anybody asks; otherwise only when a request needs it.
    pub ahead: bool,
    /// Limits that the app sets.
    pub limits: Limits,
    /// How requests wait for a login.
    pub hold: Hold,
    /// Who else uses the storage.
    pub sharing: Sharing,
    /// Leave this one out, to see that it is missed. Exists in the project's own test builds only.
    #[cfg(feature = "sabotage")]
    pub without: Option<Safeguard>,
}

/// How requests wait for a login, where they want to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// At most so many at a time. Those that come later fail.
    pub limit: u32,
    /// None longer than this.
    pub deadline: Millis,
}

/// Who else uses the storage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// This page alone.
    Alone,
    /// Other tabs too, and what one wrote the next one may see up to `settle` later, even under a
    /// lock (measured in every engine; see ARCHITECTURE.md).
    Tabs {
        /// How long to wait between getting the lock and reading.
        settle: Millis,
        /// The same where there is no lock, and nothing else tells that another tab has written: as
        /// long as a write takes on a device that is busy.
        settle_unlocked: Millis,
    },
}

impl Config {
    /// How long to wait for another tab: longer than that one waits for its answer.
    pub(super) fn patience(&self) -> Millis {
        Millis(self.timeout.0.saturating_add(self.timeout.0 / 4))
    }

    pub(super) fn keeps(&self, safeguard: Safeguard) -> bool {
        #[cfg(feature = "sabotage")]
        return self.without != Some(safeguard);
        #[cfg(not(feature = "sabotage"))]
        return {
            let _ = safeguard;
            true
        };
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new(Protocol::default())
    }
}

impl Config {
    /// The defaults, with that protocol.
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            margin: Millis::from_secs(10),
            timeout: Millis::from_secs(30),
            ahead: false,
            limits: Limits::default(),
            hold: Hold::default(),
            sharing: Sharing::Tabs { settle: Millis(20), settle_unlocked: Millis(150) },
            #[cfg(feature = "sabotage")]
            without: None,
        }
    }
}

impl Default for Hold {
    fn default() -> Self {
        Self { limit: 100, deadline: Millis::from_secs(600) }
    }
}
