//! The requests that the session makes itself: which endpoint, and the tokens.

use std::fmt;

use super::Protocol;
use super::place::{header, header_value};
use super::value::Value;
use crate::text::{concat, decimal};
use crate::token::{AccessToken, AttemptId, RefreshToken};

/// One request of the session's own: where it goes, and what is added to what the protocol says of that.
/// A login's credentials are added by the driver. `Debug` shows no values: there are tokens among them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// Where the protocol describes it, such as `renew` or `logout.1`.
    pub endpoint: String,
    /// Body fields.
    pub fields: Vec<(String, String)>,
    /// Headers.
    pub headers: Vec<(String, String)>,
}

impl Protocol {
    /// The login request, without the credentials.
    pub fn login_call(&self) -> Option<Call> {
        self.part("login").map(|_| Call::to("login"))
    }

    /// The token that buys the next access token: the refresh token, or the access token itself. The other
    /// one stays out of a renewal: some servers answer 401 to an expired access token although the refresh
    /// token is fine.
    pub fn renews_with<'a>(
        &self,
        access: Option<&'a AccessToken>,
        refresh: Option<&'a RefreshToken>,
    ) -> Option<&'a str> {
        self.part("renew")?;
        if self.sliding { access.map(AccessToken::expose) } else { refresh.map(RefreshToken::expose) }
    }

    /// The renewal request with that token.
    pub fn renewal_call(&self, token: &str, attempt: &AttemptId) -> Option<Call> {
        let mut call = Call::to("renew");
        self.put(&mut call, self.part("renew")?.member("sends"), token, !self.sliding);
        if let Some(header) = self.part("idempotencyHeader").and_then(Value::text) {
            call.headers.push((header.into(), attempt.as_str().into()));
        }
        Some(call)
    }

    /// The requests of a logout: as many as there are tokens for. `subject`: where a server ends whatever
    /// session that user has; it must be the user's word.
    pub fn logout_calls(
        &self,
        access: Option<&AccessToken>,
        refresh: Option<&RefreshToken>,
        subject: Option<&str>,
    ) -> Vec<Call> {
        let mut calls = Vec::new();
        let logout = self.part("logout");
        for (at, endpoint) in Value::items(logout).iter().enumerate() {
            let (token, is_refresh) = match endpoint.word("token") {
                "none" => (Some(""), false),
                "refresh" => (refresh.map(RefreshToken::expose), true),
                "subject" => (subject, false),
                _ => (access.map(AccessToken::expose), false),
            };
            let Some(token) = token else { continue };
            let mut call = Call::to("logout");
            if let Some(Value::List(_)) = logout {
                call.endpoint = concat(&["logout.", &decimal(at as u64)]);
            }
            if !token.is_empty() {
                self.put(&mut call, endpoint.member("sends"), token, is_refresh);
            }
            calls.push(call);
        }
        calls
    }

    /// A request to a further endpoint, without the token of a session. `given`: the token that the caller
    /// has, for an endpoint that takes one.
    pub fn further_call(&self, name: &str, given: Option<&str>) -> Option<Call> {
        let endpoint = self.endpoint(name)?;
        let mut call = Call::to(&concat(&["endpoints.", name]));
        if let (Some(place), Some(token)) = (endpoint.at("token.sends"), given) {
            self.put(&mut call, Some(place), token, false);
        }
        Some(call)
    }

    /// The name of the header that carries the access token.
    pub fn header(&self) -> &str {
        header(self.attach())
    }

    /// The value of that header.
    pub fn header_value(&self, token: &AccessToken) -> String {
        header_value(self.attach(), token.expose())
    }

    /// Whether the server refuses to end a session by an access token that has expired.
    pub fn logs_out_live(&self) -> bool {
        let live = |endpoint: &Value| matches!(endpoint.member("live"), Some(Value::Bool(true)));
        Value::items(self.part("logout")).iter().any(live)
    }

    pub(super) fn endpoint(&self, name: &str) -> Option<&Value> {
        self.part("endpoints")?.member(name).filter(|endpoint| matches!(endpoint, Value::Object(_)))
    }

    fn attach(&self) -> &Value {
        self.part("attach").unwrap_or(&Value::Null)
    }

    /// Never into the URL (RFC 6750, section 5.3).
    fn put(&self, call: &mut Call, place: Option<&Value>, token: &str, is_refresh: bool) {
        let field = match place {
            None if is_refresh => "refreshToken",
            _ => place.map_or("", |place| place.word("field")),
        };
        if field.is_empty() {
            let place = place.unwrap_or_else(|| self.attach());
            call.headers.push((header(place).into(), header_value(place, token)));
        } else {
            call.fields.push((field.into(), token.into()));
        }
    }
}

impl Call {
    fn to(endpoint: &str) -> Self {
        Self { endpoint: endpoint.into(), fields: Vec::new(), headers: Vec::new() }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Takes;
    use super::super::parse_json;
    use super::*;

    fn protocol(options: &str) -> Protocol {
        Protocol::read(&parse_json(options).unwrap()).unwrap()
    }

    fn renewal(protocol: &Protocol) -> Call {
        protocol.renewal_call("r-secret", &AttemptId::new("a1")).unwrap()
    }

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.to_owned(), b.to_owned())
    }

    #[test]
    fn a_renewal_sends_its_token_where_the_protocol_says() {
        for (renew, header, field) in [
            (r#"{"path":"/r"}"#, None, Some("refreshToken")),
            (r#"{"sends":{"field":"r"}}"#, None, Some("r")),
            (r#"{"sends":{"scheme":"Refresh"}}"#, Some(("Authorization", "Refresh r-secret")), None),
            (r#"{"sends":{"header":"X-R"}}"#, Some(("X-R", "r-secret")), None),
            (r#"{"sends":{"header":"X-R","scheme":"T"}}"#, Some(("X-R", "T r-secret")), None),
            (r#"{"sends":{"basic":"username"}}"#, Some(("Authorization", "Basic ci1zZWNyZXQ6eA==")), None),
            (r#"{"token":"access"}"#, Some(("Authorization", "Bearer r-secret")), None),
        ] {
            let call = renewal(&protocol(&format!(r#"{{"renew":{renew},"idempotencyHeader":false}}"#)));
            let header: Vec<_> = header.into_iter().map(|(name, value)| pair(name, value)).collect();
            let field: Vec<_> = field.into_iter().map(|name| pair(name, "r-secret")).collect();
            assert_eq!((call.headers, call.fields), (header, field), "{renew}");
        }
    }

    #[test]
    fn a_renewal_takes_one_token_and_never_the_other() {
        let (access, refresh) = (AccessToken::new("a"), RefreshToken::new("r"));
        for (options, expected) in [
            ("{}", Some("r")),
            (r#"{"renew":{"token":"access"}}"#, Some("a")),
            (r#""rest-auth""#, Some("a")),
            (r#"{"renew":false}"#, None),
        ] {
            assert_eq!(protocol(options).renews_with(Some(&access), Some(&refresh)), expected, "{options}");
        }
        assert_eq!(protocol("{}").renews_with(Some(&access), None), None);
    }

    #[test]
    fn other_servers_never_see_the_attempt_id() {
        assert_eq!(renewal(&protocol("{}")).headers, [pair("Idempotency-Key", "a1")]);
        assert_eq!(renewal(&protocol(r#"{"idempotencyHeader":false}"#)).headers, []);
        assert_eq!(renewal(&protocol(r#""oauth2""#)).headers, []);
    }

    #[test]
    fn a_logout_takes_as_many_calls_as_there_are_tokens_for() {
        let (access, refresh) = (AccessToken::new("a"), RefreshToken::new("r"));
        let both = protocol(
            r#"{"logout":[{"path":"/a"},{"path":"/r","token":"refresh","body":"form"},{"path":"/n","token":"none"}]}"#,
        );
        let calls = |access, refresh| {
            let calls = both.logout_calls(access, refresh, None).into_iter();
            calls.map(|call| (call.endpoint, call.headers.len(), call.fields.len())).collect::<Vec<_>>()
        };
        let call = |path: &str, headers, fields| (path.to_owned(), headers, fields);
        assert_eq!(
            calls(Some(&access), Some(&refresh)),
            [call("logout.0", 1, 0), call("logout.1", 0, 1), call("logout.2", 0, 0)]
        );
        assert_eq!(calls(Some(&access), None), [call("logout.0", 1, 0), call("logout.2", 0, 0)]);
        assert_eq!(calls(None, None), [call("logout.2", 0, 0)]);
        assert_eq!(protocol(r#"{"logout":false}"#).logout_calls(Some(&access), Some(&refresh), None), []);
        let named = protocol(r#"{"logout":{"body":"json","token":"subject","sends":{"field":"username"}}}"#);
        assert_eq!(named.logout_calls(Some(&access), None, Some("omar"))[0].fields, [pair("username", "omar")]);
        assert_eq!(named.logout_calls(Some(&access), None, None), []);
    }

    #[test]
    fn a_further_endpoint_gets_the_token_that_it_is_given() {
        let protocol = protocol(
            r#"{"endpoints":{"verify":{"path":"/v","token":{"from":"code","sends":{"scheme":"Bearer"}}},"mine":{"path":"/m","token":"access"}}}"#,
        );
        for (name, takes, headers) in [
            ("verify", Takes::Given("code"), vec![pair("Authorization", "Bearer t")]),
            ("mine", Takes::Access, vec![]),
            ("register", Takes::Nothing, vec![]),
        ] {
            assert_eq!(protocol.takes(name), takes);
            assert_eq!(protocol.further_call(name, Some("t")).unwrap().headers, headers);
            assert_eq!(protocol.further_call(name, None).unwrap().headers, []);
        }
        assert_eq!(protocol.further_call("nope", None), None);
    }

    #[test]
    fn debug_output_never_shows_a_token() {
        let call = renewal(&Protocol::default());
        assert!(!format!("{call:?}").contains("r-secret"));
    }
}
