//! What takes minutes to explore: `cargo xtask prove` does.
#![cfg(not(target_arch = "wasm32"))]
// A test harness fails by panicking, also in its helpers, where clippy does not recognise a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod browser;
#[macro_use]
mod explore;
mod ledger;
mod scenario;
mod server;
mod tab;
mod world;

use explore::{budget, two_tabs};
use scenario::{Ask, Scenario, StorageKind};
use server::Rotation;

scenarios! {
    three_tabs_and_a_crash_at_every_step: Scenario { tabs: 3, budget: budget(1, 0, 0, 0), ..two_tabs() };
    two_tabs_a_crash_and_a_logout: Scenario { budget: budget(1, 0, 1, 0), ..two_tabs() };
    two_tabs_that_renew_on_demand: Scenario { asks: vec![Ask::Renewal; 2], budget: budget(0, 1, 0, 0), ..two_tabs() };
    two_tabs_a_slow_storage_and_a_logout:
        Scenario { storage: StorageKind::Later, budget: budget(0, 0, 1, 0), ..two_tabs() };
    two_tabs_a_crash_a_rejected_token_and_a_server_that_forgives: Scenario {
        asks: vec![Ask::Token, Ask::Replay],
        rotation: Rotation::Grace(10_000),
        budget: budget(1, 1, 0, 0),
        ..two_tabs()
    };
    two_tabs_a_crash_two_callers_and_a_server_that_revokes: Scenario {
        asks: vec![Ask::Token; 2],
        rotation: Rotation::Revoking,
        budget: budget(1, 1, 0, 1),
        ..two_tabs()
    };
}
