use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tokenkeep::dev::{Ledger, Moment, Outcome, Policy, Refusal, Rotation};

use crate::support::{START, refresh, seconds};

/// What a crowd of clients, honest or not, can do to one family and its server.
#[derive(Clone, Debug)]
enum Step {
    /// Present a token seen before, picked by number, with one of three idempotency keys or none.
    Renew(usize, Option<u8>),
    Wait(u64),
    Logout,
    Revoke,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (any::<usize>(), proptest::option::of(0_u8..3)).prop_map(|(token, key)| Step::Renew(token, key)),
        6 => (0_u64..15_000).prop_map(Step::Wait),
        2 => (0_u64..2_000_000).prop_map(Step::Wait),
        1 => Just(Step::Logout),
        1 => Just(Step::Revoke),
    ]
}

fn rotation() -> impl Strategy<Value = Rotation> {
    prop_oneof![
        Just(Rotation::Off),
        Just(Rotation::Strict),
        (0_u64..20).prop_map(|window| Rotation::Grace(seconds(window))),
    ]
}

fn short_lives(rotation: Rotation) -> Policy {
    Policy { access_lifetime: seconds(5), refresh_idle: seconds(600), refresh_absolute: seconds(3600), rotation }
}

/// One login, then `steps`; `check` sees every answer to a renewal.
fn play(
    rotation: Rotation,
    steps: Vec<Step>,
    mut check: impl FnMut(&Ledger, &str, &Outcome, Moment) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut ledger = Ledger::seeded(short_lives(rotation), 3).unwrap();
    let first = ledger.login("susan", START);
    let mut tokens = vec![refresh(&first)];
    let mut now = START;
    for step in steps {
        match step {
            Step::Wait(millis) => now = now.after(Duration::from_millis(millis)),
            Step::Logout => ledger.logout(&first.access, now).unwrap(),
            Step::Revoke => ledger.revoke("susan", now),
            Step::Renew(pick, key) => {
                let token = tokens[pick % tokens.len()].clone();
                let key = key.map(|key| key.to_string());
                let outcome = ledger.renew(&token, key.as_deref(), now);
                check(&ledger, &token, &outcome, now)?;
                if let Outcome::Renewed(grant) | Outcome::Repeated(grant) = &outcome {
                    tokens.extend(grant.refresh.as_ref().map(|refresh| refresh.expose()));
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_family_never_has_two_unspent_tokens(rotation in rotation(), steps in vec(step(), 1..60)) {
        play(rotation, steps, |ledger, _, _, _| {
            for family in ledger.families() {
                let unspent = ledger.tokens(&family.id).filter(|token| token.spent.is_none()).count();
                prop_assert_eq!(unspent, 1);
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_is_handed_out_can_be_used(rotation in rotation(), steps in vec(step(), 1..60)) {
        play(rotation, steps, |ledger, presented, outcome, now| {
            if let Outcome::Renewed(grant) | Outcome::Repeated(grant) = outcome {
                prop_assert!(ledger.authenticate(&grant.access, now).is_ok());
                let next = grant.refresh.as_ref().map_or(presented.to_owned(), |refresh| refresh.expose());
                let mut future = ledger.clone();
                prop_assert!(matches!(future.renew(&next, None, now), Outcome::Renewed(_)));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_refusal_is_final(rotation in rotation(), steps in vec(step(), 1..60)) {
        let mut refused = BTreeSet::new();
        play(rotation, steps, |_, token, outcome, _| {
            if matches!(outcome, Outcome::Refused(_)) {
                refused.insert(token.to_owned());
            } else {
                prop_assert!(!refused.contains(token));
            }
            Ok(())
        })?;
    }

    #[test]
    fn nothing_is_granted_once_a_family_has_ended(rotation in rotation(), steps in vec(step(), 1..60)) {
        play(rotation, steps, |ledger, _, outcome, _| {
            let ended = ledger.families().all(|family| family.ended.is_some());
            prop_assert!(!ended || matches!(outcome, Outcome::Refused(_)));
            Ok(())
        })?;
    }

    #[test]
    fn nothing_is_granted_past_the_absolute_age(rotation in rotation(), steps in vec(step(), 1..60)) {
        play(rotation, steps, |_, _, outcome, now| {
            let aged = now.since(START) >= seconds(3600);
            prop_assert!(!aged || matches!(outcome, Outcome::Refused(_)));
            Ok(())
        })?;
    }

    #[test]
    fn a_parent_has_one_child_for_ever(window in 1_u64..20, waits in vec(0_u64..5_000, 1..20)) {
        let mut ledger = Ledger::seeded(short_lives(Rotation::Grace(seconds(window))), 3).unwrap();
        let parent = refresh(&ledger.login("susan", START));
        let mut children = BTreeSet::new();
        let mut now = START;
        for wait in waits {
            if let Outcome::Renewed(grant) | Outcome::Repeated(grant) = ledger.renew(&parent, None, now) {
                children.insert(refresh(&grant));
            }
            now = now.after(Duration::from_millis(wait));
        }
        prop_assert_eq!(children.len(), 1);
    }

    /// The promise of the product, seen from the server: a client that loses answers, but asks again
    /// within the window and always goes on with the newest token it got, is never taken for a thief.
    #[test]
    fn an_honest_client_that_loses_answers_is_never_refused(
        turns in vec((0_u64..300, vec(0_u64..3_000, 0..3)), 1..12),
    ) {
        let mut ledger = Ledger::seeded(short_lives(Rotation::Grace(seconds(10))), 3).unwrap();
        let mut held = refresh(&ledger.login("susan", START));
        let mut now = START;
        for (pause, lost) in turns {
            now = now.after(seconds(pause.min(599)));
            if now.since(START) > seconds(3500) {
                break;
            }
            for again_after in lost {
                let outcome = ledger.renew(&held, None, now);
                prop_assert!(!matches!(outcome, Outcome::Refused(_)), "{:?}", outcome);
                now = now.after(Duration::from_millis(again_after));
            }
            match ledger.renew(&held, None, now) {
                Outcome::Renewed(grant) | Outcome::Repeated(grant) => held = refresh(&grant),
                Outcome::Refused(refusal) => prop_assert!(false, "{:?}", refusal),
            }
        }
    }

    #[test]
    fn a_thief_with_a_spent_token_is_found_out(late in 10_u64..500) {
        let mut ledger = Ledger::seeded(short_lives(Rotation::Grace(seconds(10))), 3).unwrap();
        let stolen = refresh(&ledger.login("susan", START));
        let Outcome::Renewed(owner) = ledger.renew(&stolen, None, START) else { panic!() };
        let now = START.after(seconds(late));
        prop_assert_eq!(ledger.renew(&stolen, None, now), Outcome::Refused(Refusal::Reused));
        prop_assert_eq!(ledger.renew(&refresh(&owner), None, now), Outcome::Refused(Refusal::Revoked));
    }
}
