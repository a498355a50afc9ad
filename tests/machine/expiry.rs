//! Clocks that are wrong, jump or stand still.

use tokenkeep::machine::Config;

use crate::answers::{answer, granted};
use crate::world::{EXPIRY, TIMEOUT, World, secs};

const TWO_HOURS: i64 = 2 * 3600 * 1000;

/// Renews whenever the tab has no fresh token, and counts.
fn renewals_in(world: &mut World, tab: usize, minutes: u64) -> u64 {
    let mut count = 0;
    for _ in 0..minutes {
        if world.lease(tab).is_none() {
            world.want(tab);
            world.pass_the_turn();
            count += 1;
            world.answer_renewal(granted(100 + count));
        }
        world.pass(secs(60));
    }
    count
}

#[test]
fn a_clock_that_is_hours_off_costs_nothing() {
    for skew in [TWO_HOURS, -TWO_HOURS] {
        let mut world = World::new();
        let tab = world.open();
        world.tab_mut(tab).skew = skew;
        world.log_in(tab, "susan", 1);
        let renewals = renewals_in(&mut world, tab, 60);
        assert!((11..=13).contains(&renewals), "{renewals} at {skew}");
    }
}

#[test]
fn a_clock_that_jumps_costs_one_renewal() {
    for jump in [TWO_HOURS, -TWO_HOURS] {
        let mut world = World::signed_in(1);
        world.pass(secs(60));
        world.tab_mut(0).skew = jump;
        assert_eq!(world.lease(0), None, "{jump}");
        assert_eq!(renewals_in(&mut world, 0, 4), 1, "{jump}");
    }
}

#[test]
fn a_small_adjustment_of_the_clock_costs_nothing() {
    let mut world = World::signed_in(1);
    world.tab_mut(0).skew = -3_000;
    assert!(world.lease(0).is_some());
}

#[test]
fn a_clock_set_back_does_not_keep_an_old_token_alive() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY - secs(60));
    world.tab_mut(0).skew = -(EXPIRY as i64 - 60_000);
    assert!(world.lease(0).is_some());
    world.pass(secs(60));
    assert_eq!(world.lease(0), None);
}

#[test]
fn the_first_request_after_hours_asleep_waits_for_a_fresh_token() {
    let mut world = World::signed_in(1);
    world.sleep(0);
    world.pass(secs(8 * 3600));
    world.wake(0);
    assert_eq!(world.lease(0), None);
    let ticket = world.want(0);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
}

#[test]
fn a_login_after_the_clock_went_back_is_still_the_later_one() {
    let mut world = World::signed_in(2);
    for tab in 0..2 {
        world.tab_mut(tab).skew = -TWO_HOURS;
    }
    world.log_out(0);
    world.log_in(1, "susan", 2);
    for tab in 0..2 {
        assert_eq!(world.lease(tab).unwrap().token.expose(), "access-2", "tab {tab}");
    }
    world.reload(0);
    assert!(world.lease(0).is_some());
}

#[test]
fn a_token_of_thirty_days_needs_no_timer() {
    let mut world = World::new();
    let tab = world.open();
    let ticket = world.want_login(tab);
    let reply = crate::answers::answer(200, r#"{"token":"access-1","refreshToken":"refresh-1","expiresIn":2592000}"#);
    world.answer(crate::world::Kind::Login(ticket), reply);
    world.pass(secs(29 * 86_400));
    assert!(world.lease(tab).is_some());
    assert_eq!(world.tab(tab).machine.poll_timeout(), None);
}

#[test]
fn a_renewal_that_slept_in_the_middle_comes_to_an_end() {
    let mut world = World::signed_in(1);
    let ticket = world.begin_renewal(0);
    world.sleep(0);
    world.pass(secs(8 * 3600));
    world.wake(0);
    world.pass(TIMEOUT);
    assert!(world.error_of(ticket).is_some());
}

#[test]
fn a_token_that_is_too_old_on_arrival_is_used_all_the_same() {
    let mut world = World::signed_in(1);
    let ticket = world.begin_renewal(0);
    world.pass(secs(2));
    let body = r#"{"token":"access-2","refreshToken":"refresh-2","expiresIn":1}"#;
    world.answer_renewal(answer(200, body));
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 0);
    assert_eq!(world.token_of(ticket), Some(2));
}

#[test]
fn renewing_ahead_keeps_its_distance_when_tokens_are_too_old_on_arrival() {
    let mut world = World::signed_in_with(Config { ahead: true, ..Config::default() }, 1);
    world.pass(EXPIRY - secs(30));
    let body = r#"{"token":"access-2","expiresIn":1}"#;
    let mut renewals = 0;
    for _ in 0..600 {
        world.pass(secs(1));
        if !world.renewals().is_empty() {
            renewals += 1;
            world.answer_renewal(answer(200, body));
        }
    }
    assert!((2..=60).contains(&renewals), "{renewals}");
}
