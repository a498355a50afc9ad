//! What `explain()` tells a developer who heard "I was logged out at random": each fault by the story it
//! leaves, line after line.

use tokenkeep::machine::{Config, Limits};
use tokenkeep::time::Millis;

use crate::answers::{answer, busy, granted, lost, refused, refused_as};
use crate::world::{World, secs};

/// How the lines begin that must stand in the timeline, in this order, whatever stands between them.
fn tells(world: &World, tab: usize, expected: &[&str]) {
    let story: Vec<String> = world
        .tab(tab)
        .machine
        .timeline()
        .map(|entry| format!("{} {}", entry.what, entry.detail).trim_end().to_owned())
        .collect();
    let mut rest = story.iter();
    for line in expected {
        assert!(rest.any(|told| told.starts_with(line)), "`{line}` is not told, or not in this place: {story:#?}");
    }
}

fn renewing(tabs: usize) -> World {
    let mut world = World::signed_in(tabs);
    world.begin_renewal(0);
    world
}

#[test]
fn the_server_ended_it() {
    let mut world = renewing(2);
    world.answer_renewal(refused());
    world.pass_the_turn();
    tells(&world, 0, &["renewal_sent", "renewal_refused status 401", "ended refused", "login_required refused"]);
    tells(&world, 1, &["ended refused", "login_required refused"]);
}

#[test]
fn an_answer_was_lost_and_the_server_is_strict() {
    let mut world = renewing(1);
    world.reload(0);
    world.want(0);
    world.pass_the_turn();
    world.answer_renewal(refused_as("refresh_token_reused"));
    world.pass_the_turn();
    let again = "renewal_sent again: its answer was lost";
    tells(&world, 0, &["resumed a stored session", again, "renewal_refused status 401", "ended lost_renewal"]);
}

#[test]
fn the_user_logged_out_in_another_tab() {
    let mut world = World::signed_in(2);
    world.log_out(1);
    tells(&world, 0, &["announced another tab: the end", "ended logout"]);
    tells(&world, 1, &["ended logout"]);
}

#[test]
fn the_network_was_down() {
    let mut world = renewing(1);
    world.answer_renewal(lost());
    tells(&world, 0, &["renewal_sent", "renewal_failed the request did not get through; no other for "]);
}

#[test]
fn a_captive_portal_answered() {
    let mut world = renewing(1);
    world.answer_renewal(answer(200, "<html>hotel</html>"));
    let got = "renewal_failed expected a JSON answer with `token`, got HTML (status 200); no other for ";
    tells(&world, 0, &["renewal_sent", got]);
}

#[test]
fn the_server_asked_to_wait() {
    let mut world = renewing(1);
    world.answer_renewal(busy(503, "30"));
    tells(&world, 0, &["renewal_failed the server cannot answer at present (status 503); no other for 30 s"]);
}

#[test]
fn another_tab_renewed() {
    let mut world = renewing(2);
    world.answer_renewal(granted(2));
    tells(&world, 0, &["renewed here"]);
    tells(&world, 1, &["announced another tab: news", "renewed by another tab"]);
}

#[test]
fn the_tab_whose_turn_it_was_hung() {
    let mut world = renewing(2);
    world.overtake(0, 1);
    tells(&world, 1, &["renewal_wanted", "turn_overdue going on without the lock"]);
}

#[test]
fn the_clock_was_moved_or_the_device_slept() {
    for (skew, told) in [(7_200_000, "clock_moved forward by 7200 s"), (-7_200_000, "clock_moved back by 7200 s")] {
        let mut world = World::signed_in(1);
        world.pass(secs(30));
        world.tab_mut(0).skew = skew;
        world.want(0);
        tells(&world, 0, &["signed_in here", told, "renewal_wanted"]);
    }
}

#[test]
fn a_clock_that_is_put_right_by_a_second_is_no_news() {
    let mut world = World::signed_in(1);
    world.tab_mut(0).skew = 1_000;
    world.want(0);
    assert!(!world.tab(0).timeline().contains(&"clock_moved"));
}

#[test]
fn an_endpoint_always_says_401() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    let ticket = world.reject(0, &lease);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
    let lease = world.lease(0).unwrap();
    world.reject_replay(0, &lease);
    let again = "rejected_again the answer goes to the caller";
    tells(&world, 0, &["rejected with the current token", "renewal_sent", "renewed here", again]);
}

#[test]
fn a_limit_of_the_app_was_reached() {
    for (limits, reason) in [
        (Limits { idle: Some(Millis(secs(900))), ..Limits::default() }, "idle"),
        (Limits { absolute: Some(Millis(secs(900))), ..Limits::default() }, "absolute"),
    ] {
        let mut world = World::signed_in_with(Config { limits, ..Config::default() }, 1);
        world.pass(secs(901));
        let [expiring, ended, prompt] = ["expiring", "ended", "login_required"].map(|what| format!("{what} {reason}"));
        tells(&world, 0, &[&expiring, &ended, &prompt]);
    }
}

#[test]
fn the_storage_was_cleared_or_refused_to_write() {
    let mut world = World::signed_in(1);
    world.write_over(0, None);
    tells(&world, 0, &["storage_cleared the stored record is gone; this tab goes on from memory"]);

    let mut world = renewing(1);
    world.storage.fault = Some("QuotaExceededError");
    world.answer_renewal(granted(2));
    tells(&world, 0, &["storage_write_failed QuotaExceededError", "renewed here"]);
}

#[test]
fn something_else_was_in_the_storage() {
    for (text, told) in [
        ("hello", "storage_unreadable the stored item is not a session record; it is left until the next login"),
        (r#"{"v":2}"#, "storage_newer the stored record was written by a later version of this library"),
    ] {
        let mut world = World::new();
        world.storage.text = Some(text.into());
        let tab = world.open();
        tells(&world, tab, &["started", told]);
    }
}

#[test]
fn there_never_was_a_session() {
    let mut world = World::new();
    let tab = world.open();
    world.want(tab);
    tells(&world, tab, &["started", "login_required none"]);
}
