//! Following every way in which things can come one after the other, to the end of each.

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model, Path};
use tokenkeep::machine::Config;

use crate::scenario::{Ask, Scenario, Step, StorageKind};
use crate::server::Rotation;
use crate::world::{Budget, World};

macro_rules! scenarios {
    ($($name:ident: $scenario:expr;)*) => {
        $(#[test] fn $name() { crate::explore::explore(stringify!($name), $scenario); })*
    };
}

pub fn two_tabs() -> Scenario {
    Scenario {
        config: Config::default(),
        tabs: 2,
        asks: vec![Ask::Token],
        budget: budget(0, 0, 0, 0),
        rotation: Rotation::Strict,
        locks: true,
        storage: StorageKind::AtOnce,
        lag: 20,
    }
}

pub fn explore(name: &str, scenario: Scenario) {
    let began = Instant::now();
    let checker = scenario.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
    println!(
        "{name}: {} states, {} of them different, up to {} steps, {:.1} s",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f64()
    );
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        tell(path);
        panic!("{name}: {property}");
    }
    assert!(checker.is_done(), "{name}: not everything was explored");
}

pub fn budget(crashes: u8, losses: u8, logouts: u8, delays: u8) -> Budget {
    Budget { crashes, losses, logouts, delays, pauses: 1, logins: 0 }
}

fn tell(path: Path<World, Step>) {
    for (world, step) in path.into_vec() {
        let requests: Vec<_> =
            world.requests.iter().map(|it| format!("{:?}:{:?}={:?}", it.tab, it.kind, it.answer)).collect();
        println!("{:>6} {step:?} {}", world.time, requests.join(" "));
        for tab in world.tabs.iter().filter(|_| step.is_none()) {
            for entry in tab.page.machine().timeline() {
                println!("      {} {} {}", entry.at.0 - 1_800_000_000_000, entry.what, entry.detail);
            }
            println!("   waiting {:?}", tab.waiting);
        }
    }
}
