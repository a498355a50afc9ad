//! `setTimeout()`.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::promise::settled;
use crate::time::Millis;

/// A browser takes a longer delay for none at all.
const LONGEST: u64 = 0x7fff_ffff;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, delay: i32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue) -> Result<(), JsValue>;
}

/// Waits, or goes on at once where there are no timers. In a page that has gone it never ends.
pub async fn sleep(delay: Millis) {
    let woken = Promise::new(&mut |resolve, _| {
        if set_timeout(&resolve, milliseconds(delay)).is_err() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = settled(&woken).await;
}

/// One call in the future, taken back when dropped.
#[derive(Debug)]
pub struct Timer {
    handle: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls after `delay`, or after some 24 days if that is longer.
    pub fn after(delay: Millis, callback: impl FnMut() + 'static) -> Option<Self> {
        let callback = Closure::<dyn FnMut()>::new(callback);
        let handle = set_timeout(callback.as_ref(), milliseconds(delay)).ok()?;
        Some(Self { handle, _callback: callback })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let _ = clear_timeout(&self.handle);
    }
}

fn milliseconds(delay: Millis) -> i32 {
    i32::try_from(delay.0.min(LONGEST)).unwrap_or(i32::MAX)
}
