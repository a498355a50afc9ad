//! A client that leaves while its session ends leaves nothing half undone.

use std::sync::Arc;

use tokenkeep::dev::sessions::{Credentials, NewAccount, Sessions};
use tokenkeep::dev::{Failure, Grant};

use crate::watched::Watched;

async fn signed_in(store: &Watched) -> (Arc<Sessions>, Grant) {
    let (sessions, _) = store.sessions();
    let (name, password) = ("susan".to_owned(), "correct horse".to_owned());
    let account = NewAccount { name: name.clone(), password: password.clone(), email: None, role: None };
    sessions.register(account).await.unwrap();
    let grant = sessions.login(Credentials { name, password, ..Credentials::default() }).await.unwrap();
    (sessions, grant)
}

/// Begins an end, leaves when it has got as far as `step`, and waits until whoever goes on has reached `last`.
async fn leave(
    store: &Watched,
    (step, last): (&'static str, &'static str),
    end: impl Future<Output = Result<(), Failure>>,
) {
    let mut closed = store.close(step);
    {
        let mut end = std::pin::pin!(end);
        tokio::select! {
            _ = &mut end => panic!("ended before {step}"),
            () = closed.somebody() => {}
        }
    }
    store.asked();
    closed.open();
    while !store.asked().contains(&last) {
        tokio::task::yield_now().await;
    }
}

/// What is left of a session: whether its access token is taken, and its refresh token.
async fn left(sessions: &Arc<Sessions>, grant: &Grant) -> (bool, bool) {
    let access = sessions.authenticate(&grant.access).await.is_ok();
    let renewal = sessions.renew(&grant.refresh.as_ref().unwrap().expose(), None).await.unwrap();
    (access, renewal.outcome.grant().is_some())
}

#[tokio::test]
async fn a_logout_is_whole_though_its_client_leaves() {
    let store = Watched::new().await;
    let (sessions, grant) = signed_in(&store).await;
    leave(&store, ("grant", "deny"), sessions.logout(&grant.access)).await;
    assert_eq!(left(&sessions, &grant).await, (false, false));
}

#[tokio::test]
async fn one_session_ended_among_several_is_ended_whole_though_its_client_leaves() {
    let store = Watched::new().await;
    let (sessions, grant) = signed_in(&store).await;
    leave(&store, ("grant", "deny"), sessions.end(&grant.claims.sub, &grant.claims.rfid)).await;
    assert_eq!(left(&sessions, &grant).await, (false, false));
}

#[tokio::test]
async fn a_stolen_token_ends_its_session_though_the_thief_leaves() {
    let store = Watched::new().await;
    let (sessions, grant) = signed_in(&store).await;
    let spent = grant.refresh.as_ref().unwrap().expose();
    let child = sessions.renew(&spent, None).await.unwrap().outcome.grant().unwrap().clone();
    let theft = async { sessions.renew(&spent, None).await.map(drop) };
    leave(&store, ("deny", "grant"), theft).await;
    assert_eq!(left(&sessions, &child).await, (false, false));
}
