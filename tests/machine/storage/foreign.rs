//! What is found there that this version has not written, and where nothing is found any more.

use tokenkeep::error::EndReason;
use tokenkeep::machine::{Config, Content, Event, Limits, Status};
use tokenkeep::time::Millis;

use crate::answers::{access, granted, refused};
use crate::world::{World, secs};

const NEWER: &str = r#"{"v":2,"something":"new"}"#;

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
    world.storage.text = Some(NEWER.into());
    let tab = world.open();
    assert_eq!(world.tab(tab).diagnostics(), ["storage_newer"]);
    assert_eq!(world.tab(tab).machine.snapshot().status, Status::SignedOut);
    assert!(world.stores("new"));
}

#[test]
fn what_a_tab_still_has_to_say_is_not_written_over_the_record_of_a_later_version() {
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
        world.write_over(0, Some(NEWER));
        world.pass(secs(60));
        deed(&mut world);
        assert_eq!(world.storage.text.as_deref(), Some(NEWER), "{what}");
        assert!(world.renewals().is_empty(), "{what}");
    }
}

#[test]
fn a_refusal_does_not_end_what_a_later_version_has_stored_meanwhile() {
    let mut world = World::signed_in(1);
    world.want_renewal(0);
    world.pass_the_turn();
    world.storage.text = Some(NEWER.into());
    world.answer_renewal(refused());
    world.pass(secs(1));
    assert_eq!(world.storage.text.as_deref(), Some(NEWER));
}

#[test]
fn the_users_word_comes_after_the_record_of_a_later_version() {
    let mut world = World::signed_in(1);
    world.write_over(0, Some(NEWER));
    world.log_out(0);
    assert!(matches!(world.record().unwrap().content, Content::Ended(EndReason::Logout)));
    world.write_over(0, Some(NEWER));
    world.log_in(0, "susan", 2);
    assert!(matches!(world.record().unwrap().content, Content::Live(_)));
}

#[test]
fn a_storage_that_was_cleared_ends_no_session() {
    let mut world = World::signed_in(1);
    world.write_over(0, None);
    assert_eq!(world.tab(0).diagnostics(), ["storage_cleared"]);
    let ticket = world.begin_renewal(0);
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(ticket), Some(2));
    assert!(world.stores("refresh-2"));
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
    world.write_over(0, Some("garbage"));
    assert_eq!(world.lease(0).unwrap().token.expose(), access(1));
    assert_eq!(world.tab(0).diagnostics(), ["storage_unreadable"]);
}
