//! `addEventListener()`.

use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::global::property;

/// Listens until dropped.
#[derive(Debug)]
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(JsValue)>,
}

impl Listener {
    /// `None` where `target` is nothing that can be listened to.
    pub fn on(target: &JsValue, event: &'static str, callback: impl FnMut(JsValue) + 'static) -> Option<Self> {
        if !property(target, "addEventListener").is_function() {
            return None;
        }
        let target = target.unchecked_ref::<EventTarget>().clone();
        let callback = Closure::<dyn FnMut(JsValue)>::new(callback);
        target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref()).ok()?;
        Some(Self { target, event, callback })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.event, self.callback.as_ref().unchecked_ref());
    }
}
