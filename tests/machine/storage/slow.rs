//! A storage that takes its time, or never answers.

use tokenkeep::error::Code;
use tokenkeep::machine::{Delivery, Status};

use crate::answers::{access, answer, granted};
use crate::world::{EXPIRY, Kind, TIMEOUT, World, secs};

/// The first tab has renewed, and what it writes has not arrived.
fn writing(tabs: usize) -> World {
    let mut world = World::signed_in(tabs);
    world.begin_renewal(0);
    world.storage.slow = true;
    world.answer_renewal(granted(2));
    world
}

#[test]
fn requests_wait_until_a_slow_storage_has_been_read() {
    let mut world = World::signed_in(1);
    world.storage.slow = true;
    let tab = world.open();
    let ticket = world.want(tab);
    assert_eq!(world.told(ticket), None);
    assert_eq!(world.tab(tab).machine.snapshot().status, Status::Starting);
    world.storage_flush();
    assert_eq!(world.token_of(ticket), Some(1));
}

#[test]
fn a_logout_before_a_slow_storage_was_read_ends_what_is_then_found() {
    let mut world = World::signed_in(1);
    world.storage.slow = true;
    let tab = world.open();
    let ticket = world.log_out(tab);
    world.storage_flush();
    world.answer(Kind::Revocation(Some(ticket)), answer(204, ""));
    assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(true)));
    assert!(!world.stores("refresh-"));
}

#[test]
fn a_logout_while_a_login_is_being_written_wins() {
    let mut world = World::new();
    let tab = world.open();
    world.storage.slow = true;
    let login = world.want_login(tab);
    world.answer(Kind::Login(login), granted(1));
    let logout = world.log_out(tab);
    world.storage_flush();
    assert_eq!(world.error_of(login).unwrap().reason.as_deref(), Some("logout"));
    assert!(matches!(world.told(logout), Some(Delivery::LoggedOut(_))));
    assert_eq!(world.lease(tab), None);
    assert!(!world.storage.text.clone().unwrap_or_default().contains("refresh-"));
    assert_eq!(world.revocations()[0].header("Authorization"), Some("Bearer access-1"));
}

#[test]
fn a_login_after_that_logout_is_not_swept_away_with_the_first() {
    let mut world = World::new();
    let tab = world.open();
    world.storage.slow = true;
    let first = world.want_login(tab);
    world.answer(Kind::Login(first), granted(1));
    world.log_out(tab);
    let second = world.want_login(tab);
    world.answer(Kind::Login(second), granted(2));
    world.storage_flush();
    assert!(matches!(world.told(second), Some(Delivery::Done(_))), "{:?}", world.told(second));
    assert_eq!(world.lease(tab).unwrap().token.expose(), access(2));
    assert!(world.stores("refresh-2"));
}

#[test]
fn a_logout_while_a_renewal_is_being_written_wins() {
    let mut world = writing(1);
    world.log_out(0);
    world.storage_flush();
    assert_eq!(world.lease(0), None);
    assert!(!world.stores("refresh-"));
    let revoked: Vec<_> = world.revocations().iter().filter_map(|call| call.header("Authorization")).collect();
    assert_eq!(revoked, ["Bearer access-1", "Bearer access-2"]);
}

#[test]
fn a_logout_while_an_attempt_is_being_written_sends_no_renewal() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    world.want(0);
    world.storage.slow = true;
    world.pass(50);
    world.storage_step();
    world.log_out(0);
    world.storage_flush();
    world.pass_the_turn();
    assert!(world.renewals().is_empty());
    assert!(!world.stores("refresh-"));
}

#[test]
fn a_storage_that_never_answers_a_write_loses_no_renewed_token() {
    let mut world = World::signed_in(1);
    let ticket = world.begin_renewal(0);
    world.storage.slow = true;
    world.answer_renewal(granted(2));
    world.pass(TIMEOUT + 1);
    assert_eq!(world.token_of(ticket), Some(2));
    assert_eq!(world.locks.holder(), None);
}

#[test]
fn a_storage_that_never_answers_a_read_is_reported() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    world.storage.slow = true;
    let ticket = world.want(0);
    world.pass(TIMEOUT + secs(1));
    assert_eq!(world.error_of(ticket).unwrap().code, Code::Storage);
}

#[test]
fn a_write_that_comes_through_after_it_was_given_up_does_not_hide_what_came_since() {
    let mut world = writing(1);
    world.pass(TIMEOUT + 1);
    world.storage.slow = false;
    world.storage.fault = Some("no answer");
    world.renew(0, 3);
    world.storage.fault = None;
    world.storage_flush();
    assert!(world.stores("refresh-3"));
}

#[test]
fn a_token_whose_tab_is_gone_is_not_taken_for_lost_where_the_storage_cannot_be_read() {
    let mut world = writing(2);
    // Stored, but the second tab cannot see it any more.
    world.storage_step();
    world.storage.slow = false;
    world.storage.fault = Some("no answer");
    world.storage_flush();
    world.vanish(0);
    let ticket = world.want(1);
    world.pass(secs(10));
    assert!(world.renewals().is_empty());
    assert_eq!(world.error_of(ticket).map(|error| error.code), Some(Code::Storage));
    world.storage.fault = None;
    let ticket = world.want(1);
    world.pass_the_turn();
    assert_eq!(world.token_of(ticket), Some(2));
}
