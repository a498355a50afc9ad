use std::ops::Deref;

use tokenkeep::Session;
use tokenkeep::machine::{Notice, Snapshot};
use yew::prelude::*;

/// The page's session as a property: there is one, so that it never changes.
#[derive(Clone)]
pub struct Shared(pub Session);

impl PartialEq for Shared {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Deref for Shared {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

/// What the session shows at this moment; the component renders again when that changes.
#[hook]
pub fn use_session(session: &Shared) -> Snapshot {
    let snapshot = use_state_eq(|| session.snapshot());
    let (latest, shared) = (snapshot.setter(), session.clone());
    use_effect_with((), move |()| {
        latest.set(shared.snapshot());
        let subscription = shared.subscribe(move |session, notice| {
            if matches!(notice, Notice::Changed) {
                latest.set(session.snapshot());
            }
        });
        move || drop(subscription)
    });
    (*snapshot).clone()
}
