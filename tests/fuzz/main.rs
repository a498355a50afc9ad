//! The fuzz targets on every machine and toolchain: over the corpus, and over mutations of it that
//! are the same at every run. `cargo xtask fuzz` looks further, guided by coverage.
#![cfg(not(target_arch = "wasm32"))]
// A test harness fails by panicking, also in its helpers, where clippy does not recognise a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod mutation;
#[path = "../support/mod.rs"]
mod support;
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

use mutation::Mutator;
use targets::{TARGETS, Target};

const MUTATIONS: usize = 10_000;

#[test]
fn every_target_holds_on_its_corpus() {
    for target in TARGETS {
        for input in corpus(target) {
            hold(target, &input);
        }
    }
}

#[test]
fn every_target_holds_on_mutations_of_its_corpus() {
    for (seed, target) in TARGETS.into_iter().enumerate() {
        let mut mutator = Mutator::new(seed as u64, corpus(target));
        for _ in 0..MUTATIONS {
            hold(target, &mutator.next());
        }
    }
}

#[test]
fn the_fuzzer_has_the_same_targets() {
    let mut files = names("fuzz/fuzz_targets");
    files.iter_mut().for_each(|file| *file = file.trim_end_matches(".rs").to_owned());
    files.sort();
    let mut known = TARGETS.map(|(name, _)| name.to_owned()).to_vec();
    known.sort();
    assert_eq!(files, known);
    for name in known {
        let text = fs::read_to_string(root().join(format!("fuzz/fuzz_targets/{name}.rs"))).unwrap();
        assert!(text.contains(&format!("\"{name}\"")), "{name}: {text}");
    }
}

fn hold((name, target): Target, input: &[u8]) {
    if catch_unwind(|| target(input)).is_err() {
        panic!("{name} does not hold for b\"{}\"", input.escape_ascii());
    }
}

fn corpus((name, _): Target) -> Vec<Vec<u8>> {
    let directory = format!("fuzz/corpus/{name}");
    let mut inputs: Vec<_> =
        names(&directory).iter().map(|file| fs::read(root().join(&directory).join(file)).unwrap()).collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{name} has no corpus");
    inputs
}

fn names(directory: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(directory)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
