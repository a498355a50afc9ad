//! `URL`.

use wasm_bindgen::prelude::*;

use super::global::property;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = URL)]
    type AnyUrl;
    #[wasm_bindgen(catch, constructor, js_class = "URL")]
    fn new(text: &str, base: Option<&str>) -> Result<AnyUrl, JsValue>;
}

/// An absolute URL.
#[derive(Debug)]
pub struct Url(JsValue);

impl Url {
    /// Resolves `text` against `base`. Fails with the browser's own error.
    pub fn new(text: &str, base: Option<&str>) -> Result<Self, JsValue> {
        AnyUrl::new(text, base).map(|url| Self(url.into()))
    }

    /// The whole of it.
    pub fn href(&self) -> String {
        self.part("href")
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.part("origin")
    }

    /// From the first slash after the host.
    pub fn path(&self) -> String {
        self.part("pathname")
    }

    /// Whether HTTP is how to get there.
    pub fn is_http(&self) -> bool {
        matches!(self.part("protocol").as_str(), "https:" | "http:")
    }

    fn part(&self, name: &str) -> String {
        property(&self.0, name).as_string().unwrap_or_default()
    }
}
