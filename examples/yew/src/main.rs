//! The smallest app around a session: a form, an account, one call.

mod account;
mod api;
mod login_form;
mod use_session;

use account::Account;
use login_form::LoginForm;
use tokenkeep::machine::Status;
use tokenkeep::{Options, Session};
use use_session::{Shared, use_session};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
struct AppProps {
    session: Shared,
}

#[component]
fn App(props: &AppProps) -> Html {
    let session = &props.session;
    let snapshot = use_session(session);
    html! {
        <main>
            if snapshot.status == Status::SignedIn {
                <Account session={session.clone()} />
            } else {
                <LoginForm session={session.clone()} reason={snapshot.reason} />
            }
        </main>
    }
}

fn main() {
    // Relative to the page: it and its API are on one origin.
    match Session::new(Options::new("/")) {
        Ok(session) => {
            yew::Renderer::<App>::with_props(AppProps { session: Shared(session) }).render();
        }
        Err(error) => web_sys::console::error_1(&error.to_string().into()),
    }
}
