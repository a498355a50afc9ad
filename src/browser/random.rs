//! `crypto.getRandomValues()`.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(into: &mut [u8]) -> Result<JsValue, JsValue>;
}

/// 64 random bits. Nothing that grows from them is a secret, so the clock is a fair substitute.
pub fn seed() -> u64 {
    let mut bytes = [0; 8];
    if get_random_values(&mut bytes).is_err() {
        return js_sys::Date::now().to_bits();
    }
    u64::from_le_bytes(bytes)
}
