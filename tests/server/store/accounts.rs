//! What revocations, new passwords and mailed codes do, and what is too late after them.

use tokenkeep::dev::family::{Change, Family, Revocation};

use super::{code, family, hash, named, open, revocation, rotate, token, verify, with_susan};
use crate::support::START;

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
