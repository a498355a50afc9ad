use tokenkeep::dev::decision::{Decision, Presented};
use tokenkeep::dev::{AccessError, Authority, Fresh, Keys, Ledger, Policy, RefreshSecret, Refusal, Rotation};

use crate::support::{START, ledger, policy, refresh, refused, renewed, repeated, seconds};

const GRACE: Rotation = Rotation::Grace(std::time::Duration::from_secs(10));

#[test]
fn a_login_grants_both_tokens_and_says_how_long_they_live() {
    let mut ledger = ledger(GRACE);
    let grant = ledger.login("susan", START);
    assert_eq!((grant.expires_in, grant.refresh_expires_in), (300, 1_209_600));
    let claims = ledger.authenticate(&grant.access, START).unwrap();
    assert_eq!(claims, grant.claims);
    assert_eq!((claims.sub.as_str(), claims.iss.as_str()), ("susan", "tokenkeep"));
    assert_eq!((claims.iat, claims.exp), (START.seconds(), START.seconds() + 300));
    assert_eq!(refresh(&grant).len(), 43);
}

#[test]
fn an_access_token_lives_at_least_as_long_as_promised() {
    let mut ledger = ledger(GRACE);
    let grant = ledger.login("susan", START);
    let promised = START.after(seconds(grant.expires_in));
    assert!(ledger.authenticate(&grant.access, promised).is_ok());
    assert_eq!(ledger.authenticate(&grant.access, promised.after(seconds(1))), Err(AccessError::Expired));
}

#[test]
fn a_renewal_gives_a_new_pair_and_spends_the_parent() {
    let mut ledger = ledger(Rotation::Strict);
    let first = ledger.login("susan", START);
    let second = renewed(ledger.renew(&refresh(&first), None, START));
    assert_ne!(refresh(&first), refresh(&second));
    assert_ne!(first.claims.jti, second.claims.jti);
    assert_eq!(first.claims.rfid, second.claims.rfid);
    let spent: Vec<bool> = ledger.tokens(&first.claims.rfid).map(|token| token.spent.is_some()).collect();
    assert_eq!(spent.iter().filter(|spent| **spent).count(), 1);
    assert_eq!(spent.len(), 2);
}

#[test]
fn without_rotation_the_token_stays_and_each_use_keeps_it_alive() {
    let mut ledger = ledger(Rotation::Off);
    let token = refresh(&ledger.login("susan", START));
    let nearly_idle = seconds(1_209_599);
    let mut now = START;
    for _ in 0..3 {
        now = now.after(nearly_idle);
        assert_eq!(renewed(ledger.renew(&token, None, now)).refresh, None);
    }
    let idle = now.after(seconds(1_209_600));
    assert_eq!(refused(ledger.renew(&token, None, idle)), Refusal::Expired);
}

#[test]
fn strict_takes_a_second_presentation_for_theft_and_ends_the_family() {
    let mut ledger = ledger(Rotation::Strict);
    let parent = refresh(&ledger.login("susan", START));
    let child = refresh(&renewed(ledger.renew(&parent, None, START)));
    assert_eq!(refused(ledger.renew(&parent, None, START)), Refusal::Reused);
    assert_eq!(refused(ledger.renew(&parent, None, START)), Refusal::Reused);
    assert_eq!(refused(ledger.renew(&child, None, START)), Refusal::Revoked);
}

#[test]
fn reuse_ends_one_family_and_spares_the_others() {
    let mut ledger = ledger(Rotation::Strict);
    let laptop = refresh(&ledger.login("susan", START));
    let phone = refresh(&ledger.login("susan", START));
    renewed(ledger.renew(&laptop, None, START));
    refused(ledger.renew(&laptop, None, START));
    renewed(ledger.renew(&phone, None, START));
}

#[test]
fn grace_gives_the_same_child_until_the_window_closes() {
    let mut ledger = ledger(GRACE);
    let parent = refresh(&ledger.login("susan", START));
    let child = refresh(&renewed(ledger.renew(&parent, None, START)));
    let last_moment = START.after(seconds(10).checked_sub(std::time::Duration::from_millis(1)).unwrap());
    for now in [START, START.after(seconds(5)), last_moment] {
        let again = repeated(ledger.renew(&parent, None, now));
        assert_eq!(refresh(&again), child);
        assert!(ledger.authenticate(&again.access, now).is_ok());
    }
    assert_eq!(refused(ledger.renew(&parent, None, START.after(seconds(10)))), Refusal::Reused);
    assert_eq!(refused(ledger.renew(&child, None, START.after(seconds(10)))), Refusal::Revoked);
}

#[test]
fn repeating_neither_moves_the_window_nor_keeps_the_child_alive() {
    let mut ledger = ledger(GRACE);
    let parent = refresh(&ledger.login("susan", START));
    let child = refresh(&renewed(ledger.renew(&parent, None, START)));
    let later = START.after(seconds(9));
    assert_eq!(repeated(ledger.renew(&parent, None, later)).refresh_expires_in, 1_209_600 - 9);
    let idle = START.after(seconds(1_209_600));
    assert_eq!(refused(ledger.renew(&child, None, idle)), Refusal::Expired);
}

#[test]
fn grace_never_hands_out_a_child_that_is_spent() {
    let mut ledger = ledger(GRACE);
    let parent = refresh(&ledger.login("susan", START));
    let child = refresh(&renewed(ledger.renew(&parent, None, START)));
    let newest = refresh(&renewed(ledger.renew(&child, None, START.after(seconds(1)))));
    let given = refresh(&repeated(ledger.renew(&parent, None, START.after(seconds(9)))));
    assert_eq!(given, newest);
    renewed(ledger.renew(&given, None, START.after(seconds(300))));
}

#[test]
fn strict_repeats_for_the_same_attempt_while_the_child_is_unused() {
    let mut ledger = ledger(Rotation::Strict);
    let parent = refresh(&ledger.login("susan", START));
    let child = refresh(&renewed(ledger.renew(&parent, Some("a"), START)));
    let hours_later = START.after(seconds(7200));
    assert_eq!(refresh(&repeated(ledger.renew(&parent, Some("a"), hours_later))), child);
    renewed(ledger.renew(&child, None, hours_later));
    assert_eq!(refused(ledger.renew(&parent, Some("a"), hours_later)), Refusal::Reused);
}

#[test]
fn an_attempt_counts_for_the_token_it_was_made_with_alone() {
    let mut ledger = ledger(Rotation::Strict);
    let parent = refresh(&ledger.login("susan", START));
    let child = refresh(&renewed(ledger.renew(&parent, Some("a"), START)));
    renewed(ledger.renew(&child, Some("a"), START));
    assert_eq!(refused(ledger.renew(&parent, Some("a"), START)), Refusal::Reused);
}

#[test]
fn strict_does_not_repeat_for_another_attempt() {
    for (first, second) in [(Some("a"), Some("b")), (Some("a"), None), (None, Some("a")), (None, None)] {
        let mut ledger = ledger(Rotation::Strict);
        let parent = refresh(&ledger.login("susan", START));
        renewed(ledger.renew(&parent, first, START));
        assert_eq!(refused(ledger.renew(&parent, second, START)), Refusal::Reused, "{first:?} then {second:?}");
    }
}

#[test]
fn an_idle_token_expires_to_the_millisecond() {
    let mut ledger = ledger(Rotation::Strict);
    let token = refresh(&ledger.login("susan", START));
    let idle = START.after(seconds(1_209_600));
    assert_eq!(refused(ledger.renew(&token, None, idle)), Refusal::Expired);
    renewed(ledger.renew(&token, None, idle.before(std::time::Duration::from_millis(1))));
}

#[test]
fn a_family_dies_of_age_however_busy_it_is() {
    let mut ledger = ledger(Rotation::Strict);
    let mut grant = ledger.login("susan", START);
    for days in (10..90).step_by(10) {
        grant = renewed(ledger.renew(&refresh(&grant), None, START.after(seconds(days * 86_400))));
    }
    assert_eq!(grant.refresh_expires_in, 10 * 86_400);
    let aged = START.after(seconds(90 * 86_400));
    assert_eq!(refused(ledger.renew(&refresh(&grant), None, aged)), Refusal::Expired);
}

#[test]
fn logout_ends_the_family_and_can_be_repeated_with_an_expired_token() {
    let mut ledger = ledger(GRACE);
    let grant = ledger.login("susan", START);
    let other = ledger.login("susan", START);
    let much_later = START.after(seconds(86_400));
    for _ in 0..2 {
        ledger.logout(&grant.access, much_later).unwrap();
    }
    assert_eq!(refused(ledger.renew(&refresh(&grant), None, much_later)), Refusal::Revoked);
    renewed(ledger.renew(&refresh(&other), None, much_later));
    assert_eq!(ledger.logout("not a token", much_later), Err(AccessError::Invalid));
}

#[test]
fn logout_beats_the_grace_window() {
    let mut ledger = ledger(GRACE);
    let first = ledger.login("susan", START);
    let second = renewed(ledger.renew(&refresh(&first), None, START));
    ledger.logout(&second.access, START).unwrap();
    assert_eq!(refused(ledger.renew(&refresh(&first), None, START)), Refusal::Revoked);
    assert_eq!(refused(ledger.renew(&refresh(&second), None, START)), Refusal::Revoked);
}

#[test]
fn revocation_ends_every_family_and_every_access_token_of_the_user_alone() {
    let mut ledger = ledger(GRACE);
    let laptop = ledger.login("susan", START);
    let phone = ledger.login("susan", START);
    let other = ledger.login("miguel", START);
    ledger.revoke("susan", START);
    for grant in [laptop, phone] {
        assert_eq!(ledger.authenticate(&grant.access, START), Err(AccessError::Invalid));
        assert_eq!(refused(ledger.renew(&refresh(&grant), None, START)), Refusal::Revoked);
    }
    assert!(ledger.authenticate(&other.access, START).is_ok());
    renewed(ledger.renew(&refresh(&other), None, START));
}

#[test]
fn a_login_in_the_second_of_a_revocation_works() {
    let mut ledger = ledger(GRACE);
    let before = ledger.login("susan", START);
    ledger.revoke("susan", START);
    let after = ledger.login("susan", START);
    assert_eq!(ledger.authenticate(&before.access, START), Err(AccessError::Invalid));
    assert!(ledger.authenticate(&after.access, START).is_ok());
    let renewed = renewed(ledger.renew(&refresh(&after), None, START));
    assert!(ledger.authenticate(&renewed.access, START).is_ok());
}

#[test]
fn a_second_revocation_after_the_clock_was_set_back_revokes_too() {
    let mut ledger = ledger(GRACE);
    ledger.login("susan", START.after(seconds(3600)));
    ledger.revoke("susan", START.after(seconds(3600)));
    let after = ledger.login("susan", START);
    ledger.revoke("susan", START);
    assert_eq!(ledger.authenticate(&after.access, START), Err(AccessError::Invalid));
}

#[test]
fn tokens_of_the_same_millisecond_differ() {
    let mut ledger = ledger(GRACE);
    let (one, two) = (ledger.login("susan", START), ledger.login("susan", START));
    assert_ne!(one.access, two.access);
    assert_ne!(refresh(&one), refresh(&two));
}

#[test]
fn a_clock_set_back_ends_no_session() {
    let mut ledger = ledger(GRACE);
    let parent = refresh(&ledger.login("susan", START));
    let earlier = START.before(seconds(7200));
    let child = refresh(&renewed(ledger.renew(&parent, None, earlier)));
    assert_eq!(refresh(&repeated(ledger.renew(&parent, None, earlier.before(seconds(60))))), child);
    renewed(ledger.renew(&child, None, earlier));
}

#[test]
fn what_is_not_a_refresh_token_is_unknown() {
    let mut ledger = ledger(GRACE);
    let known = refresh(&ledger.login("susan", START));
    let mut other = known.clone();
    other.replace_range(0..1, if known.starts_with('A') { "B" } else { "A" });
    for token in ["", "x", "é", &other, &known[1..], &format!("{known}="), &format!(" {known}"), &known.repeat(1000)] {
        assert_eq!(refused(ledger.renew(token, None, START)), Refusal::Unknown, "{token}");
    }
}

#[test]
fn another_signing_key_cannot_remake_the_child_and_says_reuse() {
    let mut ledger = ledger(GRACE);
    let parent = refresh(&ledger.login("susan", START));
    renewed(ledger.renew(&parent, None, START));
    let secret = RefreshSecret::parse(&parent).unwrap();
    let (family, token) = ledger.find(secret.hash()).unwrap();
    let other = Authority::new(policy(GRACE), Keys::new(&[9; 32]).unwrap(), "tokenkeep");
    let presented = Presented::new(secret, None);
    let Decision::Apply(_, outcome) = other.renew(presented, family, token, START, &Fresh::seeded(2, 2)) else {
        panic!("nothing to apply");
    };
    assert_eq!(refused(outcome), Refusal::Reused);
}

#[test]
fn the_same_seed_gives_the_same_tokens() {
    let run = |seed| {
        let mut ledger = Ledger::seeded(Policy::default(), seed).unwrap();
        let first = ledger.login("susan", START);
        renewed(ledger.renew(&refresh(&first), None, START))
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn debug_shows_no_token() {
    let mut ledger = ledger(GRACE);
    let grant = ledger.login("susan", START);
    let shown = format!("{grant:?} {ledger:?} {:?}", RefreshSecret::parse(&refresh(&grant)));
    assert!(!shown.contains(&refresh(&grant)));
    assert!(!shown.contains(&grant.access));
}
