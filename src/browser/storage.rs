//! `localStorage`, `sessionStorage`, or whatever the app keeps its record in.

use std::cell::RefCell;

use gloo_storage::{LocalStorage, SessionStorage};
use wasm_bindgen::JsValue;

use super::global::{call, error_name, global, property};
use super::listener::Listener;
use super::promise::settled;
use crate::machine::{Commit, StorageFault};
use crate::token::Secret;

/// One item of a storage.
#[derive(Debug)]
pub struct Item {
    key: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(RefCell<Option<Secret>>),
    Web(web_sys::Storage),
    /// An object of the app's own, with `getItem` and `setItem`. May answer later.
    Custom(JsValue),
}

impl Item {
    /// Kept in this object alone.
    pub fn in_memory(key: String) -> Self {
        Self { key, place: Place::Memory(RefCell::default()) }
    }

    /// `None` where there is no `localStorage`, or it is blocked.
    pub fn in_local_storage(key: String) -> Option<Self> {
        Self::in_web_storage::<LocalStorage>(key, "localStorage")
    }

    /// `None` where there is no `sessionStorage`, or it is blocked.
    pub fn in_session_storage(key: String) -> Option<Self> {
        Self::in_web_storage::<SessionStorage>(key, "sessionStorage")
    }

    /// Kept by the app.
    pub fn in_custom(key: String, storage: JsValue) -> Self {
        Self { key, place: Place::Custom(storage) }
    }

    /// The item's text, if there is one.
    pub async fn read(&self) -> Result<Option<Secret>, StorageFault> {
        match &self.place {
            Place::Memory(text) => Ok(text.borrow().clone()),
            Place::Web(storage) => Ok(storage.get_item(&self.key).map_err(fault)?.map(Secret)),
            Place::Custom(storage) => Ok(ask(storage, "getItem", &self.key, None).await?.as_string().map(Secret)),
        }
    }

    /// Writes if the text still is `expected`. In one step, except in a storage that answers later.
    pub async fn commit_if(&self, expected: Option<&Secret>, text: Secret) -> Commit {
        match self.read().await {
            Ok(found) if found.as_ref() != expected => Commit::Conflict(found),
            Ok(_) => self.write(text).await.map_or_else(Commit::Failed, |()| Commit::Done),
            Err(fault) => Commit::Failed(fault),
        }
    }

    async fn write(&self, text: Secret) -> Result<(), StorageFault> {
        match &self.place {
            Place::Memory(place) => {
                place.replace(Some(text));
                Ok(())
            }
            Place::Web(storage) => storage.set_item(&self.key, &text.0).map_err(fault),
            Place::Custom(storage) => ask(storage, "setItem", &self.key, Some(&text.0)).await.map(drop),
        }
    }

    fn in_web_storage<S: gloo_storage::Storage>(key: String, global_name: &str) -> Option<Self> {
        // `raw()` throws out of Rust where the storage is blocked or missing.
        if web_sys::window().is_none() || !global(global_name).is_object() {
            return None;
        }
        let storage = S::raw();
        storage.get_item(&key).ok()?;
        Some(Self { key, place: Place::Web(storage) })
    }
}

/// Calls when another tab has written or removed the item, or has cleared the storage.
pub fn watch(key: String, changed: impl Fn() + 'static) -> Option<Listener> {
    Listener::on(&js_sys::global(), "storage", move |event| {
        let touched = property(&event, "key").as_string();
        if touched.is_none_or(|touched| touched == key) {
            changed();
        }
    })
}

async fn ask(storage: &JsValue, method: &str, key: &str, text: Option<&str>) -> Result<JsValue, StorageFault> {
    let arguments = [&key.into(), &text.map_or(JsValue::UNDEFINED, JsValue::from), &JsValue::UNDEFINED];
    let answer = call(&property(storage, method), storage, arguments).map_err(fault)?;
    if property(&answer, "then").is_function() {
        return settled(&answer).await.map_err(fault);
    }
    Ok(answer)
}

fn fault(thrown: JsValue) -> StorageFault {
    StorageFault(error_name(&thrown))
}
