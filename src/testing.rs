//! What the crate's own native tests share.

use base64::Engine;

use crate::protocol::Value;
use crate::token::AccessToken;

/// The yardstick of the crate's own reader.
pub(crate) fn serde(text: &str) -> Option<Value> {
    fn convert(value: serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(flag),
            serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(items) => Value::List(items.into_iter().map(convert).collect()),
            serde_json::Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, value)| (name, convert(value))).collect())
            }
        }
    }
    serde_json::from_str(text).ok().map(convert)
}

pub(crate) fn jwt(payload: &str) -> AccessToken {
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    AccessToken::new(&format!("{}.{}.{}", encode(r#"{"alg":"HS256"}"#), encode(payload), encode("sig")))
}
