//! The whole system in one deterministic world: real machines, the server's real rules, and everything
//! in between that can go wrong. The same seed gives the same run, to the last step.
//!
//! `TOKENKEEP_SEEDS` says how many seeds to run, `TOKENKEEP_FIRST` from which on; `TOKENKEEP_SEED` runs
//! one and prints what happens. `cargo xtask prove` runs many.
#![cfg(not(target_arch = "wasm32"))]
// A test harness fails by panicking, also in its helpers, where clippy does not recognise a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod app;
mod at_rest;
mod climate;
mod coverage;
mod device;
mod history;
mod invariants;
mod life;
mod limits;
mod network;
mod queue;
mod rng;
mod safeguards;
mod server;
mod storing;
mod trace;
mod world;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use world::{Outcome, World};

/// What CI has time for.
const SEEDS: u64 = 20_000;

/// So many worlds show everything that can happen in one.
const TELLING: u64 = 5_000;

/// Worlds that found a bug, run first. Each bug has a test of its own in `tests/machine`: a seed means
/// another world once worlds are made otherwise.
const REGRESSIONS: &[u64] = &[
    41, 115, 182, 318, 364, 656, 838, 934, 1108, 1825, 1890, 2392, 2841, 3141, 8112, 14127, 15509, 17214, 17654, 21761,
    24082, 24598, 25530, 29017, 34467, 35045, 42862, 48757, 52852, 52920, 55425, 56865, 57559, 59364, 65767, 70323,
    70913, 86656, 88876, 101206, 102201, 109440, 110359, 112259, 129496, 130934, 131215, 132586, 134375, 144756,
];

#[test]
fn every_seed_keeps_every_invariant() {
    if let Some(seed) = number("TOKENKEEP_SEED") {
        return replay(seed);
    }
    let seeds = number("TOKENKEEP_SEEDS").unwrap_or(SEEDS);
    let first = number("TOKENKEEP_FIRST").unwrap_or(0);
    let list: Vec<u64> = REGRESSIONS.iter().copied().chain(first..first + seeds).collect();
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let counts = Mutex::new(BTreeMap::<&'static str, u64>::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(&seed) = list.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    let outcome = World::new(seed, None, false).run();
                    let mut counts = counts.lock().unwrap();
                    for (what, times) in outcome.counts {
                        *counts.entry(what).or_default() += times;
                    }
                    if let Some(violation) = outcome.violation {
                        failed.lock().unwrap().push((seed, violation));
                    }
                }
            });
        }
    });
    let mut failed: Vec<(u64, String)> = failed.into_inner().unwrap();
    failed.sort();
    let counts = counts.into_inner().unwrap();
    println!("{seeds} seeds in {:.1} s: {counts:#?}", began.elapsed().as_secs_f64());
    let mut kinds = BTreeMap::<&str, Vec<&(u64, String)>>::new();
    for failure in &failed {
        kinds.entry(failure.1.split(':').next().unwrap_or_default()).or_default().push(failure);
    }
    for (kind, failures) in &kinds {
        println!("{kind}: {} seeds", failures.len());
        for (seed, violation) in failures.iter().take(3) {
            println!("    TOKENKEEP_SEED={seed}: {violation}");
        }
    }
    assert!(failed.is_empty(), "{} of {seeds} seeds fail", failed.len());
    if seeds >= TELLING {
        assert_eq!(coverage::missing(&counts), [""; 0], "never happened");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        let hash = |seed| World::new(seed, None, false).run().trace.hash;
        assert_eq!(hash(seed), hash(seed), "seed {seed}");
        assert_ne!(hash(seed), hash(seed + 1), "seeds {seed} and {}", seed + 1);
    }
}

fn replay(seed: u64) {
    let Outcome { violation, trace, climate, .. } = World::new(seed, None, true).run();
    for line in &trace.lines {
        println!("{line}");
    }
    println!("{climate:?}");
    assert_eq!(violation, None, "seed {seed}");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
