//! A renewal whose answer never came: the refresh token is possibly spent.

use tokenkeep::error::EndReason;
use tokenkeep::machine::{Attempt, Content, Event};
use tokenkeep::time::Wall;

use crate::answers::{answer, busy, granted, lost, refused, refused_as};
use crate::world::{EXPIRY, World, secs};

fn attempt_id(world: &World) -> String {
    world.renewals()[0].header("Idempotency-Key").unwrap().to_owned()
}

/// A renewal is on its way; this is its attempt id.
fn in_flight(tabs: usize) -> (World, String) {
    let mut world = World::signed_in(tabs);
    world.begin_renewal(0);
    let id = attempt_id(&world);
    (world, id)
}

#[test]
fn the_attempt_is_written_down_before_it_is_sent() {
    let (world, id) = in_flight(1);
    let Content::Live(live) = world.record().unwrap().content else { panic!("the session has ended") };
    let attempt = live.attempt.unwrap();
    assert!(id.ends_with(&format!("{:016x}", attempt.id)), "{id} {attempt:?}");
}

#[test]
fn a_lost_answer_is_sent_again_with_the_same_attempt_id() {
    let (mut world, id) = in_flight(1);
    world.answer_renewal(lost());
    world.pass(secs(5));
    world.want(0);
    world.pass_the_turn();
    assert_eq!((attempt_id(&world), world.renewals()[0].refresh()), (id, Some(1)));
}

#[test]
fn a_reload_in_the_middle_sends_again_with_the_same_attempt_id() {
    let (mut world, id) = in_flight(1);
    world.reload(0);
    let ticket = world.want(0);
    world.pass_the_turn();
    assert_eq!(attempt_id(&world), id);
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
}

#[test]
fn the_next_tab_sends_again_with_the_attempt_id_of_one_that_died() {
    let (mut world, id) = in_flight(2);
    let waiting = world.want(1);
    world.vanish(0);
    world.pass_the_turn();
    assert_eq!((attempt_id(&world), world.renewals()[0].tab), (id, 1));
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(waiting), Some(2));
}

#[test]
fn a_refusal_after_a_lost_answer_is_a_lost_renewal() {
    let (mut world, _) = in_flight(1);
    world.reload(0);
    let ticket = world.want(0);
    world.pass_the_turn();
    world.answer_renewal(refused_as("refresh_token_reused"));
    world.pass_the_turn();
    assert_eq!(world.error_of(ticket).unwrap().reason.as_deref(), Some("lost_renewal"));
    assert_eq!(world.tab(0).machine.snapshot().reason, Some(EndReason::LostRenewal));
    assert_eq!(world.tab(0).prompts(), 1);
}

#[test]
fn a_first_refusal_is_no_lost_renewal() {
    let (mut world, _) = in_flight(1);
    world.answer_renewal(refused());
    world.pass_the_turn();
    assert_eq!(world.tab(0).machine.snapshot().reason, Some(EndReason::Refused));
}

#[test]
fn a_server_in_trouble_may_have_spent_the_token() {
    let (mut world, id) = in_flight(1);
    world.answer_renewal(answer(502, "<html>bad gateway</html>"));
    world.pass(secs(5));
    world.want(0);
    world.pass_the_turn();
    assert_eq!(attempt_id(&world), id);
}

#[test]
fn a_server_that_asks_for_patience_has_not_spent_the_token() {
    let (mut world, id) = in_flight(1);
    world.answer_renewal(busy(429, "5"));
    world.pass(secs(6));
    world.want(0);
    world.pass_the_turn();
    assert_ne!(attempt_id(&world), id);
}

#[test]
fn patience_asked_for_at_the_second_try_does_not_forget_that_the_first_was_lost() {
    let (mut world, id) = in_flight(1);
    world.answer_renewal(lost());
    world.pass(secs(5));
    world.want(0);
    world.pass_the_turn();
    world.answer_renewal(busy(429, "5"));
    world.pass(secs(6));
    world.want(0);
    world.pass_the_turn();
    assert_eq!(attempt_id(&world), id);
}

#[test]
fn an_obsolete_refusal_is_ignored() {
    let (mut world, _) = in_flight(2);
    // Another tab has won, and this one has not heard of it.
    let mut newer = world.record().unwrap();
    newer.stamp.generation += 1;
    if let Content::Live(live) = &mut newer.content {
        live.obtained = world.now(0).wall;
        live.attempt = None;
    }
    world.storage.text = Some(newer.encode());
    world.answer_renewal(refused_as("refresh_token_reused"));
    world.pass_the_turn();
    assert_eq!(world.tab(0).machine.snapshot().reason, None);
    assert_eq!(world.record(), Some(newer));
    assert!(world.tab(0).timeline().contains(&"refusal_obsolete"));
}

#[test]
fn a_late_answer_is_not_stored_over_a_newer_state() {
    let (mut world, _) = in_flight(1);
    world.pass(secs(31));
    world.pass(secs(5));
    world.want(0);
    world.pass_the_turn();
    let second = world.renewals()[1].kind;
    world.answer(second, granted(3));
    world.answer_renewal(granted(2));
    assert!(world.stores("refresh-3"));
    assert_eq!(world.lease(0).unwrap().token.expose(), "access-3");
}

#[test]
fn a_pause_does_not_wipe_out_another_tabs_attempt() {
    let (mut world, _) = in_flight(1);
    let mut record = world.record().unwrap();
    let Content::Live(live) = &mut record.content else { panic!("{record:?}") };
    live.attempt = Some(Attempt { id: 4242, since: Wall(1), lot: 1 });
    world.storage.text = Some(record.encode());
    world.answer_renewal(lost());
    let text = world.storage.text.unwrap();
    assert!(text.contains("4242") && text.contains("backoff"), "{text}");
}

#[test]
fn an_answer_that_is_overdue_does_not_pause_the_state_that_came_after() {
    let mut world = World::signed_in(2);
    world.locks.unavailable = true;
    world.begin_renewal(0);
    let mut newer = world.record().unwrap();
    newer.stamp.generation += 1;
    world.storage.text = Some(newer.encode());
    world.tell(0, Event::StorageChanged);
    let text = world.storage.text.clone();
    world.pass(secs(31));
    assert_eq!(world.storage.text, text);
}

#[test]
fn a_failure_that_is_noticed_late_frees_no_attempt_that_another_tab_has_taken_over() {
    let mut world = World::signed_in(2);
    world.locks.unavailable = true;
    world.pass(EXPIRY);
    world.want(0);
    world.pass(secs(1));
    world.overtake(0, 1);
    assert_eq!(world.renewals().len(), 2);
    world.wake(0);
    world.pass(0);
    let Content::Live(live) = world.record().unwrap().content else { panic!("signed in") };
    assert_ne!(live.attempt.unwrap().since, Wall(0));
}
