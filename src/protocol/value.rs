//! A JSON value.

use std::hash::{Hash, Hasher};

use super::json::parse_json;
use crate::text::{cut, decimal, whole};

/// A JSON value.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Value {
    /// `null`, and anything JSON cannot hold.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object, in the order of its text.
    Object(Vec<(String, Value)>),
}

// Neither JSON nor anything that is made here holds a number that is none.
impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(flag) => flag.hash(state),
            Self::Number(number) => (number + 0.0).to_bits().hash(state),
            Self::Text(text) => text.hash(state),
            Self::List(items) => items.hash(state),
            Self::Object(members) => members.hash(state),
        }
    }
}

impl Value {
    /// The member called `name` of an object, or the element of that index of an array.
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            Self::List(items) => items.get(whole(name)? as usize),
            _ => None,
        }
    }

    /// The member called `name` of an object, and nothing else of it.
    #[cfg(all(feature = "js", target_arch = "wasm32"))]
    pub(crate) fn into_member(self, name: &str) -> Option<Self> {
        let Self::Object(members) = self else { return None };
        members.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value at a dotted path such as `data.tokens.0.access`. A member whose name is all that is
    /// left of the path wins over a nested one.
    pub fn at(&self, path: &str) -> Option<&Value> {
        self.member(path).or_else(|| {
            let (name, rest) = cut(path, b'.')?;
            self.member(name)?.at(rest)
        })
    }

    /// The value of the first of these members that there is.
    pub(super) fn first(&self, names: Option<&Value>) -> Option<&Value> {
        Self::items(names).iter().find_map(|name| self.at(name.text()?))
    }

    /// The items of a list. Anything else counts for a list of one, and nothing for an empty one.
    pub(super) fn items(value: Option<&Value>) -> &[Value] {
        match value {
            None => &[],
            Some(Self::List(items)) => items,
            Some(one) => std::slice::from_ref(one),
        }
    }

    /// The text of a member. Empty where there is none.
    pub(crate) fn word(&self, name: &str) -> &str {
        self.member(name).and_then(Self::text).unwrap_or_default()
    }

    /// The text of a string that is not empty.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A string, or a whole number written as one: servers give ids both ways.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Number(number) if number.is_finite() && *number >= 0.0 => Some(decimal(*number as u64)),
            _ => self.text().map(str::to_owned),
        }
    }

    /// A name, or `true` or `false`: anything that a server may write as a code.
    pub fn code(&self) -> Option<String> {
        match self {
            Self::Bool(true) => Some("true".into()),
            Self::Bool(false) => Some("false".into()),
            _ => self.name(),
        }
    }

    /// What kind of value it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::List(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// A finite number, also one written as a string.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) if number.is_finite() => Some(*number),
            Self::Text(text) => match parse_json(text)? {
                Self::Number(number) if number.is_finite() => Some(number),
                _ => None,
            },
            _ => None,
        }
    }

    /// A whole number that was written by the record writer.
    pub fn whole(&self) -> Option<u64> {
        match self {
            Self::Number(number) if *number >= 0.0 && *number <= 9_007_199_254_740_991.0 => Some(*number as u64),
            _ => None,
        }
    }
}

/// Writes a JSON object member by member. Only what a record needs: strings, whole numbers, objects.
#[derive(Debug, Default)]
pub(crate) struct ObjectWriter {
    text: String,
}

impl ObjectWriter {
    pub(crate) fn new() -> Self {
        Self { text: String::from("{") }
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.quote(value);
    }

    pub(crate) fn whole(&mut self, name: &str, value: u64) {
        self.json(name, &decimal(value));
    }

    #[allow(dead_code, reason = "the facade nests objects, the record does not")]
    pub(crate) fn object(&mut self, name: &str, value: Self) {
        self.json(name, &value.finish());
    }

    /// A value that is JSON already.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.push_str(value);
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.quote(name);
        self.text.push(':');
    }

    fn quote(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => {
                    self.text.push('\\');
                    self.text.push(character);
                }
                '\u{0}'..='\u{1f}' => {
                    self.text.push_str("\\u00");
                    for nibble in [character as u32 >> 4, character as u32 & 15] {
                        self.text.push(char::from_digit(nibble, 16).unwrap_or('0'));
                    }
                }
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Value {
        crate::protocol::parse_json(text).unwrap()
    }

    #[test]
    fn a_path_leads_into_nested_objects_and_arrays() {
        let value = parse(r#"{"errors":[{"extensions":{"code":"EXPIRED"}}],"a.b":1}"#);
        assert_eq!(value.at("errors.0.extensions.code").and_then(Value::text), Some("EXPIRED"));
        assert_eq!(value.at("a.b").and_then(Value::whole), Some(1));
        assert_eq!(value.at("errors.7.extensions"), None);
    }

    #[test]
    fn numbers_are_read_from_strings_too() {
        for (text, expected) in
            [("3600", Some(3600.0)), ("-1.5", Some(-1.5)), ("1e3", Some(1000.0)), ("", None), (".5", None), ("x", None)]
        {
            assert_eq!(Value::Text(text.into()).number(), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(name in ".*", text in ".*", whole in 0_u64..9_007_199_254_740_991) {
            let mut inner = ObjectWriter::new();
            inner.text(&name, &text);
            let mut writer = ObjectWriter::new();
            writer.whole("whole", whole);
            writer.object("inner", inner);
            let read = parse(&writer.finish());
            proptest::prop_assert_eq!(read.member("whole").and_then(Value::whole), Some(whole));
            let inner = read.member("inner").cloned();
            proptest::prop_assert_eq!(inner, Some(Value::Object(vec![(name, Value::Text(text))])));
        }
    }
}
