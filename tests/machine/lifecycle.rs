//! How a session begins and ends in one tab.

use tokenkeep::error::{Code, EndReason};
use tokenkeep::machine::{Config, Delivery, Event, Notice, Status};
use tokenkeep::protocol::{Answer, Grant, Protocol};
use tokenkeep::token::{AccessToken, RefreshToken};

use crate::answers::{access, answer, granted, granted_to, lost, refused};
use crate::world::{EXPIRY, Kind, World};

#[test]
fn a_login_is_stored_and_told() {
    let mut world = World::new();
    let tab = world.open();
    world.log_in(tab, "susan", 1);
    let snapshot = world.tab(tab).machine.snapshot();
    assert_eq!((snapshot.status, snapshot.subject.as_deref()), (Status::SignedIn, Some("susan")));
    assert!(world.tab(tab).notices.contains(&Notice::SignedIn));
    assert_eq!(world.record().unwrap().stamp.generation, 1);
}

#[test]
fn wrong_credentials_are_refused_with_the_servers_code() {
    let mut world = World::new();
    let tab = world.open();
    let ticket = world.want_login(tab);
    world.answer(Kind::Login(ticket), answer(401, r#"{"code":"invalid_credentials"}"#));
    let error = world.error_of(ticket).unwrap();
    assert_eq!(error.code, Code::LoginRefused);
    assert_eq!((error.status, error.reason.as_deref()), (Some(401), Some("invalid_credentials")));
    assert_eq!(world.storage.text, None);
}

#[test]
fn a_login_that_fails_leaves_the_session_there_is() {
    for reply in [lost(), answer(500, ""), answer(200, "<html>"), answer(200, "{}"), answer(401, "{}")] {
        let mut world = World::signed_in(1);
        let ticket = world.want_login(0);
        world.answer(Kind::Login(ticket), reply.clone());
        assert!(world.error_of(ticket).is_some(), "{reply:?}");
        assert_eq!(world.lease(0).unwrap().token.expose(), access(1), "{reply:?}");
    }
}

#[test]
fn a_busy_server_tells_how_long_to_wait_before_the_next_login() {
    let mut world = World::new();
    let tab = world.open();
    let ticket = world.want_login(tab);
    let busy = Answer::new(429, "").with_header("Retry-After", "7");
    world.answer(Kind::Login(ticket), Ok(busy));
    let error = world.error_of(ticket).unwrap();
    assert_eq!((error.code, error.retry_after.map(|wait| wait.0)), (Code::Server, Some(7_000)));
}

#[test]
fn tokens_from_elsewhere_are_adopted() {
    let mut world = World::new();
    let tab = world.open();
    let grant = Grant {
        access: Some(AccessToken::new(&access(1))),
        refresh: Some(RefreshToken::new("refresh-1")),
        ..Grant::default()
    };
    let ticket = world.adopt(tab, grant);
    assert!(matches!(world.told(ticket), Some(Delivery::Done(_))));
    assert_eq!(world.lease(tab).unwrap().token.expose(), access(1));
}

#[test]
fn a_refusal_asks_for_one_login_and_fails_all_who_wait() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let tickets = [world.want(0), world.want(0), world.want_renewal(0)];
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass_the_turn();
    let later = world.want(0);
    for ticket in tickets.into_iter().chain([later]) {
        let error = world.error_of(ticket).unwrap();
        assert_eq!((error.code, error.reason.as_deref()), (Code::LoginRequired, Some("refused")));
    }
    assert_eq!(world.tab(0).prompts(), 1);
    let snapshot = world.tab(0).machine.snapshot();
    assert_eq!((snapshot.status, snapshot.reason), (Status::SignedOut, Some(EndReason::Refused)));
}

#[test]
fn a_request_before_any_login_asks_for_one() {
    let mut world = World::new();
    let tab = world.open();
    let (first, second) = (world.want(tab), world.want(tab));
    for ticket in [first, second] {
        assert_eq!(world.error_of(ticket).unwrap().reason.as_deref(), Some("none"));
    }
    assert_eq!(world.tab(tab).prompts(), 1);
}

#[test]
fn the_next_end_asks_again() {
    let mut world = World::signed_in(1);
    for n in 2..4 {
        world.begin_renewal(0);
        world.answer_renewal(refused());
        world.pass_the_turn();
        world.log_in(0, "susan", n);
    }
    assert_eq!(world.tab(0).prompts(), 2);
}

#[test]
fn without_a_refresh_token_the_session_lasts_as_long_as_the_access_token() {
    let mut world = World::new();
    let tab = world.open();
    let ticket = world.want_login(tab);
    world.answer(Kind::Login(ticket), answer(200, r#"{"token":"access-1","expiresIn":300}"#));
    world.pass(EXPIRY - 1);
    let last = world.want(tab);
    assert_eq!(world.token_of(last), Some(1));
    world.pass(1);
    let late = world.want(tab);
    assert_eq!(world.error_of(late).unwrap().reason.as_deref(), Some("expired"));
    assert_eq!(world.tab(tab).prompts(), 1);
    assert!(world.renewals().is_empty());
}

#[test]
fn a_login_that_gives_a_refresh_token_alone_is_renewed_first() {
    let mut world = World::new();
    let tab = world.open();
    let ticket = world.want_login(tab);
    world.answer(Kind::Login(ticket), answer(200, r#"{"refreshToken":"refresh-1"}"#));
    let wanted = world.want(tab);
    world.pass_the_turn();
    assert_eq!(world.renewals()[0].refresh(), Some(1));
    world.answer_renewal(granted(2));
    assert_eq!(world.token_of(wanted), Some(2));
}

#[test]
fn a_logout_tells_the_server_with_the_access_token_and_whether_it_confirmed() {
    for (reply, confirmed) in [(answer(204, ""), true), (answer(500, ""), false), (lost(), false)] {
        let mut world = World::signed_in(1);
        let ticket = world.log_out(0);
        assert_eq!(world.told(ticket), None);
        assert_eq!(world.revocations()[0].header("Authorization"), Some("Bearer access-1"));
        world.answer(Kind::Revocation(Some(ticket)), reply);
        assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(confirmed)));
    }
}

#[test]
fn a_logout_clears_the_tokens_at_once_even_offline() {
    let mut world = World::signed_in(1);
    world.log_out(0);
    assert_eq!(world.lease(0), None);
    assert_eq!(world.tab(0).machine.access_token(), None);
    let text = world.storage.text.clone().unwrap();
    assert!(!text.contains("access-") && !text.contains("refresh-"), "{text}");
    assert!(world.tab(0).notices.contains(&Notice::SignedOut(EndReason::Logout)));
    assert_eq!(world.tab(0).prompts(), 0);
}

#[test]
fn a_logout_with_nobody_signed_in_is_done() {
    let mut world = World::new();
    let tab = world.open();
    let ticket = world.log_out(tab);
    assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(false)));
}

#[test]
fn a_server_without_logout_is_not_called() {
    let protocol = Protocol::parse(r#"{"logout":false}"#).unwrap();
    let config = Config { protocol, ..Config::default() };
    let mut world = World::signed_in_with(config, 1);
    let ticket = world.log_out(0);
    assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(false)));
    assert!(world.revocations().is_empty());
}

#[test]
fn logout_beats_a_renewal_in_flight() {
    let mut world = World::signed_in(1);
    let waiting = world.begin_renewal(0);
    world.log_out(0);
    assert_eq!(world.error_of(waiting).unwrap().reason.as_deref(), Some("logout"));
    assert_eq!(world.locks.holder(), None);
    world.answer_renewal(granted(2));
    assert_eq!(world.lease(0), None);
    assert!(!world.stores("refresh-"));
    let revoked: Vec<_> = world.revocations().iter().filter_map(|call| call.header("Authorization")).collect();
    assert_eq!(revoked, ["Bearer access-1", "Bearer access-2"]);
}

#[test]
fn logout_beats_a_login_in_flight() {
    let mut world = World::new();
    let tab = world.open();
    let login = world.want_login(tab);
    world.log_out(tab);
    assert_eq!(world.error_of(login).unwrap().reason.as_deref(), Some("logout"));
    world.answer(Kind::Login(login), granted(1));
    assert_eq!(world.lease(tab), None);
    assert_eq!(world.revocations()[0].header("Authorization"), Some("Bearer access-1"));
}

#[test]
fn a_request_that_waited_goes_on_after_a_login_of_the_same_user() {
    let mut world = World::signed_in(1);
    let waiting = world.begin_renewal(0);
    world.log_in(0, "susan", 7);
    assert_eq!(world.token_of(waiting), Some(7));
}

#[test]
fn a_request_that_waited_does_not_go_out_as_another_user() {
    let mut world = World::signed_in(1);
    let waiting = world.begin_renewal(0);
    world.log_in(0, "mallory", 7);
    assert_eq!(world.error_of(waiting).unwrap().code, Code::SubjectChanged);
}

#[test]
fn the_answer_to_an_earlier_sessions_renewal_does_not_touch_the_new_one() {
    let mut world = World::signed_in(1);
    world.begin_renewal(0);
    world.log_in(0, "mallory", 7);
    world.answer_renewal(granted_to("susan", 2));
    assert_eq!(world.lease(0).unwrap().token.expose(), access(7));
    assert!(world.stores("access-7"));
}

#[test]
fn a_disposed_session_answers_everybody_and_leaves_the_stored_one() {
    let mut world = World::signed_in(1);
    world.pass(EXPIRY);
    let (waiting, login) = (world.want(0), world.want_login(0));
    world.tell(0, Event::Disposed);
    let (late, later) = (world.want(0), world.want_login(0));
    let adopted = world.adopt(0, Grant { access: Some(AccessToken::new("access-9")), ..Grant::default() });
    for ticket in [waiting, login, late, later, adopted] {
        assert_eq!(world.error_of(ticket).unwrap().code, Code::Disposed, "{ticket:?}");
    }
    assert_eq!(world.tab(0).machine.poll_timeout(), None);
    assert_eq!(world.locks.holder(), None);
    assert!(world.stores("refresh-1"));
}

#[test]
fn a_login_that_is_being_written_when_the_session_object_goes_is_answered_at_once_and_stored() {
    let mut world = World::new();
    world.open();
    let login = world.want_login(0);
    world.storage.slow = true;
    world.answer(Kind::Login(login), granted(1));
    assert!(world.told(login).is_none());
    world.tell(0, Event::Disposed);
    assert_eq!(world.error_of(login).unwrap().code, Code::Disposed);
    world.storage_flush();
    assert!(world.stores("refresh-1"));
    assert!(world.revocations().is_empty());
}

#[test]
fn a_renewal_in_flight_is_stored_although_the_session_object_was_disposed_of() {
    let mut world = World::signed_in(1);
    world.begin_renewal(0);
    world.tell(0, Event::Disposed);
    world.answer_renewal(granted(2));
    assert!(world.stores("refresh-2"));
    assert_eq!(world.locks.holder(), None);
    assert_eq!(world.tab(0).machine.poll_timeout(), None);
}
