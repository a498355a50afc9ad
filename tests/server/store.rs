use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tokenkeep::dev::family::{Change, End, EndReason, Family, Spent, Token, User};
use tokenkeep::dev::store::Store as _;
use tokenkeep::dev::{Ledger, Moment, Policy, RefreshSecret, SqliteStore, TokenHash};

use crate::support::{Directory, START};

fn hash(number: u64) -> TokenHash {
    RefreshSecret::from_bytes(std::array::from_fn(|_| number as u8)).hash()
}

fn token(family: &str, number: u64) -> Token {
    Token { hash: hash(number), family: family.to_owned(), active: START, spent: None }
}

fn open(id: &str, number: u64) -> Change {
    let family = Family {
        id: id.to_owned(),
        subject: "susan".to_owned(),
        scopes: vec!["read".to_owned(), "write".to_owned()],
        not_before: 7,
        started: START,
        ended: None,
    };
    Change::Open { family, token: token(id, number) }
}

fn rotate(family: &str, parent: u64, child: u64) -> Change {
    let salt = [9; 32];
    let spent = Spent { at: START, child: hash(child), salt, attempt: Some(format!("attempt {child}")) };
    Change::Rotate { parent: hash(parent), spent, child: token(family, child) }
}

fn user() -> User {
    let id = "susan".to_owned();
    User { name: id.clone(), id, password: "$hash".to_owned(), scopes: vec!["read".to_owned()], not_before: 0 }
}

async fn memory() -> SqliteStore {
    let store = SqliteStore::in_memory().await.unwrap();
    assert!(store.create_user(user(), START).await.unwrap());
    store
}

#[tokio::test]
async fn rows_read_back_as_they_were_written() {
    let store = memory().await;
    assert_eq!(store.user_named("susan").await.unwrap(), Some(user()));
    assert_eq!(store.user("susan").await.unwrap(), Some(user()));
    let Change::Open { family, token } = open("f", 1) else { unreachable!() };
    store.apply(open("f", 1)).await.unwrap();
    assert_eq!(store.find(hash(1)).await.unwrap(), Some((family.clone(), token)));
    assert!(store.apply(rotate("f", 1, 2)).await.unwrap());
    let (_, parent) = store.find(hash(1)).await.unwrap().unwrap();
    let Change::Rotate { spent, child, .. } = rotate("f", 1, 2) else { unreachable!() };
    assert_eq!(parent.spent, Some(spent));
    assert_eq!(store.find(hash(2)).await.unwrap(), Some((family, child)));
    assert_eq!(store.find(hash(3)).await.unwrap(), None);
}

#[tokio::test]
async fn a_name_belongs_to_one_user() {
    let store = memory().await;
    let namesake = User { id: "other".to_owned(), ..user() };
    assert!(!store.create_user(namesake, START).await.unwrap());
    assert_eq!(store.user("other").await.unwrap(), None);
}

#[tokio::test]
async fn a_revocation_is_not_weakened_by_an_earlier_one() {
    let store = memory().await;
    for not_before in [7, 5] {
        let change = Change::Revoke { subject: "susan".to_owned(), at: START, not_before };
        store.apply(change).await.unwrap();
    }
    assert_eq!(store.user("susan").await.unwrap().unwrap().not_before, 7);
}

#[tokio::test]
async fn purging_forgets_old_families_with_their_tokens_and_no_others() {
    let store = memory().await;
    store.apply(open("old", 1)).await.unwrap();
    let Change::Open { mut family, token } = open("new", 2) else { unreachable!() };
    family.started = START.after(Duration::from_millis(1));
    store.apply(Change::Open { family: family.clone(), token }).await.unwrap();
    assert_eq!(store.purge(family.started).await.unwrap(), 1);
    assert_eq!(store.find(hash(1)).await.unwrap(), None);
    assert!(store.find(hash(2)).await.unwrap().is_some());
    assert!(store.apply(open("again", 1)).await.unwrap(), "the old token's row is gone");
}

#[tokio::test]
async fn sessions_survive_a_restart_and_migrations_run_once() {
    let directory = Directory::new();
    let path = directory.file("sessions.db");
    for _ in 0..2 {
        let store = SqliteStore::open(&path).await.unwrap();
        store.create_user(user(), START).await.unwrap();
        if store.find(hash(1)).await.unwrap().is_none() {
            store.apply(open("f", 1)).await.unwrap();
        }
        store.close().await.unwrap();
    }
    let store = SqliteStore::open(&path).await.unwrap();
    assert!(store.find(hash(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_in_the_error() {
    let directory = Directory::new();
    let path = directory.file("notes.txt");
    std::fs::write(&path, "not a database, but long enough to be mistaken for the head of one".repeat(20)).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    assert_eq!(error.matches("the database failed").count(), 1, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_concurrent_rotations_one_is_taken() {
    let directory = Directory::new();
    let on_disk = SqliteStore::open(&directory.file("sessions.db")).await.unwrap();
    on_disk.create_user(user(), START).await.unwrap();
    for store in [on_disk, memory().await] {
        store.apply(open("f", 0)).await.unwrap();
        let store = Arc::new(store);
        let rotations: Vec<_> = (1..=100)
            .map(|child| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.apply(rotate("f", 0, child)).await.unwrap() })
            })
            .collect();
        let mut taken = 0;
        for rotation in rotations {
            taken += u32::from(rotation.await.unwrap());
        }
        assert_eq!(taken, 1);
        let mut children = 0;
        for child in 1..=100 {
            children += u32::from(store.find(hash(child)).await.unwrap().is_some());
        }
        assert_eq!(children, 1);
    }
}

fn change() -> impl Strategy<Value = Change> {
    let family = || prop_oneof![Just("f"), Just("g")];
    let at = || (0_u64..10_000).prop_map(Moment::from_millis);
    let reason = prop_oneof![Just(EndReason::LoggedOut), Just(EndReason::Revoked), Just(EndReason::Reused)];
    prop_oneof![
        6 => (family(), 0_u64..6).prop_map(|(family, parent)| rotate(family, parent, parent + 1)),
        3 => (0_u64..6, at()).prop_map(|(token, at)| Change::Touch { token: hash(token), at }),
        1 => (family(), at(), reason)
            .prop_map(|(family, at, reason)| Change::End { family: family.to_owned(), end: End { at, reason } }),
        1 => (at(), 0_u64..20).prop_map(|(at, not_before)| {
            Change::Revoke { subject: "susan".to_owned(), at, not_before }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The simulation stands on this: what holds for the ledger holds for the database.
    #[test]
    fn a_database_and_a_ledger_never_differ(changes in vec(change(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = memory().await;
            let mut ledger = Ledger::seeded(Policy::default(), 1).unwrap();
            ledger.login("susan", START);
            // Each number is a token once; a second rotation into it would be another token's name.
            let first = [open("f", 0), open("g", 100)];
            for change in first.into_iter().chain(changes) {
                if let Change::Rotate { child, .. } = &change
                    && ledger.find(child.hash).is_some()
                {
                    continue;
                }
                let taken = ledger.apply(change.clone());
                prop_assert_eq!(store.apply(change).await.unwrap(), taken);
                for number in (0..8).chain([100]) {
                    let in_ledger = ledger.find(hash(number)).map(|(family, token)| (family.clone(), token.clone()));
                    prop_assert_eq!(store.find(hash(number)).await.unwrap(), in_ledger);
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_in_the_middle_of_an_act_leaves_the_store_whole() {
    let store = memory().await;
    assert!(store.apply(open("family", 0)).await.unwrap());
    let mut parent = 0;
    for step in 1..=200_u64 {
        let patience = Duration::from_micros(step * 2);
        let _ = tokio::time::timeout(patience, store.apply(rotate("family", parent, step))).await;
        // Whatever became of it, it is done or undone, and the next one is served.
        let _ = store.apply(rotate("family", parent, step)).await.unwrap();
        let (_, spent) = store.find(hash(parent)).await.unwrap().unwrap();
        assert_eq!(spent.spent.unwrap().child, hash(step));
        let (_, child) = store.find(hash(step)).await.unwrap().unwrap();
        assert_eq!(child.spent, None);
        parent = step;
    }
}
