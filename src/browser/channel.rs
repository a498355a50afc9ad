//! `BroadcastChannel`.

use wasm_bindgen::JsValue;
use web_sys::BroadcastChannel;

use super::global::{global, property};
use super::listener::Listener;

/// Texts between the tabs of one origin. Closed when dropped.
#[derive(Debug)]
pub struct Channel {
    channel: BroadcastChannel,
    _listener: Option<Listener>,
}

impl Channel {
    /// `None` where there is no such thing. A tab does not hear itself.
    pub fn open(name: &str, hear: impl Fn(String) + 'static) -> Option<Self> {
        if !global("BroadcastChannel").is_function() {
            return None;
        }
        let channel = BroadcastChannel::new(name).ok()?;
        let listener = Listener::on(&channel, "message", move |event| {
            if let Some(text) = property(&event, "data").as_string() {
                hear(text);
            }
        });
        Some(Self { channel, _listener: listener })
    }

    /// Best effort.
    pub fn say(&self, text: &str) {
        let _ = self.channel.post_message(&JsValue::from_str(text));
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
