//! `JSON.parse()`, which is already there and so costs nothing to download.

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::protocol::Value;

/// What is nested deeper reads as `null`; nothing that a session understands goes that far.
const DEEPEST: u32 = 32;

/// See [`ParseJson`](crate::protocol::ParseJson).
pub fn parse(text: &str) -> Option<Value> {
    JSON::parse(text).ok().map(|value| from_js(&value, DEEPEST))
}

/// The same value for JavaScript.
pub fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.into(),
        Value::List(items) => items.iter().map(to_js).collect::<Array>().into(),
        Value::Object(members) => {
            let object = Object::new();
            for (name, value) in members {
                let _ = Reflect::set(&object, &name.into(), &to_js(value));
            }
            object.into()
        }
    }
}

fn from_js(value: &JsValue, depth: u32) -> Value {
    if let Some(text) = value.as_string() {
        return Value::Text(text);
    }
    if let Some(number) = value.as_f64() {
        return Value::Number(number);
    }
    if let Some(flag) = value.as_bool() {
        return Value::Bool(flag);
    }
    if !value.is_object() || depth == 0 {
        return Value::Null;
    }
    if Array::is_array(value) {
        return Value::List(value.unchecked_ref::<Array>().iter().map(|item| from_js(&item, depth - 1)).collect());
    }
    let names = Object::keys(value.unchecked_ref::<Object>());
    let member = |name: JsValue| {
        let value = Reflect::get(value, &name).unwrap_or(JsValue::NULL);
        (name.as_string().unwrap_or_default(), from_js(&value, depth - 1))
    };
    Value::Object(names.iter().map(member).collect())
}
