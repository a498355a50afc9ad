//! The session at one moment, for the app to show.

use super::{Auth, Machine};
use crate::error::EndReason;
use crate::time::Wall;
use crate::token::{SessionId, Stamp};

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
    /// How many requests of this tab wait for a login.
    pub held: usize,
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

/// All that a snapshot depends on.
#[derive(Clone, PartialEq, Hash, Debug, Default)]
pub(super) struct Shown {
    read: bool,
    signed_in: bool,
    renewing: bool,
    session: SessionId,
    stamp: Stamp,
    held: usize,
}

impl Machine {
    /// The session at this moment.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot { renewing: self.renewal.is_some(), ..Snapshot::starting() };
        match &self.auth {
            Auth::Unread => {}
            Auth::Out(mark) => {
                snapshot.status = Status::SignedOut;
                snapshot.renewing = false;
                snapshot.generation = mark.as_ref().map_or(0, |mark| mark.stamp.generation);
                snapshot.held = self.waiters.len();
                snapshot.reason = Some(self.end_reason());
            }
            Auth::In(credentials) => {
                snapshot.status = Status::SignedIn;
                snapshot.subject = credentials.live.subject.clone();
                snapshot.obtained_at = Some(credentials.live.obtained);
                snapshot.expires_at = credentials.expires_at();
                snapshot.refresh_expires_at = credentials.refresh_expires_at();
                snapshot.generation = credentials.stamp.generation;
            }
        }
        snapshot
    }

    pub(super) fn shown(&self) -> Shown {
        let mut shown = Shown::default();
        match &self.auth {
            Auth::Unread => {}
            Auth::Out(mark) => {
                shown.read = true;
                shown.held = self.waiters.len();
                if let Some(mark) = mark {
                    (shown.session, shown.stamp) = (mark.session, mark.stamp);
                }
            }
            Auth::In(credentials) => {
                shown.signed_in = true;
                shown.renewing = self.renewal.is_some();
                (shown.session, shown.stamp) = (credentials.session, credentials.stamp);
            }
        }
        shown
    }
}

impl Snapshot {
    fn starting() -> Self {
        Self {
            status: Status::Starting,
            renewing: false,
            subject: None,
            obtained_at: None,
            expires_at: None,
            refresh_expires_at: None,
            generation: 0,
            reason: None,
            held: 0,
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
