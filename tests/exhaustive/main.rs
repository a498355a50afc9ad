//! Every way in which a few tabs, one server and a number of mishaps can be interleaved, with the
//! real machine in each tab.
#![cfg(not(target_arch = "wasm32"))]
// A test harness fails by panicking, also in its helpers, where clippy does not recognise a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod browser;
#[macro_use]
mod explore;
mod ledger;
mod safeguards;
mod scenario;
mod server;
mod tab;
mod world;

use explore::{budget, two_tabs};
use scenario::{Ask, Scenario, StorageKind};
use server::Rotation;
use world::Budget;

scenarios! {
    two_tabs_wake_together: two_tabs();
    two_tabs_wake_and_something_takes_long: Scenario { budget: budget(0, 0, 0, 2), ..two_tabs() };
    two_tabs_and_a_crash_at_every_step: Scenario { budget: budget(1, 0, 0, 0), ..two_tabs() };
    two_tabs_and_two_crashes: Scenario { budget: budget(2, 0, 0, 0), ..two_tabs() };
    two_tabs_a_crash_and_something_takes_long: Scenario { budget: budget(1, 0, 0, 1), ..two_tabs() };
    two_tabs_a_crash_and_a_lost_answer: Scenario { budget: budget(1, 1, 0, 0), ..two_tabs() };
    two_tabs_two_lost_answers_and_more_callers:
        Scenario { budget: budget(0, 2, 0, 1), asks: vec![Ask::Token; 2], ..two_tabs() };
    two_tabs_and_a_logout: Scenario { budget: budget(0, 0, 1, 0), ..two_tabs() };
    two_tabs_and_a_login: Scenario { budget: Budget { logins: 1, ..budget(0, 0, 0, 0) }, ..two_tabs() };
    two_tabs_that_are_told_to_renew: Scenario { asks: vec![Ask::Renewal], ..two_tabs() };
    two_tabs_and_a_rejected_token:
        Scenario { asks: vec![Ask::Token, Ask::Replay], budget: budget(0, 1, 0, 0), ..two_tabs() };
    two_tabs_a_crash_and_a_server_that_forgives:
        Scenario { rotation: Rotation::Grace(10_000), budget: budget(1, 1, 0, 0), ..two_tabs() };
    two_tabs_a_crash_and_a_server_that_revokes:
        Scenario { rotation: Rotation::Revoking, budget: budget(1, 1, 0, 0), ..two_tabs() };
    two_tabs_and_a_slow_storage: Scenario { storage: StorageKind::Later, ..two_tabs() };
    two_tabs_and_writes_that_show_late: Scenario { lag: 60, ..two_tabs() };
    without_locks_two_tabs_wake_together: Scenario { locks: false, ..two_tabs() };
    without_locks_a_crash_at_every_step: Scenario { locks: false, budget: budget(1, 0, 0, 0), ..two_tabs() };
    without_locks_a_crash_and_something_takes_long:
        Scenario { locks: false, budget: budget(1, 0, 0, 1), ..two_tabs() };
    without_locks_a_lost_answer: Scenario { locks: false, budget: budget(0, 1, 0, 0), ..two_tabs() };
    three_tabs_wake_together: Scenario { tabs: 3, ..two_tabs() };
}
