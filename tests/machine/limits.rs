//! Limits that the app sets, and renewals ahead of time.

use tokenkeep::error::EndReason;
use tokenkeep::machine::{Config, Event, Limits, Notice};
use tokenkeep::time::Millis;

use crate::answers::{access, granted, lost};
use crate::world::{EXPIRY, World, secs};

const IDLE: u64 = secs(900);

fn limited(tabs: usize) -> World {
    let limits = Limits { idle: Some(Millis(IDLE)), absolute: Some(Millis(secs(3600))), ..Limits::default() };
    World::signed_in_with(Config { limits, ..Config::default() }, tabs)
}

fn ahead() -> World {
    World::signed_in_with(Config { ahead: true, ..Config::default() }, 1)
}

fn ended(world: &World, tab: usize) -> Option<EndReason> {
    world.tab(tab).machine.snapshot().reason
}

fn warnings(world: &World, tab: usize) -> usize {
    world.tab(tab).notices.iter().filter(|notice| matches!(notice, Notice::Expiring { .. })).count()
}

#[test]
fn a_session_that_nobody_uses_ends_in_every_tab() {
    let mut world = limited(2);
    world.pass(IDLE - 1);
    assert_eq!(ended(&world, 0), None);
    world.pass(secs(1));
    for tab in 0..2 {
        assert_eq!(ended(&world, tab), Some(EndReason::Idle), "tab {tab}");
        assert_eq!(world.tab(tab).prompts(), 1, "tab {tab}");
    }
    assert!(!world.stores("refresh-"));
    assert_eq!(world.revocations()[0].header("Authorization"), Some("Bearer access-1"));
}

#[test]
fn requests_alone_do_not_keep_an_idle_session() {
    let mut world = limited(1);
    for n in 2..5 {
        world.begin_renewal(0);
        if world.renewals().is_empty() {
            break;
        }
        world.answer_renewal(granted(n));
    }
    world.pass(secs(1));
    assert_eq!(ended(&world, 0), Some(EndReason::Idle));
}

#[test]
fn activity_in_a_tab_that_slept_while_another_one_was_used_counts() {
    let mut world = limited(2);
    world.sleep(1);
    world.pass(IDLE - secs(60));
    world.tell(0, Event::UserActive);
    world.pass(secs(120));
    world.tab_mut(1).rouse();
    // It takes the limit to have come, until it has looked.
    world.tell(1, Event::UserActive);
    world.pass(IDLE - secs(60));
    for tab in 0..2 {
        assert_eq!(ended(&world, tab), None, "tab {tab}");
    }
}

#[test]
fn activity_that_another_tab_has_written_over_is_written_down_again() {
    let mut world = limited(2);
    world.pass(IDLE - secs(60));
    let before = world.storage.text.clone();
    world.deaf = true;
    world.tell(0, Event::UserActive);
    // The write of a tab that had not seen it yet.
    world.storage.text = before;
    world.deaf = false;
    world.tell(0, Event::StorageChanged);
    world.pass(secs(120));
    for tab in 0..2 {
        assert_eq!(ended(&world, tab), None, "tab {tab}");
    }
}

#[test]
fn activity_in_one_tab_keeps_the_session_in_all() {
    let mut world = limited(2);
    for _ in 0..5 {
        world.pass(secs(600));
        world.tell(1, Event::UserActive);
    }
    assert_eq!((ended(&world, 0), ended(&world, 1)), (None, None));
}

#[test]
fn a_renewal_that_takes_its_time_brings_no_limit_nearer() {
    let mut world = limited(1);
    world.begin_renewal(0);
    world.pass(secs(500));
    world.tell(0, Event::UserActive);
    world.answer_renewal(granted(2));
    world.pass(IDLE - secs(1));
    assert_eq!(ended(&world, 0), None);
    world.pass(secs(2));
    assert_eq!(ended(&world, 0), Some(EndReason::Idle));
}

#[test]
fn a_renewal_does_not_forget_for_how_long_nobody_was_there() {
    let mut world = limited(1);
    world.tab_mut(0).skew = -7_200_000;
    world.pass(secs(600));
    world.want(0);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    world.pass(secs(301));
    assert_eq!(ended(&world, 0), Some(EndReason::Idle));
}

#[test]
fn activity_is_not_lost_to_a_renewal_in_another_tab() {
    let mut world = limited(2);
    world.pass(secs(600));
    world.want(0);
    world.pass_the_turn();
    world.storage.slow = true;
    world.answer_renewal(granted(2));
    world.tell(1, Event::UserActive);
    world.storage_flush();
    world.storage.slow = false;
    world.pass(secs(600));
    assert_eq!((ended(&world, 0), ended(&world, 1)), (None, None));
}

#[test]
fn activity_counts_over_a_reload() {
    let mut world = limited(1);
    world.pass(secs(600));
    world.tell(0, Event::UserActive);
    world.reload(0);
    world.pass(secs(600));
    assert_eq!(ended(&world, 0), None);
    world.reload(0);
    world.pass(secs(301));
    assert_eq!(ended(&world, 0), Some(EndReason::Idle));
}

#[test]
fn an_idle_session_has_ended_for_a_page_that_is_opened_later() {
    let mut world = limited(1);
    world.vanish(0);
    world.pass(IDLE + 1);
    let tab = world.open();
    world.pass(1);
    assert_eq!(world.lease(tab), None);
    assert_eq!(ended(&world, tab), Some(EndReason::Idle));
}

#[test]
fn no_activity_outlasts_the_absolute_limit() {
    let mut world = limited(1);
    for _ in 0..60 {
        world.pass(secs(60));
        world.tell(0, Event::UserActive);
    }
    world.pass(secs(1));
    assert_eq!(ended(&world, 0), Some(EndReason::Absolute));
}

#[test]
fn a_clock_set_back_extends_no_limit() {
    let mut world = limited(1);
    world.pass(secs(600));
    world.tab_mut(0).skew = -7_200_000;
    world.pass(secs(301));
    assert_eq!(ended(&world, 0), Some(EndReason::Idle));
}

#[test]
fn the_app_is_warned_once_before_a_limit_and_again_after_activity() {
    let mut world = limited(1);
    world.pass(IDLE - secs(30));
    assert_eq!(warnings(&world, 0), 1);
    world.tell(0, Event::UserActive);
    world.pass(IDLE - secs(30));
    assert_eq!(warnings(&world, 0), 2);
}

#[test]
fn every_tab_is_told_once_that_a_limit_it_was_warned_of_has_moved_away() {
    let mut world = limited(2);
    let told =
        |world: &World, tab: usize| world.tab(tab).notices.iter().filter(|notice| **notice == Notice::Extended).count();
    world.pass(secs(600));
    world.tell(0, Event::UserActive);
    assert_eq!((told(&world, 0), told(&world, 1)), (0, 0), "nobody was warned yet");
    world.pass(IDLE - secs(30));
    world.tell(0, Event::UserActive);
    world.pass(secs(10));
    world.tell(0, Event::UserActive);
    assert_eq!((told(&world, 0), told(&world, 1)), (1, 1));
}

#[test]
fn a_session_that_ends_was_not_extended() {
    let mut world = limited(1);
    world.pass(IDLE + secs(1));
    assert_eq!((ended(&world, 0), warnings(&world, 0)), (Some(EndReason::Idle), 1));
    assert!(!world.tab(0).notices.contains(&Notice::Extended));
}

#[test]
fn an_idle_limit_is_not_enforced_over_what_another_tab_has_seen() {
    let mut world = limited(2);
    world.deaf = true;
    world.pass(secs(600));
    world.tell(1, Event::UserActive);
    world.pass(secs(301));
    assert_eq!(ended(&world, 0), None);
}

#[test]
fn a_visible_page_renews_ahead_so_that_no_request_waits() {
    let mut world = ahead();
    for n in 2..6 {
        world.pass(EXPIRY - secs(20) + 100);
        assert_eq!(world.renewals().len(), 1, "{n}");
        assert_eq!(world.lease(0).unwrap().token.expose(), access(n - 1));
        world.answer_renewal(granted(n));
    }
}

#[test]
fn a_hidden_page_does_not_keep_its_session_alive() {
    let mut world = ahead();
    world.tell(0, Event::PageHidden);
    world.pass(secs(3600));
    assert!(world.renewals().is_empty());
    assert_eq!(world.tab(0).machine.poll_timeout(), None);
    world.tell(0, Event::PageResumed);
    world.pass_the_turn();
    assert_eq!(world.renewals().len(), 1);
}

#[test]
fn a_renewal_ahead_of_time_that_fails_is_paused_like_any_other() {
    let mut world = ahead();
    let mut sent = 0;
    for _ in 0..360 {
        world.pass(secs(10));
        sent += world.renewals().len();
        while !world.renewals().is_empty() {
            world.answer_renewal(lost());
        }
    }
    assert!((60..200).contains(&sent), "{sent}");
}

#[test]
fn a_storage_that_takes_its_time_at_the_limit_is_not_asked_over_and_over() {
    let limits = Limits { idle: Some(Millis(IDLE)), ..Limits::default() };
    let mut world = World::signed_in_with(Config { limits, ahead: true, ..Config::default() }, 1);
    world.tell(0, Event::PageHidden);
    world.pass(IDLE - secs(1));
    world.storage.slow = true;
    world.pass(secs(1));
    world.tell(0, Event::UserActive);
    world.tell(0, Event::PageResumed);
    assert_eq!(world.tab(0).machine.poll_timeout(), None);
    assert_eq!(world.lease(0), None);
}

#[test]
fn nothing_is_renewed_ahead_of_time_under_a_record_of_a_later_version() {
    let mut world = ahead();
    world.write_over(0, Some(r#"{"v":99}"#));
    world.pass(EXPIRY + secs(60));
    let looks = world.tab(0).timeline().iter().filter(|what| **what == "renewal_wanted").count();
    assert_eq!(looks, 0);
}
