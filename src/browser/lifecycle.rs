//! What the browser tells of the page's life: hidden and shown, frozen and resumed, off and on line.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::global::{flag, global, property};
use super::listener::Listener;

/// A turn in the page's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It goes away, perhaps into the back/forward cache.
    Left,
    /// Nobody looks at it any more.
    Hidden,
    /// It is looked at again.
    Resumed,
    /// The device has a network again.
    Online,
    /// The user has done something.
    Active,
}

/// Calls at every turn, until the listeners are dropped; for what the user does only if `activity`
/// is asked for. None where there is no page.
pub fn watch(activity: bool, callback: impl Fn(Turn) + 'static) -> Vec<Listener> {
    let (window, document) = (js_sys::global().into(), global("document"));
    let callback = Rc::new(callback);
    let on = |target: &JsValue, event, tell: fn(&JsValue) -> Option<Turn>| {
        let callback = Rc::clone(&callback);
        Listener::on(target, event, move |event| {
            if let Some(turn) = tell(&event) {
                callback(turn);
            }
        })
    };
    let mut watches = vec![
        on(&window, "pagehide", |_| Some(Turn::Left)),
        on(&window, "pageshow", |event| flag(event, "persisted").then_some(Turn::Resumed)),
        on(&window, "online", |_| Some(Turn::Online)),
        on(&document, "resume", |_| Some(Turn::Resumed)),
        on(&document, "visibilitychange", |_| Some(if is_visible() { Turn::Resumed } else { Turn::Hidden })),
    ];
    if activity {
        watches.extend(["pointerdown", "keydown"].map(|event| on(&window, event, |_| Some(Turn::Active))));
    }
    watches.into_iter().flatten().collect()
}

fn is_visible() -> bool {
    property(&global("document"), "visibilityState").as_string().as_deref() == Some("visible")
}
