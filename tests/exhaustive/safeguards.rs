//! Proof that the proof can fail: with a safeguard left out, there is a way to a violation.

use stateright::{Checker, HasDiscoveries, Model};
use tokenkeep::machine::{Config, Safeguard};

use crate::explore::{budget, two_tabs};
use crate::scenario::Scenario;

macro_rules! missed {
    ($($name:ident: $safeguard:ident in $scenario:expr;)*) => {
        $(#[test] fn $name() { is_missed(Safeguard::$safeguard, $scenario); })*
    };
}

missed! {
    without_a_second_look_a_token_is_sent_twice: Reread in Scenario { budget: budget(1, 0, 0, 0), ..two_tabs() };
    without_the_fence_a_token_is_sent_twice: Fence in Scenario { lag: 60, ..two_tabs() };
    without_the_journal_a_token_is_sent_twice: Journal in Scenario { locks: false, ..two_tabs() };
    without_the_lease_a_token_is_sent_twice: Lease in Scenario { locks: false, ..two_tabs() };
    without_its_precedence_a_logout_is_undone: LogoutWins in Scenario { budget: budget(0, 0, 1, 0), ..two_tabs() };
}

/// Some way to a violation must be found where a safeguard is left out.
fn is_missed(safeguard: Safeguard, scenario: Scenario) {
    let config = Config { without: Some(safeguard), ..scenario.config.clone() };
    let scenario = Scenario { config, ..scenario };
    let checker = scenario.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let found = checker.discoveries().into_iter().next();
    let (property, path) = found.unwrap_or_else(|| panic!("without {safeguard:?} all is well"));
    println!(
        "without {safeguard:?}, after {} states and {} steps: not \"{property}\"",
        checker.state_count(),
        path.into_vec().len()
    );
}
