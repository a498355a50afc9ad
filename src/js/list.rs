//! A JSON array of objects, written one by one.

use crate::protocol::ObjectWriter;

pub(super) struct List(String);

impl List {
    pub(super) fn new() -> Self {
        Self("[".into())
    }

    pub(super) fn push(&mut self, object: ObjectWriter) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&object.finish());
    }

    pub(super) fn finish(mut self) -> String {
        self.0.push(']');
        self.0
    }
}
