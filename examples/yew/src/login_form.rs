use serde::Serialize;
use tokenkeep::error::{Code, EndReason};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::use_session::Shared;

#[derive(Properties, PartialEq)]
pub struct LoginFormProps {
    pub session: Shared,
    pub reason: Option<EndReason>,
}

#[derive(Serialize)]
struct Credentials {
    username: String,
    password: String,
}

#[component]
pub fn LoginForm(props: &LoginFormProps) -> Html {
    let (username, password) = (use_node_ref(), use_node_ref());
    let error = use_state(|| None::<String>);

    let submit = {
        let (session, username, password) = (props.session.clone(), username.clone(), password.clone());
        let error = error.setter();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            error.set(None);
            let text =
                |field: &NodeRef| field.cast::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default();
            let login = session.login(&Credentials { username: text(&username), password: text(&password) });
            let error = error.clone();
            spawn_local(async move {
                if let Err(failure) = login.await {
                    error.set(Some(match failure.code {
                        Code::LoginRefused => "Wrong name or password".to_owned(),
                        _ => failure.to_string(),
                    }));
                }
            });
        })
    };

    let ended = !matches!(props.reason, None | Some(EndReason::None | EndReason::Logout));
    html! {
        <form onsubmit={submit}>
            <h1>{ "Please log in" }</h1>
            if ended {
                <p>{ "Your session has ended. Please log in again." }</p>
            }
            <label>{ "Name " }<input ref={username} name="username" autocomplete="username" required=true /></label>
            <label>
                { "Password " }
                <input ref={password} name="password" type="password" autocomplete="current-password" required=true />
            </label>
            <button>{ "Log in" }</button>
            if let Some(error) = &*error {
                <p role="alert">{ error }</p>
            }
        </form>
    }
}
