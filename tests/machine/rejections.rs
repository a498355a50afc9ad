//! 401s of the app's own API, told apart by the state of the token that was sent.

use tokenkeep::error::Code;
use tokenkeep::machine::{Delivery, Event};

use crate::answers::{granted, lost, refused};
use crate::world::{World, secs};

#[test]
fn a_late_401_is_replayed_without_a_renewal() {
    let mut world = World::signed_in(1);
    let old = world.lease(0).unwrap();
    world.renew(0, 2);
    let late = world.reject(0, &old);
    assert_eq!(world.token_of(late), Some(2));
    world.pass_the_turn();
    assert!(world.renewals().is_empty());
}

#[test]
fn a_401_with_the_current_token_costs_one_renewal_and_one_replay() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    let rejected = world.reject(0, &lease);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(rejected), Some(2));
}

#[test]
fn two_parallel_401s_share_one_renewal_and_are_both_replayed() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    let first = world.reject(0, &lease);
    world.pass_the_turn();
    let second = world.reject(0, &lease);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    world.answer_renewal(granted(2));
    assert_eq!((world.token_of(first), world.token_of(second)), (Some(2), Some(2)));
}

#[test]
fn a_rejected_token_is_not_handed_out_until_a_renewal_has_told_what_it_means() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    world.reject(0, &lease);
    assert_eq!(world.lease(0), None);
    let waiting = world.want(0);
    world.pass_the_turn();
    assert_eq!(world.told(waiting), None);
    world.answer_renewal(lost());
    assert_eq!(world.token_of(waiting), Some(1));
}

#[test]
fn a_second_401_goes_to_the_caller() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    world.reject(0, &lease);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    let renewed = world.lease(0).unwrap();
    let again = world.reject_replay(0, &renewed);
    assert_eq!(world.told(again), Some(&Delivery::PassThrough));
    world.pass_the_turn();
    assert!(world.renewals().is_empty());
    assert_eq!(world.tab(0).prompts(), 0);
}

#[test]
fn an_endpoint_that_always_says_no_causes_one_renewal_and_then_a_pause() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    world.reject(0, &lease);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    let renewed = world.lease(0).unwrap();
    world.reject_replay(0, &renewed);
    for _ in 0..20 {
        let lease = world.lease(0).unwrap();
        let ticket = world.reject(0, &lease);
        assert_eq!(world.told(ticket), Some(&Delivery::PassThrough));
        world.pass(secs(2));
    }
    assert!(world.renewals().is_empty());
}

#[test]
fn an_endpoint_that_says_no_for_a_day_causes_a_bounded_number_of_renewals() {
    let mut world = World::signed_in(1);
    let mut generation = 1;
    let mut caused = 0;
    for _ in 0..24 * 60 {
        if world.lease(0).is_none() {
            world.want(0);
            world.pass_the_turn();
            generation += 1;
            world.answer_renewal(granted(generation));
        }
        let lease = world.lease(0).unwrap();
        world.reject(0, &lease);
        world.pass_the_turn();
        if !world.renewals().is_empty() {
            generation += 1;
            caused += 1;
            world.answer_renewal(granted(generation));
            let renewed = world.lease(0).unwrap();
            world.reject_replay(0, &renewed);
        }
        world.pass(secs(60) - 100);
    }
    assert!((1..40).contains(&caused), "{caused}");
}

#[test]
fn a_replay_that_went_well_forgives_the_endpoint() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    world.reject(0, &lease);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    let second = world.lease(0).unwrap();
    world.reject_replay(0, &second);
    world.begin_renewal(0);
    world.answer_renewal(granted(3));
    let third = world.lease(0).unwrap();
    world.tell(0, Event::ReplayAccepted(third.stamp));
    world.reject(0, &third);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn a_401_that_a_renewal_cannot_settle_fails_with_the_renewals_error() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    let rejected = world.reject(0, &lease);
    world.pass_the_turn();
    world.answer_renewal(lost());
    assert_eq!(world.error_of(rejected).unwrap().code, Code::Network);
}

#[test]
fn a_401_of_a_session_that_is_gone_goes_to_the_caller() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    world.log_out(0);
    world.log_in(0, "susan", 5);
    let rejected = world.reject(0, &lease);
    assert_eq!(world.told(rejected), Some(&Delivery::PassThrough));
}

#[test]
fn a_401_after_the_end_asks_for_a_login() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    let first = world.reject(0, &lease);
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass_the_turn();
    let second = world.reject(0, &lease);
    for ticket in [first, second] {
        assert_eq!(world.error_of(ticket).unwrap().reason.as_deref(), Some("refused"));
    }
    assert_eq!(world.tab(0).prompts(), 1);
}

#[test]
fn another_tabs_renewal_settles_a_401_here() {
    let mut world = World::signed_in(2);
    let old = world.lease(1).unwrap();
    world.renew(0, 2);
    let rejected = world.reject(1, &old);
    assert_eq!(world.token_of(rejected), Some(2));
}
