//! Servers whose tokens live otherwise: a live token buys the next, a login brings none, a logout takes a
//! live one, several calls end a session.

use tokenkeep::error::Code;
use tokenkeep::machine::{Config, Delivery};
use tokenkeep::protocol::Protocol;

use crate::answers::{LIFE, access, answer, granted, granted_access_only, lost, refused};
use crate::world::{Kind, Request, World};

const SLIDING: &str = r#"{"renew":{"token":"access"}}"#;
const LIVE: &str = r#"{"logout":[{"path":"/out","live":true},{"path":"/revoke","token":"refresh","body":"json"}]}"#;

fn signed_in(protocol: &str, tabs: usize) -> World {
    let config = Config::new(Protocol::parse(protocol).unwrap());
    let mut world = World::signed_in_with(config, tabs);
    for tab in 0..tabs {
        world.tab_mut(tab).notices.clear();
    }
    world
}

/// The tokens that the revocations carry, in their order.
fn revoked(world: &World) -> Vec<String> {
    let token = |request: &&Request| match request.header("Authorization") {
        Some(value) => value.to_owned(),
        None => request.sent.fields[0].1.clone(),
    };
    world.revocations().iter().map(token).collect()
}

#[test]
fn a_live_token_buys_the_next_from_half_of_its_life_on() {
    let mut world = signed_in(SLIDING, 1);
    world.tell(0, tokenkeep::machine::Event::PageHidden);
    world.pass(LIFE * 500 - 2_000);
    assert_eq!(world.lease(0).unwrap().token.expose(), access(1));
    world.pass(4_000);
    let ticket = world.want(0);
    world.pass_the_turn();
    let renewals = world.renewals();
    assert_eq!(renewals[0].header("Authorization"), Some("Bearer access-1"));
    assert_eq!((renewals.len(), renewals[0].sent.fields.len()), (1, 0));
    world.answer_renewal(granted_access_only(2));
    assert_eq!(world.token_of(ticket), Some(2));
}

#[test]
fn a_page_that_is_looked_at_renews_before_only_a_password_helps() {
    let mut world = signed_in(SLIDING, 2);
    world.tell(1, tokenkeep::machine::Event::PageHidden);
    world.pass(LIFE * 500 + 1_000);
    world.pass_the_turn();
    world.answer_renewal(granted_access_only(2));
    assert_eq!(world.lease(0).unwrap().token.expose(), access(2));
    assert_eq!(world.lease(1).unwrap().token.expose(), access(2));
}

#[test]
fn a_token_that_has_run_out_buys_nothing_and_is_not_sent() {
    let mut world = signed_in(SLIDING, 1);
    world.tell(0, tokenkeep::machine::Event::PageHidden);
    world.pass(LIFE * 1000 + 1_000);
    let ticket = world.want(0);
    world.pass_the_turn();
    let error = world.error_of(ticket).unwrap();
    assert_eq!((error.code, error.reason.as_deref()), (Code::LoginRequired, Some("expired")));
    assert!(world.renewals().is_empty());
}

#[test]
fn a_live_token_that_the_server_rejects_is_tried_once_and_then_the_session_is_over() {
    let mut world = signed_in(r#"{"renew":{"token":"access"},"refused":[{"status":401}]}"#, 1);
    let lease = world.lease(0).unwrap();
    let ticket = world.reject(0, &lease);
    world.pass_the_turn();
    world.answer_renewal(answer(401, "<html>"));
    world.pass_the_turn();
    assert_eq!(world.error_of(ticket).unwrap().reason.as_deref(), Some("refused"));
    assert!(world.renewals().is_empty());
}

#[test]
fn a_rejection_is_the_end_where_nothing_renews_and_the_protocol_says_what_one_is() {
    for (protocol, ends) in
        [(r#"{"renew":false,"expired":[{"status":401,"codes":"gone"}]}"#, true), (r#"{"renew":false}"#, false)]
    {
        let mut world = signed_in(protocol, 2);
        let lease = world.lease(0).unwrap();
        let ticket = world.reject(0, &lease);
        world.pass_the_turn();
        let reason = world.error_of(ticket).and_then(|error| error.reason.as_deref());
        assert_eq!(reason, ends.then_some("refused"), "{protocol}");
        let prompts = [0, 1].map(|tab| world.tab(tab).prompts());
        assert_eq!((prompts, world.lease(1).is_none()), ([usize::from(ends); 2], ends), "{protocol}");
    }
}

#[test]
fn a_login_that_brings_no_access_token_waits_for_the_first_renewal() {
    let mut world = World::new();
    let tab = world.open();
    let ticket = world.want_login(tab);
    world.answer(Kind::Login(ticket), answer(200, r#"{"refreshToken":"refresh-1"}"#));
    assert_eq!(world.told(ticket), None);
    world.pass_the_turn();
    world.answer_renewal(granted(2));
    assert!(matches!(world.told(ticket), Some(Delivery::Done(snapshot)) if snapshot.generation == 2));
}

#[test]
fn a_login_counts_even_if_its_first_renewal_does_not_get_through_but_not_if_it_is_refused() {
    for (reply, done) in [(lost(), true), (answer(503, ""), true), (refused(), false)] {
        let mut world = World::new();
        let tab = world.open();
        let ticket = world.want_login(tab);
        world.answer(Kind::Login(ticket), answer(200, r#"{"refreshToken":"refresh-1"}"#));
        world.pass_the_turn();
        world.answer_renewal(reply.clone());
        world.pass_the_turn();
        assert_eq!(matches!(world.told(ticket), Some(Delivery::Done(_))), done, "{reply:?}");
        assert_eq!(world.error_of(ticket).map(|error| error.code), (!done).then_some(Code::LoginRequired), "{reply:?}");
    }
}

#[test]
fn without_a_renewal_a_login_must_bring_an_access_token() {
    let mut world = World::with(Config::new(Protocol::parse(r#"{"renew":false}"#).unwrap()));
    let tab = world.open();
    let ticket = world.want_login(tab);
    world.answer(Kind::Login(ticket), answer(200, r#"{"refreshToken":"refresh-1"}"#));
    assert_eq!(world.error_of(ticket).unwrap().code, Code::Protocol);
}

#[test]
fn a_logout_ends_each_token_and_the_last_answer_counts() {
    for (first, last, expected) in [(204, 204, true), (401, 200, true), (204, 401, false)] {
        let mut world = signed_in(LIVE, 1);
        let ticket = world.log_out(0);
        assert_eq!(revoked(&world), ["Bearer access-1", "refresh-1"]);
        world.answer(Kind::Revocation(None), answer(first, ""));
        assert_eq!(world.told(ticket), None);
        world.answer(Kind::Revocation(Some(ticket)), answer(last, ""));
        assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(expected)));
    }
}

#[test]
fn a_logout_that_takes_a_live_token_renews_one_that_has_run_out() {
    let mut world = signed_in(LIVE, 1);
    world.pass(LIFE * 1000 + 1_000);
    let ticket = world.log_out(0);
    assert!(world.lease(0).is_none() && revoked(&world).is_empty());
    assert_eq!(world.renewals()[0].refresh(), Some(1));
    world.answer_renewal(granted(2));
    assert_eq!(revoked(&world), ["Bearer access-2", "refresh-2"]);
    world.answer(Kind::Revocation(None), answer(204, ""));
    world.answer(Kind::Revocation(Some(ticket)), answer(204, ""));
    assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(true)));
    assert!(world.lease(0).is_none());
}

#[test]
fn a_renewal_for_a_logout_that_comes_to_nothing_keeps_nobody_waiting() {
    for reply in [lost(), refused(), answer(503, "")] {
        let mut world = signed_in(LIVE, 1);
        world.pass(LIFE * 1000 + 1_000);
        let ticket = world.log_out(0);
        world.answer_renewal(reply);
        assert_eq!(revoked(&world), ["Bearer access-1", "refresh-1"]);
        world.lose_all();
        assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(false)));
    }
}

#[test]
fn a_logout_waits_for_the_renewal_under_way_and_sends_no_token_twice() {
    let mut world = signed_in(LIVE, 1);
    world.pass(LIFE * 1000 + 1_000);
    world.want(0);
    world.pass_the_turn();
    let ticket = world.log_out(0);
    assert_eq!(world.renewals().len(), 1);
    world.answer_renewal(granted(2));
    assert_eq!(revoked(&world), ["Bearer access-2", "refresh-2"]);
    world.lose_all();
    assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(false)));
}

#[test]
fn a_logout_does_not_send_again_what_another_tab_may_have_spent() {
    let mut world = signed_in(LIVE, 2);
    world.pass(LIFE * 1000 + 1_000);
    world.want(1);
    world.pass_the_turn();
    let ticket = world.log_out(0);
    assert_eq!(world.renewals().len(), 1);
    assert_eq!(revoked(&world), ["Bearer access-1", "refresh-1"]);
    world.lose_all();
    assert_eq!(world.told(ticket), Some(&Delivery::LoggedOut(false)));
}

#[test]
fn a_token_that_nobody_spends_is_refused_and_not_lost() {
    for (protocol, reason) in [("{}", "lost_renewal"), (r#"{"rotation":"none"}"#, "refused")] {
        let mut world = signed_in(protocol, 1);
        world.pass(LIFE * 1000 + 1_000);
        world.want(0);
        world.pass_the_turn();
        world.answer_renewal(lost());
        world.pass(60_000);
        let ticket = world.want(0);
        world.pass_the_turn();
        world.answer_renewal(refused());
        world.pass_the_turn();
        assert_eq!(world.error_of(ticket).unwrap().reason.as_deref(), Some(reason));
    }
}

#[test]
fn hints_are_those_of_the_last_answer_that_had_any() {
    let mut world = signed_in(r#"{"answer":{"scopes":"scope","roles":"role"},"roles":["basic","admin"]}"#, 1);
    let has = |world: &World, role, name| world.tab(0).machine.has(role, name);
    assert!(!has(&world, false, "write") && !has(&world, true, "basic"));
    for (body, write, admin) in [
        (r#"{"token":"access-2","scope":"read write","role":"admin"}"#, true, true),
        (r#"{"token":"access-3"}"#, true, true),
        (r#"{"token":"access-4","scope":"","role":"basic"}"#, false, false),
        (r#"{"token":"access-5","scope":[]}"#, false, false),
    ] {
        world.want_renewal(0);
        world.pass_the_turn();
        world.answer_renewal(answer(200, body));
        assert_eq!((has(&world, false, "write"), has(&world, true, "admin")), (write, admin), "{body}");
        assert!(has(&world, true, "basic"), "{body}");
    }
    world.reload(0);
    assert!(has(&world, true, "basic") && !has(&world, true, "admin"));
    world.log_out(0);
    assert!(!has(&world, true, "basic"));
}
