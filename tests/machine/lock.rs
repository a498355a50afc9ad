//! The turn among the tabs, with a lock, without one, and with one that does not come.

use tokenkeep::error::Code;
use tokenkeep::machine::{Announcement, Config, Event, Record, Sharing};
use tokenkeep::token::Stamp;

use crate::answers::{granted, lost, refused};
use crate::world::{EXPIRY, PATIENCE, World, secs};

#[test]
fn tabs_that_wake_together_cause_one_renewal() {
    for tabs in [2, 6] {
        let mut world = World::signed_in(tabs);
        world.pass(EXPIRY);
        let tickets: Vec<_> = (0..tabs).map(|tab| world.want(tab)).collect();
        world.pass_the_turn();
        assert_eq!(world.renewals().len(), 1);
        world.answer_renewal(granted(2));
        world.pass(secs(1));
        assert!(world.renewals().is_empty());
        assert!(tickets.iter().all(|ticket| world.token_of(*ticket) == Some(2)), "{tabs} tabs");
    }
}

#[test]
fn tabs_that_hear_nothing_find_the_result_when_their_turn_comes() {
    let mut world = World::signed_in(3);
    world.deaf = true;
    world.pass(EXPIRY);
    let tickets: Vec<_> = (0..3).map(|tab| world.want(tab)).collect();
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    world.pass(secs(1));
    assert!(world.renewals().is_empty());
    assert!(tickets.iter().all(|ticket| world.token_of(*ticket) == Some(2)));
}

#[test]
fn a_slow_renewal_makes_no_other_tab_fail() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    let waiting = world.want(1);
    world.pass(secs(7));
    assert_eq!(world.told(waiting), None);
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(waiting), Some(2));
}

#[test]
fn a_tab_that_is_closed_in_the_queue_holds_nobody_up() {
    let mut world = World::signed_in(3);
    world.pass(EXPIRY);
    world.want(0);
    world.want(1);
    let last = world.want(2);
    world.pass_the_turn();
    world.vanish(1);
    world.vanish(0);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(last), Some(2));
}

#[test]
fn a_frozen_holder_does_not_hang_the_others() {
    let mut world = World::signed_in(2);
    world.begin_renewal(0);
    let waiting = world.overtake(0, 1);
    assert_eq!(world.renewals().len(), 2);
    let kind = world.renewals()[1].kind;
    world.answer(kind, granted(2));
    assert_eq!(world.token_of(waiting), Some(2));
}

#[test]
fn a_holder_that_thaws_takes_over_what_the_others_did_meanwhile() {
    let mut world = World::signed_in(2);
    let frozen = world.begin_renewal(0);
    world.overtake(0, 1);
    let kind = world.renewals()[1].kind;
    world.answer(kind, granted(2));
    world.wake(0);
    assert_eq!(world.token_of(frozen), Some(2));
    world.answer_renewal(refused());
    world.pass_the_turn();
    assert_eq!(world.tab(0).prompts(), 0);
    assert!(world.stores("refresh-2"));
}

#[test]
fn a_page_whose_timers_come_late_renews_all_the_same() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let ticket = world.want(0);
    world.sleep(0);
    world.pass(secs(60));
    world.wake(0);
    // So late it goes by the journal, too.
    world.pass(secs(1));
    assert_eq!(world.renewals().len(), 1, "{:?}", world.told(ticket));
}

#[test]
fn a_holder_whose_timers_come_late_leaves_the_token_to_the_one_that_went_on() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    world.overtake(0, 1);
    world.wake(0);
    world.pass(secs(1));
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn without_a_lock_news_that_does_not_show_yet_keeps_a_tab_from_sending() {
    let mut world = World::signed_in(2);
    world.locks.unavailable = true;
    world.pass(EXPIRY);
    world.want(1);
    world.pass(200);
    let Record { session, stamp, .. } = world.record().unwrap();
    let stamp = Stamp { generation: stamp.generation + 1, ..stamp };
    world.tell(1, Event::Announced(Announcement { session, stamp, ended: None }));
    world.pass(secs(1));
    assert!(world.renewals().is_empty());
}

#[test]
fn an_attempt_that_others_may_have_given_up_is_written_down_again() {
    let mut world = World::signed_in(1);
    world.locks.unavailable = true;
    world.pass(EXPIRY);
    world.want(0);
    world.pass(200);
    world.sleep(0);
    world.pass(PATIENCE);
    world.wake(0);
    world.pass(100);
    assert!(world.renewals().is_empty());
    world.pass(secs(1));
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn a_page_that_is_always_late_fails_its_callers_in_the_end() {
    let mut world = World::signed_in(1);
    world.locks.unavailable = true;
    world.pass(EXPIRY);
    let ticket = world.want(0);
    for _ in 0..12 {
        world.sleep(0);
        world.pass(PATIENCE);
        world.wake(0);
        world.pass(0);
    }
    assert_eq!(world.error_of(ticket).unwrap().code, Code::Timeout);
}

#[test]
fn an_attempt_that_was_not_taken_down_is_not_sent_over_news_of_a_later_state() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    world.storage.slow = true;
    world.pass_the_turn();
    let Record { session, stamp, .. } = world.record().unwrap();
    let stamp = Stamp { generation: stamp.generation + 1, ..stamp };
    world.storage_step();
    world.tell(0, Event::Announced(Announcement { session, stamp, ended: None }));
    world.pass(secs(31));
    assert!(world.renewals().is_empty());
}

#[test]
fn a_turn_that_comes_late_is_still_taken() {
    let mut world = World::signed_in(2);
    world.deaf = true;
    world.begin_renewal(0);
    world.sleep(0);
    let waiting = world.want(1);
    // The first tab goes just before the second would stop waiting for it.
    world.pass(PATIENCE - 10);
    assert_eq!(world.locks.holder(), Some(0));
    world.vanish(0);
    // So late it goes by the journal, too.
    world.pass(secs(1));
    assert_eq!(world.renewals().len(), 1);
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(waiting), Some(2));
}

#[test]
fn a_logout_during_a_renewal_leaves_the_turn_to_nobody_before_it_is_there_to_be_seen() {
    let mut world = World::signed_in(2);
    world.deaf = true;
    world.pass(EXPIRY);
    world.want(0);
    let waiting = world.want(1);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    world.storage.slow = true;
    world.log_out(0);
    world.storage.slow = false;
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    world.storage_flush();
    world.pass_the_turn();
    assert_eq!(world.error_of(waiting).unwrap().reason.as_deref(), Some("logout"));
    assert_eq!(world.renewals().len(), 1);
    assert_eq!(world.locks.holder(), None);
}

#[test]
fn without_a_lock_the_second_tab_waits_for_the_first_ones_attempt() {
    let mut world = World::signed_in(2);
    world.locks.unavailable = true;
    world.begin_renewal(0);
    let waiting = world.want(1);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    assert!(world.tab(1).timeline().contains(&"sibling_renews"));
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(waiting), Some(2));
}

#[test]
fn without_a_lock_tabs_that_begin_together_send_one_renewal() {
    let mut world = World::signed_in(4);
    world.locks.unavailable = true;
    world.deaf = true;
    world.pass(EXPIRY);
    let tickets: Vec<_> = (0..4).map(|tab| world.want(tab)).collect();
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    world.answer_renewal(granted(2));
    world.pass(PATIENCE + secs(1));
    assert!(world.renewals().is_empty());
    assert!(tickets.iter().all(|ticket| world.token_of(*ticket) == Some(2)));
}

#[test]
fn without_a_lock_a_write_has_as_long_to_show_as_it_takes_on_a_busy_device() {
    let mut world = World::signed_in(2);
    world.locks.unavailable = true;
    world.pass(EXPIRY);
    world.want(0);
    let written = |world: &World| world.stores("attempt");
    world.pass(149);
    assert!(!written(&world));
    world.pass(1);
    assert!(written(&world));
    world.pass(299);
    assert!(world.renewals().is_empty());
    world.pass(1);
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn without_a_lock_an_attempt_of_a_tab_that_died_is_taken_over_in_the_end() {
    let mut world = World::signed_in(2);
    world.locks.unavailable = true;
    world.begin_renewal(0);
    let first = world.renewals()[0].header("Idempotency-Key").map(str::to_owned);
    world.vanish(0);
    let waiting = world.want(1);
    world.pass(PATIENCE + secs(1));
    assert_eq!(world.renewals()[0].header("Idempotency-Key").map(str::to_owned), first);
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(waiting), Some(2));
}

#[test]
fn without_a_lock_an_attempt_that_failed_is_not_waited_for() {
    let mut world = World::signed_in(2);
    world.locks.unavailable = true;
    world.begin_renewal(0);
    world.answer_renewal(lost());
    world.pass(secs(2));
    world.want(1);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn without_a_lock_a_clock_that_is_adjusted_hides_nobodys_attempt() {
    let mut world = World::signed_in(2);
    world.locks.unavailable = true;
    world.begin_renewal(0);
    world.tab_mut(1).skew = -3_000;
    world.want(1);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn without_a_lock_an_attempt_from_before_the_clock_was_set_back_is_written_down_again() {
    let mut world = World::signed_in(1);
    world.locks.unavailable = true;
    world.pass(EXPIRY);
    world.want(0);
    world.pass(200);
    // Others take one from the future for one that was given up.
    world.tab_mut(0).skew = -7_200_000;
    world.pass(300);
    assert!(world.renewals().is_empty());
    world.pass(secs(1));
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn without_room_a_turn_that_did_not_come_in_time_is_not_taken() {
    let mut world = World::signed_in(2);
    world.begin_renewal(0);
    world.sleep(0);
    world.storage.full = true;
    let waiting = world.want(1);
    world.pass(PATIENCE + secs(1));
    assert_eq!(world.renewals().len(), 1);
    assert_eq!(world.error_of(waiting).unwrap().code, Code::Storage);
    world.vanish(0);
    world.want(1);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn without_a_lock_tabs_that_repeat_an_attempt_at_the_same_moment_send_one_renewal() {
    let mut world = World::signed_in(3);
    world.locks.unavailable = true;
    world.deaf = true;
    world.begin_renewal(0);
    world.vanish(0);
    world.pass(PATIENCE);
    let tickets = [world.want(1), world.want(2)];
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
    world.answer_renewal(granted(2));
    world.pass(PATIENCE);
    assert!(tickets.iter().all(|ticket| world.token_of(*ticket) == Some(2)));
}

#[test]
fn a_fence_without_a_record_is_waited_for_and_not_for_ever() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.deaf = true;
    world.want(0);
    world.pass_the_turn();
    world.storage.full = true;
    world.answer_renewal(granted(2));
    let waiting = world.want(1);
    world.pass(secs(5));
    assert!(world.renewals().is_empty(), "a spent refresh token was sent");
    assert_eq!(world.error_of(waiting).unwrap().code, Code::Storage);
    assert_eq!(world.locks.holder(), None);
}

#[test]
fn a_page_alone_with_its_storage_needs_neither_lock_nor_announcements() {
    let config = Config { sharing: Sharing::Alone, ..Config::default() };
    let mut world = World::signed_in_with(config, 1);
    world.pass(EXPIRY);
    let ticket = world.want(0);
    assert_eq!((world.renewals().len(), world.locks.holder()), (1, None));
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
    assert!(world.tab(0).announcements.is_empty());
}
