//! What options may look like, as a table, and in words what is wrong with those that do not.

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::browser::global::property;
use crate::text::{concat, decimal};

/// What a value may be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    FilledText,
    Url,
    Seconds,
    PositiveSeconds,
    Status,
    Function,
    Flag,
    Word(&'static [&'static str], &'static str),
    /// A string or an array of them.
    Texts,
    TextList,
    /// An object whose names are free and whose values are strings.
    TextMap,
    /// One of these words, or an object with these methods.
    WordOrMethods(&'static [&'static str], &'static [&'static str], &'static str),
    /// An object with one of these members, a string.
    OneText(&'static [&'static str], &'static str),
    OrFalse(&'static Kind),
    List(&'static Kind),
    Object(&'static [Member]),
}

/// A member that an object may have, or must.
#[derive(Clone, Copy)]
pub(super) struct Member {
    name: &'static str,
    kind: Kind,
    required: bool,
}

pub(super) const fn may(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: false }
}

pub(super) const fn must(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: true }
}

/// What is wrong: where, what was expected, what came.
pub(super) fn check(kind: &Kind, value: &JsValue, path: &str) -> Result<(), String> {
    let fits = match kind {
        Kind::Text => value.is_string(),
        Kind::FilledText => value.as_string().is_some_and(|text| !text.is_empty()),
        Kind::Url => value.is_string() || property(value, "href").is_string(),
        Kind::Seconds => value.as_f64().is_some_and(|seconds| (0.0..1e12).contains(&seconds)),
        Kind::PositiveSeconds => value.as_f64().is_some_and(|seconds| (0.001..1e12).contains(&seconds)),
        Kind::Status => value.as_f64().is_some_and(|status| (100.0..600.0).contains(&status)),
        Kind::Function => value.is_function(),
        Kind::Flag => value.as_bool().is_some(),
        Kind::Word(words, _) => is_word(value, words),
        Kind::Texts => value.is_string() || is_text_list(value),
        Kind::TextList => is_text_list(value),
        Kind::TextMap => is_plain(value) && names(value).iter().all(|name| property(value, name).is_string()),
        Kind::WordOrMethods(words, methods, _) => {
            is_word(value, words) || methods.iter().all(|method| property(value, method).is_function())
        }
        Kind::OneText(members, _) => members.iter().filter(|name| property(value, name).is_string()).count() == 1,
        Kind::OrFalse(kind) => return if *value == false { Ok(()) } else { check(kind, value, path) },
        Kind::List(kind) => match items(value) {
            None => false,
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    check(kind, item, &concat(&[path, "[", &decimal(index as u64), "]"]))?;
                }
                true
            }
        },
        Kind::Object(members) => return check_members(members, value, path),
    };
    if fits { Ok(()) } else { Err(wrong(kind, value, path)) }
}

/// The elements of an array.
pub(super) fn items(value: &JsValue) -> Option<Vec<JsValue>> {
    Array::is_array(value).then(|| value.unchecked_ref::<Array>().iter().collect())
}

/// The names of an object's own members.
pub(super) fn names(object: &JsValue) -> Vec<String> {
    Reflect::own_keys(object).unwrap_or_default().iter().filter_map(|name| name.as_string()).collect()
}

fn check_members(members: &[Member], value: &JsValue, path: &str) -> Result<(), String> {
    if !is_plain(value) {
        return Err(wrong(&Kind::Object(&[]), value, path));
    }
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { concat(&[path, ".", name]) };
    for Member { name, kind, required } in members {
        let member = property(value, name);
        if !member.is_undefined() || *required {
            check(kind, &member, &at(name))?;
        }
    }
    for name in names(value) {
        if members.iter().all(|member| member.name != name) && !property(value, &name).is_undefined() {
            let mut known = String::new();
            for member in members {
                known.push_str(if known.is_empty() { "" } else { ", " });
                known.push_str(member.name);
            }
            return Err(concat(&[&at(&name), ": there is no such option; known are ", &known]));
        }
    }
    Ok(())
}

fn wrong(kind: &Kind, value: &JsValue, path: &str) -> String {
    let expected = match kind {
        Kind::Text => "a string",
        Kind::FilledText => "a string that is not empty",
        Kind::Url => "a URL",
        Kind::Seconds => "a number of seconds ≥ 0",
        Kind::PositiveSeconds => "a number of seconds > 0",
        Kind::Status => "an HTTP status",
        Kind::Function => "a function",
        Kind::Flag => "true or false",
        Kind::Texts => "a string or an array of strings",
        Kind::TextList => "an array of strings",
        Kind::TextMap => "an object whose values are strings",
        Kind::List(_) => "an array",
        Kind::Object(_) | Kind::OrFalse(_) => "an object",
        Kind::Word(_, words) | Kind::WordOrMethods(_, _, words) | Kind::OneText(_, words) => words,
    };
    let got = if value.is_undefined() {
        "nothing"
    } else if value.is_null() {
        "null"
    } else if Array::is_array(value) {
        "an array"
    } else if value.is_function() {
        "a function"
    } else if value.is_object() {
        "an object"
    } else if value.as_bool().is_some() {
        "a boolean"
    } else if value.as_f64().is_some() {
        "a number"
    } else {
        match value.as_string() {
            Some(text) if text.is_empty() => "an empty string",
            Some(_) => "a string",
            None => "something else",
        }
    };
    let path = if path.is_empty() { "the argument" } else { path };
    concat(&[path, ": expected ", expected, ", got ", got])
}

fn is_plain(value: &JsValue) -> bool {
    value.is_object() && !Array::is_array(value)
}

fn is_word(value: &JsValue, words: &[&str]) -> bool {
    value.as_string().is_some_and(|text| words.contains(&text.as_str()))
}

fn is_text_list(value: &JsValue) -> bool {
    items(value).is_some_and(|items| items.iter().all(JsValue::is_string))
}
