//! An answer, and what it shows at a path.

use super::answer::Answer;
use super::json::parse_json;
use super::value::Value;
use crate::text::{concat, cut};

/// How many members of an answer that was not understood are named.
const NAMED: usize = 8;

/// An answer whose body has been read.
pub(super) struct Shown<'a> {
    pub(super) answer: &'a Answer,
    /// `None`: the body is no JSON.
    body: Option<Value>,
    text: Value,
}

impl<'a> Shown<'a> {
    pub(super) fn new(answer: &'a Answer) -> Self {
        Self { answer, body: parse_json(&answer.body.0), text: Value::Text(answer.body.0.trim_ascii().into()) }
    }

    /// The value at a path into the body. `header:NAME` is that header, `sent:NAME` what the login has sent
    /// under that name; the empty path is the whole body as text.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        match path.strip_prefix("header:") {
            Some(name) => self.answer.header_value(name),
            None if path.starts_with("sent:") => self.answer.header_value(path),
            None if path.is_empty() => Some(&self.text),
            None => self.body.as_ref()?.at(path),
        }
    }

    /// What the first of `paths` leads to that leads to something other than `null`.
    pub(super) fn first(&self, paths: Option<&Value>) -> Option<&Value> {
        let at = |path: &Value| if let Value::Text(path) = path { self.at(path) } else { None };
        Value::items(paths).iter().filter_map(at).find(|value| !matches!(value, Value::Null))
    }

    /// The text of a token. It may stand after a scheme.
    pub(super) fn token(&self, paths: Option<&Value>) -> Option<&str> {
        let mut text = self.first(paths)?.text()?;
        while let Some((_, token)) = cut(text, b' ').filter(|(_, token)| !token.is_empty()) {
            text = token;
        }
        Some(text)
    }

    /// What the server says when it refuses.
    pub(super) fn code(&self) -> Option<String> {
        const PATHS: [&str; 7] = ["code", "error", "message", "msg", "detail", "error.code", "error.message"];
        PATHS.iter().find_map(|path| self.at(path)?.name())
    }

    pub(super) fn is_html(&self) -> bool {
        self.body.is_none() && matches!(&self.text, Value::Text(text) if text.starts_with('<'))
    }

    /// In names and kinds, without a value: there may be tokens among them.
    pub(super) fn describe(&self) -> String {
        match &self.body {
            None if self.is_html() => "HTML".into(),
            None => "no JSON".into(),
            Some(Value::Object(members)) => {
                let mut text = String::from("an object");
                let mut before = " with `";
                for (name, value) in members.iter().take(NAMED) {
                    let name = if name.len() > 40 { "…" } else { name };
                    text = concat(&[&text, before, name, "` (", value.kind(), ")"]);
                    before = ", `";
                }
                text
            }
            Some(value) => value.kind().into(),
        }
    }
}
