//! Every way in which a few tabs, one server and a number of mishaps can be interleaved, with the
//! real machine in each tab.
#![cfg(not(target_arch = "wasm32"))]
// A test harness fails by panicking, also in its helpers, where clippy does not recognise a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod browser;
mod ledger;
mod scenario;
mod server;
mod tab;
mod world;

use std::time::Instant;

use scenario::{Ask, Scenario, StorageKind};
use server::Rotation;
use stateright::{Checker, HasDiscoveries, Model};
use tokenkeep::machine::Config;
use world::Budget;

fn two_tabs() -> Scenario {
    Scenario {
        config: Config::default(),
        tabs: 2,
        asks: vec![Ask::Token],
        budget: Budget::default(),
        rotation: Rotation::Strict,
        locks: true,
        storage: StorageKind::AtOnce,
    }
}

fn explore(name: &str, scenario: Scenario) {
    let began = Instant::now();
    let checker = scenario.clone().checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
    println!(
        "{name}: {} states, {} unique, depth {}, {:.1} s",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f64()
    );
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        println!("--- {property}");
        for (world, step) in path.into_vec() {
            let times: Vec<_> = world.tabs.iter().map(|tab| tab.page.machine().timeline().count()).collect();
            let short: Vec<_> =
                world.requests.iter().map(|r| format!("{:?}:{:?}={:?}", r.tab, r.kind, r.answer)).collect();
            println!("{:>6} {step:?} {times:?} {}", world.time, short.join(" "));
            if step.is_none() {
                for tab in &world.tabs {
                    for entry in tab.page.machine().timeline() {
                        println!("      {} {} {}", entry.at.0 - 1_800_000_000_000, entry.what, entry.detail);
                    }
                    println!("   waiting {:?} shown {:?}", tab.waiting, tab.view.shown);
                }
                println!("   stored {:?}", world.stored);
            }
        }
        panic!("{name}: {property}");
    }
}

macro_rules! scenarios {
    ($($name:ident: $scenario:expr;)*) => {
        $(#[test] fn $name() { explore(stringify!($name), $scenario); })*
    };
}

fn budget(crashes: u8, losses: u8, logouts: u8, delays: u8) -> Budget {
    Budget { crashes, losses, logouts, delays, pauses: 1, logins: 0 }
}

scenarios! {
    calm: Scenario { budget: budget(0, 0, 0, 0), ..two_tabs() };
    delay: Scenario { budget: budget(0, 0, 0, 1), ..two_tabs() };
    delay2: Scenario { budget: budget(0, 0, 0, 2), ..two_tabs() };
    loss: Scenario { budget: budget(0, 1, 0, 0), ..two_tabs() };
    crash: Scenario { budget: budget(1, 0, 0, 0), ..two_tabs() };
    logout: Scenario { budget: budget(0, 0, 1, 0), ..two_tabs() };
    loss2: Scenario { budget: budget(0, 2, 0, 1), asks: vec![Ask::Token; 2], ..two_tabs() };
    crash_delay: Scenario { budget: budget(1, 0, 0, 1), ..two_tabs() };
    crash_loss: Scenario { budget: budget(1, 1, 0, 0), ..two_tabs() };
    crash_logout: Scenario { budget: budget(1, 0, 1, 0), ..two_tabs() };
    crash2: Scenario { budget: budget(2, 0, 0, 0), ..two_tabs() };
    later: Scenario { storage: StorageKind::Later, budget: budget(0, 0, 0, 0), ..two_tabs() };
    later_logout: Scenario { storage: StorageKind::Later, budget: budget(0, 0, 1, 0), ..two_tabs() };
    three: Scenario { tabs: 3, budget: budget(0, 0, 0, 0), ..two_tabs() };
    three_crash: Scenario { tabs: 3, budget: budget(1, 0, 0, 0), ..two_tabs() };
    grace: Scenario { rotation: Rotation::Grace(10_000), budget: budget(1, 1, 0, 0), ..two_tabs() };
    revoking: Scenario { rotation: Rotation::Revoking, budget: budget(1, 1, 0, 0), ..two_tabs() };
    login: Scenario { budget: Budget { logins: 1, ..budget(0, 0, 0, 0) }, ..two_tabs() };
    login_logout: Scenario { budget: Budget { logins: 1, ..budget(0, 0, 1, 0) }, ..two_tabs() };
    renewals: Scenario { asks: vec![Ask::Renewal; 2], budget: budget(0, 1, 0, 0), ..two_tabs() };
    replays: Scenario { asks: vec![Ask::Token, Ask::Replay], budget: budget(0, 1, 0, 0), ..two_tabs() };
    nolock_crash_delay: Scenario { locks: false, budget: budget(1, 0, 0, 1), ..two_tabs() };
    nolock_calm: Scenario { locks: false, ..two_tabs() };
    nolock_crash: Scenario { locks: false, budget: budget(1, 0, 0, 0), ..two_tabs() };
    nolock_loss: Scenario { locks: false, budget: budget(0, 1, 0, 0), ..two_tabs() };
}
