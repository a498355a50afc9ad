//! [`Session`]: the handle that an app holds.

mod calling;
mod driver;
mod options;
mod request;
mod storing;
mod subscription;
mod turn;
mod waiting;

pub use options::{Options, Storage};
pub use request::{FetchError, RequestOptions};
pub use subscription::Subscription;

use std::future::Future;
use std::rc::Rc;

use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};

use crate::error::{Code, SessionError};
use crate::machine::{Delivery, Entry, Event, Notice, Relogin, Snapshot};
use crate::protocol::{Grant, claims_text};
use crate::token::AccessToken;
use driver::Driver;
use options::invalid;
use waiting::Told;

/// A token session: keeps, renews and ends access and refresh tokens so that the app never has to.
///
/// Clones are handles to the same session. Every method does its part at once; what it returns is
/// only waited for, so calls take effect in the order in which they are made.
#[derive(Clone, Debug)]
pub struct Session(Rc<Driver>);

impl Session {
    /// Reads the stored session. Fails only if an option is wrong.
    pub fn new(options: Options) -> Result<Self, SessionError> {
        Driver::start(options).map(Self)
    }

    /// `window.fetch` with the token attached: see the package's README for what that includes.
    pub fn fetch(&self, request: Request) -> impl Future<Output = Result<Response, FetchError>> + use<> {
        self.fetch_with(request, RequestOptions::default())
    }

    /// The same, for a request that wants something else than others when the session has ended.
    pub fn fetch_with(
        &self,
        request: Request,
        options: RequestOptions,
    ) -> impl Future<Output = Result<Response, FetchError>> + use<> {
        let begun = self.0.begin_fetch(&request, None, options);
        let driver = Rc::clone(&self.0);
        async move { driver.finish_fetch(begun?).await }
    }

    /// Sends `credentials` to the login endpoint.
    pub fn login<T: Serialize>(
        &self,
        credentials: &T,
    ) -> impl Future<Output = Result<Snapshot, SessionError>> + use<T> {
        let waiting = members("credentials", credentials).map(|credentials| self.0.ask_login(credentials));
        async move { done(waiting?.await) }
    }

    /// A fresh access token, renewed first where needed. It does not wait for a login. Never put it in a URL (RFC 6750, section 5.3).
    pub fn access_token(&self) -> impl Future<Output = Result<AccessToken, SessionError>> + use<> {
        let waiting = self.0.ask(|ticket| Event::TokenWanted(ticket, Relogin::Reject));
        async move {
            match waiting.await {
                Told::Delivery(Delivery::Token(lease)) => Ok(lease.token),
                told => Err(failure(told)),
            }
        }
    }

    /// Renews now, at most once across all tabs.
    pub fn renew(&self) -> impl Future<Output = Result<Snapshot, SessionError>> + use<> {
        let waiting = self.0.ask(Event::RenewalWanted);
        async move { done(waiting.await) }
    }

    /// Takes over tokens obtained elsewhere, as a login does.
    pub fn adopt(&self, tokens: Grant) -> impl Future<Output = Result<Snapshot, SessionError>> + use<> {
        let waiting = self.0.ask(|ticket| Event::Adopted(ticket, tokens));
        async move { done(waiting.await) }
    }

    /// Forgets the tokens at once, in every tab, and tells the server. `true`: it has confirmed.
    pub fn logout(&self) -> impl Future<Output = Result<bool, SessionError>> + use<> {
        let waiting = self.0.ask(Event::LogoutWanted);
        async move {
            match waiting.await {
                Told::Delivery(Delivery::LoggedOut(confirmed)) => Ok(confirmed),
                told => Err(failure(told)),
            }
        }
    }

    /// Speaks to one of the protocol's further endpoints. `R` is what the answer holds; `()` or an `Option`
    /// where it may be nothing. None of the session's tokens is changed by it.
    pub fn call<T: Serialize, R: DeserializeOwned>(
        &self,
        name: &str,
        body: &T,
    ) -> impl Future<Output = Result<R, SessionError>> + use<T, R> {
        let begun = members("body", body).and_then(|body| self.0.begin_call(name, &body));
        let driver = Rc::clone(&self.0);
        async move { calling::parse(&driver.finish_call(begun?).await?) }
    }

    /// Whether the tokens are good for this. A hint for the UI, never a decision.
    pub fn has_scope(&self, name: &str) -> bool {
        self.0.machine.borrow().has(false, name)
    }

    /// Whether the user has this role, or a stronger one. A hint for the UI, never a decision.
    pub fn has_role(&self, name: &str) -> bool {
        self.0.machine.borrow().has(true, name)
    }

    /// The user will not log in now: what waits for it fails with [`Code::LoginCancelled`].
    pub fn cancel_login(&self) {
        self.0.feed(Event::LoginCancelled);
    }

    /// Listens to what happens, until the subscription is dropped. A listener may call the session.
    pub fn subscribe(&self, listener: impl Fn(&Session, &Notice) + 'static) -> Subscription {
        self.0.listeners.add(Rc::new(listener))
    }

    /// Rejects what waits, and stops listening to other tabs. The stored session stays.
    pub fn dispose(&self) {
        self.0.dispose();
    }

    /// Somebody is there: counts against [`Limits::idle`](crate::machine::Limits::idle), as a key or a pointer does.
    pub fn touch(&self) {
        self.0.feed(Event::UserActive);
    }

    /// The session at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.0.machine.borrow().snapshot()
    }

    /// The claims of a JWT access token. Hints for the UI, never a decision (RFC 8725). `None` where
    /// there are none, or none of this shape.
    pub fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        let claims = JSON::parse(&claims_text(self.0.machine.borrow().access_token()?)?).ok()?;
        serde_wasm_bindgen::from_value(claims).ok()
    }

    /// What this tab's session did and why, oldest first, without tokens.
    pub fn explain(&self) -> Vec<Entry> {
        self.0.machine.borrow().timeline().cloned().collect()
    }
}

/// As an object of JavaScript's.
fn members<T: Serialize>(name: &str, of: &T) -> Result<JsValue, SessionError> {
    match of.serialize(&serde_wasm_bindgen::Serializer::json_compatible()) {
        Ok(object) if object.is_object() => Ok(object),
        Ok(_) => Err(invalid(name, "expected something with named members")),
        Err(error) => Err(invalid(name, &error.to_string())),
    }
}

fn done(told: Told) -> Result<Snapshot, SessionError> {
    match told {
        Told::Delivery(Delivery::Done(snapshot)) => Ok(snapshot),
        told => Err(failure(told)),
    }
}

fn failure(told: Told) -> SessionError {
    match told {
        Told::Delivery(Delivery::Failed(error)) => error,
        _ => SessionError::new(Code::Protocol, "the session gave an unexpected answer"),
    }
}
