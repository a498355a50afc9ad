//! Reading what the driver says has happened: `{ kind, … }`, kinds and members named as in
//! [`Event`], in JavaScript's spelling.

use crate::machine::{Announcement, Commit, Event, Flight, Lock, Relogin, Resend, StorageFault, StorageOp, Ticket};
use crate::protocol::{Answer, Grant, Reply, Silence, Value};
use crate::time::Millis;
use crate::token::{AccessToken, RefreshToken, Secret, SessionId, Stamp};

/// `Some(None)` for a timeout. What an event lacks reads as nothing or zero.
pub(super) fn read(event: &Value) -> Option<Option<Event>> {
    let ticket = Ticket(whole(event, "ticket"));
    let op = StorageOp(whole(event, "op"));
    let stamp = Stamp { epoch: whole(event, "epoch"), generation: whole(event, "generation") };
    let fault = text(event, "fault").map(StorageFault);
    let body = text(event, "text");
    Some(Some(match event.member("kind")?.text()? {
        "timeout" => return Some(None),
        "tokenWanted" => Event::TokenWanted(ticket, relogin(event)),
        "renewalWanted" => Event::RenewalWanted(ticket),
        "tokenRejected" => Event::TokenRejected {
            ticket,
            session: SessionId(whole(event, "session")),
            stamp,
            replayed: flag(event, "replayed"),
            resend: Resend {
                relogin: relogin(event),
                status: whole(event, "status") as u16,
                idempotent: flag(event, "idempotent"),
                harmless: flag(event, "harmless"),
                repeatable: flag(event, "repeatable"),
            },
        },
        "replayAccepted" => Event::ReplayAccepted(stamp),
        "aborted" => Event::Aborted(ticket),
        "loginCancelled" => Event::LoginCancelled,
        "loginWanted" => Event::LoginWanted(ticket),
        "loginSettled" => Event::LoginSettled(ticket, reply(event)),
        "adopted" => Event::Adopted(ticket, grant(event)),
        "logoutWanted" => Event::LogoutWanted(ticket),
        "revocationSettled" => Event::RevocationSettled((ticket.0 > 0).then_some(ticket), reply(event)),
        "announced" => Event::Announced(Announcement::decode(&body?)?),
        "storageChanged" => Event::StorageChanged,
        "pageResumed" => Event::PageResumed,
        "pageHidden" => Event::PageHidden,
        "userActive" => Event::UserActive,
        "networkBack" => Event::NetworkBack,
        "recordRead" => Event::RecordRead(op, fault.map_or(Ok(body.map(Secret)), Err)),
        "committed" => Event::Committed(
            op,
            match fault {
                Some(fault) => Commit::Failed(fault),
                None if flag(event, "conflict") => Commit::Conflict(body.map(Secret)),
                None => Commit::Done,
            },
        ),
        "lockSettled" if flag(event, "granted") => Event::LockSettled(Lock::Granted { fence: Some(stamp) }),
        "lockSettled" => Event::LockSettled(Lock::Unavailable),
        "renewalSettled" => Event::RenewalSettled(Flight(whole(event, "flight")), reply(event)),
        "disposed" => Event::Disposed,
        _ => return None,
    }))
}

fn relogin(event: &Value) -> Relogin {
    if flag(event, "hold") { Relogin::Hold } else { Relogin::Reject }
}

fn grant(event: &Value) -> Grant {
    Grant {
        access: event.member("accessToken").and_then(Value::text).map(AccessToken::new),
        refresh: event.member("refreshToken").and_then(Value::text).map(RefreshToken::new),
        lifetime: seconds(event, "expiresIn"),
        refresh_lifetime: None,
        subject: text(event, "subject"),
        ..Grant::default()
    }
}

/// What came back, or nothing.
pub(super) fn reply(event: &Value) -> Reply {
    let answer = answer(event);
    if answer.status == 0 { Err(Silence::Network) } else { Ok(answer) }
}

/// `status`, `headers` and `body`.
pub(super) fn answer(event: &Value) -> Answer {
    let mut answer = Answer::new(whole(event, "status") as u16, &text(event, "body").unwrap_or_default());
    if let Some(Value::Object(headers)) = event.member("headers") {
        for (name, value) in headers {
            answer = answer.with_header(name, value.text().unwrap_or_default());
        }
    }
    answer
}

pub(super) fn seconds(of: &Value, path: &str) -> Option<Millis> {
    of.at(path).and_then(Value::number).map(|seconds| Millis((seconds * 1000.0) as u64))
}

pub(super) fn flag(of: &Value, path: &str) -> bool {
    matches!(of.at(path), Some(Value::Bool(true)))
}

fn whole(of: &Value, name: &str) -> u64 {
    of.member(name).and_then(Value::whole).unwrap_or_default()
}

/// Also an empty one: a stored item may be that.
fn text(of: &Value, name: &str) -> Option<String> {
    match of.member(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}
