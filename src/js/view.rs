//! What JavaScript is shown, as JSON.

use super::list::List;
use crate::error::{EndReason, SessionError};
use crate::machine::{Entry, Lease, Snapshot};
use crate::protocol::{Call, ObjectWriter};
use crate::token::AttemptId;

pub(super) fn snapshot(snapshot: &Snapshot) -> ObjectWriter {
    let mut writer = ObjectWriter::new();
    writer.text("status", snapshot.status.as_str());
    flag(&mut writer, "renewing", snapshot.renewing);
    optional_text(&mut writer, "subject", snapshot.subject.as_deref());
    optional(&mut writer, "expiresAt", snapshot.expires_at.map(|at| at.0));
    optional(&mut writer, "obtainedAt", snapshot.obtained_at.map(|at| at.0));
    optional(&mut writer, "refreshExpiresAt", snapshot.refresh_expires_at.map(|at| at.0));
    writer.whole("generation", snapshot.generation);
    writer.whole("held", snapshot.held as u64);
    optional_text(&mut writer, "reason", snapshot.reason.map(EndReason::as_str));
    writer
}

pub(super) fn timeline<'a>(entries: impl Iterator<Item = &'a Entry>) -> List {
    let mut list = List::new();
    for each in entries {
        list.push(entry(each));
    }
    list
}

fn entry(entry: &Entry) -> ObjectWriter {
    let mut writer = ObjectWriter::new();
    writer.whole("at", entry.at.0);
    writer.text("what", entry.what);
    optional_text(&mut writer, "detail", Some(&*entry.detail).filter(|detail| !detail.is_empty()));
    writer
}

pub(super) fn lease(lease: &Lease) -> ObjectWriter {
    let mut writer = ObjectWriter::new();
    writer.text("token", lease.token.expose());
    writer.whole("session", lease.session.0);
    writer.whole("epoch", lease.stamp.epoch);
    writer.whole("generation", lease.stamp.generation);
    writer
}

pub(super) fn call(call: &Call) -> ObjectWriter {
    let mut writer = ObjectWriter::new();
    writer.text("endpoint", &call.endpoint);
    optional_text(&mut writer, "token", call.token.as_deref());
    optional_text(&mut writer, "attempt", call.attempt.as_ref().map(AttemptId::as_str));
    writer
}

pub(super) fn error(error: &SessionError) -> ObjectWriter {
    let mut writer = ObjectWriter::new();
    writer.text("code", error.code.as_str());
    writer.text("message", &error.message);
    flag(&mut writer, "retryable", error.code.retryable());
    optional(&mut writer, "status", error.status.map(u64::from));
    optional_text(&mut writer, "reason", error.reason.as_deref());
    optional(&mut writer, "retryAfter", error.retry_after.map(|length| length.0));
    writer
}

pub(super) fn flag(writer: &mut ObjectWriter, name: &str, value: bool) {
    writer.json(name, if value { "true" } else { "false" });
}

fn optional(writer: &mut ObjectWriter, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        writer.whole(name, value);
    }
}

fn optional_text(writer: &mut ObjectWriter, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        writer.text(name, value);
    }
}
