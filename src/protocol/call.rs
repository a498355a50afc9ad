//! The requests that the session makes itself.

use std::fmt;

use super::{Carrier, Encoding, Endpoint, Protocol};
use crate::text::concat;
use crate::token::{AccessToken, AttemptId, RefreshToken};

/// One request, ready to be encoded and sent. `Debug` shows no values.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Resolved against the base URL.
    pub path: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Body,
}

/// The body of a [`Call`]. A login's credentials are added by the driver, which knows their shape.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Body {
    /// Nothing at all: some servers choke on a body that they do not read.
    None,
    /// `application/json`.
    Json(Vec<(String, String)>),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
}

impl Protocol {
    /// The login request, without the credentials.
    pub fn login_call(&self) -> Option<Call> {
        self.login.as_ref().map(|endpoint| Call::new(endpoint, None))
    }

    /// The renewal request. It never carries the access token: some servers answer 401 to an
    /// expired one although the refresh token is fine.
    pub fn renewal_call(&self, refresh: &RefreshToken, attempt: &AttemptId) -> Option<Call> {
        let endpoint = self.renew.as_ref()?;
        let mut call = match &self.carrier {
            Carrier::Field(name) => Call::new(endpoint, Some((name.clone(), refresh.expose().to_owned()))),
            Carrier::Scheme(scheme) => {
                let mut call = Call::new(endpoint, None);
                call.headers.push(("Authorization".into(), concat(&[scheme, " ", refresh.expose()])));
                call
            }
        };
        if let Some(header) = &self.idempotency_header {
            call.headers.push((header.clone(), attempt.as_str().to_owned()));
        }
        Some(call)
    }

    /// The logout request.
    pub fn logout_call(&self, access: &AccessToken) -> Option<Call> {
        let mut call = Call::new(self.logout.as_ref()?, None);
        call.headers.push((self.attach.header.clone(), self.header_value(access)));
        Some(call)
    }
}

impl Call {
    fn new(endpoint: &Endpoint, secret: Option<(String, String)>) -> Self {
        let fields = endpoint.fields.iter().cloned().chain(secret).collect();
        Self {
            method: endpoint.method.clone(),
            path: endpoint.path.clone(),
            headers: endpoint.headers.clone(),
            body: match endpoint.encoding {
                Encoding::Json => Body::Json(fields),
                Encoding::Form => Body::Form(fields),
                Encoding::None => Body::None,
            },
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({} {})", self.method, self.path)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renewal(protocol: &Protocol) -> Call {
        protocol.renewal_call(&RefreshToken::new("r-secret"), &AttemptId::new("a1")).unwrap()
    }

    #[test]
    fn a_renewal_sends_the_refresh_token_where_the_protocol_says() {
        let mut protocol = Protocol::default();
        assert_eq!(renewal(&protocol).body, Body::Json(vec![("refreshToken".into(), "r-secret".into())]));
        protocol.carrier = Carrier::Scheme("Bearer".into());
        let call = renewal(&protocol);
        assert_eq!(call.body, Body::Json(vec![]));
        assert!(call.headers.contains(&("Authorization".into(), "Bearer r-secret".into())));
    }

    #[test]
    fn other_servers_never_see_the_attempt_id() {
        let protocol = Protocol { idempotency_header: None, ..Protocol::default() };
        assert_eq!(renewal(&protocol).headers, []);
    }

    #[test]
    fn debug_output_never_shows_a_token() {
        let call = renewal(&Protocol::default());
        assert!(!format!("{call:?} {:?}", call.body).contains("r-secret"));
    }
}
