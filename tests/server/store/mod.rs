//! What every store must do, on every store there is.

mod accounts;
mod at_once;
mod databases;
mod ledger;
mod rows;

use std::sync::Arc;

use tokenkeep::dev::family::{Change, Code, Family, Revocation, Spent, Token, User};
use tokenkeep::dev::store::{Issued, Store};
use tokenkeep::dev::{Claims, RefreshSecret, SqlStore, TokenHash};

use crate::stores::stores;
use crate::support::{START, seconds};

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

fn issued(number: u64, claims: Claims) -> Issued {
    Issued { hash: hash(number), claims }
}
