//! What is written is what is read, listed and purged.

use std::time::Duration;

use tokenkeep::dev::family::{Change, End, EndReason, Family, Token, User};

use super::{claims, family, hash, issued, open, rotate, token, user, verify, with_susan};
use crate::support::{START, seconds};

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
async fn an_opaque_access_token_is_kept_with_the_step_that_gives_it_out_or_neither_is() {
    for (name, store, _opened) in with_susan().await {
        let given = claims("f", START.seconds() + 60);
        assert!(store.grant(open("f", 1), Some(issued(21, given.clone()))).await.unwrap(), "{name}");
        assert_eq!(store.access(hash(21)).await.unwrap(), Some(given.clone()), "{name}");
        // A token that is there already cannot be kept again.
        let taken = issued(21, given.clone());
        assert!(store.grant(open("g", 2), Some(taken.clone())).await.is_err(), "{name}");
        assert_eq!(store.family("g").await.unwrap(), None, "{name}");
        assert!(store.grant(rotate("f", 1, 11), Some(taken.clone())).await.is_err(), "{name}");
        assert_eq!(store.find(hash(1)).await.unwrap().unwrap().1.spent, None, "{name}");
        let touch = Change::Touch { token: hash(1), at: START.after(seconds(5)) };
        assert!(store.grant(touch, Some(taken)).await.is_err(), "{name}");
        assert_eq!(store.find(hash(1)).await.unwrap().unwrap().1.active, START, "{name}");
        assert!(store.grant(rotate("f", 1, 11), Some(issued(22, given.clone()))).await.unwrap(), "{name}");
        assert!(!store.grant(rotate("f", 1, 12), Some(issued(23, given))).await.unwrap(), "{name}");
        assert_eq!(store.access(hash(23)).await.unwrap(), None, "{name}: a step that is not taken gives out nothing");
    }
}

#[tokio::test]
async fn purging_forgets_what_is_over_and_nothing_else() {
    for (name, store, _opened) in with_susan().await {
        store.apply(open("old", 1)).await.unwrap();
        let new = Family { started: START.after(Duration::from_millis(1)), ..family("new") };
        store.apply(Change::Open { family: new.clone(), token: token("new", 2) }).await.unwrap();
        store.keep_access(issued(21, claims("new", START.seconds()))).await.unwrap();
        store.keep_access(issued(22, claims("new", START.seconds() + 60))).await.unwrap();
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
