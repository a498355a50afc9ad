//! A request of the session's own as a whole, for a driver in Rust. That of the npm package has the protocol at
//! hand itself (`pkg/browser/transport.js`).

use std::fmt;

use super::value::Value;
use super::{Call, Protocol};
use crate::text::concat;
use crate::token::{AccessToken, AttemptId, RefreshToken};

/// One request, ready to be encoded and sent. A login's credentials are added by the driver, which knows
/// their shape. `Debug` shows no values: there may be secrets among them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Resolved against the base URL; a trailing slash stays as written.
    pub path: String,
    /// Added to the path. Never holds a token.
    pub query: Vec<(String, String)>,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// Body fields, as far as there is a body.
    pub fields: Vec<(String, String)>,
    /// Extra headers.
    pub headers: Vec<(String, String)>,
    /// Of a login: the names of the two credentials that go into `Authorization` by HTTP Basic (RFC 7617)
    /// instead of the body. Empty: all go into the body.
    pub basic: Vec<String>,
}

/// How a body is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// No body at all.
    None,
}

/// Which token a further endpoint takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes<'a> {
    /// None.
    Nothing,
    /// That of the session.
    Access,
    /// One that the caller has, such as that of a link in an e-mail: the member of this name of what it
    /// sends.
    Given(&'a str),
}

impl Protocol {
    /// What the options say of a call's endpoint, and what the call adds.
    pub fn request(&self, call: &Call) -> Request {
        let endpoint = self.endpoint_of(call);
        let method = endpoint.word("method");
        let bare = method == "GET" || call.endpoint.starts_with("logout");
        let mut request = Request {
            method: if method.is_empty() { "POST" } else { method }.into(),
            path: endpoint.word("path").into(),
            query: pairs(endpoint, "query"),
            encoding: match endpoint.word("body") {
                "json" => Encoding::Json,
                "form" => Encoding::Form,
                "" if !bare => Encoding::Json,
                _ => Encoding::None,
            },
            fields: pairs(endpoint, "fields"),
            headers: pairs(endpoint, "headers"),
            basic: Value::items(endpoint.at("credentials.basic")).iter().filter_map(Value::name).collect(),
        };
        if let Some(token) = &call.token {
            self.put(&mut request, call, token);
        }
        if let (Some(attempt), Some(Value::Text(header))) = (&call.attempt, self.part("idempotencyHeader")) {
            request.headers.push((header.clone(), attempt.as_str().into()));
        }
        request
    }

    /// A request to a further endpoint, without the token of a session. `given`: the token that the caller
    /// has, for an endpoint that takes one.
    pub fn further_call(&self, name: &str, given: Option<&str>) -> Option<Call> {
        let given = given.filter(|_| matches!(self.takes(name), Takes::Given(_)));
        self.endpoint(name).map(|_| Call::to(&concat(&["endpoints.", name]), given))
    }

    pub(super) fn endpoint_of(&self, call: &Call) -> &Value {
        self.said.at(&call.endpoint).unwrap_or(&Value::Null)
    }

    /// The name of the credential that says who signs in, if an answer does not.
    pub fn names_subject(&self) -> Option<&str> {
        let paths = Value::items(self.part("answer.subject"));
        paths.iter().find_map(|path| path.text()?.strip_prefix("sent:"))
    }

    /// Which token a further endpoint takes.
    pub fn takes(&self, name: &str) -> Takes<'_> {
        match self.endpoint(name).and_then(|endpoint| endpoint.member("token")) {
            Some(Value::Text(token)) if token == "access" => Takes::Access,
            Some(given @ Value::Object(_)) => Takes::Given(given.word("from")),
            _ => Takes::Nothing,
        }
    }

    /// Every request that there can be, by the option's name, with stand-ins for the tokens: for a driver to
    /// see that they can be made.
    pub fn samples(&self) -> Vec<(String, Request)> {
        let mut samples = Vec::new();
        if let Some(login) = self.login_call() {
            let mut login = self.request(&login);
            if login.basic.is_empty() {
                login.fields.push(("credentials".into(), "x".into()));
            }
            samples.push(("login".into(), login));
        }
        let mut calls = self.logout_calls(Some(&AccessToken::new("x")), Some(&RefreshToken::new("x")), Some("x"));
        calls.extend(self.renewal_call("x", &AttemptId::new("x")));
        if let Some(Value::Object(endpoints)) = self.part("endpoints") {
            calls.extend(endpoints.iter().filter_map(|(name, _)| self.further_call(name, Some("x"))));
        }
        samples.extend(calls.into_iter().map(|call| (call.endpoint.clone(), self.request(&call))));
        samples
    }

    /// What each option's kind lets through although no server can be spoken to like that: the option, and
    /// what was expected.
    pub fn complaint(&self) -> Option<String> {
        self.samples().into_iter().find_map(|(name, request)| {
            let what = if request.path.is_empty() {
                ".path: expected a string that is not empty"
            } else if request.encoding == Encoding::None && !request.fields.is_empty() {
                ".body: expected \"json\" or \"form\", because there is something to send in it"
            } else {
                return None;
            };
            Some(concat(&["protocol.", &name, what]))
        })
    }
}

fn pairs(endpoint: &Value, name: &str) -> Vec<(String, String)> {
    let Some(Value::Object(members)) = endpoint.member(name) else { return Vec::new() };
    let pair = |(name, value): &(String, Value)| match value {
        Value::Text(text) => Some((name.clone(), text.clone())),
        _ => None,
    };
    members.iter().filter_map(pair).collect()
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_json;
    use super::*;

    fn protocol(options: &str) -> Protocol {
        Protocol::read(&parse_json(options).unwrap()).unwrap()
    }

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.to_owned(), b.to_owned())
    }

    fn renewal(protocol: &Protocol) -> Request {
        protocol.request(&protocol.renewal_call("r-secret", &AttemptId::new("a1")).unwrap())
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
            let request = renewal(&protocol(&format!(r#"{{"renew":{renew},"idempotencyHeader":false}}"#)));
            let header: Vec<_> = header.into_iter().map(|(name, value)| pair(name, value)).collect();
            let field: Vec<_> = field.into_iter().map(|name| pair(name, "r-secret")).collect();
            assert_eq!((request.headers, request.fields), (header, field), "{renew}");
        }
    }

    #[test]
    fn other_servers_never_see_the_attempt_id() {
        assert_eq!(renewal(&protocol("{}")).headers, [pair("Idempotency-Key", "a1")]);
        assert_eq!(renewal(&protocol(r#"{"idempotencyHeader":false}"#)).headers, []);
        assert_eq!(renewal(&protocol(r#""oauth2""#)).headers, []);
    }

    #[test]
    fn a_further_endpoint_gets_the_token_that_it_is_given() {
        let protocol = protocol(
            r#"{"endpoints":{"verify":{"path":"/v","token":{"from":"code","sends":{"scheme":"Bearer"}}},"mine":{"path":"/m","token":"access"}}}"#,
        );
        let sent = |name, given| protocol.request(&protocol.further_call(name, given).unwrap());
        for (name, takes, headers) in [
            ("verify", Takes::Given("code"), vec![pair("Authorization", "Bearer t")]),
            ("mine", Takes::Access, vec![]),
            ("register", Takes::Nothing, vec![]),
        ] {
            assert_eq!(protocol.takes(name), takes);
            assert_eq!(sent(name, Some("t")).headers, headers);
            assert_eq!(sent(name, None).headers, []);
        }
        assert_eq!(protocol.further_call("nope", None), None);
    }

    #[test]
    fn a_login_is_what_the_protocol_says() {
        let call = protocol(
            r#"{"login":{"path":"/in","method":"PUT","body":"form","fields":{"grant_type":"password"},"headers":{"X-A":"1"},
            "query":{"v":""},"credentials":{"basic":["user","pass"]}}}"#,
        );
        let call = call.request(&call.login_call().unwrap());
        assert_eq!((call.method.as_str(), call.path.as_str(), call.encoding), ("PUT", "/in", Encoding::Form));
        assert_eq!(call.fields, [pair("grant_type", "password")]);
        assert_eq!(call.headers, [pair("X-A", "1")]);
        assert_eq!(call.query, [pair("v", "")]);
        assert_eq!(call.basic, ["user", "pass"]);
        assert_eq!(protocol(r#"{"login":false}"#).login_call(), None);
    }

    #[test]
    fn a_body_is_json_unless_it_is_said_otherwise() {
        for (options, expected) in [
            (r#"{"path":"/x"}"#, [Encoding::Json, Encoding::None]),
            (r#"{"path":"/x","method":"DELETE"}"#, [Encoding::Json, Encoding::None]),
            (r#"{"path":"/x","method":"GET"}"#, [Encoding::None, Encoding::None]),
            (r#"{"path":"/x","body":"form"}"#, [Encoding::Form, Encoding::Form]),
            (r#"{"path":"/x","body":"json"}"#, [Encoding::Json, Encoding::Json]),
            (r#"{"path":"/x","body":"none"}"#, [Encoding::None, Encoding::None]),
        ] {
            let protocol = protocol(&format!(r#"{{"login":{options},"logout":{options}}}"#));
            let logout = protocol.logout_calls(Some(&AccessToken::new("a")), None, None);
            let encoding = |call| protocol.request(call).encoding;
            assert_eq!([encoding(&protocol.login_call().unwrap()), encoding(&logout[0])], expected, "{options}");
        }
    }

    #[test]
    fn a_secret_that_has_nowhere_to_go_is_a_contradiction() {
        for (options, expected) in [
            ("{}", None),
            (r#"{"login":{"path":"/in","method":"GET"}}"#, Some("protocol.login.body")),
            (r#"{"login":{"path":"/in","body":"none"}}"#, Some("protocol.login.body")),
            (r#"{"login":{"method":"GET","credentials":{"basic":["u","p"]}}}"#, None),
            (r#"{"login":{"path":""}}"#, Some("protocol.login.path")),
            (r#"{"preset":"oauth2","login":{}}"#, Some("protocol.login.path")),
            (r#"{"renew":{"path":"/re","body":"none"}}"#, Some("protocol.renew.body")),
            (r#"{"renew":{"path":"/re","body":"none","sends":{"scheme":"Refresh"}}}"#, None),
            (r#"{"renew":{"method":"GET","token":"access"}}"#, None),
            (r#"{"logout":{"token":"refresh"}}"#, Some("protocol.logout.body")),
            (r#"{"logout":{"token":"refresh","body":"form"}}"#, None),
            (r#"{"renew":false,"logout":{"path":"/out","method":"GET"}}"#, None),
            (r#"{"endpoints":{"x":{}}}"#, Some("protocol.endpoints.x.path")),
            (
                r#"{"endpoints":{"x":{"path":"/x","method":"GET","token":{"from":"t","sends":{"field":"t"}}}}}"#,
                Some("protocol.endpoints.x.body"),
            ),
        ] {
            let complaint = protocol(options).complaint();
            let said = complaint.as_ref().and_then(|message| message.split(':').next());
            assert_eq!(said, expected, "{options}");
        }
    }
}
