//! How a given backend speaks: endpoints, field names, what a refusal looks like. Pure data and
//! pure mapping; what follows from an answer is decided in [`machine`](crate::machine).

mod answer;
mod call;
mod claims;
mod json;
mod options;
mod value;
mod when;

pub use answer::{Answer, Grant, Outcome, Reply, Silence};
pub use call::Call;
pub use claims::{claims, claims_text, lifetime};
pub use json::parse_json;
pub(crate) use value::ObjectWriter;
pub use value::Value;

use std::fmt;

/// How a given backend speaks. The default is the reference server's way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Protocol {
    /// Takes credentials. `None`: tokens come by `adopt`.
    pub login: Option<Endpoint>,
    /// Takes the refresh token. `None`: an expired access token means a new login.
    pub renew: Option<Endpoint>,
    /// How the refresh token travels to `renew`.
    pub carrier: Carrier,
    /// Takes the access token and ends the session. `None`: the server has no logout.
    pub logout: Option<Endpoint>,
    /// Where answers hold what.
    pub answer: AnswerMap,
    /// How the access token is attached to requests.
    pub attach: Attach,
    /// What counts as "the server has ended this session" in an answer to a renewal.
    pub refused: Vec<Refusal>,
    /// The header that names a renewal's attempt, for servers that answer a repeated one alike.
    pub idempotency_header: Option<String>,
}

/// One request that the session makes itself. `Debug` shows no values: there may be secrets among them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// HTTP method.
    pub method: String,
    /// Resolved against the base URL; a trailing slash stays as written.
    pub path: String,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// Body fields, as far as there is a body.
    pub fields: Vec<(String, String)>,
    /// Extra headers.
    pub headers: Vec<(String, String)>,
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

/// How the refresh token travels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Carrier {
    /// In a body field of this name.
    Field(String),
    /// In `Authorization`, after this scheme.
    Scheme(String),
}

/// Where answers hold what: candidates of dotted paths, the first match wins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnswerMap {
    /// The access token.
    pub access_token: Vec<String>,
    /// The refresh token. Missing in a renewal's answer: the old one stays.
    pub refresh_token: Vec<String>,
    /// The access token's lifetime; without it, that of a JWT.
    pub expires_in: Vec<String>,
    /// The refresh token's lifetime.
    pub refresh_expires_in: Vec<String>,
    /// The unit of both lifetimes.
    pub unit: Unit,
    /// Who is signed in; without it, `sub` of a JWT.
    pub subject: Vec<String>,
}

/// The unit of a lifetime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// As RFC 6749, section 5.1, has it.
    Seconds,
    /// As JavaScript servers like it.
    Millis,
}

/// How the access token is attached to requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attach {
    /// Header name.
    pub header: String,
    /// What stands before the token, with one space between. Empty: the bare token.
    pub scheme: String,
}

/// What an answer must look like to count as a refusal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Where the code stands.
    pub paths: Vec<String>,
    /// One of these is the code. Empty: the status is enough.
    pub codes: Vec<String>,
}

impl Protocol {
    /// What the types let through although no server can be spoken to like that: the option, and what
    /// was expected.
    pub fn check(&self) -> Result<(), &'static str> {
        let empty = |endpoint: &Option<Endpoint>| matches!(endpoint, Some(Endpoint { encoding: Encoding::None, .. }));
        if empty(&self.login) {
            return Err("protocol.login.body: expected \"json\" or \"form\", because credentials go in the body");
        }
        if empty(&self.renew) && matches!(self.carrier, Carrier::Field(_)) {
            return Err("protocol.renew.sends: expected a scheme, because the request has no body for a field");
        }
        Ok(())
    }

    /// Whether an answer of the app's API with this status may be about the access token.
    pub fn may_reject(&self, status: u16) -> bool {
        status == 401
    }

    /// Whether that answer says that another access token would help. A missing scope is no matter
    /// of freshness (RFC 6750, section 3.1).
    pub fn rejects_token(&self, status: u16, challenge: Option<&str>) -> bool {
        self.may_reject(status) && !challenge.is_some_and(asks_for_scope)
    }

    /// The value of the header that carries the access token.
    pub fn header_value(&self, token: &crate::token::AccessToken) -> String {
        match self.attach.scheme.as_str() {
            "" => token.expose().to_owned(),
            scheme => crate::text::concat(&[scheme, " ", token.expose()]),
        }
    }
}

/// The reference server's way, as an app would write it.
const REFERENCE: &str = r#"{
"login":{"path":"/api/v1/login"},
"renew":{"path":"/api/v1/renew","sends":{"field":"refreshToken"}},
"logout":{"path":"/api/v1/logout","body":"none"},
"answer":{
"accessToken":["token","access_token","accessToken"],
"refreshToken":["refreshToken","refresh_token"],
"expiresIn":["expiresIn","expires_in"],
"refreshExpiresIn":["refreshExpiresIn","refresh_expires_in"],
"subject":"subject"},
"refused":[
{"status":401,"codes":["refresh_token_unknown","refresh_token_expired","refresh_token_revoked","refresh_token_reused","invalid_grant"]},
{"status":400,"codes":"invalid_grant"}],
"idempotencyHeader":"Idempotency-Key"}"#;

impl Default for Protocol {
    fn default() -> Self {
        let mut protocol = Self {
            login: None,
            renew: None,
            carrier: Carrier::Field(String::new()),
            logout: None,
            answer: AnswerMap {
                access_token: Vec::new(),
                refresh_token: Vec::new(),
                expires_in: Vec::new(),
                refresh_expires_in: Vec::new(),
                unit: Unit::Seconds,
                subject: Vec::new(),
            },
            attach: Attach { header: "Authorization".into(), scheme: "Bearer".into() },
            refused: Vec::new(),
            idempotency_header: None,
        };
        protocol.apply(&parse_json(REFERENCE).unwrap_or_default());
        protocol
    }
}

impl Endpoint {
    /// A POST with a JSON body.
    pub fn post(path: &str) -> Self {
        Self {
            method: "POST".into(),
            path: path.into(),
            encoding: Encoding::Json,
            fields: Vec::new(),
            headers: Vec::new(),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({} {})", self.method, self.path)
    }
}

impl Refusal {
    /// Where a refusal's code stands unless the protocol says otherwise.
    pub fn default_paths() -> Vec<String> {
        vec!["code".into(), "error".into()]
    }

    fn matches(&self, status: u16, body: &Value) -> bool {
        self.status == status
            && (self.codes.is_empty()
                || self
                    .paths
                    .iter()
                    .filter_map(|path| body.at(path).and_then(Value::text))
                    .any(|code| self.codes.iter().any(|known| known == code)))
    }
}

/// Whether that is the `error` of a `WWW-Authenticate` challenge (RFC 6750, section 3).
fn asks_for_scope(challenge: &str) -> bool {
    let mut rest = challenge.as_bytes();
    while !rest.starts_with(b"error=") {
        let Some(at) = rest.iter().position(|byte| matches!(byte, b' ' | b',' | b'\t')) else { return false };
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    rest.starts_with(b"error=\"insufficient_scope\"") || rest.starts_with(b"error=insufficient_scope")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_has_nowhere_to_go_is_a_contradiction() {
        for (options, expected) in [
            ("{}", None),
            (r#"{"login":{"path":"/in","method":"GET"}}"#, Some("protocol.login.body")),
            (r#"{"login":{"path":"/in","body":"none"}}"#, Some("protocol.login.body")),
            (r#"{"renew":{"path":"/re","body":"none"}}"#, Some("protocol.renew.sends")),
            (r#"{"renew":{"path":"/re","body":"none","sends":{"scheme":"Refresh"}}}"#, None),
            (r#"{"renew":false,"logout":{"path":"/out","method":"GET"}}"#, None),
        ] {
            let mut protocol = Protocol::default();
            protocol.apply(&parse_json(options).unwrap());
            let said = protocol.check().err().and_then(|message| message.split(':').next());
            assert_eq!(said, expected, "{options}");
        }
    }

    #[test]
    fn a_missing_scope_is_never_a_stale_token() {
        let protocol = Protocol::default();
        for (status, challenge, expected) in [
            (401, None, true),
            (401, Some(r#"Bearer realm="x""#), true),
            (401, Some(r#"Bearer realm="x", error="invalid_token", error_description="insufficient_scope""#), true),
            (401, Some(r#"Bearer realm="x", error="insufficient_scope", scope="a""#), false),
            (401, Some(r#"Bearer error=insufficient_scope"#), false),
            (401, Some(r#"Bearer my_error="insufficient_scope""#), true),
            (403, Some(r#"Bearer error="invalid_token""#), false),
            (200, None, false),
        ] {
            assert_eq!(protocol.rejects_token(status, challenge), expected, "{status} {challenge:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_challenge_makes_it_panic(text in ".{0,40}(error=)?.{0,40}") {
            let _ = asks_for_scope(&text);
        }
    }
}
