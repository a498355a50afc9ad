//! What every store must do, on every store there is.

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tokenkeep::dev::family::{Change, Code, End, EndReason, Family, Revocation, Spent, Token, User};
use tokenkeep::dev::store::Store;
use tokenkeep::dev::{Claims, Ledger, Moment, Policy, RefreshSecret, SqlStore, TokenHash};

use crate::services;
use crate::stores::{postgres, stores};
use crate::support::{Directory, START, seconds};

fn hash(number: u64) -> TokenHash {
    RefreshSecret::from_bytes(std::array::from_fn(|_| number as u8)).hash()
}

fn token(family: &str, number: u64) -> Token {
    Token { hash: hash(number), family: family.to_owned(), active: START, spent: None }
}

fn family(id: &str) -> Family {
    Family {
        id: id.to_owned(),
        subject: "susan".to_owned(),
        scopes: vec!["read".to_owned(), "write".to_owned()],
        role: "basic".to_owned(),
        agent: "a browser".to_owned(),
        not_before: 0,
        started: START,
        ended: None,
    }
}

fn open(id: &str, number: u64) -> Change {
    Change::Open { family: family(id), token: token(id, number) }
}

fn rotate(family: &str, parent: u64, child: u64) -> Change {
    let salt = [9; 32];
    let spent = Spent { at: START, child: hash(child), salt, attempt: Some(format!("attempt {child}")) };
    Change::Rotate { parent: hash(parent), spent, child: token(family, child) }
}

fn revocation(not_before: u64) -> Revocation {
    let subject = "susan".to_owned();
    Revocation { subject, at: START, not_before, seen: None, keep: None, password: None, code: None }
}

fn code(id: &str) -> Code {
    Code { id: id.to_owned(), until: START.after(seconds(3600)) }
}

fn verify(subject: &str, id: &str) -> Change {
    Change::Verify { subject: subject.to_owned(), email: "susan@example.com".to_owned(), code: code(id) }
}

fn user() -> User {
    named("susan")
}

fn named(name: &str) -> User {
    User {
        id: name.to_owned(),
        name: name.to_owned(),
        password: "$hash".to_owned(),
        scopes: vec!["read".to_owned()],
        role: "basic".to_owned(),
        email: Some("susan@example.com".to_owned()),
        verified: false,
        not_before: 0,
    }
}

fn claims(family: &str, exp: u64) -> Claims {
    Claims {
        iss: "tokenkeep".into(),
        aud: "tokenkeep".into(),
        sub: "susan".into(),
        iat: START.seconds(),
        exp,
        jti: "1".into(),
        scopes: vec!["read".into()],
        role: "basic".into(),
        rfid: family.into(),
    }
}

async fn memory() -> SqlStore {
    let store = SqlStore::in_memory().await.unwrap();
    assert!(store.create_user(user(), START).await.unwrap());
    store
}

/// Every store, with susan in it.
async fn with_susan() -> Vec<(&'static str, Arc<dyn Store>, crate::stores::Opened<dyn Store>)> {
    let mut all = Vec::new();
    for opened in stores().await {
        assert!(opened.store.create_user(user(), START).await.unwrap());
        all.push((opened.name, Arc::clone(&opened.store), opened));
    }
    all
}

#[tokio::test]
async fn rows_read_back_as_they_were_written() {
    for (name, store, _opened) in with_susan().await {
        assert_eq!(store.user_named("susan").await.unwrap(), Some(user()), "{name}");
        assert_eq!(store.user("susan").await.unwrap(), Some(user()), "{name}");
        assert!(store.apply(open("f", 1)).await.unwrap(), "{name}");
        assert_eq!(store.find(hash(1)).await.unwrap(), Some((family("f"), token("f", 1))), "{name}");
        assert!(store.apply(rotate("f", 1, 2)).await.unwrap(), "{name}");
        let (_, parent) = store.find(hash(1)).await.unwrap().unwrap();
        let Change::Rotate { spent, child, .. } = rotate("f", 1, 2) else { unreachable!() };
        assert_eq!(parent.spent, Some(spent), "{name}");
        assert_eq!(store.find(hash(2)).await.unwrap(), Some((family("f"), child)), "{name}");
        assert_eq!(store.find(hash(3)).await.unwrap(), None, "{name}");
        assert_eq!(store.family("f").await.unwrap(), Some(family("f")), "{name}");
        assert_eq!(store.family("g").await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn a_name_belongs_to_one_user() {
    for (name, store, _opened) in with_susan().await {
        let namesake = User { id: "other".to_owned(), ..user() };
        assert!(!store.create_user(namesake, START).await.unwrap(), "{name}");
        assert_eq!(store.user("other").await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn text_that_looks_like_sql_is_text() {
    for (name, store, _opened) in with_susan().await {
        for text in ["'; DROP TABLE users; --", "susan' OR '1'='1", "$1", "%", "\\", "\"susan\"", "\u{1F511}"] {
            assert_eq!(store.user_named(text).await.unwrap(), None, "{name}: {text}");
            let odd = User { id: text.to_owned(), name: text.to_owned(), email: None, ..user() };
            assert!(store.create_user(odd.clone(), START).await.unwrap(), "{name}: {text}");
            assert_eq!(store.user_named(text).await.unwrap(), Some(odd), "{name}: {text}");
        }
        assert_eq!(store.user_named("susan").await.unwrap(), Some(user()), "{name}");
    }
}

#[tokio::test]
async fn a_revocation_is_not_weakened_by_an_earlier_one() {
    for (name, store, _opened) in with_susan().await {
        for not_before in [7, 5] {
            store.apply(Change::Revoke(Box::new(revocation(not_before)))).await.unwrap();
        }
        assert_eq!(store.user("susan").await.unwrap().unwrap().not_before, 7, "{name}");
    }
}

#[tokio::test]
async fn a_password_checked_before_a_revocation_opens_nothing_after_it() {
    for (name, store, _opened) in with_susan().await {
        store.apply(Change::Revoke(Box::new(revocation(7)))).await.unwrap();
        assert!(!store.apply(open("f", 1)).await.unwrap(), "{name}");
        assert_eq!(store.find(hash(1)).await.unwrap(), None, "{name}");
        let stranger = Family { subject: "nobody".to_owned(), ..family("g") };
        assert!(!store.apply(Change::Open { family: stranger, token: token("g", 2) }).await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn a_new_password_ends_every_family_but_the_one_to_keep() {
    for (name, store, _opened) in with_susan().await {
        for (number, id) in [(1, "f"), (2, "g"), (3, "h")] {
            store.apply(open(id, number)).await.unwrap();
        }
        let new = Revocation {
            seen: Some(0),
            keep: Some("g".to_owned()),
            password: Some("$new".to_owned()),
            ..revocation(9)
        };
        assert!(store.apply(Change::Revoke(Box::new(new.clone()))).await.unwrap(), "{name}");
        assert!(!store.apply(Change::Revoke(Box::new(new))).await.unwrap(), "{name}: what it was decided on is gone");
        let open: Vec<_> = store.families("susan").await.unwrap();
        let kept = Family { not_before: 9, ..family("g") };
        assert_eq!(open, [(kept, START)], "{name}");
        assert_eq!(store.user("susan").await.unwrap().unwrap().password, "$new", "{name}");
        assert!(store.apply(rotate("g", 2, 12)).await.unwrap(), "{name}");
        assert!(!store.apply(rotate("f", 1, 11)).await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn a_code_is_good_once() {
    for (name, store, _opened) in with_susan().await {
        let reset = |id| Change::Revoke(Box::new(Revocation { code: Some(code(id)), ..revocation(9) }));
        assert!(store.apply(reset("a")).await.unwrap(), "{name}");
        assert!(!store.apply(reset("a")).await.unwrap(), "{name}");
        assert!(!store.apply(verify("susan", "a")).await.unwrap(), "{name}");
        assert!(!store.user("susan").await.unwrap().unwrap().verified, "{name}: all or nothing");
        assert!(store.apply(verify("susan", "b")).await.unwrap(), "{name}");
        assert!(store.user("susan").await.unwrap().unwrap().verified, "{name}");
    }
}

#[tokio::test]
async fn an_address_is_verified_for_one_user_alone() {
    for (name, store, _opened) in with_susan().await {
        assert!(store.create_user(named("miguel"), START).await.unwrap(), "{name}: a claim is no obstacle");
        assert_eq!(store.user_at("susan@example.com").await.unwrap(), None, "{name}: a claim is no proof");
        assert!(store.apply(verify("susan", "a")).await.unwrap(), "{name}");
        assert!(!store.apply(verify("miguel", "b")).await.unwrap(), "{name}");
        assert_eq!(store.user_at("susan@example.com").await.unwrap().unwrap().id, "susan", "{name}");
    }
}

#[tokio::test]
async fn a_role_holds_from_now_on_for_every_family() {
    for (name, store, _opened) in with_susan().await {
        store.apply(open("f", 1)).await.unwrap();
        let promote = |subject: &str| Change::SetRole { subject: subject.to_owned(), role: "admin".to_owned() };
        assert!(store.apply(promote("susan")).await.unwrap(), "{name}");
        assert!(!store.apply(promote("nobody")).await.unwrap(), "{name}");
        assert_eq!(store.find(hash(1)).await.unwrap().unwrap().0.role, "admin", "{name}");
        assert_eq!(store.user("susan").await.unwrap().unwrap().role, "admin", "{name}");
    }
}

#[tokio::test]
async fn families_are_listed_newest_first_with_their_last_use_and_without_the_ended_ones() {
    for (name, store, _opened) in with_susan().await {
        let later = START.after(seconds(60));
        store.apply(open("old", 1)).await.unwrap();
        store.apply(open("over", 2)).await.unwrap();
        let new = Family { started: later, ..family("new") };
        store.apply(Change::Open { family: new.clone(), token: token("new", 3) }).await.unwrap();
        let active = START.after(seconds(90));
        let child = Token { active, ..token("old", 11) };
        let Change::Rotate { parent, spent, .. } = rotate("old", 1, 11) else { unreachable!() };
        store.apply(Change::Rotate { parent, spent, child }).await.unwrap();
        let end = End { at: later, reason: EndReason::LoggedOut };
        store.apply(Change::End { family: "over".to_owned(), end }).await.unwrap();
        assert_eq!(store.families("susan").await.unwrap(), [(new, START), (family("old"), active)], "{name}");
        assert_eq!(store.families("nobody").await.unwrap(), [], "{name}");
        assert_eq!(store.family("over").await.unwrap().unwrap().ended, Some(end), "{name}");
    }
}

#[tokio::test]
async fn purging_forgets_what_is_over_and_nothing_else() {
    for (name, store, _opened) in with_susan().await {
        store.apply(open("old", 1)).await.unwrap();
        let new = Family { started: START.after(Duration::from_millis(1)), ..family("new") };
        store.apply(Change::Open { family: new.clone(), token: token("new", 2) }).await.unwrap();
        store.keep_access(hash(21), claims("new", START.seconds())).await.unwrap();
        store.keep_access(hash(22), claims("new", START.seconds() + 60)).await.unwrap();
        assert!(store.apply(verify("susan", "a")).await.unwrap(), "{name}");
        let now = START.after(seconds(30));
        assert_eq!(store.purge(new.started, now).await.unwrap(), 2, "{name}");
        assert_eq!(store.find(hash(1)).await.unwrap(), None, "{name}");
        assert!(store.find(hash(2)).await.unwrap().is_some(), "{name}");
        assert_eq!(store.access(hash(21)).await.unwrap(), None, "{name}");
        assert_eq!(store.access(hash(22)).await.unwrap(), Some(claims("new", START.seconds() + 60)), "{name}");
        assert_eq!(store.purge(new.started, START.after(seconds(3601))).await.unwrap(), 2, "{name}: the code as well");
        assert!(store.apply(open("again", 1)).await.unwrap(), "{name}: the old token's row is gone");
    }
}

#[tokio::test]
async fn sessions_survive_a_restart_and_migrations_run_once() {
    let directory = Directory::new();
    let path = directory.file("sessions.db");
    let url = tokio::task::spawn_blocking(services::postgres).await.unwrap();
    for round in 0..3 {
        for store in [SqlStore::open(&path).await.unwrap(), SqlStore::postgres(&url).await.unwrap()] {
            if round == 0 {
                store.create_user(user(), START).await.unwrap();
                store.apply(open("f", 1)).await.unwrap();
            }
            assert!(store.find(hash(1)).await.unwrap().is_some(), "round {round}");
            store.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_migrate_once() {
    let url = tokio::task::spawn_blocking(services::postgres).await.unwrap();
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { SqlStore::postgres(&url).await.map(drop) })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_database_out_of_reach_is_named_without_its_password() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let error = SqlStore::postgres(&format!("postgres://susan:hunter2@127.0.0.1:{port}/x")).await.unwrap_err();
    assert!(error.to_string().contains("PostgreSQL"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    let error = SqlStore::postgres("postgres://susan:hunter2@[/x").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_in_the_error() {
    let directory = Directory::new();
    let path = directory.file("notes.txt");
    std::fs::write(&path, "not a database, but long enough to be mistaken for the head of one".repeat(20)).unwrap();
    let error = SqlStore::open(&path).await.unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    assert_eq!(error.matches("the database failed").count(), 1, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_concurrent_rotations_one_is_taken() {
    for (name, store, _opened) in with_susan().await {
        store.apply(open("f", 0)).await.unwrap();
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
        assert_eq!(taken, 1, "{name}");
        let mut children = 0;
        for child in 1..=100 {
            children += u32::from(store.find(hash(child)).await.unwrap().is_some());
        }
        assert_eq!(children, 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_concurrent_resets_with_one_code_one_is_taken() {
    for (name, store, _opened) in with_susan().await {
        let resets: Vec<_> = (1..=100)
            .map(|number| {
                let store = Arc::clone(&store);
                let reset =
                    Revocation { code: Some(code("a")), password: Some(format!("$new {number}")), ..revocation(9) };
                tokio::spawn(async move { store.apply(Change::Revoke(Box::new(reset))).await.unwrap() })
            })
            .collect();
        let mut taken = 0;
        for reset in resets {
            taken += u32::from(reset.await.unwrap());
        }
        assert_eq!(taken, 1, "{name}");
    }
}

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

/// The simulation stands on this: what holds for the ledger holds for the database.
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
