//! Rejected requests that are sent again after a login, or are not.

use tokenkeep::error::Code;
use tokenkeep::machine::{Delivery, Relogin, Resend, Ticket};

use super::{code, end, ended, held};
use crate::answers::refused;
use crate::world::World;

/// What is known of a form that was sent and answered 401.
const FORM: Resend =
    Resend { relogin: Relogin::Hold, status: 401, idempotent: false, harmless: false, repeatable: true };

#[test]
fn a_form_that_was_answered_401_is_sent_again_after_the_login() {
    let (mut world, form) = rejected(FORM);
    assert_eq!((world.told(form), held(&world)), (None, 1));
    world.log_in(0, "susan", 7);
    assert_eq!(world.token_of(form), Some(7));
}

#[test]
fn what_the_server_may_have_done_is_done_again_only_where_that_does_no_harm() {
    let odd = Resend { status: 403, ..FORM };
    let (world, form) = rejected(odd);
    assert_eq!(code(&world, form), Some(Code::LoginRequired));
    for harmless in [Resend { idempotent: true, ..odd }, Resend { harmless: true, ..odd }] {
        let (mut world, form) = rejected(harmless);
        assert_eq!(world.told(form), None);
        world.log_in(0, "susan", 7);
        assert_eq!(world.token_of(form), Some(7));
    }
}

#[test]
fn a_body_that_is_gone_is_told_of_at_once() {
    let (world, upload) = rejected(Resend { repeatable: false, ..FORM });
    assert_eq!(code(&world, upload), Some(Code::NotReplayable));
    assert_eq!(world.error_of(upload).unwrap().status, Some(401));
    assert_eq!(held(&world), 0);
}

#[test]
fn a_401_that_comes_after_the_end_waits_too() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    end(&mut world);
    let late = world.reject_with(0, &lease, FORM);
    assert_eq!((world.told(late), held(&world)), (None, 1));
    world.log_in(0, "susan", 7);
    assert_eq!(world.token_of(late), Some(7));
}

#[test]
fn a_401_that_comes_after_the_next_login_is_sent_again_for_the_same_user_alone() {
    for (user, expected) in [("susan", Ok(7)), ("ken", Err(Code::SubjectChanged))] {
        let mut world = World::signed_in(1);
        let lease = world.lease(0).unwrap();
        end(&mut world);
        world.log_in(0, user, 7);
        let late = world.reject_with(0, &lease, FORM);
        assert_eq!(world.token_of(late).ok_or_else(|| code(&world, late).unwrap()), expected);
        let plain = world.reject(0, &lease);
        assert_eq!(world.told(plain), Some(&Delivery::PassThrough));
    }
}

#[test]
fn a_401_of_a_session_before_the_last_one_is_nobody_s_to_send_again() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    world.log_in(0, "ken", 5);
    end(&mut world);
    let late = world.reject_with(0, &lease, FORM);
    assert_eq!((code(&world, late), held(&world)), (Some(Code::LoginRequired), 0));
}

#[test]
fn the_answer_to_a_second_try_is_the_caller_s_also_where_the_session_has_ended_meanwhile() {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    end(&mut world);
    let again = world.reject_replay(0, &lease);
    assert_eq!(world.told(again), Some(&Delivery::PassThrough));
}

#[test]
fn a_body_that_is_gone_has_the_status_of_no_redirect() {
    let (world, upload) = rejected(Resend { status: 0, repeatable: false, ..FORM });
    assert_eq!((code(&world, upload), world.error_of(upload).unwrap().status), (Some(Code::NotReplayable), None));
}

#[test]
fn what_waited_and_is_rejected_again_is_the_caller_s_to_see() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    world.log_in(0, "susan", 7);
    let Some(Delivery::Token(lease)) = world.told(waiting).cloned() else { panic!("it was not freed") };
    let again = world.reject_replay(0, &lease);
    assert_eq!(world.told(again), Some(&Delivery::PassThrough));
}

/// A request was rejected, and the session was over.
fn rejected(resend: Resend) -> (World, Ticket) {
    let mut world = World::signed_in(1);
    let lease = world.lease(0).unwrap();
    let ticket = world.reject_with(0, &lease, resend);
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass_the_turn();
    (world, ticket)
}
