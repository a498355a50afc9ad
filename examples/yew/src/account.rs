use serde::Deserialize;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::api::load;
use crate::use_session::Shared;

#[derive(Properties, PartialEq)]
pub struct AccountProps {
    pub session: Shared,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Deserialize)]
struct Resource {
    message: String,
}

#[component]
pub fn Account(props: &AccountProps) -> Html {
    let session = &props.session;
    let name = use_state(String::new);
    let answers = use_reducer(Answers::default);
    let error = use_state(|| None::<String>);

    {
        let (session, name, error) = (session.clone(), name.setter(), error.setter());
        use_effect_with((), move |()| {
            spawn_local(async move {
                match load::<User>(&session, "/api/v1/status").await {
                    Ok(user) => name.set(user.username),
                    Err(failure) => error.set(Some(failure)),
                }
            });
        });
    }

    let call = {
        let (session, answers, error) = (session.clone(), answers.dispatcher(), error.setter());
        Callback::from(move |_: MouseEvent| {
            let (session, answers, error) = (session.clone(), answers.clone(), error.clone());
            error.set(None);
            spawn_local(async move {
                match load::<Resource>(&session, "/api/v1/resource").await {
                    Ok(resource) => answers.dispatch(resource.message),
                    Err(failure) => error.set(Some(failure)),
                }
            });
        })
    };
    let log_out = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| {
            let done = session.logout();
            spawn_local(async move {
                // The session is over here whatever the server says.
                let _ = done.await;
            });
        })
    };

    html! {
        <>
            <h1>{ "Hello " }{ &*name }</h1>
            <button onclick={call}>{ "Call" }</button>
            <button onclick={log_out}>{ "Log out" }</button>
            <p>
                { "Calls: " }
                <output>if answers.count > 0 { { format!("{}: {}", answers.count, answers.latest) } }</output>
            </p>
            if let Some(error) = &*error {
                <p role="alert">{ error }</p>
            }
        </>
    }
}

#[derive(Default)]
struct Answers {
    count: u32,
    latest: String,
}

impl Reducible for Answers {
    type Action = String;

    fn reduce(self: std::rc::Rc<Self>, latest: String) -> std::rc::Rc<Self> {
        Self { count: self.count + 1, latest }.into()
    }
}
