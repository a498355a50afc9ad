//! The facade behind the npm package: the session as JavaScript sees it. No rule lives here.

mod options;
mod schema;
mod view;

use std::rc::Rc;

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::browser::global::{call, property};
use crate::browser::promise::promise;
use crate::error::{Code, EndReason, SessionError};
use crate::machine::{Delivery, Notice};
use crate::session::{FetchError, Session, Subscription, Told, Waiting};
use view::{Field, Shape, View};

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
        promise(async move {
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

    /// The user is there.
    pub fn touch(&self) {
        self.session.touch();
    }

    /// Rejects what waits.
    pub fn dispose(&self) {
        self.session.dispose();
    }

    fn settle(&self, waiting: Result<Waiting, SessionError>) -> Promise {
        let (session, hooks) = (self.session.clone(), Rc::clone(&self.hooks));
        promise(async move {
            let error = match waiting {
                Err(error) => error,
                Ok(waiting) => match waiting.await {
                    Told::Delivery(Delivery::Done(_)) => return Ok(hooks.view.snapshot(&session)),
                    Told::Delivery(Delivery::Token(lease)) => return Ok(lease.token.expose().into()),
                    Told::Delivery(Delivery::LoggedOut(revoked)) => {
                        return Ok(Shape(&[("revoked", Field::Flag(revoked))]).to_js());
                    }
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
        let rest = view::error(error);
        if let Some(cause) = cause {
            let _ = Reflect::set(&rest, &"cause".into(), &cause);
        }
        let arguments = [&error.code.as_str().into(), &(&*error.message).into(), &rest];
        call(&self.error, &JsValue::UNDEFINED, arguments).unwrap_or_else(|thrown| thrown)
    }

    fn emit(&self, session: &Session, notice: &Notice) {
        let ended = |reason: &EndReason| Shape(&[("reason", Field::Text(reason.as_str()))]).to_js();
        let (name, detail) = match notice {
            Notice::SignedIn => ("signedIn", self.view.snapshot(session)),
            Notice::Changed => ("change", self.view.snapshot(session)),
            Notice::Renewed { here } => {
                let by = Field::Text(if *here { "this-tab" } else { "other-tab" });
                let generation = Field::Number(session.snapshot().generation as f64);
                ("renewed", Shape(&[("by", by), ("generation", generation)]).to_js())
            }
            Notice::Expiring { left, reason } => {
                let (left, reason) = (Field::Number(left.0 as f64), Field::Text(reason.as_str()));
                ("expiring", Shape(&[("left", left), ("reason", reason)]).to_js())
            }
            Notice::LoginRequired(reason) => ("loginRequired", ended(reason)),
            Notice::SignedOut(reason) => ("signedOut", ended(reason)),
            Notice::Diagnostic { code, message } => {
                let (code, message) = (Field::Text(code), Field::Text(message));
                ("diagnostic", Shape(&[("code", code), ("message", message)]).to_js())
            }
        };
        let nothing = JsValue::UNDEFINED;
        let _ = call(&self.emit, &nothing, [&name.into(), &detail, &nothing]);
    }
}
