//! The facade behind the npm package: the session as JavaScript sees it. No rule lives here.

mod options;
mod reader;
mod view;

use std::rc::Rc;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use crate::browser::global::property;
use crate::error::{Code, SessionError};
use crate::machine::{Delivery, Notice};
use crate::session::{FetchError, Session, Subscription, Told, Waiting};
use view::{DiagnosticView, ErrorView, ExpiringView, LoggedOutView, ReasonView, RenewedView, View, to_js};

/// What the hand-written half of the package wraps.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawSession {
    session: Session,
    hooks: Rc<Hooks>,
    _subscription: Subscription,
}

/// What the hand-written half provides.
#[derive(Debug)]
struct Hooks {
    error: JsValue,
    emit: JsValue,
    view: View,
}

#[wasm_bindgen]
impl RawSession {
    /// Throws what `hooks.error` makes of an `invalid_config`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, hooks: &JsValue) -> Result<RawSession, JsValue> {
        let hooks =
            Rc::new(Hooks { error: property(hooks, "error"), emit: property(hooks, "emit"), view: View::default() });
        let session = options::read(options)
            .map_err(|message| SessionError::new(Code::InvalidConfig, &message))
            .and_then(Session::new)
            .map_err(|error| hooks.error(&error, None))?;
        let listening = Rc::clone(&hooks);
        let subscription = session.subscribe(move |session, notice| listening.emit(session, notice));
        Ok(Self { session, hooks, _subscription: subscription })
    }

    /// As `window.fetch`.
    pub fn fetch(&self, input: &JsValue, init: &JsValue) -> Promise {
        let answer = self.session.fetch_any(input, init);
        let hooks = Rc::clone(&self.hooks);
        future_to_promise(async move {
            answer.await.map_err(|error| match error {
                FetchError::Session { error, cause } => hooks.error(&error, cause),
                FetchError::Native(thrown) => thrown,
            })
        })
    }

    /// Resolves to a snapshot.
    pub fn login(&self, credentials: &JsValue) -> Promise {
        self.settle(self.session.start_login(credentials))
    }

    /// Resolves to the token's text.
    #[wasm_bindgen(js_name = accessToken)]
    pub fn access_token(&self) -> Promise {
        self.settle(Ok(self.session.start_access_token()))
    }

    /// Resolves to a snapshot.
    pub fn renew(&self) -> Promise {
        self.settle(Ok(self.session.start_renewal()))
    }

    /// Resolves to a snapshot.
    pub fn adopt(&self, tokens: &JsValue) -> Promise {
        let tokens = options::tokens(tokens).map_err(|message| SessionError::new(Code::InvalidConfig, &message));
        self.settle(tokens.map(|tokens| self.session.start_adoption(tokens)))
    }

    /// Resolves to `{ revoked }`.
    pub fn logout(&self) -> Promise {
        self.settle(Ok(self.session.start_logout()))
    }

    /// The same object until something changes.
    pub fn snapshot(&self) -> JsValue {
        self.hooks.view.snapshot(&self.session)
    }

    /// The claims of a JWT access token, or `undefined`. The same object as long as the token is.
    pub fn claims(&self) -> JsValue {
        self.hooks.view.claims(&self.session)
    }

    /// The timeline, oldest first.
    pub fn explain(&self) -> Array {
        view::timeline(&self.session)
    }

    /// Rejects what waits.
    pub fn dispose(&self) {
        self.session.dispose();
    }

    fn settle(&self, waiting: Result<Waiting, SessionError>) -> Promise {
        let (session, hooks) = (self.session.clone(), Rc::clone(&self.hooks));
        future_to_promise(async move {
            let error = match waiting {
                Err(error) => error,
                Ok(waiting) => match waiting.await {
                    Told::Delivery(Delivery::Done(_)) => return Ok(hooks.view.snapshot(&session)),
                    Told::Delivery(Delivery::Token(lease)) => return Ok(lease.token.expose().into()),
                    Told::Delivery(Delivery::LoggedOut(revoked)) => return Ok(to_js(&LoggedOutView { revoked })),
                    Told::Delivery(Delivery::Failed(error)) => error,
                    Told::Delivery(Delivery::PassThrough) => return Ok(JsValue::UNDEFINED),
                    Told::Aborted(reason) => return Err(reason),
                },
            };
            Err(hooks.error(&error, None))
        })
    }
}

impl Hooks {
    fn error(&self, error: &SessionError, cause: Option<JsValue>) -> JsValue {
        let rest = to_js(&ErrorView::from(error));
        if let Some(cause) = cause {
            let _ = Reflect::set(&rest, &"cause".into(), &cause);
        }
        let function = self.error.unchecked_ref::<Function>();
        let made = function.call3(&JsValue::UNDEFINED, &error.code.as_str().into(), &(&*error.message).into(), &rest);
        made.unwrap_or_else(|thrown| thrown)
    }

    fn emit(&self, session: &Session, notice: &Notice) {
        let (name, detail) = match notice {
            Notice::SignedIn => ("signedIn", self.view.snapshot(session)),
            Notice::Changed => ("change", self.view.snapshot(session)),
            Notice::Renewed { here } => {
                let by = if *here { "this-tab" } else { "other-tab" };
                let generation = session.snapshot().generation as f64;
                ("renewed", to_js(&RenewedView { by, generation }))
            }
            Notice::Expiring { left, reason } => {
                ("expiring", to_js(&ExpiringView { left: left.0 as f64, reason: reason.as_str() }))
            }
            Notice::LoginRequired(reason) => ("loginRequired", to_js(&ReasonView { reason: reason.as_str() })),
            Notice::SignedOut(reason) => ("signedOut", to_js(&ReasonView { reason: reason.as_str() })),
            Notice::Diagnostic { code, message } => ("diagnostic", to_js(&DiagnosticView { code, message })),
        };
        let _ = self.emit.unchecked_ref::<Function>().call2(&JsValue::UNDEFINED, &name.into(), &detail);
    }
}
