//! Writing what is to be done: `{ kind, … }`, kinds and members named as in [`Effect`], in
//! JavaScript's spelling.

use super::view;
use crate::error::EndReason;
use crate::machine::{Delivery, Effect, Machine, Notice};
use crate::protocol::ObjectWriter;
use crate::token::Stamp;

pub(super) fn write(effect: &Effect, machine: &Machine) -> ObjectWriter {
    let mut writer = ObjectWriter::new();
    writer.text("kind", kind(effect));
    match effect {
        Effect::Read(op) => writer.whole("op", op.0),
        Effect::CommitIf { op, expected, text } => {
            writer.whole("op", op.0);
            if let Some(expected) = expected {
                writer.text("expected", &expected.0);
            }
            writer.text("text", &text.0);
        }
        Effect::AcquireLock | Effect::ReleaseLock => {}
        Effect::RaiseFence(Stamp { epoch, generation }) => {
            writer.whole("epoch", *epoch);
            writer.whole("generation", *generation);
        }
        Effect::Renew(flight, call) => {
            writer.whole("flight", flight.0);
            writer.object("call", view::call(call));
        }
        Effect::SendLogin(ticket, call) => {
            writer.whole("ticket", ticket.0);
            writer.object("call", view::call(call));
        }
        Effect::Revoke(ticket, call) => {
            if let Some(ticket) = ticket {
                writer.whole("ticket", ticket.0);
            }
            writer.object("call", view::call(call));
        }
        Effect::Deliver(ticket, delivery) => {
            writer.whole("ticket", ticket.0);
            match delivery {
                Delivery::Token(lease) => writer.object("lease", view::lease(lease)),
                Delivery::PassThrough | Delivery::Done(_) => {}
                Delivery::LoggedOut(revoked) => view::flag(&mut writer, "revoked", *revoked),
                Delivery::Failed(error) => writer.object("error", view::error(error)),
            }
        }
        Effect::Announce(announcement) => writer.text("text", &announcement.encode()),
        Effect::Notify(notice) => notify(notice, machine, &mut writer),
    }
    writer
}

/// Without a detail where the driver shows the snapshot.
fn notify(notice: &Notice, machine: &Machine, writer: &mut ObjectWriter) {
    let mut detail = ObjectWriter::new();
    let name = match notice {
        Notice::SignedIn => return writer.text("type", "signedIn"),
        Notice::Changed => return writer.text("type", "change"),
        Notice::Extended => return writer.text("type", "extended"),
        Notice::Renewed { here } => {
            detail.text("by", if *here { "this-tab" } else { "other-tab" });
            detail.whole("generation", machine.snapshot().generation);
            "renewed"
        }
        Notice::Expiring { left, reason } => {
            detail.whole("left", left.0);
            because(&mut detail, *reason);
            "expiring"
        }
        Notice::LoginRequired(reason) => {
            because(&mut detail, *reason);
            "loginRequired"
        }
        Notice::SignedOut(reason) => {
            because(&mut detail, *reason);
            "signedOut"
        }
        Notice::Diagnostic { code, message } => {
            detail.text("code", code);
            detail.text("message", message);
            "diagnostic"
        }
    };
    writer.text("type", name);
    writer.object("detail", detail);
}

fn because(detail: &mut ObjectWriter, reason: EndReason) {
    detail.text("reason", reason.as_str());
}

fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::Read(_) => "read",
        Effect::CommitIf { .. } => "commitIf",
        Effect::AcquireLock => "acquireLock",
        Effect::ReleaseLock => "releaseLock",
        Effect::RaiseFence(_) => "raiseFence",
        Effect::Renew(..) => "renew",
        Effect::SendLogin(..) => "sendLogin",
        Effect::Revoke(..) => "revoke",
        Effect::Deliver(..) => "deliver",
        Effect::Announce(_) => "announce",
        Effect::Notify(_) => "notify",
    }
}
