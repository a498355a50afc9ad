//! What tabs do for each other.

use tokenkeep::error::EndReason;
use tokenkeep::machine::{Announcement, Event, Notice, Status};

use crate::answers::{access, granted, refused};
use crate::world::{EXPIRY, Kind, World};

#[test]
fn a_login_elsewhere_is_picked_up() {
    let mut world = World::new();
    let (here, there) = (world.open(), world.open());
    world.want(there);
    world.log_in(here, "susan", 1);
    assert_eq!(world.lease(there).unwrap().token.expose(), access(1));
    assert!(world.tab(there).notices.contains(&Notice::SignedIn));
}

#[test]
fn a_tab_that_is_opened_later_is_signed_in() {
    let mut world = World::signed_in(1);
    let tab = world.open();
    assert_eq!(world.lease(tab).unwrap().token.expose(), access(1));
    assert_eq!(world.tab(tab).machine.snapshot().subject.as_deref(), Some("susan"));
}

#[test]
fn a_renewal_elsewhere_is_picked_up() {
    let mut world = World::signed_in(2);
    world.renew(0, 2);
    assert_eq!(world.lease(1).unwrap().token.expose(), access(2));
    assert!(world.tab(1).notices.contains(&Notice::Renewed { here: false }));
}

#[test]
fn a_logout_in_another_tab_ends_this_one() {
    let mut world = World::signed_in(2);
    world.log_out(0);
    assert_eq!(world.lease(1), None);
    assert_eq!(world.tab(1).machine.snapshot().reason, Some(EndReason::Logout));
    assert!(world.tab(1).notices.contains(&Notice::SignedOut(EndReason::Logout)));
    assert_eq!(world.tab(1).prompts(), 0);
}

#[test]
fn a_logout_in_another_tab_discards_the_renewal_in_flight_here() {
    let mut world = World::signed_in(2);
    let waiting = world.begin_renewal(1);
    world.log_out(0);
    assert_eq!(world.error_of(waiting).unwrap().reason.as_deref(), Some("logout"));
    world.answer_renewal(granted(2));
    assert!(!world.stores("refresh-"));
    assert_eq!(world.revocations().last().unwrap().header("Authorization"), Some("Bearer access-2"));
}

#[test]
fn a_logout_that_a_tab_missed_is_noticed_when_it_resumes() {
    let mut world = World::signed_in(2);
    world.sleep(1);
    world.log_out(0);
    world.wake(1);
    assert_eq!(world.tab(1).machine.snapshot().status, Status::SignedOut);
}

#[test]
fn a_logout_that_a_tab_missed_is_not_undone_by_its_renewal() {
    let mut world = World::signed_in(2);
    world.deaf = true;
    let waiting = world.begin_renewal(1);
    world.log_out(0);
    world.answer_renewal(granted(2));
    assert_eq!(world.error_of(waiting).unwrap().reason.as_deref(), Some("logout"));
    assert!(!world.stores("refresh-"));
}

#[test]
fn a_login_after_a_logout_elsewhere_brings_every_tab_back() {
    let mut world = World::signed_in(3);
    world.log_out(0);
    world.log_in(1, "susan", 5);
    for tab in 0..3 {
        assert_eq!(world.lease(tab).unwrap().token.expose(), access(5), "tab {tab}");
    }
}

#[test]
fn a_refusal_asks_for_one_login_in_each_tab() {
    let mut world = World::signed_in(3);
    world.pass(EXPIRY);
    for tab in 0..3 {
        world.want(tab);
        world.want(tab);
    }
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass_the_turn();
    for tab in 0..3 {
        world.want(tab);
        assert_eq!(world.tab(tab).prompts(), 1, "tab {tab}");
    }
    assert!(world.renewals().is_empty());
}

#[test]
fn a_login_as_another_user_takes_every_tab_along() {
    let mut world = World::signed_in(2);
    world.log_in(0, "mallory", 9);
    assert_eq!(world.tab(1).machine.snapshot().subject.as_deref(), Some("mallory"));
    assert_eq!(world.lease(1).unwrap().token.expose(), access(9));
}

#[test]
fn announcements_carry_no_token() {
    let mut world = World::signed_in(1);
    world.renew(0, 2);
    world.log_out(0);
    let said: Vec<_> = world.tab(0).announcements.iter().map(Announcement::encode).collect();
    assert_eq!(said.len(), 2);
    assert!(said.iter().all(|text| !text.contains("access-") && !text.contains("refresh-")), "{said:?}");
}

#[test]
fn a_login_outranks_a_state_that_only_memory_remembers() {
    let mut world = World::signed_in(2);
    world.storage.text = None;
    world.log_in(1, "susan", 4);
    assert_eq!(world.lease(0).unwrap().token.expose(), access(4));
}

#[test]
fn the_end_of_a_session_that_was_never_this_tabs_is_old_news() {
    let mut world = World::signed_in(2);
    world.sleep(1);
    world.log_in(0, "susan", 2);
    world.log_out(0);
    world.log_in(0, "susan", 3);
    world.wake(1);
    for announcement in world.tab(0).announcements.clone() {
        world.tell(1, Event::Announced(announcement));
    }
    assert_eq!(world.lease(1).unwrap().token.expose(), access(3));
    assert!(!world.tab(1).notices.iter().any(|notice| matches!(notice, Notice::SignedOut(_))));
}

#[test]
fn a_logout_of_a_session_that_was_never_stored_ends_an_older_one_too() {
    let mut world = World::signed_in(2);
    world.storage.full = true;
    world.log_in(0, "susan", 2);
    world.log_out(0);
    assert_eq!(world.tab(1).machine.snapshot().reason, Some(EndReason::Logout));
}

#[test]
fn of_two_logins_at_the_same_moment_the_one_that_is_left_is_renewed() {
    // Which of two sessions has the greater number is up to chance.
    for moment in 0..8 {
        let mut world = World::signed_in(2);
        world.pass(moment);
        world.storage.slow = true;
        let held_up = world.want_login(1);
        world.answer(Kind::Login(held_up), granted(3));
        world.storage.slow = false;
        world.log_in(0, "susan", 2);
        world.renew(0, 4);
        world.storage_flush();
        world.pass(EXPIRY);
        for tab in 0..2 {
            world.want(tab);
        }
        world.pass_the_turn();
        let sent: Vec<_> = world.renewals().iter().map(|request| request.refresh()).collect();
        assert_eq!(sent, [Some(3)], "{moment}");
    }
}
