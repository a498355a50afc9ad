//! What a protocol's options may look like, for those who write them in Rust. The npm package has the same in
//! `pkg/options.js`, where it can be checked along with everything else.

use super::presets::nearest_of;
use super::{Value, parse_json};
use crate::text::concat;

/// A member's name, and what it holds: a kind, a shape of its own, or one of several words. `+` stands for the members
/// of `endpoint`, `*` for any name.
const SHAPE: &str = r#"{
"endpoint":{"path":"text","method":"text","body":["json","form","none"],"fields":"map","headers":"map","query":"map","fails":"matches"},
"match":{"status":"status","mediaType":"text","path":"texts","codes":"texts","begins":"texts","challenge":"text"},
"place":{"field":"text","scheme":"text","header":"text","basic":["username","password"]},
"protocol":{
"preset":"text",
"login":{"+":"","credentials":{"basic":"texts"},"refused":"matches"},
"renew":{"+":"","token":["refresh","access"],"sends":"place","refused":"matches"},
"logout":{"+":"","token":["access","refresh","subject","none"],"sends":"place","live":"flag"},
"endpoints":{"*":{"+":"","token":{"from":"text","sends":"place"},"refused":"matches"}},
"answer":{"accessToken":"texts","refreshToken":"texts","expiresIn":"texts","refreshExpiresIn":"texts",
"unit":["s","ms","date","epoch","epoch-ms"],"subject":"texts","scopes":"texts","roles":"texts"},
"attach":{"header":"text","scheme":"text","as":["token","basic"]},
"refused":"matches",
"expired":"matches",
"claims":{"subject":"texts","scopes":"texts","role":"texts"},
"roles":"texts",
"rotation":["none","strict","grace","unknown"],
"idempotencyHeader":"text",
"credentials":["omit","same-origin","include"]}}"#;

/// Which option is wrong, and how; or that none is.
pub(super) fn complaint(said: &Value) -> Option<String> {
    let all = parse_json(SHAPE)?;
    if let Value::Text(_) = said { None } else { Shapes(&all).look(said, all.member("protocol")?, "protocol") }
}

struct Shapes<'a>(&'a Value);

impl Shapes<'_> {
    fn look(&self, said: &Value, shape: &Value, at: &str) -> Option<String> {
        match (shape, said) {
            // A login's credentials may be called "body", a token "access" or "none".
            (Value::Object(_), Value::Text(word)) if at.ends_with(".credentials") || at.ends_with(".token") => {
                let fits = matches!(word.as_str(), "body" | "access" | "none");
                (!fits).then(|| wrong(at, "an object or another word", said))?
            }
            (Value::Object(_), Value::Bool(false)) if at != "protocol" => None,
            (Value::Object(_), Value::List(items)) if at == "protocol.logout" => {
                items.iter().find_map(|item| self.look(item, shape, at))
            }
            (Value::Object(_), Value::Object(members)) => {
                members.iter().find_map(|(name, value)| self.look_at(name, value, shape, at))
            }
            (Value::Object(_), _) => wrong(at, "an object", said),
            (Value::List(words), _) => {
                let fits = words.iter().any(|word| word == said);
                let listed: Vec<_> = words.iter().filter_map(Value::text).collect();
                (!fits).then(|| wrong(at, &concat(&["one of ", &listed.join(", ")]), said))?
            }
            _ => self.look_at_kind(said, shape.text().unwrap_or_default(), at),
        }
    }

    fn look_at(&self, name: &str, said: &Value, shape: &Value, at: &str) -> Option<String> {
        let endpoint = self.0.member("endpoint").filter(|_| shape.member("+").is_some());
        let known = shape.member(name).or_else(|| endpoint?.member(name)).or_else(|| shape.member("*"));
        let at = concat(&[at, ".", name]);
        let Some(known) = known.filter(|_| name != "+" && name != "*") else {
            let names = [Some(shape), endpoint].into_iter().flatten().flat_map(names);
            let nearest = nearest_of(name, names);
            return Some(concat(&[&at, ": there is no such option; did you mean `", &nearest, "`?"]));
        };
        self.look(said, known, &at)
    }

    fn look_at_kind(&self, said: &Value, kind: &str, at: &str) -> Option<String> {
        let all = |fits: fn(&Value) -> bool| Value::items(Some(said)).iter().all(fits);
        let is_text = |value: &Value| matches!(value, Value::Text(_));
        let (fits, expected) = match (kind, said) {
            ("matches", Value::List(items)) => {
                let shape = self.0.member("match")?;
                return items.iter().find_map(|item| self.look(item, shape, at));
            }
            ("matches", _) => (false, "a list of objects"),
            ("place", Value::Object(_)) => return self.look(said, self.0.member("place")?, at),
            ("place", _) => (false, "an object"),
            ("map", Value::Object(members)) => {
                (members.iter().all(|(_, value)| is_text(value)), "an object whose values are strings")
            }
            ("map", _) => (false, "an object whose values are strings"),
            ("flag", _) => (matches!(said, Value::Bool(_)), "true or false"),
            ("status", _) => {
                (all(|value| matches!(value.whole(), Some(100..=599))), "an HTTP status or a list of them")
            }
            ("texts", _) => (all(is_text), "a string or a list of strings"),
            _ => (is_text(said) || (at == "protocol.idempotencyHeader" && *said == Value::Bool(false)), "a string"),
        };
        (!fits).then(|| wrong(at, expected, said))?
    }
}

fn names(of: &Value) -> Vec<String> {
    match of {
        Value::Object(members) => members.iter().map(|(name, _)| name.clone()).collect(),
        _ => Vec::new(),
    }
}

fn wrong(at: &str, expected: &str, said: &Value) -> Option<String> {
    Some(concat(&[at, ": expected ", expected, ", got ", said.kind()]))
}

#[cfg(test)]
mod tests {
    use super::super::Protocol;
    use super::*;

    #[test]
    fn what_is_misspelt_is_named_with_the_nearest_name() {
        for (said, expected) in [
            (r#"{"prest":"oauth2"}"#, "protocol.prest: there is no such option; did you mean `preset`?"),
            (r#"{"login":{"pth":"/x"}}"#, "protocol.login.pth: there is no such option; did you mean `path`?"),
            (r#"{"login":{"refuse":[]}}"#, "protocol.login.refuse: there is no such option; did you mean `refused`?"),
            (
                r#"{"refused":[{"status":401,"code":"x"}]}"#,
                "protocol.refused.code: there is no such option; did you mean `codes`?",
            ),
            (r#"{"logout":[{"path":"/a"},{"live":1}]}"#, "protocol.logout.live: expected true or false, got number"),
            (
                r#"{"renew":{"sends":{"feild":"x"}}}"#,
                "protocol.renew.sends.feild: there is no such option; did you mean `field`?",
            ),
            (r#"{"renew":{"token":"acess"}}"#, "protocol.renew.token: expected one of refresh, access, got text"),
            (
                r#"{"endpoints":{"x":{"token":{"form":"t"}}}}"#,
                "protocol.endpoints.x.token.form: there is no such option; did you mean `from`?",
            ),
            (r#"{"endpoints":[1]}"#, "protocol.endpoints: expected an object, got array"),
            (r#"{"login":"/x"}"#, "protocol.login: expected an object, got text"),
            (
                r#"{"login":{"credentials":"basic"}}"#,
                "protocol.login.credentials: expected an object or another word, got text",
            ),
            (
                r#"{"answer":{"accessToken":[1]}}"#,
                "protocol.answer.accessToken: expected a string or a list of strings, got array",
            ),
            (
                r#"{"expired":[{"status":[401,99]}]}"#,
                "protocol.expired.status: expected an HTTP status or a list of them, got array",
            ),
            (
                r#"{"login":{"fields":{"a":1}}}"#,
                "protocol.login.fields: expected an object whose values are strings, got object",
            ),
            (r#"{"login":{"+":1}}"#, "protocol.login.+: there is no such option"),
            (r#"{"refused":{}}"#, "protocol.refused: expected a list of objects, got object"),
            ("[]", "protocol: expected an object, got array"),
            ("7", "protocol: expected an object, got number"),
        ] {
            let message = Protocol::parse(said).map_err(|error| error.message).unwrap_err();
            assert!(message.starts_with(expected), "{message} instead of {expected}");
        }
    }

    #[test]
    fn what_presets_say_may_be_said() {
        let presets = parse_json(include_str!("presets.json")).unwrap();
        let all = presets.member("presets").unwrap();
        let Value::Object(members) = all else { panic!("{all:?}") };
        for (name, preset) in members.iter().chain([&("usual".to_owned(), presets.member("usual").unwrap().clone())]) {
            let lax = |complaint: &String| !complaint.starts_with("protocol.expired: expected a list");
            assert_eq!(complaint(preset).filter(lax), None, "{name}");
        }
    }
}
