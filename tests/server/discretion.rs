//! Nobody learns who is a user by how much work an answer takes. Counted, not timed.

use std::sync::Arc;

use tokenkeep::dev::Failure;
use tokenkeep::dev::sessions::{Credentials, NewAccount, Sessions};

use crate::watched::Watched;

const SUSAN: &str = "susan@example.com";

async fn with_susan(store: &Watched) -> (Arc<Sessions>, tokenkeep::dev::Passwords) {
    let (sessions, passwords) = store.sessions();
    let (name, password) = ("susan".to_owned(), "correct horse".to_owned());
    sessions.register(NewAccount { name, password, email: Some(SUSAN.to_owned()), role: None }).await.unwrap();
    store.asked();
    (sessions, passwords)
}

fn wrong(name: &str) -> Credentials {
    let (name, password) = (name.to_owned(), "wrong".to_owned());
    Credentials { name, password, address: "192.0.2.1".to_owned(), ..Credentials::default() }
}

#[tokio::test]
async fn an_unknown_user_costs_the_same_hash_and_the_same_steps_as_a_wrong_password() {
    let store = Watched::new().await;
    let (sessions, passwords) = with_susan(&store).await;
    let mut work = Vec::new();
    for name in ["susan", "nobody"] {
        let before = passwords.computed();
        let refused = sessions.login(wrong(name)).await;
        assert!(matches!(refused, Err(Failure::InvalidCredentials)), "{refused:?}");
        work.push((passwords.computed() - before, store.asked()));
    }
    assert_eq!(work[0].0, 1);
    assert_eq!(work[0], work[1]);
}

#[tokio::test]
async fn an_unknown_user_is_braked_after_as_many_attempts_as_a_known_one() {
    let mut attempts = Vec::new();
    for name in ["susan", "nobody"] {
        let (sessions, passwords) = with_susan(&Watched::new().await).await;
        let before = passwords.computed();
        while !matches!(sessions.login(wrong(name)).await, Err(Failure::TooMany(_))) {}
        attempts.push(passwords.computed() - before);
    }
    assert!(attempts[0] > 1);
    assert_eq!(attempts[0], attempts[1]);
}

#[tokio::test]
async fn a_forgotten_password_is_answered_before_anybody_looks_whose_it_is() {
    let store = Watched::new().await;
    let (sessions, passwords) = with_susan(&store).await;
    let mut work = Vec::new();
    for email in [SUSAN, "nobody@example.com"] {
        let mut closed = store.close("user_at");
        let before = passwords.computed();
        sessions.forgot_password(email, "192.0.2.1").await.unwrap();
        work.push((passwords.computed() - before, store.asked()));
        closed.somebody().await;
        assert_eq!(store.asked(), ["user_at"], "afterwards, for everybody");
        closed.open();
    }
    assert_eq!(work[0].0, 0);
    assert_eq!(work[0], work[1]);
}
