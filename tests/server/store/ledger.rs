//! Any store decides as a ledger does. The simulation stands on this: what holds for the ledger holds for the database.

use proptest::collection::vec;
use proptest::prelude::*;
use tokenkeep::dev::family::{Change, End, EndReason, Revocation};
use tokenkeep::dev::store::Store;
use tokenkeep::dev::{Ledger, Moment, Policy};

use super::{code, hash, memory, open, revocation, rotate, user};
use crate::stores::postgres;
use crate::support::START;

fn change() -> impl Strategy<Value = Change> {
    let family = || prop_oneof![Just("f"), Just("g")];
    let at = || (0_u64..10_000).prop_map(Moment::from_millis);
    let reason = prop_oneof![Just(EndReason::LoggedOut), Just(EndReason::Revoked), Just(EndReason::Reused)];
    let revocation = (at(), 0_u64..20, prop::option::of(0_u64..20), prop::option::of(family()), prop::option::of(0..3))
        .prop_map(|(at, not_before, seen, keep, id)| {
            let keep = keep.map(str::to_owned);
            let code = id.map(|id: i32| code(&id.to_string()));
            Change::Revoke(Box::new(Revocation { at, seen, keep, code, ..revocation(not_before) }))
        });
    prop_oneof![
        6 => (family(), 0_u64..6).prop_map(|(family, parent)| rotate(family, parent, parent + 1)),
        3 => (0_u64..6, at()).prop_map(|(token, at)| Change::Touch { token: hash(token), at }),
        1 => (family(), at(), reason)
            .prop_map(|(family, at, reason)| Change::End { family: family.to_owned(), end: End { at, reason } }),
        1 => revocation,
        1 => (7_u64..9).prop_map(|number| open(&format!("new {number}"), number)),
        1 => Just(Change::SetRole { subject: "susan".to_owned(), role: "admin".to_owned() }),
    ]
}

async fn compare(store: &dyn Store, changes: Vec<Change>) -> Result<(), TestCaseError> {
    let mut ledger = Ledger::seeded(Policy::default(), 1).unwrap();
    ledger.login("susan", START);
    let first = [open("f", 0), open("g", 100)];
    for change in first.into_iter().chain(changes) {
        // Each number is a token once; a second rotation into it would be another token's name.
        let made = match &change {
            Change::Rotate { child, .. } => Some(child.hash),
            Change::Open { token, .. } => Some(token.hash),
            _ => None,
        };
        if made.is_some_and(|made| ledger.find(made).is_some()) {
            continue;
        }
        let taken = ledger.apply(change.clone());
        prop_assert_eq!(store.apply(change.clone()).await.unwrap(), taken, "{:?}", change);
        for number in (0..9).chain([100]) {
            let in_ledger = ledger.find(hash(number)).map(|(family, token)| (family.clone(), token.clone()));
            prop_assert_eq!(store.find(hash(number)).await.unwrap(), in_ledger);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sqlite_and_a_ledger_never_differ(changes in vec(change(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { compare(&memory().await, changes).await })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn postgresql_and_a_ledger_never_differ(changes in vec(change(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = postgres().await;
            store.create_user(user(), START).await.unwrap();
            let compared = compare(&store, changes).await;
            store.close().await.unwrap();
            compared
        })?;
    }
}
