//! The app's own requests: the token attached, and one more try where it had grown old.

use std::rc::Rc;

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, Request};

use super::driver::Driver;
use super::waiting::{Told, Waiting};
use crate::browser::global::{flag, property, text};
use crate::browser::url::Url;
use crate::browser::{fetch, promise};
use crate::error::{Code, SessionError};
use crate::machine::{Delivery, Event, Lease};

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

/// A request that may carry the token.
pub(super) struct Prepared {
    request: Request,
    signal: JsValue,
    body: Body,
    /// Redirects are not followed, because the token would go along.
    guarded: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    None,
    /// Can be read twice.
    Whole,
    /// Can be read once.
    Stream,
}

/// A request under way.
pub(super) struct Sent {
    lease: Lease,
    answer: Promise,
    /// The same request once more; `None` where it cannot be repeated.
    again: Option<Request>,
}

/// What has become of a call by the time it returns.
pub(super) enum Started {
    Failed(FetchError),
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
    pub(super) fn start_fetch(self: &Rc<Self>, input: &JsValue, init: &JsValue) -> Started {
        self.try_start(input, init).unwrap_or_else(Started::Failed)
    }

    pub(super) async fn finish_fetch(self: Rc<Self>, started: Started) -> Result<JsValue, FetchError> {
        let (prepared, sent) = match started {
            Started::Failed(error) => return Err(error),
            Started::Plain(answer) => return settled(answer).await,
            Started::Sent(prepared, sent) => (prepared, sent),
            Started::Waiting(prepared, waiting) => match delivered(waiting).await? {
                Delivery::Token(lease) => {
                    let sent = self.send_first(&prepared, lease)?;
                    (prepared, sent)
                }
                _ => return Err(unexpected()),
            },
        };
        let answer = settled(sent.answer).await?;
        if !self.is_rejection(&prepared, &answer)? {
            return Ok(answer);
        }
        let Some(lease) = self.after_rejection(&prepared, sent.lease, false).await? else {
            return Ok(answer);
        };
        let again = sent.again.ok_or_else(|| {
            let message = "the token was renewed, but the request's body was a stream and cannot be sent again";
            SessionError::new(Code::NotReplayable, message).with_status(401)
        })?;
        let answer = settled(self.send_with(&again, &lease)?).await?;
        if self.is_rejection(&prepared, &answer)? {
            self.after_rejection(&prepared, lease, true).await?;
        } else {
            self.feed(Event::ReplayAccepted(lease.stamp));
        }
        Ok(answer)
    }

    fn try_start(self: &Rc<Self>, input: &JsValue, init: &JsValue) -> Result<Started, FetchError> {
        let plain = |input: &JsValue, init: &JsValue| Ok(Started::Plain(self.settings.fetch.send(input, init)));
        let (href, input) = match fetch::url_of_request(input) {
            Some(href) => (href, input.clone()),
            None => {
                let href = self.resolve(input).map_err(FetchError::Native)?;
                let input = JsValue::from_str(&href);
                (href, input)
            }
        };
        if !self.settings.allows(&href) {
            return plain(&input, init);
        }
        let request = fetch::request(&input, init).map_err(|cause| consumed(&input, cause))?;
        let header = &self.settings.protocol.attach.header;
        // Looked at again: only a real request tells for certain where it goes.
        if headers(&request).has(header).unwrap_or(true) || !self.settings.allows(&word(&request, "url")) {
            return plain(&request, &JsValue::UNDEFINED);
        }
        let prepared = self.prepare(request, &input, init).map_err(FetchError::Native)?;
        Ok(match self.lease() {
            Some(lease) => {
                let sent = self.send_first(&prepared, lease)?;
                Started::Sent(prepared, sent)
            }
            None => {
                let waiting = self.ask(Event::TokenWanted).until(&prepared.signal);
                Started::Waiting(prepared, waiting)
            }
        })
    }

    fn resolve(&self, address: &JsValue) -> Result<String, JsValue> {
        Ok(Url::new(&text(address)?, Some(&self.settings.base))?.href())
    }

    fn prepare(&self, request: Request, input: &JsValue, init: &JsValue) -> Result<Prepared, JsValue> {
        let body = match property(init, "body") {
            body if property(&body, "getReader").is_function() => Body::Stream,
            body if body.is_null() || body.is_undefined() => {
                let may_have_one = !input.is_string() && !matches!(word(&request, "method").as_str(), "GET" | "HEAD");
                if may_have_one { Body::Whole } else { Body::None }
            }
            _ => Body::Whole,
        };
        let attach = &self.settings.protocol.attach.header;
        let guarded = !attach.eq_ignore_ascii_case("Authorization") && word(&request, "redirect") == "follow";
        let request = if guarded {
            let manual = Object::new();
            Reflect::set(&manual, &"redirect".into(), &"manual".into())?;
            fetch::request(&request, &manual)?
        } else {
            request
        };
        Ok(Prepared { signal: property(&request, "signal"), request, body, guarded })
    }

    fn send_first(&self, prepared: &Prepared, lease: Lease) -> Result<Sent, FetchError> {
        let request = &prepared.request;
        let again = match prepared.body {
            Body::None => Some(Clone::clone(request)),
            Body::Whole => Request::clone(request).ok(),
            Body::Stream => None,
        };
        let answer = self.send_with(request, &lease)?;
        Ok(Sent { lease, answer, again })
    }

    fn send_with(&self, request: &Request, lease: &Lease) -> Result<Promise, FetchError> {
        let protocol = &self.settings.protocol;
        let value = protocol.header_value(&lease.token);
        if headers(request).set(&protocol.attach.header, &value).is_err() {
            let message = "the access token has characters that no header can carry";
            return Err(SessionError::new(Code::Protocol, message).into());
        }
        Ok(self.settings.fetch.send(request, &JsValue::UNDEFINED))
    }

    fn is_rejection(&self, prepared: &Prepared, answer: &JsValue) -> Result<bool, FetchError> {
        let protocol = &self.settings.protocol;
        let Some(status) = fetch::status(answer) else {
            return Ok(false);
        };
        let redirected = word(answer, "type") == "opaqueredirect";
        if prepared.guarded && (redirected || matches!(status, 301 | 302 | 303 | 307 | 308)) {
            let message = "the server redirects; the token's header would have gone along";
            return Err(SessionError::new(Code::RedirectBlocked, message).into());
        }
        Ok(protocol.may_reject(status)
            && protocol.rejects_token(status, fetch::header(answer, "WWW-Authenticate").as_deref()))
    }

    /// The token for another try; `None` if the answer is the caller's.
    async fn after_rejection(
        self: &Rc<Self>,
        prepared: &Prepared,
        lease: Lease,
        replayed: bool,
    ) -> Result<Option<Lease>, FetchError> {
        let Lease { session, stamp, .. } = lease;
        let waiting = self.ask(|ticket| Event::TokenRejected { ticket, session, stamp, replayed });
        match delivered(waiting.until(&prepared.signal)).await? {
            Delivery::Token(lease) => Ok(Some(lease)),
            _ => Ok(None),
        }
    }
}

async fn settled(answer: Promise) -> Result<JsValue, FetchError> {
    promise::settled(&answer).await.map_err(FetchError::Native)
}

async fn delivered(waiting: Waiting) -> Result<Delivery, FetchError> {
    match waiting.await {
        Told::Delivery(Delivery::Failed(error)) => Err(error.into()),
        Told::Delivery(delivery) => Ok(delivery),
        Told::Aborted(reason) => Err(FetchError::Native(reason)),
    }
}

/// A request whose body was read before cannot be sent.
fn consumed(input: &JsValue, cause: JsValue) -> FetchError {
    if !flag(input, "bodyUsed") {
        return FetchError::Native(cause);
    }
    let error = SessionError::new(Code::NotReplayable, "the request's body has already been read");
    FetchError::Session { error, cause: Some(cause) }
}

fn headers(request: &JsValue) -> Headers {
    property(request, "headers").unchecked_into()
}

/// A property that is a string.
fn word(of: &JsValue, name: &str) -> String {
    property(of, name).as_string().unwrap_or_default()
}

fn unexpected() -> FetchError {
    SessionError::new(Code::Protocol, "the session gave no token").into()
}
