//! What is to be done.

use crate::error::{EndReason, SessionError};
use crate::protocol::Call;
use crate::text::{concat, cut, decimal, whole};
use crate::time::Millis;
use crate::token::{AccessToken, Secret, SessionId, Stamp};

use super::event::{Flight, StorageOp, Ticket};
use super::snapshot::Snapshot;

/// Something for the driver to do. It decides nothing on the way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Read the stored item. Answer with `RecordRead`.
    Read(StorageOp),
    /// Write `text` if the item's text still is `expected`, in one step as far as the storage
    /// allows. Answer with `Committed`.
    CommitIf {
        /// Names the answer.
        op: StorageOp,
        /// `None`: there must be no item.
        expected: Option<Secret>,
        /// The record.
        text: Secret,
    },
    /// Ask for the lock that all tabs of this session share. Answer with `LockSettled`, however late.
    AcquireLock,
    /// Let the lock go, or take the request for it back if it is not granted yet.
    ReleaseLock,
    /// Let other tabs see, for as long as this tab lives or until the next one, that this state
    /// exists: the storage shows it to them later than the lock, or never if it did not take it.
    RaiseFence(Stamp),
    /// Send the renewal. Answer with `RenewalSettled`.
    Renew(Flight, Call),
    /// Send the login with the credentials kept for this ticket. Answer with `LoginSettled`.
    SendLogin(Ticket, Call),
    /// Tell the server that these tokens are done with. Answer with `RevocationSettled`.
    Revoke(Option<Ticket>, Call),
    /// Answer a caller.
    Deliver(Ticket, Delivery),
    /// Tell the other tabs.
    Announce(Announcement),
    /// Tell the app.
    Notify(Notice),
}

/// What a caller is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delivery {
    /// Send the request with this token; or send it again, if this answers a rejection.
    Token(Lease),
    /// Hand the answer of the app's API to the caller as it is.
    PassThrough,
    /// Done: a login, an adoption, a renewal.
    Done(Snapshot),
    /// Logged out. `true`: the server has confirmed.
    LoggedOut(bool),
    /// It cannot be done.
    Failed(SessionError),
}

/// An access token on its way into one request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lease {
    /// The token.
    pub token: AccessToken,
    /// Which session it belongs to.
    pub session: SessionId,
    /// Which state of it.
    pub stamp: Stamp,
}

/// What tabs tell each other. Never a token.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Announcement {
    /// Which session.
    pub session: SessionId,
    /// Which state was committed.
    pub stamp: Stamp,
    /// Set where the session has ended.
    pub ended: Option<EndReason>,
}

/// What the app is told. All but [`Notice::Changed`] happen once per cause and tab.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Notice {
    /// A new session began, here or in another tab.
    SignedIn,
    /// A new access token is in use.
    Renewed {
        /// Whether this tab has renewed it, or taken it over.
        here: bool,
    },
    /// The session is about to reach a limit that the app has set.
    Expiring {
        /// How long until then.
        left: Millis,
        /// Which one: idle or absolute.
        reason: EndReason,
    },
    /// The limit of the last [`Notice::Expiring`] has moved away: somebody is there, here or in another tab.
    Extended,
    /// Ask the user to log in.
    LoginRequired(EndReason),
    /// The session ended by logout.
    SignedOut(EndReason),
    /// For a developer to know.
    Diagnostic {
        /// Stable.
        code: &'static str,
        /// In words.
        message: String,
    },
    /// The snapshot has changed.
    Changed,
}

impl Announcement {
    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(text: &str) -> Option<Self> {
        let (epoch, rest) = cut(text, b' ')?;
        let (generation, rest) = cut(rest, b' ')?;
        let (session, ended) = cut(rest, b' ')?;
        Some(Self {
            session: SessionId(whole(session)?),
            stamp: Stamp { epoch: whole(epoch)?, generation: whole(generation)? },
            ended: if ended.is_empty() { None } else { Some(EndReason::parse(ended)?) },
        })
    }

    /// As one line of text.
    pub fn encode(&self) -> String {
        let Stamp { epoch, generation } = self.stamp;
        let ended = self.ended.map_or("", EndReason::as_str);
        concat(&[&decimal(epoch), " ", &decimal(generation), " ", &decimal(self.session.0), " ", ended])
    }
}
