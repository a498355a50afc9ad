//! The session at one moment, for the app to show.

use crate::error::EndReason;
use crate::time::Wall;

/// The session at one moment. Holds no token.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Snapshot {
    /// Whether somebody is signed in.
    pub status: Status,
    /// Whether a renewal is under way in this tab.
    pub renewing: bool,
    /// Who is signed in.
    pub subject: Option<String>,
    /// When the access token was obtained.
    pub obtained_at: Option<Wall>,
    /// When the access token runs out; `None` where its lifetime is not known.
    pub expires_at: Option<Wall>,
    /// When the refresh token runs out unless used.
    pub refresh_expires_at: Option<Wall>,
    /// Grows by one with every login and renewal, across tabs.
    pub generation: u64,
    /// Why the session ended.
    pub reason: Option<EndReason>,
}

/// Whether somebody is signed in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// The stored record has not been read yet.
    Starting,
    /// Somebody is.
    SignedIn,
    /// Nobody is.
    SignedOut,
}

impl Snapshot {
    pub(super) fn starting() -> Self {
        Self {
            status: Status::Starting,
            renewing: false,
            subject: None,
            obtained_at: None,
            expires_at: None,
            refresh_expires_at: None,
            generation: 0,
            reason: None,
        }
    }
}

impl Status {
    /// The stable name, as shown to JavaScript.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::SignedIn => "signedIn",
            Self::SignedOut => "signedOut",
        }
    }
}
