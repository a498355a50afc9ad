//! A storage that fails, forgets, lies or takes its time.

use tokenkeep::error::{Code, EndReason};
use tokenkeep::machine::{Announcement, Config, Content, Delivery, Event, Limits, Notice, Record, Sharing, Status};
use tokenkeep::time::Millis;
use tokenkeep::token::{SessionId, Stamp};

use crate::answers::{access, granted, refused};
use crate::world::{EXPIRY, Kind, PATIENCE, TIMEOUT, World, secs};

#[test]
fn a_blocked_storage_leaves_a_session_in_memory() {
    let mut world = World::new();
    world.storage.fault = Some("blocked");
    let tab = world.open();
    assert_eq!(world.tab(tab).machine.snapshot().status, Status::SignedOut);
    world.log_in(tab, "susan", 1);
    world.pass(EXPIRY);
    let ticket = world.want(tab);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
    assert!(world.tab(tab).diagnostics().contains(&"storage_write_failed"));
}

#[test]
fn foreign_text_means_signed_out_and_is_left_until_the_next_login() {
    for text in ["", "{", "null", "[1]", r#"{"v":"1"}"#, r#"{"v":1,"session":"s"}"#, "hello"] {
        let mut world = World::new();
        world.storage.text = Some(text.into());
        let tab = world.open();
        assert_eq!(world.tab(tab).diagnostics(), ["storage_unreadable"], "{text}");
        assert_eq!(world.storage.text.as_deref(), Some(text));
        world.log_in(tab, "susan", 1);
        assert_eq!(world.record().unwrap().stamp.generation, 1, "{text}");
    }
}

#[test]
fn a_record_of_a_later_version_is_left_alone() {
    let mut world = World::new();
    world.storage.text = Some(r#"{"v":2,"something":"new"}"#.into());
    let tab = world.open();
    assert_eq!(world.tab(tab).diagnostics(), ["storage_newer"]);
    assert_eq!(world.tab(tab).machine.snapshot().status, Status::SignedOut);
    assert!(world.storage.text.unwrap().contains("new"));
}

#[test]
fn what_a_tab_still_has_to_say_is_not_written_over_the_record_of_a_later_version() {
    let newer = r#"{"v":2,"something":"new"}"#;
    let idle = Config { limits: Limits { idle: Some(Millis(secs(600))), ..Limits::default() }, ..Config::default() };
    type Deed = fn(&mut World);
    let deeds: [(&str, Deed); 4] = [
        ("the user does something", |world| world.tell(0, Event::UserActive)),
        ("nobody does anything", |world| world.pass(secs(700))),
        ("what could not be stored is offered again", |world| world.tell(0, Event::PageResumed)),
        ("a renewal is wanted", |world| {
            world.want_renewal(0);
            world.pass_the_turn();
        }),
    ];
    for (what, deed) in deeds {
        let mut world = World::signed_in_with(idle.clone(), 1);
        world.storage.full = true;
        world.pass(secs(60));
        world.tell(0, Event::UserActive);
        world.storage.full = false;
        world.storage.text = Some(newer.into());
        world.tell(0, Event::StorageChanged);
        world.pass(secs(60));
        deed(&mut world);
        assert_eq!(world.storage.text.as_deref(), Some(newer), "{what}");
        assert!(world.renewals().is_empty(), "{what}");
    }
}

#[test]
fn a_refusal_does_not_end_what_a_later_version_has_stored_meanwhile() {
    let newer = r#"{"v":2,"something":"new"}"#;
    let mut world = World::signed_in(1);
    world.want_renewal(0);
    world.pass_the_turn();
    world.storage.text = Some(newer.into());
    world.answer_renewal(refused());
    world.pass(secs(1));
    assert_eq!(world.storage.text.as_deref(), Some(newer));
}

#[test]
fn the_users_word_comes_after_the_record_of_a_later_version() {
    let mut world = World::signed_in(1);
    world.storage.text = Some(r#"{"v":2,"something":"new"}"#.into());
    world.tell(0, Event::StorageChanged);
    world.log_out(0);
    assert!(matches!(world.record().unwrap().content, Content::Ended(EndReason::Logout)));
    world.storage.text = Some(r#"{"v":2,"something":"new"}"#.into());
    world.tell(0, Event::StorageChanged);
    world.log_in(0, "susan", 2);
    assert!(matches!(world.record().unwrap().content, Content::Live(_)));
}

#[test]
fn a_storage_that_was_cleared_ends_no_session() {
    let mut world = World::signed_in(1);
    world.storage.text = None;
    world.tell(0, Event::StorageChanged);
    assert_eq!(world.tab(0).diagnostics(), ["storage_cleared"]);
    world.pass(EXPIRY);
    let ticket = world.want(0);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
    assert!(world.storage.text.unwrap().contains("refresh-2"));
}

#[test]
fn a_cleared_storage_is_mentioned_once() {
    let mut world = World::signed_in(1);
    world.storage.text = None;
    for _ in 0..3 {
        world.tell(0, Event::StorageChanged);
    }
    assert_eq!(world.tab(0).diagnostics(), ["storage_cleared"]);
}

#[test]
fn a_storage_that_was_overwritten_ends_no_session() {
    let mut world = World::signed_in(1);
    world.storage.text = Some("garbage".into());
    world.tell(0, Event::StorageChanged);
    assert_eq!(world.lease(0).unwrap().token.expose(), access(1));
    assert_eq!(world.tab(0).diagnostics(), ["storage_unreadable"]);
}

#[test]
fn a_renewal_that_could_not_be_stored_serves_this_tab_and_is_offered_again() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    let ticket = world.want(0);
    world.pass_the_turn();
    world.storage.full = true;
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
    assert!(world.storage.text.clone().unwrap().contains("refresh-1"));
    world.storage.full = false;
    world.tell(0, Event::PageResumed);
    assert!(world.storage.text.clone().unwrap().contains("refresh-2"));
    assert_eq!(world.lease(1).unwrap().token.expose(), access(2));
}

#[test]
fn a_token_that_another_tab_could_not_store_is_not_bought_a_second_time() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    world.pass_the_turn();
    world.storage.full = true;
    world.answer_renewal(granted(2));
    let ticket = world.want(1);
    world.pass(secs(10));
    assert!(world.renewals().is_empty());
    assert_eq!(world.error_of(ticket).unwrap().code, Code::Storage);
    assert_eq!(world.tab(1).prompts(), 0);
}

#[test]
fn a_token_that_another_tab_could_not_store_is_given_up_in_time_where_timers_are_slow() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    world.pass_the_turn();
    world.storage.full = true;
    world.answer_renewal(granted(2));
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
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    world.pass_the_turn();
    world.storage.full = true;
    world.answer_renewal(granted(2));
    world.vanish(0);
    world.want(1);
    world.pass(secs(1));
    assert_eq!(world.renewals()[0].refresh(), Some(1));
}

#[test]
fn a_token_whose_tab_is_gone_is_not_taken_for_lost_where_the_storage_cannot_be_read() {
    let mut world = World::signed_in(2);
    world.pass(EXPIRY);
    world.want(0);
    world.pass_the_turn();
    world.storage.slow = true;
    world.answer_renewal(granted(2));
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
    let mut world = World::signed_in(3);
    world.pass(EXPIRY);
    world.want(0);
    world.pass_the_turn();
    world.storage.full = true;
    world.answer_renewal(granted(2));
    world.log_in(2, "susan", 7);
    world.vanish(2);
    let ticket = world.want(1);
    world.pass(secs(10));
    assert!(world.renewals().is_empty());
    assert_eq!(world.error_of(ticket).unwrap().code, Code::Storage);
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
    world.answer(Kind::Revocation(Some(ticket)), crate::answers::answer(204, ""));
    assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(true)));
    assert!(!world.storage.text.unwrap().contains("refresh-"));
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
    assert!(world.storage.text.unwrap().contains("refresh-2"));
}

#[test]
fn a_logout_while_a_renewal_is_being_written_wins() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    world.want(0);
    world.pass_the_turn();
    world.storage.slow = true;
    world.answer_renewal(granted(2));
    world.log_out(0);
    world.storage_flush();
    assert_eq!(world.lease(0), None);
    assert!(!world.storage.text.clone().unwrap().contains("refresh-"));
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
    assert!(!world.storage.text.unwrap().contains("refresh-"));
}

#[test]
fn a_storage_that_never_answers_a_write_loses_no_renewed_token() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let ticket = world.want(0);
    world.pass_the_turn();
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
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    world.want(0);
    world.pass_the_turn();
    world.storage.slow = true;
    world.answer_renewal(granted(2));
    world.pass(TIMEOUT + 1);
    world.storage.slow = false;
    world.storage.fault = Some("no answer");
    world.want_renewal(0);
    world.pass_the_turn();
    world.answer_renewal(granted(3));
    world.storage.fault = None;
    world.storage_flush();
    assert!(world.storage.text.unwrap().contains("refresh-3"));
}

#[test]
fn a_login_that_ends_by_word_of_another_tab_does_not_stay_in_the_storage() {
    let mut world = World::signed_in(1);
    let Record { session, stamp, .. } = world.record().unwrap();
    let stamp = Stamp { epoch: stamp.epoch + 1_000_000, ..stamp };
    world.log_in(0, "susan", 2);
    // Logged out of the session before, at the same moment: the mark was written first.
    world.tell(0, Event::Announced(Announcement { session, stamp, ended: Some(EndReason::Logout) }));
    assert_eq!(world.tab(0).machine.snapshot().status, Status::SignedOut);
    assert!(!world.storage.text.unwrap().contains("refresh"));
}

#[test]
fn an_attempt_that_was_written_over_while_its_answer_is_awaited_is_written_down_again() {
    let mut world = World::signed_in(2);
    let before = world.storage.text.clone();
    world.pass(EXPIRY);
    world.want(0);
    world.pass_the_turn();
    // The write of a tab that had not seen the attempt yet.
    world.storage.text = before;
    world.tell(0, Event::StorageChanged);
    assert!(world.storage.text.unwrap().contains("attempt"));
}

#[test]
fn a_live_record_that_comes_back_after_a_logout_is_ended_again() {
    let mut world = World::signed_in(2);
    let before = world.storage.text.clone();
    world.log_out(0);
    // The write of a tab that had not seen the end yet.
    world.storage.text = before;
    world.tell(0, Event::StorageChanged);
    world.pass(secs(1));
    assert!(!world.storage.text.clone().unwrap().contains("refresh-"));
    assert_eq!(world.lease(0), None);
    let signed_in = world.tab(0).notices.iter().filter(|notice| **notice == Notice::SignedIn).count();
    assert_eq!(signed_in, 0);
}

#[test]
fn a_session_that_comes_back_after_the_logout_from_a_later_one_is_ended_again() {
    let mut world = World::signed_in(2);
    let before = world.storage.text.clone();
    world.sleep(1);
    world.log_in(0, "susan", 2);
    world.log_out(0);
    world.pass(secs(1));
    // The write of a tab that has heard of neither.
    world.storage.text = before;
    world.tell(0, Event::StorageChanged);
    world.pass(secs(1));
    assert!(!world.storage.text.clone().unwrap().contains("refresh-"));
    world.wake(1);
    assert_eq!(world.lease(1), None);
}

#[test]
fn a_login_under_a_clock_that_was_set_back_is_not_undone_by_a_logout_before_it() {
    let mut world = World::signed_in(1);
    let before = world.record().unwrap();
    world.log_out(0);
    // The write of a tab that could not know of that logout.
    let stamp = Stamp { epoch: before.stamp.epoch - 7_100_000, generation: 1 };
    let login = Record { session: SessionId(7), stamp, ..before }.encode();
    world.storage.text = Some(login.clone());
    for skew in [-7_200_000, 0] {
        world.tab_mut(0).skew = skew;
        world.tell(0, Event::StorageChanged);
        world.pass(secs(1));
        assert_eq!(world.storage.text.as_ref(), Some(&login), "{skew}");
    }
}

#[test]
fn a_renewed_token_that_was_written_over_is_put_back() {
    let mut world = World::signed_in(2);
    let before = world.storage.text.clone();
    world.deaf = true;
    world.want_renewal(0);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    world.storage.text = before;
    world.tell(0, Event::StorageChanged);
    world.pass(secs(1));
    assert!(world.storage.text.clone().unwrap().contains("refresh-2"));
    assert_eq!(world.tab(0).machine.poll_timeout(), None);
}

#[test]
fn without_room_and_without_a_lock_a_tab_still_renews() {
    let mut world = World::signed_in(1);
    world.locks.unavailable = true;
    world.storage.full = true;
    world.pass(EXPIRY);
    let ticket = world.want(0);
    world.pass_the_turn();
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
    assert!(world.storage.text.clone().unwrap().contains("refresh-2"));
    assert_eq!(world.lease(1).unwrap().token.expose(), access(2));
}

#[test]
fn a_logout_that_could_not_be_stored_is_offered_again() {
    let mut world = World::signed_in(1);
    world.storage.full = true;
    world.log_out(0);
    assert!(world.storage.text.clone().unwrap().contains("refresh-"));
    world.storage.full = false;
    world.tell(0, Event::PageResumed);
    assert!(!world.storage.text.clone().unwrap().contains("refresh-"));
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
