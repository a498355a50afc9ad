//! What JavaScript is shown, as plain objects.

use std::cell::RefCell;

use js_sys::Array;
use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::JsValue;

use crate::error::{EndReason, SessionError};
use crate::machine::{Entry, Snapshot};
use crate::session::Session;
use crate::time::{Millis, Wall};
use crate::token::AccessToken;

/// Objects that stay the same as long as what they show does.
#[derive(Debug, Default)]
pub(super) struct View {
    snapshot: RefCell<Option<(Snapshot, JsValue)>>,
    claims: RefCell<Option<(AccessToken, JsValue)>>,
}

/// An object, member by member. One type for all of them: a derived `Serialize` for each would
/// cost as much as everything else here.
pub(super) struct Shape<'a>(pub(super) &'a [(&'static str, Field<'a>)]);

#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    /// Not a member at all.
    Absent,
    Flag(bool),
    Number(f64),
    Text(&'a str),
}

impl View {
    pub(super) fn snapshot(&self, session: &Session) -> JsValue {
        let now = session.snapshot();
        let mut shown = self.snapshot.borrow_mut();
        match &*shown {
            Some((then, object)) if *then == now => object.clone(),
            _ => {
                let object = snapshot(&now);
                *shown = Some((now, object.clone()));
                object
            }
        }
    }

    pub(super) fn claims(&self, session: &Session) -> JsValue {
        let Some(token) = session.token() else {
            return JsValue::UNDEFINED;
        };
        let mut shown = self.claims.borrow_mut();
        match &*shown {
            Some((then, object)) if *then == token => object.clone(),
            _ => {
                let object = session.claims_of(&token).unwrap_or(JsValue::UNDEFINED);
                *shown = Some((token, object.clone()));
                object
            }
        }
    }
}

impl Shape<'_> {
    pub(super) fn to_js(&self) -> JsValue {
        let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
        self.serialize(&serializer).unwrap_or(JsValue::UNDEFINED)
    }
}

impl Serialize for Shape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, field) in self.0 {
            if !matches!(field, Field::Absent) {
                map.serialize_entry(name, field)?;
            }
        }
        map.end()
    }
}

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Absent => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(flag),
            Self::Number(number) => serializer.serialize_f64(number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'a> Field<'a> {
    pub(super) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::Text)
    }

    pub(super) fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Absent, Self::Number)
    }

    fn time(at: Option<Wall>) -> Self {
        Self::number(at.map(|at| at.0 as f64))
    }
}

pub(super) fn error(error: &SessionError) -> JsValue {
    Shape(&[
        ("retryable", Field::Flag(error.code.retryable())),
        ("status", Field::number(error.status.map(f64::from))),
        ("reason", Field::text(error.reason.as_deref())),
        ("retryAfter", Field::number(error.retry_after.map(|Millis(length)| length as f64))),
    ])
    .to_js()
}

pub(super) fn timeline(session: &Session) -> Array {
    session.explain().iter().map(entry).collect()
}

fn snapshot(snapshot: &Snapshot) -> JsValue {
    Shape(&[
        ("status", Field::Text(snapshot.status.as_str())),
        ("renewing", Field::Flag(snapshot.renewing)),
        ("subject", Field::text(snapshot.subject.as_deref())),
        ("expiresAt", Field::time(snapshot.expires_at)),
        ("obtainedAt", Field::time(snapshot.obtained_at)),
        ("refreshExpiresAt", Field::time(snapshot.refresh_expires_at)),
        ("generation", Field::Number(snapshot.generation as f64)),
        ("reason", Field::text(snapshot.reason.map(EndReason::as_str))),
    ])
    .to_js()
}

fn entry(entry: &Entry) -> JsValue {
    let detail = Some(&*entry.detail).filter(|detail| !detail.is_empty());
    Shape(&[
        ("at", Field::Number(entry.at.0 as f64)),
        ("what", Field::Text(entry.what)),
        ("detail", Field::text(detail)),
    ])
    .to_js()
}
