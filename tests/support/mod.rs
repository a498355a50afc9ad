//! What the fuzz targets share with the fuzzer.

use serde_json::Value as Json;
use tokenkeep::protocol::Value;

/// `serde_json`, the yardstick of the crate's own reader.
pub fn serde(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().map(convert)
}

fn convert(value: Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(items.into_iter().map(convert).collect()),
        Json::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, convert(value))).collect())
        }
    }
}
