//! Reads objects that the app has written, and says in words what is wrong with them.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::browser::global::property;

/// What is wrong: the option's path, what was expected, what came.
pub(super) type Read<T> = Result<T, String>;

/// An object of options, of which all names are known.
pub(super) struct Reader {
    object: JsValue,
    path: String,
}

impl Reader {
    /// `path` is empty for the outermost object, which `called` names instead.
    pub(super) fn new(object: JsValue, path: &str, called: &str, known: &[&str]) -> Read<Self> {
        if !object.is_object() || Array::is_array(&object) {
            return Err(wrong(if path.is_empty() { called } else { path }, "an object", &object));
        }
        let reader = Self { object, path: path.into() };
        for name in names(&reader.object) {
            if !known.contains(&name.as_str()) && !property(&reader.object, &name).is_undefined() {
                return Err(format!("{}: there is no such option; known are {}", reader.at(&name), known.join(", ")));
            }
        }
        Ok(reader)
    }

    /// What stands there, unless it is `undefined`.
    pub(super) fn any(&self, name: &str) -> Option<JsValue> {
        let value = property(&self.object, name);
        (!value.is_undefined()).then_some(value)
    }

    pub(super) fn object(&self, name: &str, known: &[&str]) -> Read<Option<Reader>> {
        self.any(name).map(|value| Self::new(value, &self.at(name), name, known)).transpose()
    }

    pub(super) fn text(&self, name: &str) -> Read<Option<String>> {
        self.read(name, "a string", JsValue::as_string)
    }

    pub(super) fn filled_text(&self, name: &str) -> Read<Option<String>> {
        self.read(name, "a string that is not empty", |value| value.as_string().filter(|text| !text.is_empty()))
    }

    pub(super) fn function(&self, name: &str) -> Read<Option<Function>> {
        self.read(name, "a function", |value| value.dyn_ref::<Function>().cloned())
    }

    /// One of these words.
    pub(super) fn word<T: Copy>(&self, name: &str, expected: &str, words: &[(&str, T)]) -> Read<Option<T>> {
        self.read(name, expected, |value| {
            let text = value.as_string()?;
            words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning)
        })
    }

    /// A string, or an array of strings.
    pub(super) fn texts(&self, name: &str, expected: &str) -> Read<Option<Vec<String>>> {
        self.read(name, expected, |value| match value.as_string() {
            Some(text) => Some(vec![text]),
            None => strings(value),
        })
    }

    pub(super) fn text_list(&self, name: &str) -> Read<Option<Vec<String>>> {
        self.read(name, "an array of strings", strings)
    }

    /// The members of an object whose names are free and whose values are strings.
    pub(super) fn pairs(&self, name: &str) -> Read<Option<Vec<(String, String)>>> {
        self.read(name, "an object whose values are strings", |value| {
            if !value.is_object() || Array::is_array(value) {
                return None;
            }
            names(value).map(|name| property(value, &name).as_string().map(|text| (name, text))).collect()
        })
    }

    /// What `read` makes of it, or a complaint.
    pub(super) fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&JsValue) -> Option<T>,
    ) -> Read<Option<T>> {
        match self.any(name) {
            None => Ok(None),
            Some(value) => read(&value).map(Some).ok_or_else(|| wrong(&self.at(name), expected, &value)),
        }
    }

    /// A complaint that something is missing.
    pub(super) fn missing(&self, name: &str, expected: &str) -> String {
        wrong(&self.at(name), expected, &JsValue::UNDEFINED)
    }

    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) }
    }
}

pub(super) fn wrong(path: &str, expected: &str, value: &JsValue) -> String {
    let got = match value {
        value if value.is_undefined() => "nothing",
        value if value.is_null() => "null",
        value if Array::is_array(value) => "an array",
        value if value.is_function() => "a function",
        value if value.is_object() => "an object",
        value if value.as_bool().is_some() => "a boolean",
        value if value.as_string().is_some_and(|text| text.is_empty()) => "an empty string",
        value if value.is_string() => "a string",
        value if value.as_f64().is_some() => "a number",
        _ => "something else",
    };
    format!("{path}: expected {expected}, got {got}")
}

/// The elements of an array.
pub(super) fn items(value: &JsValue) -> Option<Vec<JsValue>> {
    Array::is_array(value).then(|| value.unchecked_ref::<Array>().iter().collect())
}

fn strings(value: &JsValue) -> Option<Vec<String>> {
    items(value)?.iter().map(JsValue::as_string).collect()
}

fn names(object: &JsValue) -> impl Iterator<Item = String> + use<> {
    let names = Reflect::own_keys(object).unwrap_or_default();
    names.iter().filter_map(|name| name.as_string()).collect::<Vec<_>>().into_iter()
}
