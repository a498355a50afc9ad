//! Reading what the driver says has happened: `{ kind, … }`, kinds and members named as in
//! [`Event`], in JavaScript's spelling.

use crate::machine::{Announcement, Commit, Event, Flight, Lock, StorageFault, StorageOp, Ticket};
use crate::protocol::{Answer, Grant, Reply, Silence, Value};
use crate::time::Millis;
use crate::token::{AccessToken, RefreshToken, Secret, SessionId, Stamp};

/// `Some(None)` for a timeout.
pub(super) fn read(event: &Value) -> Option<Option<Event>> {
    let text = |name: &str| text(event, name);
    let whole = |name: &str| event.member(name).and_then(Value::whole);
    let flag = |name: &str| event.member(name) == Some(&Value::Bool(true));
    let ticket = || whole("ticket").map(Ticket);
    let op = || whole("op").map(StorageOp);
    let stamp = || Some(Stamp { epoch: whole("epoch")?, generation: whole("generation")? });
    Some(Some(match &*text("kind")? {
        "timeout" => return Some(None),
        "tokenWanted" => Event::TokenWanted(ticket()?),
        "renewalWanted" => Event::RenewalWanted(ticket()?),
        "tokenRejected" => Event::TokenRejected {
            ticket: ticket()?,
            session: SessionId::new(&text("session")?),
            stamp: stamp()?,
            replayed: flag("replayed"),
        },
        "replayAccepted" => Event::ReplayAccepted(stamp()?),
        "aborted" => Event::Aborted(ticket()?),
        "loginWanted" => Event::LoginWanted(ticket()?),
        "loginSettled" => Event::LoginSettled(ticket()?, reply(event)),
        "adopted" => Event::Adopted(
            ticket()?,
            Grant {
                access: text("accessToken").as_deref().map(AccessToken::new),
                refresh: text("refreshToken").as_deref().map(RefreshToken::new),
                lifetime: event
                    .member("expiresIn")
                    .and_then(Value::number)
                    .map(|seconds| Millis((seconds * 1000.0) as u64)),
                refresh_lifetime: None,
                subject: text("subject"),
            },
        ),
        "logoutWanted" => Event::LogoutWanted(ticket()?),
        "revocationSettled" => Event::RevocationSettled(ticket(), reply(event)),
        "announced" => Event::Announced(Announcement::decode(&text("text")?)?),
        "storageChanged" => Event::StorageChanged,
        "pageResumed" => Event::PageResumed,
        "pageHidden" => Event::PageHidden,
        "userActive" => Event::UserActive,
        "networkBack" => Event::NetworkBack,
        "recordRead" => Event::RecordRead(
            op()?,
            match text("fault") {
                Some(fault) => Err(StorageFault(fault)),
                None => Ok(text("text").map(Secret)),
            },
        ),
        "committed" => Event::Committed(
            op()?,
            match text("fault") {
                Some(fault) => Commit::Failed(StorageFault(fault)),
                None if flag("conflict") => Commit::Conflict(text("text").map(Secret)),
                None => Commit::Done,
            },
        ),
        "lockSettled" if flag("granted") => Event::LockSettled(Lock::Granted { fence: stamp() }),
        "lockSettled" => Event::LockSettled(Lock::Unavailable),
        "renewalSettled" => Event::RenewalSettled(Flight(whole("flight")?), reply(event)),
        "disposed" => Event::Disposed,
        _ => return None,
    }))
}

/// What came back: `status`, `retryAfter` and `body`; or nothing.
fn reply(event: &Value) -> Reply {
    Ok(Answer {
        status: event.member("status").and_then(Value::whole).ok_or(Silence::Network)? as u16,
        retry_after: text(event, "retryAfter"),
        body: Secret(text(event, "body").unwrap_or_default()),
    })
}

/// Also an empty one: a stored item may be that.
fn text(event: &Value, name: &str) -> Option<String> {
    match event.member(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}
