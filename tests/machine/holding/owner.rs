//! Whose the requests are that wait.

use tokenkeep::error::Code;
use tokenkeep::machine::Delivery;

use super::{code, ended, held};
use crate::answers::{access, answer, granted_to, refresh, refused};
use crate::world::{EXPIRY, Kind, World};

#[test]
fn a_renewal_that_names_the_user_otherwise_makes_no_other_of_them() {
    let mut world = World::signed_in(1);
    world.want_renewal(0);
    world.pass_the_turn();
    world.answer_renewal(granted_to("42", 2));
    assert_eq!(world.tab(0).machine.snapshot().subject.as_deref(), Some("susan"));
    world.want_renewal(0);
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass_the_turn();
    let waiting = world.hold(0);
    world.log_in(0, "susan", 7);
    assert_eq!(world.token_of(waiting), Some(7));
}

#[test]
fn another_user_does_not_send_what_waits() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    world.log_in(0, "ken", 7);
    assert_eq!(code(&world, waiting), Some(Code::SubjectChanged));
}

#[test]
fn a_user_of_whom_nothing_is_known_does_not_send_what_waits() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    let login = world.want_login(0);
    let nameless = format!(r#"{{"token":"{}","refreshToken":"{}","expiresIn":300}}"#, access(7), refresh(7));
    world.answer(Kind::Login(login), answer(200, &nameless));
    assert!(matches!(world.told(login), Some(Delivery::Done(_))));
    assert_eq!(code(&world, waiting), Some(Code::SubjectChanged));
}

#[test]
fn what_began_before_the_record_was_read_belongs_to_whom_the_record_names() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    world.storage.slow = true;
    world.reload(0);
    let early = world.hold(0);
    world.storage.slow = false;
    world.storage_flush();
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass_the_turn();
    assert_eq!(held(&world), 1);
    world.log_in(0, "ken", 7);
    assert_eq!(code(&world, early), Some(Code::SubjectChanged));
}

#[test]
fn a_page_that_had_no_user_lets_whoever_logs_in_send() {
    let mut world = World::new();
    world.open();
    let waiting = world.hold(0);
    assert_eq!((world.tab(0).prompts(), held(&world)), (1, 1));
    world.log_in(0, "ken", 3);
    assert_eq!(world.token_of(waiting), Some(3));
}

#[test]
fn what_a_page_sends_after_a_logout_is_not_for_the_next_user() {
    let mut world = World::signed_in(1);
    world.log_out(0);
    let stale = world.hold(0);
    assert_eq!((world.told(stale), world.tab(0).prompts()), (None, 1));
    world.log_in(0, "ken", 7);
    assert_eq!(code(&world, stale), Some(Code::SubjectChanged));
}
