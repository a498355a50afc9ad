//! What happened.

use crate::protocol::{Grant, Reply};
use crate::token::{Secret, SessionId, Stamp};

use super::effect::Announcement;

/// Names one caller who waits for an answer. Each is answered exactly once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Ticket(pub u64);

/// Names one reading or writing of the storage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StorageOp(pub u64);

/// Names one sending of a renewal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Flight(pub u64);

/// Something that happened outside of the machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A caller wants a token that is fresh.
    TokenWanted(Ticket, Relogin),
    /// A caller wants a new token, however fresh the present one is.
    RenewalWanted(Ticket),
    /// The app's API answered that the token was not good.
    TokenRejected {
        /// Who asks what to do.
        ticket: Ticket,
        /// Which session the token belonged to.
        session: SessionId,
        /// Which state of it.
        stamp: Stamp,
        /// Whether this was already the second try.
        replayed: bool,
        /// What a third one after a login would mean.
        resend: Resend,
    },
    /// A second try with a newer token went well.
    ReplayAccepted(Stamp),
    /// The caller no longer waits; nobody answers it any more.
    Aborted(Ticket),
    /// The user will not log in now.
    LoginCancelled,
    /// A caller wants to log in. The driver keeps the credentials.
    LoginWanted(Ticket),
    /// What came of [`Effect::SendLogin`](super::Effect::SendLogin).
    LoginSettled(Ticket, Reply),
    /// A caller hands over tokens that it obtained elsewhere.
    Adopted(Ticket, Grant),
    /// A caller wants to log out.
    LogoutWanted(Ticket),
    /// What came of [`Effect::Revoke`](super::Effect::Revoke).
    RevocationSettled(Option<Ticket>, Reply),
    /// Another tab said something.
    Announced(Announcement),
    /// The stored record may have changed.
    StorageChanged,
    /// The page is looked at again, after it was hidden, frozen, asleep or in the back/forward cache.
    PageResumed,
    /// Nobody looks at the page any more.
    PageHidden,
    /// The user has done something: a key, a pointer, or the app's word.
    UserActive,
    /// The device has a network again.
    NetworkBack,
    /// What came of [`Effect::Read`](super::Effect::Read): the item's text, if there is one.
    RecordRead(StorageOp, Result<Option<Secret>, StorageFault>),
    /// What came of [`Effect::CommitIf`](super::Effect::CommitIf).
    Committed(StorageOp, Commit),
    /// What came of [`Effect::AcquireLock`](super::Effect::AcquireLock).
    LockSettled(Lock),
    /// What came of [`Effect::Renew`](super::Effect::Renew).
    RenewalSettled(Flight, Reply),
    /// The session object goes away. The stored session stays.
    Disposed,
}

/// What a request wants that meets a session which has ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Relogin {
    /// To fail.
    #[default]
    Reject,
    /// To wait until the same user has logged in again.
    Hold,
}

/// What is known of sending a rejected request once more, after a login.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Resend {
    /// What the request wants.
    pub relogin: Relogin,
    /// The HTTP status that it was rejected with. Zero where it was redirected first: somebody may have acted.
    pub status: u16,
    /// Whether its method does the same once or twice (RFC 9110, section 9.2.2).
    pub idempotent: bool,
    /// Whether the app says that twice does no harm.
    pub harmless: bool,
    /// Whether its body can be sent again.
    pub repeatable: bool,
}

/// What came of a conditional write.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Commit {
    /// Written.
    Done,
    /// Not written: the storage held something else than expected.
    Conflict(Option<Secret>),
    /// The storage does not take it.
    Failed(StorageFault),
}

/// Why the storage does not give or take.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StorageFault(pub String);

/// What came of asking for the cross-tab lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lock {
    /// It is ours until released. `fence` is the newest state that some tab is known to have
    /// committed; the storage may not show it yet.
    Granted {
        /// See there.
        fence: Option<Stamp>,
    },
    /// There is no lock to be had in this place.
    Unavailable,
}
