//! What JavaScript is shown, as plain objects.

use std::cell::RefCell;

use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::error::SessionError;
use crate::machine::Snapshot;
use crate::session::Session;
use crate::token::AccessToken;

/// Objects that stay the same as long as what they show does.
#[derive(Debug, Default)]
pub(super) struct View {
    snapshot: RefCell<Option<(Snapshot, JsValue)>>,
    claims: RefCell<Option<(AccessToken, JsValue)>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotView<'a> {
    status: &'static str,
    renewing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    obtained_at: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_expires_at: Option<f64>,
    generation: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct RenewedView {
    pub(super) by: &'static str,
    pub(super) generation: f64,
}

#[derive(Serialize)]
pub(super) struct ExpiringView {
    pub(super) left: f64,
    pub(super) reason: &'static str,
}

#[derive(Serialize)]
pub(super) struct ReasonView {
    pub(super) reason: &'static str,
}

#[derive(Serialize)]
pub(super) struct DiagnosticView<'a> {
    pub(super) code: &'a str,
    pub(super) message: &'a str,
}

#[derive(Serialize)]
pub(super) struct LoggedOutView {
    pub(super) revoked: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorView<'a> {
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<f64>,
}

#[derive(Serialize)]
struct EntryView<'a> {
    at: f64,
    what: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
}

impl View {
    pub(super) fn snapshot(&self, session: &Session) -> JsValue {
        let now = session.snapshot();
        let mut shown = self.snapshot.borrow_mut();
        match &*shown {
            Some((then, object)) if *then == now => object.clone(),
            _ => {
                let object = to_js(&SnapshotView::from(&now));
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

impl<'a> From<&'a Snapshot> for SnapshotView<'a> {
    fn from(snapshot: &'a Snapshot) -> Self {
        Self {
            status: snapshot.status.as_str(),
            renewing: snapshot.renewing,
            subject: snapshot.subject.as_deref(),
            expires_at: snapshot.expires_at.map(|at| at.0 as f64),
            obtained_at: snapshot.obtained_at.map(|at| at.0 as f64),
            refresh_expires_at: snapshot.refresh_expires_at.map(|at| at.0 as f64),
            generation: snapshot.generation as f64,
            reason: snapshot.reason.map(crate::error::EndReason::as_str),
        }
    }
}

impl<'a> From<&'a SessionError> for ErrorView<'a> {
    fn from(error: &'a SessionError) -> Self {
        Self {
            retryable: error.code.retryable(),
            status: error.status.map(f64::from),
            reason: error.reason.as_deref(),
            retry_after: error.retry_after.map(|length| length.0 as f64),
        }
    }
}

pub(super) fn timeline(session: &Session) -> Array {
    let entries = session.explain();
    let views =
        entries.iter().map(|entry| EntryView { at: entry.at.0 as f64, what: entry.what, detail: &entry.detail });
    views.map(|view| to_js(&view)).collect()
}

pub(super) fn to_js(view: &impl Serialize) -> JsValue {
    serde_wasm_bindgen::to_value(view).unwrap_or(JsValue::UNDEFINED)
}
