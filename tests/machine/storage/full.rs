//! A storage that does not take what is written, and what becomes of it all the same.

use tokenkeep::error::Code;
use tokenkeep::machine::{Event, Status};

use crate::answers::{access, granted};
use crate::world::{EXPIRY, PATIENCE, TIMEOUT, World, secs};

/// The first tab has renewed, and the storage did not take the new tokens.
fn unstored(tabs: usize) -> World {
    let mut world = World::signed_in(tabs);
    world.begin_renewal(0);
    world.storage.full = true;
    world.answer_renewal(granted(2));
    world
}

#[test]
fn a_blocked_storage_leaves_a_session_in_memory() {
    let mut world = World::new();
    world.storage.fault = Some("blocked");
    let tab = world.open();
    assert_eq!(world.tab(tab).machine.snapshot().status, Status::SignedOut);
    world.log_in(tab, "susan", 1);
    let ticket = world.begin_renewal(tab);
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
    assert!(world.tab(tab).diagnostics().contains(&"storage_write_failed"));
}

#[test]
fn a_renewal_that_could_not_be_stored_serves_this_tab_and_is_offered_again() {
    let mut world = World::signed_in(2);
    let ticket = world.begin_renewal(0);
    world.storage.full = true;
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
    assert!(world.stores("refresh-1"));
    world.storage.full = false;
    world.tell(0, Event::PageResumed);
    assert!(world.stores("refresh-2"));
    assert_eq!(world.lease(1).unwrap().token.expose(), access(2));
}

#[test]
fn a_token_that_another_tab_could_not_store_is_not_bought_a_second_time() {
    let mut world = unstored(2);
    let ticket = world.want(1);
    world.pass(secs(10));
    assert!(world.renewals().is_empty());
    assert_eq!(world.error_of(ticket).unwrap().code, Code::Storage);
    assert_eq!(world.tab(1).prompts(), 0);
}

#[test]
fn a_token_that_another_tab_could_not_store_is_given_up_in_time_where_timers_are_slow() {
    let mut world = unstored(2);
    let ticket = world.want(1);
    // A tab in the background has a timer a second.
    for _ in 0..PATIENCE / secs(1) + 1 {
        world.sleep(1);
        world.pass(secs(1));
        world.wake(1);
        world.pass(0);
    }
    assert_eq!(world.error_of(ticket).map(|error| error.code), Some(Code::Storage));
    assert!(world.renewals().is_empty());
}

#[test]
fn a_token_that_went_with_the_tab_that_held_it_is_not_waited_for() {
    let mut world = unstored(2);
    world.vanish(0);
    world.want(1);
    world.pass(secs(1));
    assert_eq!(world.renewals()[0].refresh(), Some(1));
}

#[test]
fn a_token_that_arrives_while_another_tab_has_the_turn_is_not_taken_for_lost() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    world.pass(TIMEOUT + secs(3));
    world.want(1);
    world.storage.full = true;
    world.answer_renewal(granted(2));
    world.pass(secs(3));
    assert!(world.renewals().is_empty());
}

#[test]
fn of_two_tokens_that_the_storage_did_not_take_the_one_that_is_left_is_waited_for() {
    let mut world = unstored(3);
    world.log_in(2, "susan", 7);
    world.vanish(2);
    let ticket = world.want(1);
    world.pass(secs(10));
    assert!(world.renewals().is_empty());
    assert_eq!(world.error_of(ticket).unwrap().code, Code::Storage);
}

#[test]
fn without_room_and_without_a_lock_a_tab_still_renews() {
    let mut world = World::signed_in(1);
    world.locks.unavailable = true;
    world.storage.full = true;
    let ticket = world.begin_renewal(0);
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
}

#[test]
fn a_session_that_could_not_be_stored_is_offered_again_once_the_storage_answers() {
    let mut world = World::signed_in(2);
    world.storage.fault = Some("no answer");
    world.log_in(0, "susan", 2);
    world.tell(0, Event::StorageChanged);
    world.storage.fault = None;
    world.tell(0, Event::StorageChanged);
    assert!(world.stores("refresh-2"));
    assert_eq!(world.lease(1).unwrap().token.expose(), access(2));
}

#[test]
fn a_logout_that_could_not_be_stored_is_offered_again() {
    let mut world = World::signed_in(1);
    world.storage.full = true;
    world.log_out(0);
    assert!(world.stores("refresh-"));
    world.storage.full = false;
    world.tell(0, Event::PageResumed);
    assert!(!world.stores("refresh-"));
}
