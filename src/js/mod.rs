//! The core as the npm package's driver sees it: JSON in, JSON out. No rule lives here.
//!
//! The package brings adapters of its own, written in JavaScript (`pkg/driver.js`, `pkg/browser/`): what
//! calls the browser all day long is several times lighter there than as wasm that calls JavaScript.

mod effect;
mod event;
mod list;
mod view;

use wasm_bindgen::prelude::*;

use crate::machine::{Config, Machine, Sharing};
use crate::protocol::{ObjectWriter, Value, claims_text, parse_json};
use crate::time::{Mono, Now, Wall};
use crate::token::{AccessToken, AttemptId, RefreshToken};
use event::{flag, seconds};
use list::List;

/// A third of the weight of the standard library's.
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The [`Machine`] of one session. `mono` and `wall` are readings of `performance.now()` and
/// `Date.now()`, in ms. The driver's contract is that of [`Machine`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core(Machine);

#[wasm_bindgen]
impl Core {
    /// `options`: the app's, of the right shape. `shared`: whether other tabs use the same storage.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, shared: bool, seed: u64, mono: f64, wall: f64) -> Core {
        let config = config(&parse_json(options).unwrap_or_default(), shared);
        Self(Machine::new(config, seed, now(mono, wall)))
    }

    /// Takes in an event, or what is due: `{ kind: "timeout" }`. One of an unknown kind is none. Gives `{ effects, due }`: what is to be done, and when to be back at the latest.
    pub fn handle(&mut self, mono: f64, wall: f64, event: &str) -> String {
        let now = now(mono, wall);
        match parse_json(event).and_then(|event| event::read(&event)) {
            Some(Some(event)) => self.0.handle(now, event),
            Some(None) => self.0.handle_timeout(now),
            None => {}
        }
        let mut effects = List::new();
        while let Some(effect) = self.0.poll_effect() {
            effects.push(effect::write(&effect, &self.0));
        }
        let mut writer = ObjectWriter::new();
        writer.json("effects", &effects.finish());
        if let Some((Mono(due), _)) = self.0.poll_timeout() {
            writer.whole("due", due);
        }
        writer.finish()
    }

    /// Whether the last lease still is good.
    pub fn fresh(&self, mono: f64, wall: f64) -> bool {
        self.0.lease(now(mono, wall)).is_some()
    }

    /// The token for a request.
    pub fn lease(&self, mono: f64, wall: f64) -> Option<String> {
        Some(view::lease(&self.0.lease(now(mono, wall))?, self.0.protocol()).finish())
    }

    /// Whether an answer of the app's API, with this challenge or none, says that another access token would help.
    pub fn rejects(&self, status: u16, challenge: &str) -> bool {
        self.0.protocol().rejects_token(status, Some(challenge))
    }

    /// What the driver asks for by name. Of the calls: how they will be sent, with stand-ins for the tokens,
    /// for the driver to see that they can be.
    pub fn show(&self, what: &str) -> Option<String> {
        let protocol = self.0.protocol();
        let call = match what {
            "snapshot" => return Some(view::snapshot(&self.0.snapshot()).finish()),
            "timeline" => return Some(view::timeline(self.0.timeline()).finish()),
            "claims" => return claims_text(self.0.access_token()?),
            "complaint" => return protocol.check().err().map(str::to_owned),
            "header" => return Some(protocol.attach.header.clone()),
            "login" => protocol.login_call(),
            "renew" => protocol.renewal_call(&RefreshToken::new("x"), &AttemptId::new("x")),
            _ => protocol.logout_call(&AccessToken::new("x")),
        };
        Some(view::call(&call?).finish())
    }
}

fn config(options: &Value, shared: bool) -> Config {
    let mut config = Config::default();
    config.margin = seconds(options, "renewal.margin").unwrap_or(config.margin);
    config.timeout = seconds(options, "renewal.timeout").unwrap_or(config.timeout);
    config.ahead = flag(options, "renewal.ahead");
    config.limits.idle = seconds(options, "idle");
    config.limits.absolute = seconds(options, "absolute");
    config.limits.warning = seconds(options, "warnBefore").unwrap_or(config.limits.warning);
    if !shared {
        config.sharing = Sharing::Alone;
    }
    if let Some(protocol) = options.member("protocol") {
        config.protocol.apply(protocol);
    }
    config
}

fn now(mono: f64, wall: f64) -> Now {
    Now { mono: Mono(mono as u64), wall: Wall(wall as u64) }
}
