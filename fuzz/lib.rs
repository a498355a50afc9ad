//! The targets that `tests/fuzz` runs too, by name.
#![forbid(unsafe_code)]

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "../tests/fuzz/targets.rs"]
mod targets;

/// Runs one target.
pub fn run(name: &str, data: &[u8]) {
    let known = targets::TARGETS.into_iter().find(|(known, _)| *known == name);
    let (_, target) = known.expect("a target of that name");
    target(data);
}
