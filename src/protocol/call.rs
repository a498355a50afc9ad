//! The requests that the session makes itself.

use super::{Carrier, Endpoint, Protocol};
use crate::text::concat;
use crate::token::{AccessToken, AttemptId, RefreshToken};

/// One request, ready to be encoded and sent: an endpoint with the tokens filled in. A login's credentials
/// are added by the driver, which knows their shape.
pub type Call = Endpoint;

impl Protocol {
    /// The login request, without the credentials.
    pub fn login_call(&self) -> Option<Call> {
        self.login.clone()
    }

    /// The renewal request. It never carries the access token: some servers answer 401 to an
    /// expired one although the refresh token is fine.
    pub fn renewal_call(&self, refresh: &RefreshToken, attempt: &AttemptId) -> Option<Call> {
        let mut call = self.renew.clone()?;
        match &self.carrier {
            Carrier::Field(name) => call.fields.push((name.clone(), refresh.expose().into())),
            Carrier::Scheme(scheme) => call.add_header("Authorization", concat(&[scheme, " ", refresh.expose()])),
        }
        if let Some(header) = &self.idempotency_header {
            call.add_header(header, attempt.as_str().into());
        }
        Some(call)
    }

    /// The logout request.
    pub fn logout_call(&self, access: &AccessToken) -> Option<Call> {
        let mut call = self.logout.clone()?;
        call.add_header(&self.attach.header, self.header_value(access));
        Some(call)
    }
}

impl Endpoint {
    fn add_header(&mut self, name: &str, value: String) {
        self.headers.push((name.into(), value));
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
        assert_eq!(renewal(&protocol).fields, [("refreshToken".into(), "r-secret".into())]);
        protocol.carrier = Carrier::Scheme("Bearer".into());
        let call = renewal(&protocol);
        assert_eq!(call.fields, []);
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
        assert!(!format!("{call:?}").contains("r-secret"));
    }
}
