//! The global object, and properties of objects that may be anything.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A property of the global object, as it is at this moment.
pub fn global(name: &str) -> JsValue {
    property(&js_sys::global(), name)
}

/// A property of anything; `undefined` where there is none or reading it throws.
pub fn property(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Whether a property is `true`.
pub fn flag(of: &JsValue, name: &str) -> bool {
    property(of, name).as_bool() == Some(true)
}

/// Calls a function with up to three arguments; those that are not needed are `undefined`.
pub fn call(function: &JsValue, this: &JsValue, arguments: [&JsValue; 3]) -> Result<JsValue, JsValue> {
    let [first, second, third] = arguments;
    function.unchecked_ref::<Function>().call3(this, first, second, third)
}

/// The name of an error, such as `QuotaExceededError`. Not its message, which may quote what was stored.
pub fn error_name(thrown: &JsValue) -> String {
    property(thrown, "name").as_string().unwrap_or_else(|| "something that is no error was thrown".into())
}
