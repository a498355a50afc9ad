//! One renewal at a time, whoever wants it.

use tokenkeep::error::Code;
use tokenkeep::machine::{Delivery, Event, Notice};

use crate::answers::{access, answer, granted, granted_access_only, lost};
use crate::world::{EXPIRY, TIMEOUT, World, secs};

#[test]
fn a_fresh_token_costs_neither_an_event_nor_an_effect() {
    let world = World::signed_in(1);
    assert_eq!(world.lease(0).unwrap().token.expose(), access(1));
}

#[test]
fn concurrent_wants_cause_one_renewal() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let tickets: Vec<_> = (0..50).map(|_| world.want(0)).collect();
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    world.answer_renewal(granted(2));
    assert!(tickets.iter().all(|ticket| world.token_of(*ticket) == Some(2)));
    assert!(world.renewals().is_empty());
}

#[test]
fn a_want_during_a_renewal_joins_it() {
    let mut world = World::signed_in(1);
    let first = world.begin_renewal(0);
    let second = world.want(0);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    world.answer_renewal(granted(2));
    assert_eq!((world.token_of(first), world.token_of(second)), (Some(2), Some(2)));
}

#[test]
fn nothing_is_renewed_before_somebody_asks() {
    let mut world = World::signed_in(2);
    world.pass(secs(3600));
    assert!(world.renewals().is_empty());
    assert_eq!(world.tab(0).machine.poll_timeout(), None);
}

#[test]
fn a_renewal_is_sent_with_the_refresh_token_and_never_with_the_access_token() {
    let mut world = World::signed_in(1);
    world.begin_renewal(0);
    let renewal = world.renewals()[0];
    assert_eq!(renewal.refresh(), Some(1));
    assert_eq!(renewal.header("Authorization"), None);
    assert!(renewal.header("Idempotency-Key").is_some_and(|id| id.len() == 32));
}

#[test]
fn the_next_renewal_uses_the_new_refresh_token_and_another_attempt_id() {
    let mut world = World::signed_in(1);
    world.begin_renewal(0);
    let first = world.renewals()[0].header("Idempotency-Key").map(str::to_owned);
    world.answer_renewal(granted(2));
    world.begin_renewal(0);
    assert_eq!(world.renewals()[0].refresh(), Some(2));
    assert_ne!(world.renewals()[0].header("Idempotency-Key").map(str::to_owned), first);
}

#[test]
fn the_renewal_answer_without_refresh_token_keeps_the_old_one() {
    let mut world = World::signed_in(1);
    let ticket = world.begin_renewal(0);
    world.answer_renewal(granted_access_only(2));
    assert_eq!(world.token_of(ticket), Some(2));
    world.begin_renewal(0);
    assert_eq!(world.renewals()[0].refresh(), Some(1));
}

#[test]
fn a_renewal_can_be_asked_for_while_the_token_is_fresh() {
    let mut world = World::signed_in(1);
    let ticket = world.renew(0, 2);
    match world.told(ticket) {
        Some(Delivery::Done(snapshot)) => assert!(snapshot.generation == 2 && !snapshot.renewing, "{snapshot:?}"),
        other => panic!("{other:?}"),
    }
    assert!(world.tab(0).notices.contains(&Notice::Renewed { here: true }));
}

#[test]
fn requests_go_on_with_a_fresh_token_while_a_renewal_was_asked_for() {
    let mut world = World::signed_in(1);
    world.want_renewal(0);
    world.pass_the_turn();
    assert!(world.lease(0).is_some());
}

#[test]
fn a_renewal_that_nobody_needs_any_more_is_not_sent() {
    let mut world = World::signed_in(1);
    world.tab_mut(0).skew = 7_200_000;
    let ticket = world.want(0);
    world.tab_mut(0).skew = 0;
    world.pass_the_turn();
    assert_eq!(world.token_of(ticket), Some(1));
    assert!(world.renewals().is_empty());
    let ticket = world.want_renewal(0);
    world.tell(0, Event::Aborted(ticket));
    world.pass_the_turn();
    assert!(world.renewals().is_empty());
    assert_eq!(world.locks.holder(), None);
}

#[test]
fn aborted_callers_are_not_answered_and_the_others_are() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let (gone, there) = (world.want(0), world.want(0));
    world.pass_the_turn();
    world.tell(0, Event::Aborted(gone));
    world.answer_renewal(granted(2));
    assert_eq!(world.told(gone), None);
    assert_eq!(world.token_of(there), Some(2));
}

#[test]
fn a_renewal_that_nobody_waits_for_any_more_is_still_stored() {
    let mut world = World::signed_in(1);
    let gone = world.begin_renewal(0);
    world.tell(0, Event::Aborted(gone));
    world.answer_renewal(granted(2));
    assert_eq!(world.lease(0).unwrap().token.expose(), access(2));
    assert_eq!(world.record().unwrap().stamp.generation, 2);
}

#[test]
fn a_failed_renewal_does_not_fail_a_request_whose_token_is_valid() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY - secs(5));
    let ticket = world.want(0);
    world.pass_the_turn();
    world.answer_renewal(lost());
    assert_eq!(world.token_of(ticket), Some(1));
}

#[test]
fn a_failed_renewal_fails_whoever_asked_for_it_even_while_the_token_is_valid() {
    let mut world = World::signed_in(1);
    let ticket = world.want_renewal(0);
    world.pass_the_turn();
    world.answer_renewal(lost());
    assert_eq!(world.error_of(ticket).unwrap().code, Code::Network);
    assert!(world.lease(0).is_some());
}

#[test]
fn an_unknown_status_keeps_the_session() {
    for reply in [
        answer(401, "<html>captive portal</html>"),
        answer(403, "{}"),
        answer(404, ""),
        answer(200, "<html>hotel wifi</html>"),
        answer(200, r#"{"token":"#),
        answer(200, "{}"),
        answer(302, ""),
    ] {
        let mut world = World::signed_in(1);
        let ticket = world.begin_renewal(0);
        world.answer_renewal(reply.clone());
        assert_eq!(world.error_of(ticket).unwrap().code, Code::Protocol, "{reply:?}");
        assert_eq!(world.tab(0).prompts(), 0, "{reply:?}");
        world.pass(secs(600));
        let later = world.want(0);
        world.pass_the_turn();
        world.answer_renewal(granted(2));
        assert_eq!(world.token_of(later), Some(2), "{reply:?}");
    }
}

#[test]
fn silence_ends_in_a_timeout_and_a_late_answer_is_still_taken() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let ticket = world.want(0);
    world.pass(TIMEOUT + 1000);
    let error = world.error_of(ticket).unwrap();
    assert!(error.code == Code::Timeout && error.code.retryable(), "{error:?}");
    world.answer_renewal(granted(2));
    assert_eq!(world.lease(0).unwrap().token.expose(), access(2));
}

#[test]
fn once_all_is_done_there_is_no_timer_left() {
    let mut world = World::signed_in(3);
    world.pass(EXPIRY);
    for tab in 0..3 {
        world.want(tab);
    }
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    world.pass(TIMEOUT);
    for tab in 0..3 {
        assert_eq!(world.tab(tab).machine.poll_timeout(), None, "{tab}");
    }
    assert_eq!(world.locks.holder(), None);
}
