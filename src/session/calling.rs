//! Calls to the protocol's further endpoints, beside the session.

use std::rc::Rc;

use js_sys::{JSON, Object, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

use super::driver::Driver;
use super::options::invalid;
use super::request::{Begun, FetchError, RequestOptions};
use crate::browser::global::property;
use crate::browser::transport;
use crate::error::{Code, SessionError};
use crate::protocol::{Call, Reply, Silence, Takes};
use crate::text::concat;

/// A call under way.
pub(super) struct Calling {
    name: String,
    way: Way,
}

enum Way {
    /// Without a token of the session.
    Bare(Call, JsValue),
    /// As any request of the app's.
    Attached(Result<Begun, FetchError>),
}

impl Driver {
    pub(super) fn begin_call(self: &Rc<Self>, name: &str, body: &JsValue) -> Result<Calling, SessionError> {
        let protocol = &self.settings.protocol;
        let unknown = || invalid("protocol.endpoints", &concat(&["there is none called `", name, "`"]));
        let takes = protocol.takes(name);
        let given = match takes {
            Takes::Given(from) => {
                let token = property(body, from).as_string().filter(|token| !token.is_empty());
                let _ = Reflect::delete_property(body.unchecked_ref::<Object>(), &from.into());
                Some(token.ok_or_else(|| invalid(&concat(&["body.", from]), "expected a token"))?)
            }
            _ => None,
        };
        let call = protocol.further_call(name, given.as_deref()).ok_or_else(unknown)?;
        let way = if takes == Takes::Access {
            let request = self.build(&call, Some(body), false).map_err(|_| invalid("body", "cannot be sent"))?;
            Way::Attached(self.begin_fetch(&request, Some(name), RequestOptions::default()))
        } else {
            Way::Bare(call, body.clone())
        };
        Ok(Calling { name: name.to_owned(), way })
    }

    /// The answer's body.
    pub(super) async fn finish_call(self: Rc<Self>, calling: Calling) -> Result<String, SessionError> {
        let Calling { name, way } = calling;
        let reply = match way {
            Way::Bare(call, body) => self.exchange(&name, &call, Some(&body), false).await,
            Way::Attached(begun) => self.attached(begun).await?,
        };
        self.machine.borrow().read_call(&name, &reply, self.clock.now())?;
        reply
            .map(|answer| answer.body.0)
            .map_err(|_| SessionError::new(Code::Network, "the request did not get through"))
    }

    async fn attached(self: &Rc<Self>, begun: Result<Begun, FetchError>) -> Result<Reply, SessionError> {
        let answer = match begun {
            Ok(begun) => Rc::clone(self).finish_fetch(begun).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => Ok(transport::read(Ok(answer.into())).await),
            Err(FetchError::Session { error, .. }) => Err(error),
            Err(FetchError::Native(_)) => Ok(Err(Silence::Network)),
        }
    }
}

/// What an answer's body holds. Text that is no JSON is a string.
pub(super) fn parse<R: DeserializeOwned>(body: &str) -> Result<R, SessionError> {
    let value = match body {
        "" => JsValue::UNDEFINED,
        _ => JSON::parse(body).unwrap_or_else(|_| body.into()),
    };
    serde_wasm_bindgen::from_value(value)
        .map_err(|_| SessionError::new(Code::Protocol, "the answer does not hold what was asked for"))
}
