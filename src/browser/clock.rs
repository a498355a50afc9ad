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
    last: Cell<f64>,
    elapsed: Cell<f64>,
}

impl Clock {
    /// The monotonic reading never goes back and never stands still, also where a test replaces the page's
    /// timers half-way.
    pub fn now(&self) -> Now {
        let wall = js_sys::Date::now();
        let reading = performance_now().unwrap_or(wall);
        let passed = (reading - self.last.replace(reading)).max(0.0);
        self.elapsed.set(self.elapsed.get() + passed);
        Now { mono: Mono(self.elapsed.get() as u64), wall: Wall(wall as u64) }
    }
}
