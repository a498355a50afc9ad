//! How a given backend speaks: endpoints, field names, what a refusal looks like. Pure data and
//! pure mapping; what follows from an answer is decided in [`machine`](crate::machine).

mod answer;
mod call;
mod claims;
mod hints;
mod json;
mod matching;
mod place;
mod presets;
mod reading;
mod request;
mod shape;
mod shown;
mod value;
mod verdict;
mod when;

pub use answer::{Answer, Grant, Outcome, Reply, Silence};
pub use call::Call;
pub use claims::{claims, claims_text, lifetime};
pub use json::parse_json;
#[cfg(target_arch = "wasm32")]
pub(crate) use place::basic;
pub use request::{Encoding, Request, Takes};
pub(crate) use value::ObjectWriter;
pub use value::Value;
pub use verdict::Verdict;

use std::fmt;

use crate::error::{Code, SessionError};
use crate::text::concat;

/// Members that are said anew as a whole.
const WHOLE: [&str; 3] = ["sends", "token", "credentials"];

/// How a given backend speaks: what the npm package takes for its option `protocol`, as JSON. It is kept as
/// it is said and read where it is needed; types for all of it, with all that it takes to fill them, would
/// weigh more than everything that is done with them. The default is the reference server's way.
///
/// `pkg/index.d.ts` says what there is to say.
#[derive(Clone, PartialEq)]
pub struct Protocol {
    said: Value,
    /// Asked before each request.
    sliding: bool,
}

impl Protocol {
    /// A known backend's way.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn preset(name: &str) -> Result<Self, SessionError> {
        Self::read(&Value::Text(name.into())).ok_or_else(|| {
            let nearest = presets::nearest(name);
            invalid(&concat(&["protocol: there is no preset `", name, "`; did you mean `", &nearest, "`?"]))
        })
    }

    /// A protocol as an app of the npm package writes it, as JSON: `{ "preset": …, "login": … }`.
    ///
    /// # Errors
    /// The text is no JSON, there is no such preset or option, or no server can be spoken to like that.
    pub fn parse(text: &str) -> Result<Self, SessionError> {
        let said = parse_json(text).ok_or_else(|| invalid("protocol: expected JSON"))?;
        if let Some(complaint) = shape::complaint(&said) {
            return Err(invalid(&complaint));
        }
        let name = if let Value::Text(name) = &said { name } else { said.word("preset") };
        let protocol = Self::read(&said).map_or_else(|| Self::preset(name), Ok)?;
        protocol.complaint().map_or(Ok(protocol), |complaint| Err(invalid(&complaint)))
    }

    /// The same as a value: the name of a preset, or what to say differently, `{ preset?: name, … }`. Without
    /// a name that is over the reference server's way. `None`: there is no such preset. What is not of the
    /// right kind reads as if it were left out; the npm package tells the app so (`pkg/options.js`).
    pub fn read(options: &Value) -> Option<Self> {
        let name = match options {
            Value::Text(name) => name,
            _ => options.word("preset"),
        };
        let (mut said, preset) = presets::find(name)?;
        merge(&mut said, &preset);
        if let Value::Object(_) = options {
            merge(&mut said, options);
        }
        Some(Self::resolved(said))
    }

    /// A protocol that leaves nothing out: as the npm package hands it to the core.
    pub fn resolved(said: Value) -> Self {
        let sliding = said.at("renew").is_some_and(|renew| renew.word("token") == "access");
        Self { said, sliding }
    }

    /// Whether a live access token buys the next one.
    pub fn is_sliding(&self) -> bool {
        self.sliding
    }

    /// Whether a refresh token stays good when it is used.
    pub fn keeps_refresh_tokens(&self) -> bool {
        self.said.word("rotation") == "none"
    }

    /// The `credentials` mode of every request that carries a token, and of the session's own. `None`: as
    /// the app says, and `omit`.
    pub fn credentials(&self) -> Option<&str> {
        self.part("credentials").and_then(Value::text)
    }

    /// What is said at a path, unless it is that there is none.
    fn part(&self, path: &str) -> Option<&Value> {
        self.said.at(path).filter(|part| !matches!(part, Value::Null | Value::Bool(false)))
    }
}

impl Default for Protocol {
    fn default() -> Self {
        Self::read(&Value::Null).unwrap_or_else(|| Self::resolved(Value::Null))
    }
}

/// Shows no values: there may be a client's secret among them.
impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol")
    }
}

/// Says some of it anew; the npm package does the same (`pkg/options.js`). One logout over several takes the place of them all, and keeps what the first has.
fn merge(into: &mut Value, said: &Value) {
    if let (Value::List(items), Value::Object(_)) = (&mut *into, said)
        && !items.is_empty()
    {
        *into = items.swap_remove(0);
    }
    let (Value::Object(known), Value::Object(members)) = (&mut *into, said) else {
        return said.clone_into(into);
    };
    for (name, value) in members {
        match known.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) if !WHOLE.contains(&name.as_str()) => merge(known, value),
            Some((_, known)) => value.clone_into(known),
            None => known.push((name.clone(), value.clone())),
        }
    }
}

fn invalid(message: &str) -> SessionError {
    SessionError::new(Code::InvalidConfig, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol(options: &str) -> Protocol {
        Protocol::parse(options).unwrap()
    }

    #[test]
    fn what_is_left_out_keeps_its_value() {
        for options in [
            "{}",
            r#""reference""#,
            r#"{"renew":{"path":"/api/v1/renew"},"answer":{},"attach":{},"endpoints":{}}"#,
            r#"{"login":{},"logout":{},"claims":{},"endpoints":{"register":{}}}"#,
        ] {
            assert_eq!(protocol(options), Protocol::default(), "{options}");
        }
    }

    #[test]
    fn a_preset_is_changed_in_single_things() {
        let changed = protocol(
            r#"{"preset":"oauth2","renew":{"path":"/t","fields":{"client_id":"web"}},"logout":{"path":"/r"}}"#,
        );
        for (path, expected) in [
            ("renew.path", "/t"),
            ("renew.body", "form"),
            ("renew.sends.field", "refresh_token"),
            ("renew.fields.grant_type", "refresh_token"),
            ("renew.fields.client_id", "web"),
            ("logout.path", "/r"),
            ("logout.token", "refresh"),
        ] {
            assert_eq!(changed.part(path).and_then(Value::text), Some(expected), "{path}");
        }
        let list = protocol(r#"{"preset":"oauth2","logout":[{"path":"/r"}]}"#);
        assert_eq!(list.part("logout.0.token"), None);
        let one = protocol(r#"{"preset":"flask-jwt-extended","logout":{"path":"/r"}}"#);
        assert_eq!(one.part("logout.method").and_then(Value::text), Some("DELETE"));
        assert_eq!(one.part("logout.1"), None);
    }

    #[test]
    fn a_place_is_said_anew_as_a_whole() {
        let moved = protocol(r#"{"preset":"oauth2","renew":{"sends":{"scheme":"Bearer"}}}"#);
        assert_eq!(moved.part("renew.sends.field"), None);
    }

    #[test]
    fn what_cannot_be_spoken_is_told() {
        for (text, expected) in [
            ("{", "protocol: expected JSON"),
            (r#""oauth""#, "protocol: there is no preset `oauth`; did you mean `oauth2`?"),
            (r#"{"preset":"refrence"}"#, "protocol: there is no preset `refrence`; did you mean `reference`?"),
            (r#"{"login":{"body":"none"}}"#, "protocol.login.body: "),
        ] {
            let error = Protocol::parse(text).unwrap_err();
            assert_eq!(error.code, Code::InvalidConfig);
            assert!(error.message.starts_with(expected), "{}", error.message);
        }
    }

    #[test]
    fn debug_output_shows_no_secret_of_a_client() {
        let secret = protocol(r#"{"renew":{"fields":{"client_secret":"s3cret"}}}"#);
        assert!(!format!("{secret:?} {:?}", secret.login_call()).contains("s3cret"));
    }

    proptest::proptest! {
        #[test]
        fn no_options_make_it_panic(options in any_options(), status in 100_u16..600, body in ".{0,40}") {
            if let Some(protocol) = Protocol::read(&options) {
                let _ = (protocol.complaint(), protocol.is_sliding(), protocol.keeps_refresh_tokens());
                let _ = protocol.has(true, "admin", "basic");
                let reply = Ok(Answer::new(status, &body).with_header("WWW-Authenticate", &body));
                let now = crate::time::Wall(0);
                let _ = (protocol.read_login(&reply, now, now), protocol.read_renewal(&reply, now, now));
                let _ = (protocol.read_call("path", &reply, now), protocol.confirms_logout(&reply));
                let _ = reply.map(|answer| (protocol.judge(&answer, false), protocol.judge(&answer, true)));
            }
        }
    }

    /// Options of the right names, and of any kind.
    fn any_options() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let names = [
            "preset",
            "login",
            "renew",
            "logout",
            "endpoints",
            "answer",
            "attach",
            "refused",
            "fails",
            "expired",
            "claims",
            "roles",
            "rotation",
            "credentials",
            "path",
            "method",
            "body",
            "fields",
            "headers",
            "query",
            "token",
            "from",
            "sends",
            "field",
            "scheme",
            "header",
            "basic",
            "live",
            "status",
            "codes",
            "begins",
            "challenge",
            "unit",
            "as",
            "accessToken",
            "expiresIn",
            "scopes",
            "mediaType",
        ];
        let words = ["GET", "none", "form", "access", "refresh", "oauth2", "password", "epoch", "basic", "", "error"];
        let leaf = prop_oneof![
            proptest::sample::select(words.to_vec()).prop_map(|word| Value::Text(word.into())),
            any::<f64>().prop_map(Value::Number),
            any::<bool>().prop_map(Value::Bool),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            let name = proptest::sample::select(names.to_vec()).prop_map(str::to_owned);
            prop_oneof![
                proptest::collection::vec((name, inner.clone()), 0..6).prop_map(Value::Object),
                proptest::collection::vec(inner, 0..3).prop_map(Value::List),
            ]
        })
    }
}
