//! `navigator.locks`, bound by hand: `web_sys` has it only behind a compiler flag.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::global::{call, flag, global, property};
use super::promise::{settled, spawn};

#[wasm_bindgen]
extern "C" {
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &Object, granted: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn query(this: &LockManager) -> Result<Promise, JsValue>;
}

/// How a lock is shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// One holder at a time.
    Exclusive,
    /// Any number of holders.
    Shared,
}

/// A lock that was asked for, or is held. Dropping it lets it go, or takes the request back.
#[derive(Debug)]
pub struct Hold {
    release: JsValue,
    abort: AbortController,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let nothing = &JsValue::UNDEFINED;
        let _ = call(&self.release, nothing, [nothing; 3]);
        self.abort.abort();
    }
}

/// Asks for a lock. `heard` is told once whether it came; not at all if the hold is dropped before.
/// `None` where there are no locks. A lock is never stolen.
pub fn request(name: &str, mode: Mode, heard: Box<dyn FnOnce(bool)>) -> Option<Hold> {
    let manager = manager()?;
    let abort = AbortController::new().ok()?;
    let options = Object::new();
    set(&options, "mode", &mode.as_str().into());
    set(&options, "signal", &abort.signal());

    let mut release = None;
    let held = Promise::new_typed::<JsValue>(&mut |resolve, _| release = Some(JsValue::from(resolve)));
    let hold = Hold { release: release?, abort };

    let heard = Rc::new(Cell::new(Some(heard)));
    let granted = {
        let heard = Rc::clone(&heard);
        Closure::<dyn FnMut() -> Promise>::new(move || {
            if let Some(heard) = heard.take() {
                heard(true);
            }
            held.clone()
        })
    };
    let done = manager.request(name, &options, granted.as_ref()).ok()?;
    let signal = hold.abort.signal();
    spawn(async move {
        // Ends when the lock is let go, or could not be had.
        let _ = settled(&done).await;
        drop(granted);
        if let Some(heard) = heard.take().filter(|_| !flag(&signal, "aborted")) {
            heard(false);
        }
    });
    Some(hold)
}

/// The names of all shared locks that somebody holds or waits for.
pub async fn shared_names() -> Vec<String> {
    let mut names = Vec::new();
    let Some(query) = manager().and_then(|manager| manager.query().ok()) else { return names };
    let Ok(state) = settled(&query).await else { return names };
    for list in ["held", "pending"] {
        let list = property(&state, list);
        if !Array::is_array(&list) {
            continue;
        }
        for lock in list.unchecked_ref::<Array>().iter() {
            if property(&lock, "mode").as_string().as_deref() == Some(Mode::Shared.as_str()) {
                names.extend(property(&lock, "name").as_string());
            }
        }
    }
    names
}

impl Mode {
    fn as_str(self) -> &'static str {
        match self {
            Self::Exclusive => "exclusive",
            Self::Shared => "shared",
        }
    }
}

fn manager() -> Option<LockManager> {
    let manager = property(&global("navigator"), "locks");
    manager.is_object().then(|| manager.unchecked_into())
}

fn set(object: &Object, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}
