//! The core as the npm package's driver sees it: JSON in, JSON out. No rule lives here.
//!
//! The package brings adapters of its own, written in JavaScript (`pkg/driver.js`, `pkg/browser/`): what
//! calls the browser all day long is several times lighter there than as wasm that calls JavaScript.

mod effect;
mod event;
mod view;

use wasm_bindgen::prelude::*;

use crate::machine::{Config, Machine, Sharing};
use crate::protocol::{Protocol, Value, claims_text, parse_json};
use crate::time::{Millis, Mono, Now, Wall};
use crate::token::{AccessToken, AttemptId, RefreshToken};

/// The [`Machine`] of one session. `mono` and `wall` are readings of `performance.now()` and
/// `Date.now()`, in ms. The driver's contract is that of [`Machine`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    machine: Machine,
    protocol: Protocol,
}

#[wasm_bindgen]
impl Core {
    /// `options`: the app's, of the right shape. `shared`: whether other tabs use the same storage.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, shared: bool, seed: f64, mono: f64, wall: f64) -> Core {
        let config = config(&parse_json(options).unwrap_or_default(), shared);
        let protocol = config.protocol.clone();
        let machine = Machine::new(config, seed.to_bits(), parse_json, now(mono, wall));
        Self { machine, protocol }
    }

    /// What is to be said against the protocol.
    pub fn complaint(&self) -> Option<String> {
        self.protocol.check().err().map(str::to_owned)
    }

    /// Takes in an event. One that is unknown or lacks something is none.
    pub fn handle(&mut self, mono: f64, wall: f64, event: &str) {
        if let Some(event) = parse_json(event).and_then(|event| event::read(&event)) {
            self.machine.handle(now(mono, wall), event);
        }
    }

    /// Does what is due.
    pub fn timeout(&mut self, mono: f64, wall: f64) {
        self.machine.handle_timeout(now(mono, wall));
    }

    /// The next thing to do.
    pub fn effect(&mut self) -> Option<String> {
        let effect = self.machine.poll_effect()?;
        Some(effect::write(&effect, &self.machine, &self.protocol))
    }

    /// When to call `timeout`.
    pub fn due(&self) -> Option<f64> {
        self.machine.poll_timeout().map(|(Mono(due), _)| due as f64)
    }

    /// Whether the last lease still is good.
    pub fn fresh(&self, mono: f64, wall: f64) -> bool {
        self.machine.lease(now(mono, wall)).is_some()
    }

    /// The token for a request.
    pub fn lease(&self, mono: f64, wall: f64) -> Option<String> {
        Some(view::lease(&self.machine.lease(now(mono, wall))?, &self.protocol).finish())
    }

    /// The name of the header that carries the access token.
    pub fn header(&self) -> String {
        self.protocol.attach.header.clone()
    }

    /// Whether an answer of the app's API says that another access token would help.
    pub fn rejects(&self, status: u16, challenge: Option<String>) -> bool {
        self.protocol.rejects_token(status, challenge.as_deref())
    }

    /// The `n`th of the login, renewal and logout that will be sent, with stand-ins for the tokens: for
    /// the driver to see that they can be.
    pub fn call(&self, n: u32) -> Option<String> {
        let protocol = &self.protocol;
        let call = match n {
            0 => protocol.login_call(),
            1 => protocol.renewal_call(&RefreshToken::new("x"), &AttemptId::new("x")),
            _ => protocol.logout_call(&AccessToken::new("x")),
        };
        Some(view::call(&call?).finish())
    }

    /// The session at this moment.
    pub fn snapshot(&self) -> String {
        view::snapshot(&self.machine.snapshot()).finish()
    }

    /// The claims of a JWT access token.
    pub fn claims(&self) -> Option<String> {
        claims_text(self.machine.access_token()?)
    }

    /// The timeline, oldest first.
    pub fn timeline(&self) -> String {
        let mut list = String::from("[");
        for entry in self.machine.timeline() {
            if list.len() > 1 {
                list.push(',');
            }
            list.push_str(&view::entry(entry).finish());
        }
        list.push(']');
        list
    }
}

fn config(options: &Value, shared: bool) -> Config {
    let mut config = Config::default();
    let seconds =
        |path: &str| options.at(path).and_then(Value::number).map(|seconds| Millis((seconds * 1000.0) as u64));
    config.margin = seconds("renewal.margin").unwrap_or(config.margin);
    config.timeout = seconds("renewal.timeout").unwrap_or(config.timeout);
    config.ahead = options.at("renewal.ahead") == Some(&Value::Bool(true));
    config.limits.idle = seconds("idle");
    config.limits.absolute = seconds("absolute");
    config.limits.warning = seconds("warnBefore").unwrap_or(config.limits.warning);
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
