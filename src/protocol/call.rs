//! The requests that the session makes itself: which endpoint, and the tokens.

use std::fmt;

use super::Protocol;
use super::value::Value;
use crate::text::{concat, decimal};
use crate::token::{AccessToken, AttemptId, RefreshToken};

/// One request of the session's own: where it goes, and what is added to what the protocol says of that.
/// A login's credentials are added by the driver. `Debug` shows no values: there are tokens among them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// Where the protocol describes it, such as `renew` or `logout.1`.
    pub endpoint: String,
    /// The token that it carries, or the name of a user: put where the protocol says.
    pub token: Option<String>,
    /// Names a renewal, for servers that take that.
    pub attempt: Option<AttemptId>,
}

impl Protocol {
    /// The login request, without the credentials.
    pub fn login_call(&self) -> Option<Call> {
        self.part("login").map(|_| Call::to("login", None))
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
        self.part("renew")?;
        Some(Call { attempt: Some(attempt.clone()), ..Call::to("renew", Some(token)) })
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
            let kind = endpoint.word("token");
            let token = match kind {
                "none" => None,
                "refresh" => refresh.map(RefreshToken::expose),
                "subject" => subject,
                _ => access.map(AccessToken::expose),
            };
            if token.is_none() && kind != "none" {
                continue;
            }
            let mut call = Call::to("logout", token);
            if let Some(Value::List(_)) = logout {
                call.endpoint = concat(&["logout.", &decimal(at as u64)]);
            }
            calls.push(call);
        }
        calls
    }

    /// Whether the server refuses to end a session by an access token that has expired.
    pub fn logs_out_live(&self) -> bool {
        let live = |endpoint: &Value| matches!(endpoint.member("live"), Some(Value::Bool(true)));
        Value::items(self.part("logout")).iter().any(live)
    }

    pub(super) fn endpoint(&self, name: &str) -> Option<&Value> {
        self.part("endpoints")?.member(name).filter(|endpoint| matches!(endpoint, Value::Object(_)))
    }
}

impl Call {
    pub(super) fn to(endpoint: &str, token: Option<&str>) -> Self {
        Self { endpoint: endpoint.into(), token: token.map(str::to_owned), attempt: None }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_json;
    use super::*;

    fn protocol(options: &str) -> Protocol {
        Protocol::read(&parse_json(options).unwrap()).unwrap()
    }

    fn renewal(protocol: &Protocol) -> Call {
        protocol.renewal_call("r-secret", &AttemptId::new("a1")).unwrap()
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
    fn a_logout_takes_as_many_calls_as_there_are_tokens_for() {
        let (access, refresh) = (AccessToken::new("a"), RefreshToken::new("r"));
        let both = protocol(
            r#"{"logout":[{"path":"/a"},{"path":"/r","token":"refresh","body":"form"},{"path":"/n","token":"none"}]}"#,
        );
        let calls = |access, refresh| {
            let calls = both.logout_calls(access, refresh, None).into_iter();
            calls.map(|call| (call.endpoint, call.token.unwrap_or_default())).collect::<Vec<_>>()
        };
        let pairs =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect::<Vec<_>>();
        let [a, r, none] = [("logout.0", "a"), ("logout.1", "r"), ("logout.2", "")];
        assert_eq!(calls(Some(&access), Some(&refresh)), pairs(&[a, r, none]));
        assert_eq!(calls(Some(&access), None), pairs(&[a, none]));
        assert_eq!(calls(None, None), pairs(&[none]));
        assert_eq!(protocol(r#"{"logout":false}"#).logout_calls(Some(&access), Some(&refresh), None), []);
        let named = protocol(r#"{"logout":{"body":"json","token":"subject","sends":{"field":"username"}}}"#);
        assert_eq!(named.logout_calls(Some(&access), None, Some("omar"))[0].token.as_deref(), Some("omar"));
        assert_eq!(named.logout_calls(Some(&access), None, None), []);
    }

    #[test]
    fn debug_output_never_shows_a_token() {
        let call = renewal(&Protocol::default());
        assert!(!format!("{call:?}").contains("r-secret"));
    }
}
