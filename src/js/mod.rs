//! The core as the npm package's driver sees it: JSON in, JSON out. No rule lives here.
//!
//! The package brings adapters of its own, written in JavaScript (`pkg/driver.js`, `pkg/browser/`): what
//! calls the browser all day long is several times lighter there than as wasm that calls JavaScript.

mod effect;
mod event;
mod list;
mod view;

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use crate::machine::{Config, Machine, Sharing};
use crate::protocol::{ObjectWriter, Protocol, Value, Verdict, claims_text, parse_json};
use crate::time::{Mono, Now, Wall};
use event::{flag, seconds};
use list::List;

/// A third of the weight of the standard library's.
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

thread_local! {
    static MACHINES: RefCell<Vec<&'static RefCell<Machine>>> = const { RefCell::new(Vec::new()) };
}

/// Makes the [`Machine`] of a session, and gives its number. `options`: the app's, of the right shape, with a
/// protocol that leaves nothing out. `shared`: whether other tabs use the same storage. `mono` and `wall`, here and
/// below, are readings of `performance.now()` and `Date.now()`, in ms. The driver's contract is that of [`Machine`].
#[wasm_bindgen]
pub fn begin(options: &str, shared: bool, seed: u64, mono: f64, wall: f64) -> u32 {
    let config = config(parse_json(options).unwrap_or_default(), shared);
    // Never dropped, and so without the code for that: it goes when the instance does.
    let machine = Box::leak(Box::new(RefCell::new(Machine::new(config, seed, now(mono, wall)))));
    MACHINES.with_borrow_mut(|machines| {
        machines.push(machine);
        machines.len() as u32 - 1
    })
}

/// Takes in an event, or what is due: `{ kind: "timeout" }`. One of an unknown kind is none. Gives `{ effects, due }`: what is to be done, and when to be back at the latest. A question is answered instead.
#[wasm_bindgen]
pub fn handle(id: u32, mono: f64, wall: f64, told: &str) -> String {
    let now = now(mono, wall);
    let told = parse_json(told).unwrap_or_default();
    with(id, |machine| {
        if let Some(answer) = answer(machine, &told, now) {
            return answer;
        }
        match event::read(&told) {
            Some(Some(event)) => machine.handle(now, event),
            Some(None) => machine.handle_timeout(now),
            None => {}
        }
        let mut effects = List::new();
        while let Some(effect) = machine.poll_effect() {
            effects.push(effect::write(&effect, machine));
        }
        let mut writer = ObjectWriter::new();
        writer.json("effects", &effects.finish());
        if let Some((Mono(due), _)) = machine.poll_timeout() {
            writer.whole("due", due);
        }
        writer.finish()
    })
}

/// Whether the last lease still is good.
#[wasm_bindgen]
pub fn fresh(id: u32, mono: f64, wall: f64) -> bool {
    with(id, |machine| machine.lease(now(mono, wall)).is_some())
}

fn with<T: Default>(id: u32, work: impl FnOnce(&mut Machine) -> T) -> T {
    let machine = MACHINES.with_borrow(|machines| machines.get(id as usize).copied());
    machine.map(|machine| work(&mut machine.borrow_mut())).unwrap_or_default()
}

/// The answer to a question, JSON or a word; empty for no. `None`: it was an event.
// Beside all that an event leads to it would weigh 100 bytes more.
#[inline(never)]
fn answer(machine: &Machine, told: &Value, now: Now) -> Option<String> {
    let (protocol, name) = (machine.protocol(), told.word("name"));
    let writer = match told.word("kind") {
        "snapshot" => Some(view::snapshot(&machine.snapshot())),
        "timeline" => return Some(view::timeline(machine.timeline()).finish()),
        "lease" => machine.lease(now).map(|lease| view::lease(&lease)),
        "claims" => return Some(machine.access_token().and_then(claims_text).unwrap_or_default()),
        role @ ("role" | "scope") => return Some(word(machine.has(role == "role", name), "yes")),
        // Whether an answer says that another token would help, or that its body must be known to tell.
        "rejects" => {
            return Some(match protocol.judge(&event::answer(told), told.member("body").is_some()) {
                Verdict::BodyTells => "body".into(),
                verdict => word(verdict == Verdict::Rejected, "yes"),
            });
        }
        // What the answer of a further endpoint has to be told as, if it is not the one that was asked for.
        "failure" => machine.read_call(name, &event::reply(told), now).err().map(|error| view::error(&error)),
        _ => return None,
    };
    Some(writer.map(ObjectWriter::finish).unwrap_or_default())
}

fn word(so: bool, word: &str) -> String {
    if so { word } else { "" }.into()
}

fn config(options: Value, shared: bool) -> Config {
    let margin = seconds(&options, "renewal.margin");
    let timeout = seconds(&options, "renewal.timeout");
    let ahead = flag(&options, "renewal.ahead");
    let held = seconds(&options, "hold.deadline");
    let most = options.at("hold.limit").and_then(Value::whole).map(|limit| limit as u32);
    let [idle, absolute, warning] = ["idle", "absolute", "warnBefore"].map(|name| seconds(&options, name));
    let mut config = Config::new(Protocol::resolved(options.into_member("protocol").unwrap_or_default()));
    config.margin = margin.unwrap_or(config.margin);
    config.timeout = timeout.unwrap_or(config.timeout);
    config.ahead = ahead;
    config.limits.idle = idle;
    config.limits.absolute = absolute;
    config.limits.warning = warning.unwrap_or(config.limits.warning);
    config.hold.deadline = held.unwrap_or(config.hold.deadline);
    config.hold.limit = most.unwrap_or(config.hold.limit);
    if !shared {
        config.sharing = Sharing::Alone;
    }
    config
}

fn now(mono: f64, wall: f64) -> Now {
    Now { mono: Mono(mono as u64), wall: Wall(wall as u64) }
}
