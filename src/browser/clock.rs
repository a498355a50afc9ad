//! `performance.now()` and `Date.now()`.

use std::cell::Cell;

use wasm_bindgen::prelude::*;

use crate::time::{Mono, Now, Wall};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    fn performance_now() -> Result<f64, JsValue>;
}

/// Reads both clocks of the page.
#[derive(Debug, Default)]
pub struct Clock {
    latest: Cell<u64>,
}

impl Clock {
    /// The monotonic reading never goes back, also where a test replaces the page's timers half-way.
    pub fn now(&self) -> Now {
        let wall = js_sys::Date::now();
        let mono = performance_now().unwrap_or(wall) as u64;
        self.latest.set(self.latest.get().max(mono));
        Now { mono: Mono(self.latest.get()), wall: Wall(wall as u64) }
    }
}
