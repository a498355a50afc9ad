//! How long requests wait for a login, how many, and what ends it.

use tokenkeep::error::{Code, EndReason};
use tokenkeep::machine::{Config, Delivery, Event, Hold, Notice, Status};
use tokenkeep::protocol::Grant;
use tokenkeep::time::Millis;
use tokenkeep::token::AccessToken;

use super::{code, ended, ended_with, held};
use crate::answers::{access, answer, granted, lost, refresh, refused};
use crate::world::{EXPIRY, Kind, World, secs};

#[test]
fn a_request_that_meets_the_end_waits_for_the_login_and_goes_out_with_the_new_token() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    assert_eq!((world.told(waiting), held(&world)), (None, 1));
    world.log_in(0, "susan", 7);
    assert_eq!((world.token_of(waiting), held(&world)), (Some(7), 0));
}

#[test]
fn a_request_whose_renewal_is_refused_waits_as_well() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let waiting = world.hold(0);
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass_the_turn();
    assert_eq!((world.told(waiting), held(&world)), (None, 1));
    world.log_in(0, "susan", 7);
    assert_eq!(world.token_of(waiting), Some(7));
}

#[test]
fn the_user_is_asked_once_however_many_requests_wait() {
    let mut world = ended(1);
    for _ in 0..5 {
        world.hold(0);
    }
    assert_eq!((world.tab(0).prompts(), held(&world)), (1, 5));
}

#[test]
fn the_app_sees_how_many_wait() {
    let mut world = ended(1);
    world.tab_mut(0).notices.clear();
    let waiting = world.hold(0);
    assert_eq!(world.tab(0).notices, [Notice::Changed]);
    world.tell(0, Event::Aborted(waiting));
    assert_eq!((world.tab(0).notices.len(), held(&world)), (2, 0));
}

#[test]
fn whoever_would_rather_fail_fails_while_others_wait() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    let failing = world.want(0);
    assert_eq!(code(&world, failing), Some(Code::LoginRequired));
    assert_eq!((world.told(waiting), world.tab(0).prompts()), (None, 1));
}

#[test]
fn a_login_in_any_tab_frees_every_tab() {
    let mut world = ended(3);
    let waiting: Vec<_> = (0..3).map(|tab| world.hold(tab)).collect();
    world.log_in(1, "susan", 7);
    assert_eq!(waiting.iter().map(|ticket| world.token_of(*ticket)).collect::<Vec<_>>(), [Some(7); 3]);
}

#[test]
fn tokens_from_elsewhere_free_what_waits() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    let grant =
        Grant { access: Some(AccessToken::new(&access(7))), subject: Some("susan".into()), ..Default::default() };
    world.adopt(0, grant);
    assert_eq!(world.token_of(waiting), Some(7));
}

#[test]
fn a_login_that_is_refused_leaves_everybody_waiting() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    for reply in [answer(401, r#"{"code":"invalid_credentials"}"#), lost(), answer(503, "")] {
        let login = world.want_login(0);
        world.answer(Kind::Login(login), reply);
        assert!(world.error_of(login).is_some());
        assert_eq!((world.told(waiting), held(&world)), (None, 1));
    }
}

#[test]
fn a_user_who_would_not_log_in_ends_the_wait() {
    let mut world = ended(1);
    let waiting = [world.hold(0), world.hold(0)];
    world.tell(0, Event::LoginCancelled);
    for ticket in waiting {
        assert_eq!(code(&world, ticket), Some(Code::LoginCancelled));
    }
    assert_eq!(held(&world), 0);
}

#[test]
fn after_a_refusal_to_log_in_only_what_waits_asks_again() {
    let mut world = ended(1);
    world.hold(0);
    world.tell(0, Event::LoginCancelled);
    let failing = world.want(0);
    assert_eq!((code(&world, failing), world.tab(0).prompts()), (Some(Code::LoginRequired), 1));
    let waiting = world.hold(0);
    assert_eq!((world.told(waiting), world.tab(0).prompts()), (None, 2));
}

#[test]
fn a_prompt_that_nothing_has_asked_for_is_closed_without_a_word() {
    let mut world = World::new();
    world.open();
    world.tell(0, Event::LoginCancelled);
    let failing = world.want(0);
    assert_eq!((code(&world, failing), world.tab(0).prompts()), (Some(Code::LoginRequired), 1));
}

#[test]
fn after_a_refusal_with_nothing_waiting_the_next_that_waits_asks() {
    let mut world = ended(1);
    world.tell(0, Event::LoginCancelled);
    world.hold(0);
    assert_eq!((held(&world), world.tab(0).prompts()), (1, 2));
}

#[test]
fn nobody_can_refuse_to_log_in_who_is_signed_in() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let waiting = world.hold(0);
    world.tell(0, Event::LoginCancelled);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(waiting), Some(2));
}

#[test]
fn none_waits_longer_than_the_deadline() {
    let mut world = ended_with(hold(100, 60), 1);
    let first = world.hold(0);
    world.pass(secs(20));
    let second = world.hold(0);
    world.pass(secs(39));
    assert_eq!((world.told(first), world.told(second)), (None, None));
    world.pass(secs(1));
    assert_eq!((code(&world, first), world.told(second)), (Some(Code::LoginTimeout), None));
    world.pass(secs(20));
    assert_eq!(code(&world, second), Some(Code::LoginTimeout));
}

#[test]
fn the_deadline_counts_from_the_end_of_the_session() {
    let mut world = World::signed_in_with(hold(100, 60), 1);
    world.pass(EXPIRY);
    let waiting = world.hold(0);
    world.pass(secs(20));
    world.answer_renewal(refused());
    world.pass(secs(59));
    assert_eq!(world.told(waiting), None);
    world.pass(secs(2));
    assert_eq!(code(&world, waiting), Some(Code::LoginTimeout));
}

#[test]
fn whoever_finds_no_room_fails_and_takes_nobody_s_place() {
    let mut world = ended_with(hold(2, 60), 1);
    let waiting = [world.hold(0), world.hold(0)];
    let late = world.hold(0);
    assert_eq!(code(&world, late), Some(Code::LoginRequired));
    assert_eq!(held(&world), 2);
    world.log_in(0, "susan", 7);
    assert_eq!(waiting.map(|ticket| world.token_of(ticket)), [Some(7); 2]);
}

#[test]
fn a_logout_ends_the_wait_wherever_it_is_said() {
    for tab in [0, 1] {
        let mut world = ended(2);
        let waiting = world.hold(0);
        world.deaf = true;
        world.log_in(1, "susan", 7);
        world.deaf = false;
        world.log_out(1);
        if tab == 0 {
            world.log_out(0);
        }
        assert_eq!(code(&world, waiting), Some(Code::LoginRequired));
        assert_eq!(world.error_of(waiting).unwrap().reason.as_deref(), Some("logout"));
    }
}

#[test]
fn a_logout_is_no_reason_to_ask_whoever_was_waiting_for_a_token() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let waiting = world.hold(0);
    world.log_out(0);
    assert_eq!(code(&world, waiting), Some(Code::LoginRequired));
    assert_eq!(world.tab(0).prompts(), 0);
}

#[test]
fn a_logout_of_nobody_ends_the_wait_too() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    let logout = world.log_out(0);
    assert_eq!(world.told(logout), Some(&Delivery::LoggedOut(false)));
    assert_eq!(code(&world, waiting), Some(Code::LoginRequired));
}

#[test]
fn a_login_without_an_access_token_frees_them_when_the_first_one_is_there() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    let login = world.want_login(0);
    world.answer(Kind::Login(login), answer(200, &format!(r#"{{"refreshToken":"{}","subject":"susan"}}"#, refresh(7))));
    world.pass_the_turn();
    assert_eq!(world.told(waiting), None);
    world.answer_renewal(granted(8));
    assert_eq!(world.token_of(waiting), Some(8));
}

#[test]
fn a_session_that_ends_again_keeps_what_waited_with_a_deadline_of_its_own() {
    let mut world = ended_with(hold(100, 60), 1);
    let waiting = world.hold(0);
    world.pass(secs(50));
    let login = world.want_login(0);
    world.answer(Kind::Login(login), answer(200, &format!(r#"{{"refreshToken":"{}","subject":"susan"}}"#, refresh(7))));
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass(secs(50));
    assert_eq!((world.told(waiting), held(&world)), (None, 1));
    world.log_in(0, "susan", 9);
    assert_eq!(world.token_of(waiting), Some(9));
}

#[test]
fn a_reload_keeps_the_reason() {
    let mut world = ended(1);
    world.hold(0);
    world.reload(0);
    let snapshot = world.tab(0).machine.snapshot();
    assert_eq!((snapshot.status, snapshot.reason, snapshot.held), (Status::SignedOut, Some(EndReason::Refused), 0));
}

#[test]
fn a_renewal_does_not_wait_for_a_login() {
    let mut world = ended(1);
    world.hold(0);
    let renewal = world.want_renewal(0);
    assert_eq!(code(&world, renewal), Some(Code::LoginRequired));
}

#[test]
fn disposal_ends_the_wait() {
    let mut world = ended(1);
    let waiting = world.hold(0);
    world.tell(0, Event::Disposed);
    assert_eq!(code(&world, waiting), Some(Code::Disposed));
}

fn hold(limit: u32, deadline: u64) -> Config {
    Config { hold: Hold { limit, deadline: Millis::from_secs(deadline) }, ..Config::default() }
}
