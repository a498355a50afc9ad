//! The write of a tab that had not seen the newest state comes after it.

use tokenkeep::error::EndReason;
use tokenkeep::machine::{Announcement, Event, Notice, Record, Status};
use tokenkeep::token::{SessionId, Stamp};

use crate::world::{World, secs};

#[test]
fn a_login_that_ends_by_word_of_another_tab_does_not_stay_in_the_storage() {
    let mut world = World::signed_in(1);
    let Record { session, stamp, .. } = world.record().unwrap();
    let stamp = Stamp { epoch: stamp.epoch + 1_000_000, ..stamp };
    world.log_in(0, "susan", 2);
    // Logged out of the session before, at the same moment: the mark was written first.
    world.tell(0, Event::Announced(Announcement { session, stamp, ended: Some(EndReason::Logout) }));
    assert_eq!(world.tab(0).machine.snapshot().status, Status::SignedOut);
    assert!(!world.stores("refresh"));
}

#[test]
fn an_attempt_that_was_written_over_while_its_answer_is_awaited_is_written_down_again() {
    let mut world = World::signed_in(2);
    let before = world.storage.text.clone();
    world.begin_renewal(0);
    // The write of a tab that had not seen the attempt yet.
    world.write_over(0, before.as_deref());
    assert!(world.stores("attempt"));
}

#[test]
fn a_live_record_that_comes_back_after_a_logout_is_ended_again() {
    let mut world = World::signed_in(2);
    let before = world.storage.text.clone();
    world.log_out(0);
    // The write of a tab that had not seen the end yet.
    world.write_over(0, before.as_deref());
    world.pass(secs(1));
    assert!(!world.stores("refresh-"));
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
    world.write_over(0, before.as_deref());
    world.pass(secs(1));
    assert!(!world.stores("refresh-"));
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
fn nor_by_one_that_the_storage_takes_only_now() {
    let mut world = World::signed_in(1);
    let before = world.record().unwrap();
    world.storage.full = true;
    world.storage.fault = Some("blocked");
    world.log_out(0);
    world.tell(0, Event::StorageChanged);
    // A tab that could not know of that logout; and then the storage is well again.
    let stamp = Stamp { epoch: before.stamp.epoch - 7_100_000, generation: 1 };
    let login = Record { session: SessionId(7), stamp, ..before.clone() }.encode();
    world.storage.text = Some(login.clone());
    world.storage.full = false;
    world.storage.fault = None;
    world.tab_mut(0).skew = -7_200_000;
    world.tell(0, Event::StorageChanged);
    world.tell(0, Event::NetworkBack);
    world.pass(secs(1));
    assert_eq!(world.storage.text.as_ref(), Some(&login));
    // What it has ended itself stands there no longer, whatever the clock says.
    world.storage.text = Some(before.encode());
    world.tell(0, Event::StorageChanged);
    world.pass(secs(1));
    assert!(!world.stores("refresh-"));
}

#[test]
fn a_renewed_token_that_was_written_over_is_put_back() {
    let mut world = World::signed_in(2);
    let before = world.storage.text.clone();
    world.deaf = true;
    world.renew(0, 2);
    world.write_over(0, before.as_deref());
    world.pass(secs(1));
    assert!(world.stores("refresh-2"));
    assert_eq!(world.tab(0).machine.poll_timeout(), None);
}
