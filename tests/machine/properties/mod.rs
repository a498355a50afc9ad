//! What holds whatever happens: one function for each invariant.

mod wild;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use tokenkeep::error::EndReason;
use tokenkeep::machine::{
    Announcement, Attempt, Backoff, Cause, Commit, Config, Content, Event, Flight, Live, Lock, Machine, Notice, Record,
    Relogin, Resend, StorageFault, StorageOp, Ticket,
};
use tokenkeep::protocol::{Answer, Silence};
use tokenkeep::time::{Millis, Mono, Now, Wall};
use tokenkeep::token::{AccessToken, RefreshToken, Secret, SessionId, Stamp};

use wild::{CANCELLED, Step, TELL_NOBODY, Wild, config};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(any::<Step>(), 0..120)
}

fn every_ticket_is_answered_exactly_once(wild: &Wild) -> TestCaseResult {
    for ticket in &wild.asked {
        let answers = wild.answers.get(ticket).map_or(0, Vec::len);
        let expected = if wild.aborted.contains(ticket) { 0..=1 } else { 1..=1 };
        prop_assert!(expected.contains(&answers), "{ticket:?} was answered {answers} times");
    }
    Ok(())
}

fn nothing_is_left_to_do(wild: &Wild) -> TestCaseResult {
    prop_assert_eq!(wild.machine.poll_timeout(), None);
    prop_assert!(!wild.holds_lock, "the lock is still held");
    Ok(())
}

fn no_token_was_printed(wild: &Wild) -> TestCaseResult {
    prop_assert!(!wild.leaked, "in an event, an effect or an announcement");
    let timeline: Vec<_> = wild.machine.timeline().collect();
    let shown = format!("{timeline:?} {:?}", wild.machine);
    prop_assert!(!shown.contains(TELL_NOBODY), "in the timeline or the machine");
    Ok(())
}

fn each_end_was_told_once(wild: &Wild) -> TestCaseResult {
    let (mut known, mut doubled) = (false, false);
    for notice in &wild.notices {
        match notice {
            Notice::LoginRequired(_) => (doubled, known) = (doubled || known, true),
            // A session was taken up, or a new one began.
            Notice::SignedIn | Notice::Renewed { .. } | Notice::Changed => known &= *notice == Notice::Changed,
            Notice::Diagnostic { code: CANCELLED, .. } => known = false,
            _ => {}
        }
    }
    prop_assert!(!doubled, "a login was required twice for one end");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn callers_are_answered_exactly_once_under_any_order_of_events(kind: u8, steps in steps()) {
        let mut wild = Wild::after(Config { ahead: false, ..config(kind) }, &steps);
        wild.finish();
        every_ticket_is_answered_exactly_once(&wild)?;
    }

    #[test]
    fn once_all_is_answered_there_is_neither_a_timer_nor_a_lock(kind: u8, steps in steps()) {
        let mut wild = Wild::after(Config { ahead: false, limits: Default::default(), ..config(kind) }, &steps);
        wild.finish();
        nothing_is_left_to_do(&wild)?;
    }

    #[test]
    fn tokens_appear_in_no_debug_output(kind: u8, steps in steps()) {
        no_token_was_printed(&Wild::after(config(kind), &steps))?;
    }

    #[test]
    fn a_tab_asks_for_one_login_for_each_end(kind: u8, steps in steps()) {
        each_end_was_told_once(&Wild::after(config(kind), &steps))?;
    }

    #[test]
    fn time_alone_wakes_it_a_bounded_number_of_times(kind: u8, steps in steps()) {
        let mut wild = Wild::after(config(kind), &steps);
        wild.pass(3_600_000);
    }

    #[test]
    fn no_event_makes_it_panic_even_against_the_contract(kind: u8, events in vec(event(), 0..60), jumps in vec(any::<(u32, u32)>(), 60)) {
        let mut machine = Machine::new(config(kind), 1, Now::default());
        for (event, (mono, wall)) in events.into_iter().zip(jumps) {
            let now = Now { mono: Mono(mono.into()), wall: Wall(u64::from(wall) << (mono % 32)) };
            machine.handle(now, event);
            machine.handle_timeout(now);
            while machine.poll_effect().is_some() {}
            let _ = (machine.lease(now), machine.snapshot(), machine.poll_timeout());
        }
    }

    #[test]
    fn a_record_survives_the_round_trip(record in record()) {
        prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
    }

    #[test]
    fn an_announcement_survives_the_round_trip(record in record(), ended in prop::option::of(end_reason())) {
        let announcement = Announcement { session: record.session, stamp: record.stamp, ended };
        prop_assert_eq!(Announcement::decode(&announcement.encode()), Some(announcement));
    }

    #[test]
    fn no_text_makes_decoding_panic(text in any_text()) {
        let _ = Record::decode(&text);
        let _ = Announcement::decode(&text);
    }

    #[test]
    fn what_was_torn_or_overwritten_is_never_taken_for_another_record(record in record(), at: prop::sample::Index, with in "\\PC{0,3}") {
        let mut text: Vec<char> = record.encode().chars().collect();
        let at = at.index(text.len());
        text.splice(at.., with.chars());
        let torn: String = text.into_iter().collect();
        prop_assert!(Record::decode(&torn).is_err() || torn == record.encode(), "{torn}");
    }

    #[test]
    fn of_two_different_states_one_is_the_later(first in record(), second in record()) {
        prop_assert!(!(first.supersedes(&second) && second.supersedes(&first)));
        prop_assert!(!first.supersedes(&first));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("1e400".to_owned()),
        "\"\\PC{0,8}\"",
        Just(r#"{"id":"a","since":1}"#.to_owned()),
        Just("[1]".to_owned()),
    ];
    let name = prop::sample::select(vec![
        "v",
        "session",
        "epoch",
        "generation",
        "ended",
        "access",
        "refresh",
        "obtained",
        "refreshObtained",
        "lifetime",
        "attempt",
        "attemptSince",
        "attemptLot",
        "backoff",
        "backoffSince",
        "backoffLength",
        "failures",
        "subject",
        "began",
        "active",
    ]);
    let members = vec((name, value), 0..12).prop_map(|members| {
        let members: Vec<_> = members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{\"v\":1,{}}}", members.join(","))
    });
    prop_oneof![members, "\\PC{0,60}", "[0-9 a-z]{0,40}"]
}

fn record() -> impl Strategy<Value = Record> {
    let content =
        prop_oneof![live().prop_map(|live| Content::Live(Box::new(live))), end_reason().prop_map(Content::Ended)];
    (small(), small(), small(), content).prop_map(|(session, epoch, generation, content)| Record {
        session: SessionId(session),
        stamp: Stamp { epoch, generation },
        content,
    })
}

fn live() -> impl Strategy<Value = Live> {
    let tokens = (prop::option::of("\\PC{1,30}"), "\\PC{1,30}");
    let times = (small(), small(), small(), small(), prop::option::of(small()), prop::option::of(small()));
    let rest = (
        [prop::option::of("\\PC{1,9}"), prop::option::of("\\PC{1,9}"), prop::option::of("\\PC{0,9}")],
        prop::option::of((small(), small(), small())),
        prop::option::of((small(), small(), any::<u32>(), cause())),
    );
    (tokens, times, rest).prop_map(|((access, refresh), times, ([subject, scopes, roles], attempt, backoff))| Live {
        access: access.map(|text| AccessToken::new(&text)),
        refresh: Some(RefreshToken::new(&refresh)),
        began: Wall(times.0),
        active: Wall(times.1),
        obtained: Wall(times.2),
        refresh_obtained: Wall(times.3),
        lifetime: times.4.map(Millis),
        refresh_lifetime: times.5.map(Millis),
        subject,
        scopes,
        roles,
        attempt: attempt.map(|(id, since, lot)| Attempt { id, since: Wall(since), lot }),
        backoff: backoff.map(|(since, length, failures, cause)| Backoff {
            since: Wall(since),
            length: Millis(length),
            failures,
            cause,
        }),
    })
}

/// Whole numbers that JSON holds exactly.
fn small() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..5, 0_u64..9_007_199_254_740_991]
}

fn cause() -> impl Strategy<Value = Cause> {
    prop::sample::select(vec![Cause::Server, Cause::Network, Cause::Protocol])
}

fn end_reason() -> impl Strategy<Value = EndReason> {
    use EndReason::{Absolute, Expired, Idle, Logout, LostRenewal, None, Refused};
    prop::sample::select(vec![None, Logout, Refused, Expired, LostRenewal, Idle, Absolute])
}

fn relogin() -> impl Strategy<Value = Relogin> {
    prop::sample::select(vec![Relogin::Reject, Relogin::Hold])
}

fn resend() -> impl Strategy<Value = Resend> {
    (relogin(), 400_u16..600, any::<[bool; 3]>()).prop_map(|(relogin, status, [idempotent, harmless, repeatable])| {
        Resend { relogin, status, idempotent, harmless, repeatable }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let ticket = (0_u64..6).prop_map(Ticket);
    let op = (0_u64..12).prop_map(StorageOp);
    let stamp = (0_u64..3, 0_u64..4).prop_map(|(epoch, generation)| Stamp { epoch, generation });
    let text = prop::option::of(prop_oneof![record().prop_map(|record| record.encode()), any_text()].prop_map(Secret));
    let body = prop_oneof![
        any_text(),
        Just(r#"{"token":"a","refreshToken":"r","expiresIn":300}"#.to_owned()),
        Just(r#"{"code":"refresh_token_revoked"}"#.to_owned()),
    ];
    let reply = (prop::sample::select(vec![200, 204, 400, 401, 429, 500, 503]), body, any::<bool>()).prop_map(
        |(status, body, heard)| match heard {
            true => Ok(Answer::new(status, &body).with_header("Retry-After", "9")),
            false => Err(Silence::Network),
        },
    );
    let session = (1_u64..3).prop_map(SessionId);
    let ended = prop::option::of(end_reason());
    prop_oneof![
        (ticket.clone(), relogin()).prop_map(|(ticket, relogin)| Event::TokenWanted(ticket, relogin)),
        Just(Event::LoginCancelled),
        ticket.clone().prop_map(Event::RenewalWanted),
        ticket.clone().prop_map(Event::Aborted),
        ticket.clone().prop_map(Event::LoginWanted),
        ticket.clone().prop_map(Event::LogoutWanted),
        stamp.clone().prop_map(Event::ReplayAccepted),
        (ticket.clone(), session.clone(), stamp.clone(), any::<bool>(), resend()).prop_map(
            |(ticket, session, stamp, replayed, resend)| {
                Event::TokenRejected { ticket, session, stamp, replayed, resend }
            }
        ),
        (ticket.clone(), reply.clone()).prop_map(|(ticket, reply)| Event::LoginSettled(ticket, reply)),
        (prop::option::of(ticket), reply.clone()).prop_map(|(ticket, reply)| Event::RevocationSettled(ticket, reply)),
        ((0_u64..12).prop_map(Flight), reply).prop_map(|(flight, reply)| Event::RenewalSettled(flight, reply)),
        (session, stamp.clone(), ended).prop_map(|(session, stamp, ended)| Event::Announced(Announcement {
            session,
            stamp,
            ended
        })),
        (op.clone(), text.clone()).prop_map(|(op, text)| Event::RecordRead(op, Ok(text))),
        op.clone().prop_map(|op| Event::RecordRead(op, Err(StorageFault("f".into())))),
        op.clone().prop_map(|op| Event::Committed(op, Commit::Done)),
        op.clone().prop_map(|op| Event::Committed(op, Commit::Failed(StorageFault("f".into())))),
        (op, text).prop_map(|(op, text)| Event::Committed(op, Commit::Conflict(text))),
        prop::option::of(stamp).prop_map(|fence| Event::LockSettled(Lock::Granted { fence })),
        Just(Event::LockSettled(Lock::Unavailable)),
        prop::sample::select(vec![
            Event::StorageChanged,
            Event::PageResumed,
            Event::PageHidden,
            Event::UserActive,
            Event::NetworkBack,
            Event::Disposed,
        ]),
    ]
}
