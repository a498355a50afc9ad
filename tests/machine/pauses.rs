//! After a renewal that came to nothing: who waits how long, and who is told what.

use tokenkeep::error::Code;
use tokenkeep::machine::Event;
use tokenkeep::protocol::Reply;
use tokenkeep::time::Millis;

use crate::answers::{answer, busy, granted, lost};
use crate::world::{EXPIRY, TIMEOUT, World, secs};

/// A renewal has come to `reply`.
fn failed_with(reply: Reply, tabs: usize) -> World {
    let mut world = World::signed_in(tabs);
    world.begin_renewal(0);
    world.answer_renewal(reply);
    world
}

/// Of two tabs the first has frozen while its renewal was under way, and the second's has come to `reply`.
fn overtaken_with(reply: Reply) -> World {
    let mut world = World::signed_in(2);
    world.begin_renewal(0);
    world.overtake(0, 1);
    let second = world.renewals()[1].kind;
    world.answer(second, reply);
    world
}

fn sends(world: &mut World, tab: usize) -> bool {
    world.want(tab);
    world.pass_the_turn();
    !world.renewals().is_empty()
}

fn nobody_sends(world: &mut World) {
    for tab in 0..2 {
        assert!(!sends(world, tab), "tab {tab}");
    }
}

#[test]
fn retry_after_holds_across_tabs_and_reloads() {
    let mut world = failed_with(busy(429, "60"), 2);
    world.reload(0);
    world.pass(secs(55));
    for tab in 0..2 {
        let ticket = world.want(tab);
        let error = world.error_of(ticket).unwrap();
        assert_eq!((error.code, error.retry_after.is_some()), (Code::Server, true), "tab {tab}");
    }
    assert!(world.renewals().is_empty());
    world.pass(secs(6));
    assert!(sends(&mut world, 1));
}

#[test]
fn retry_after_as_a_date_is_counted_from_now() {
    // EPOCH + 300 s is Fri, 15 Jan 2027 08:05:00 GMT.
    let mut world = failed_with(busy(503, "Fri, 15 Jan 2027 08:07:00 GMT"), 1);
    let ticket = world.want(0);
    let wait = world.error_of(ticket).unwrap().retry_after.unwrap();
    assert!((Millis(119_000)..=Millis(120_000)).contains(&wait), "{wait:?}");
}

#[test]
fn a_tab_that_heard_nothing_reads_the_pause_before_it_sends() {
    let mut world = World::signed_in(2);
    world.deaf = true;
    world.begin_renewal(0);
    world.answer_renewal(busy(503, "60"));
    assert!(!sends(&mut world, 1));
}

#[test]
fn an_absurd_retry_after_does_not_lock_the_session_up_for_years() {
    let mut world = failed_with(busy(503, "999999999999"), 1);
    world.pass(secs(24 * 3600));
    assert!(sends(&mut world, 0));
}

#[test]
fn failures_in_a_row_make_the_pauses_longer_up_to_a_bound() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let mut waits = Vec::new();
    for _ in 0..14 {
        let ticket = world.want(0);
        world.pass_the_turn();
        world.answer_renewal(answer(503, ""));
        waits.push(world.error_of(ticket).unwrap().retry_after.unwrap().0);
        world.pass(waits[waits.len() - 1]);
    }
    assert!(waits[0] <= 2_000, "{waits:?}");
    assert!(waits[13] >= 150_000 && waits.iter().all(|wait| *wait <= 300_000), "{waits:?}");
}

#[test]
fn a_success_forgets_earlier_failures() {
    let mut world = failed_with(answer(503, ""), 1);
    world.pass(secs(10));
    assert!(sends(&mut world, 0));
    world.answer_renewal(granted(2));
    world.pass(EXPIRY);
    assert!(sends(&mut world, 0));
    world.answer_renewal(lost());
    let ticket = world.want(0);
    assert!(world.error_of(ticket).unwrap().retry_after.unwrap() <= Millis(1_000));
}

#[test]
fn a_network_that_is_back_ends_the_pause() {
    for event in [Event::NetworkBack, Event::PageResumed] {
        let mut world = failed_with(lost(), 1);
        assert!(!sends(&mut world, 0));
        world.tell(0, event);
        assert!(sends(&mut world, 0));
    }
}

#[test]
fn a_network_that_is_back_does_not_end_a_pause_that_the_server_asked_for() {
    let mut world = failed_with(busy(503, "60"), 1);
    world.tell(0, Event::NetworkBack);
    assert!(!sends(&mut world, 0));
}

#[test]
fn a_pause_ends_when_the_clock_is_set_back_behind_its_beginning() {
    let mut world = failed_with(busy(503, "3600"), 1);
    world.tab_mut(0).skew = -7_200_000;
    world.pass(secs(1));
    assert!(sends(&mut world, 0));
}

#[test]
fn hours_offline_end_no_session_and_cost_one_renewal_when_the_network_is_back() {
    let mut world = World::signed_in(2);
    for _ in 0..60 {
        world.pass(secs(60));
        for tab in 0..2 {
            world.want(tab);
        }
        world.pass_the_turn();
        world.lose_all();
    }
    for tab in 0..2 {
        world.tell(tab, Event::NetworkBack);
        world.want(tab);
    }
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    world.answer_renewal(granted(2));
    world.pass_the_turn();
    assert!(world.renewals().is_empty());
    for tab in 0..2 {
        assert!(world.lease(tab).is_some() && world.tab(tab).prompts() == 0, "tab {tab}");
    }
}

#[test]
fn a_pause_outlasts_the_late_success_of_an_earlier_renewal() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    world.want(0);
    world.pass(secs(35));
    world.want(0);
    world.pass_the_turn();
    let second = world.renewals()[1].kind;
    world.answer(second, busy(503, "3600"));
    world.answer_renewal(granted(2));
    world.pass(EXPIRY);
    assert!(!sends(&mut world, 0));
}

#[test]
fn a_pause_outlasts_an_earlier_renewals_late_success_also_where_the_clock_was_set_back_between() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    world.want(0);
    world.pass(TIMEOUT + secs(5));
    world.tab_mut(0).skew = -7_200_000;
    world.want_renewal(0);
    world.pass_the_turn();
    let second = world.renewals()[1].kind;
    world.answer(second, busy(503, "3600"));
    world.answer_renewal(granted(2));
    world.want_renewal(0);
    world.pass_the_turn();
    assert!(world.renewals().is_empty());
}

#[test]
fn a_pause_that_the_server_asked_for_outlasts_another_tabs_failure() {
    let mut world = overtaken_with(busy(503, "3600"));
    world.wake(0);
    world.answer_renewal(lost());
    world.pass(secs(60));
    for tab in 0..2 {
        world.tell(tab, Event::NetworkBack);
        assert!(!sends(&mut world, tab), "tab {tab}");
    }
}

#[test]
fn a_pause_that_another_tab_has_stored_outlasts_the_late_success_of_an_earlier_renewal() {
    let mut world = overtaken_with(busy(503, "3600"));
    // It comes before the news of the pause does.
    world.answer_renewal(granted(2));
    world.wake(0);
    world.pass(EXPIRY);
    nobody_sends(&mut world);
}

#[test]
fn a_server_that_asks_to_wait_is_heeded_where_another_tab_has_renewed_meanwhile() {
    let mut world = overtaken_with(granted(2));
    world.wake(0);
    world.answer_renewal(busy(503, "3600"));
    world.pass(EXPIRY);
    nobody_sends(&mut world);
}

#[test]
fn a_server_that_asks_to_wait_is_heeded_however_late_it_does() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    world.pass(TIMEOUT + secs(10));
    world.answer_renewal(busy(503, "3600"));
    nobody_sends(&mut world);
}

#[test]
fn a_server_that_asks_to_wait_is_heeded_by_a_renewal_that_is_about_to_be_sent() {
    let mut world = World::signed_in(1);
    world.locks.unavailable = true;
    world.pass(EXPIRY);
    world.want(0);
    world.pass(TIMEOUT + secs(10));
    let second = world.want(0);
    world.pass(200);
    world.answer_renewal(busy(503, "3600"));
    world.pass(secs(1));
    assert!(world.renewals().is_empty());
    assert_eq!(world.error_of(second).unwrap().code, Code::Server);
}

#[test]
fn a_pause_in_memory_from_before_the_clock_was_set_back_hides_no_stored_one() {
    let mut world = World::signed_in(2);
    world.begin_renewal(0);
    world.storage.full = true;
    world.answer_renewal(busy(503, "40"));
    world.storage.full = false;
    for tab in 0..2 {
        world.tab_mut(tab).skew = -7_200_000;
    }
    world.want(1);
    world.pass_the_turn();
    world.answer_renewal(busy(503, "60"));
    assert!(!sends(&mut world, 0));
}

#[test]
fn pauses_that_cannot_be_stored_grow_all_the_same() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    world.storage.full = true;
    let mut sent = 0;
    for _ in 0..3600 {
        world.want(0);
        world.pass(secs(1));
        sent += world.renewals().len();
        world.lose_all();
    }
    assert!(sent < 250, "{sent}");
}
