//! A protocol as an app writes it in its options: JSON, everything left out keeping its value.

use super::{Carrier, Encoding, Endpoint, Protocol, Refusal, Unit, Value};

impl Protocol {
    /// Takes over what the options say. What is not of the right kind reads as if it were left out; the
    /// npm package tells the app so (`pkg/options.js`).
    pub fn apply(&mut self, options: &Value) {
        apply_endpoint(options.member("login"), &mut self.login);
        apply_endpoint(options.member("renew"), &mut self.renew);
        apply_endpoint(options.member("logout"), &mut self.logout);
        let sends = options.at("renew.sends");
        if let Some(field) = text(sends, "field") {
            self.carrier = Carrier::Field(field.into());
        } else if let Some(scheme) = text(sends, "scheme") {
            self.carrier = Carrier::Scheme(scheme.into());
        }
        let (answer, map) = (options.member("answer"), &mut self.answer);
        apply_texts(answer, "accessToken", &mut map.access_token);
        apply_texts(answer, "refreshToken", &mut map.refresh_token);
        apply_texts(answer, "expiresIn", &mut map.expires_in);
        apply_texts(answer, "refreshExpiresIn", &mut map.refresh_expires_in);
        apply_texts(answer, "subject", &mut map.subject);
        if text(answer, "unit") == Some("ms") {
            map.unit = Unit::Millis;
        }
        let attach = options.member("attach");
        apply_text(attach, "header", &mut self.attach.header);
        apply_text(attach, "scheme", &mut self.attach.scheme);
        if let Some(Value::List(refused)) = options.member("refused") {
            self.refused.clear();
            for options in refused {
                self.refused.push(refusal(options));
            }
        }
        if options.member("idempotencyHeader").is_some() {
            self.idempotency_header = text(Some(options), "idempotencyHeader").map(str::to_owned);
        }
    }
}

fn apply_endpoint(options: Option<&Value>, endpoint: &mut Option<Endpoint>) {
    match options {
        Some(Value::Bool(false)) => *endpoint = None,
        Some(_) => {
            let endpoint = endpoint.get_or_insert_with(|| Endpoint::post(""));
            apply_text(options, "path", &mut endpoint.path);
            apply_text(options, "method", &mut endpoint.method);
            endpoint.encoding = match (text(options, "body"), endpoint.method.as_str()) {
                (Some("json"), _) => Encoding::Json,
                (Some("form"), _) => Encoding::Form,
                (Some(_), _) | (None, "GET") => Encoding::None,
                (None, _) => endpoint.encoding,
            };
            endpoint.fields = pairs(options, "fields");
            endpoint.headers = pairs(options, "headers");
        }
        None => {}
    }
}

fn refusal(options: &Value) -> Refusal {
    let mut refusal = Refusal {
        status: options.member("status").and_then(Value::whole).unwrap_or(0) as u16,
        paths: Refusal::default_paths(),
        codes: Vec::new(),
    };
    apply_texts(Some(options), "path", &mut refusal.paths);
    apply_texts(Some(options), "codes", &mut refusal.codes);
    refusal
}

fn apply_text(options: Option<&Value>, name: &str, into: &mut String) {
    if let Some(text) = text(options, name) {
        text.clone_into(into);
    }
}

/// A string counts for a list of one.
fn apply_texts(options: Option<&Value>, name: &str, into: &mut Vec<String>) {
    let Some(value) = options.and_then(|options| options.member(name)) else { return };
    into.clear();
    let items = if let Value::List(items) = value { items } else { std::slice::from_ref(value) };
    for item in items {
        if let Some(text) = any_text(item) {
            into.push(text.into());
        }
    }
}

fn pairs(options: Option<&Value>, name: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    if let Some(Value::Object(members)) = options.and_then(|options| options.member(name)) {
        for (name, value) in members {
            if let Some(text) = any_text(value) {
                pairs.push((name.clone(), text.into()));
            }
        }
    }
    pairs
}

fn text<'a>(options: Option<&'a Value>, name: &str) -> Option<&'a str> {
    any_text(options?.member(name)?)
}

/// Also an empty one.
fn any_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_json;
    use super::*;

    fn protocol(options: &str) -> Protocol {
        let mut protocol = Protocol::default();
        protocol.apply(&parse_json(options).unwrap());
        protocol
    }

    #[test]
    fn what_is_left_out_keeps_its_value() {
        assert_eq!(protocol("{}"), Protocol::default());
        assert_eq!(protocol(r#"{"renew":{"path":"/api/v1/renew"},"answer":{},"attach":{}}"#), Protocol::default());
    }

    #[test]
    fn everything_can_be_said() {
        let protocol = protocol(
            r#"{
            "login": { "path": "/in", "body": "form", "fields": { "grant_type": "password" }, "headers": { "X-A": "1" } },
            "renew": { "path": "/again", "method": "GET", "sends": { "scheme": "Refresh" } },
            "logout": false,
            "answer": { "accessToken": "data.0.access", "refreshToken": ["a", "b"], "unit": "ms" },
            "attach": { "header": "X-Token", "scheme": "" },
            "refused": [{ "status": 422, "path": "error.kind", "codes": ["gone"] }, { "status": 410 }],
            "idempotencyHeader": false
        }"#,
        );
        let login = protocol.login.unwrap();
        assert_eq!((login.path.as_str(), login.encoding), ("/in", Encoding::Form));
        assert_eq!(login.fields, [("grant_type".to_owned(), "password".to_owned())]);
        assert_eq!(login.headers, [("X-A".to_owned(), "1".to_owned())]);
        let renew = protocol.renew.unwrap();
        assert_eq!((renew.method.as_str(), renew.encoding), ("GET", Encoding::None));
        assert_eq!(protocol.carrier, Carrier::Scheme("Refresh".into()));
        assert_eq!(protocol.logout, None);
        assert_eq!(protocol.answer.access_token, ["data.0.access"]);
        assert_eq!(protocol.answer.refresh_token, ["a", "b"]);
        assert_eq!(protocol.answer.unit, Unit::Millis);
        assert_eq!((protocol.attach.header.as_str(), protocol.attach.scheme.as_str()), ("X-Token", ""));
        let refused: Vec<_> = protocol.refused.iter().map(|refusal| (refusal.status, refusal.codes.len())).collect();
        assert_eq!(refused, [(422, 1), (410, 0)]);
        assert_eq!(protocol.refused[0].paths, ["error.kind"]);
        assert_eq!(protocol.idempotency_header, None);
    }
}
