//! The app's own requests: the token attached, and one more try where it had grown old.

use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, RequestInit, RequestRedirect, Response, ResponseType, Url};

use super::driver::Driver;
use super::waiting::{Told, Waiting, reason};
use crate::browser::{promise, transport};
use crate::error::{Code, SessionError};
use crate::machine::{Delivery, Event, Lease, Relogin, Resend};
use crate::protocol::{Answer, Verdict};
use crate::token::Secret;

/// Why a request has no answer.
#[derive(Debug)]
pub enum FetchError {
    /// The session's own failure.
    Session {
        /// What happened.
        error: SessionError,
        /// What the browser said, where that was the cause.
        cause: Option<JsValue>,
    },
    /// What `fetch` itself rejected with, or the reason with which the caller has aborted.
    Native(JsValue),
}

/// What one request wants otherwise than [`Options`](super::Options) have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestOptions {
    /// What becomes of it where the session has ended. `None`: as for all.
    pub relogin: Option<Relogin>,
    /// Send it once more after a login although the server may have acted on it: twice does no harm. Needed
    /// for a `POST` or `PATCH` that was rejected by something else than a 401.
    pub replay: bool,
}

/// A request that gets the token.
pub(super) struct Prepared {
    request: Request,
    /// Redirects are not followed, because the token would go along.
    guarded: bool,
    /// Set for an operation of the session's own.
    operation: Option<String>,
    relogin: Relogin,
    replay: bool,
}

/// A request under way.
pub(super) struct Sent {
    lease: Lease,
    answer: Promise,
    /// The same request once more; `None` where it cannot be repeated.
    again: Option<Request>,
}

/// What has become of a call by the time it returns.
pub(super) enum Begun {
    /// Without a token, and none of our business from here on.
    Plain(Promise),
    Sent(Prepared, Sent),
    Waiting(Prepared, Waiting),
}

impl From<SessionError> for FetchError {
    fn from(error: SessionError) -> Self {
        Self::Session { error, cause: None }
    }
}

impl Driver {
    /// All that has to happen before the call returns.
    pub(super) fn begin_fetch(
        self: &Rc<Self>,
        request: &Request,
        operation: Option<&str>,
        wishes: RequestOptions,
    ) -> Result<Begun, FetchError> {
        let plain = |request: &Request| Ok(Begun::Plain(self.settings.fetch.send(request)));
        if !self.settings.allows(&request.url()) {
            return plain(request);
        }
        let own = Request::new_with_request(request).map_err(|cause| consumed(request, cause))?;
        let header = self.settings.protocol.header();
        if own.headers().has(header).unwrap_or(true) {
            return plain(&own);
        }
        let guarded = !header.eq_ignore_ascii_case("Authorization") && own.redirect() == RequestRedirect::Follow;
        let own = if guarded { manual(&own)? } else { own };
        let request = match self.settings.protocol.credentials() {
            Some(mode) => with_credentials(&own, mode)?,
            None => own,
        };
        let operation = operation.map(str::to_owned);
        let relogin = wishes.relogin.unwrap_or(self.settings.relogin);
        let prepared = Prepared { request, guarded, operation, relogin, replay: wishes.replay };
        Ok(match self.lease() {
            Some(lease) => {
                let sent = self.send_first(&prepared, lease)?;
                Begun::Sent(prepared, sent)
            }
            None => {
                let signal = prepared.request.signal();
                if signal.aborted() {
                    return Err(FetchError::Native(reason(&signal)));
                }
                let waiting = self.ask(|ticket| Event::TokenWanted(ticket, relogin)).until(signal);
                Begun::Waiting(prepared, waiting)
            }
        })
    }

    pub(super) async fn finish_fetch(self: Rc<Self>, begun: Begun) -> Result<Response, FetchError> {
        let (prepared, sent) = match begun {
            Begun::Plain(answer) => return settled(answer).await,
            Begun::Sent(prepared, sent) => (prepared, sent),
            Begun::Waiting(prepared, waiting) => match delivered(waiting).await? {
                Delivery::Token(lease) => {
                    let sent = self.send_first(&prepared, lease)?;
                    (prepared, sent)
                }
                _ => return Err(unexpected()),
            },
        };
        let answer = settled(sent.answer).await?;
        if !self.is_rejection(&prepared, &answer).await? {
            return Ok(answer);
        }
        // To where it was sent on, the token did not go.
        if answer.redirected() && origin(&answer.url()) != origin(&prepared.request.url()) {
            return Ok(answer);
        }
        let resend = Resend {
            relogin: prepared.relogin,
            status: if answer.redirected() { 0 } else { answer.status() },
            idempotent: is_idempotent(&prepared.request.method()),
            harmless: prepared.replay,
            repeatable: sent.again.is_some(),
        };
        let Some(lease) = self.after_rejection(&prepared, sent.lease, Some(resend)).await? else {
            return Ok(answer);
        };
        let again = sent.again.ok_or_else(|| {
            let message = "the token was renewed, but the request's body cannot be sent again";
            SessionError::new(Code::NotReplayable, message).with_status(answer.status())
        })?;
        let answer = settled(self.send_with(&prepared, &again, &lease)?).await?;
        if self.is_rejection(&prepared, &answer).await? {
            self.after_rejection(&prepared, lease, None).await?;
        } else {
            self.feed(Event::ReplayAccepted(lease.stamp));
        }
        Ok(answer)
    }

    fn send_first(&self, prepared: &Prepared, lease: Lease) -> Result<Sent, FetchError> {
        let request = &prepared.request;
        let again = match request.method().as_str() {
            "GET" | "HEAD" => Some(Clone::clone(request)),
            _ => Request::clone(request).ok(),
        };
        let answer = self.send_with(prepared, request, &lease)?;
        Ok(Sent { lease, answer, again })
    }

    fn send_with(&self, prepared: &Prepared, request: &Request, lease: &Lease) -> Result<Promise, FetchError> {
        let protocol = &self.settings.protocol;
        if request.headers().set(protocol.header(), &protocol.header_value(&lease.token)).is_err() {
            let message = "the access token has characters that no header can carry";
            return Err(SessionError::new(Code::Protocol, message).into());
        }
        Ok(match &prepared.operation {
            Some(operation) => self.send_own(request, operation),
            None => self.settings.fetch.send(request),
        })
    }

    /// Whether the answer says that another token would help.
    async fn is_rejection(&self, prepared: &Prepared, answer: &Response) -> Result<bool, FetchError> {
        let protocol = &self.settings.protocol;
        let status = answer.status();
        let redirected = answer.type_() == ResponseType::Opaqueredirect;
        if prepared.guarded && (redirected || matches!(status, 301 | 302 | 303 | 307 | 308)) {
            let message = "the server redirects; the token's header would have gone along";
            return Err(SessionError::new(Code::RedirectBlocked, message).into());
        }
        if !protocol.suspects(status) {
            return Ok(false);
        }
        let mut told = Answer { headers: transport::headers_of(answer), ..Answer::new(status, "") };
        let mut verdict = protocol.judge(&told, false);
        if verdict == Verdict::BodyTells {
            told.body = Secret(transport::peek(answer).await);
            verdict = protocol.judge(&told, true);
        }
        Ok(verdict == Verdict::Rejected)
    }

    /// The token for another try; `None` if the answer is the caller's. Without `resend` this was that try.
    async fn after_rejection(
        self: &Rc<Self>,
        prepared: &Prepared,
        lease: Lease,
        resend: Option<Resend>,
    ) -> Result<Option<Lease>, FetchError> {
        let Lease { session, stamp, .. } = lease;
        let (replayed, resend) = (resend.is_none(), resend.unwrap_or_default());
        let waiting = self.ask(|ticket| Event::TokenRejected { ticket, session, stamp, replayed, resend });
        match delivered(waiting.until(prepared.request.signal())).await? {
            Delivery::Token(lease) => Ok(Some(lease)),
            _ => Ok(None),
        }
    }
}

async fn settled(answer: Promise) -> Result<Response, FetchError> {
    promise::settled(&answer).await.and_then(JsCast::dyn_into).map_err(FetchError::Native)
}

async fn delivered(waiting: Waiting) -> Result<Delivery, FetchError> {
    match waiting.await {
        Told::Delivery(Delivery::Failed(error)) => Err(error.into()),
        Told::Delivery(delivery) => Ok(delivery),
        Told::Aborted(reason) => Err(FetchError::Native(reason)),
    }
}

/// The same request, which follows no redirect.
fn manual(request: &Request) -> Result<Request, FetchError> {
    let init = RequestInit::new();
    init.set_redirect(RequestRedirect::Manual);
    Request::new_with_request_and_init(request, &init).map_err(FetchError::Native)
}

fn with_credentials(request: &Request, mode: &str) -> Result<Request, FetchError> {
    let init = RequestInit::new();
    init.set_credentials(transport::mode(Some(mode)));
    Request::new_with_request_and_init(request, &init).map_err(FetchError::Native)
}

fn origin(address: &str) -> Option<String> {
    Url::new(address).ok().map(|url| url.origin())
}

/// Whether it does the same once or twice (RFC 9110, section 9.2.2).
fn is_idempotent(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE")
}

/// A request whose body was read before cannot be sent.
fn consumed(request: &Request, cause: JsValue) -> FetchError {
    if !request.body_used() {
        return FetchError::Native(cause);
    }
    let error = SessionError::new(Code::NotReplayable, "the request's body has already been read");
    FetchError::Session { error, cause: Some(cause) }
}

fn unexpected() -> FetchError {
    SessionError::new(Code::Protocol, "the session gave no token").into()
}
