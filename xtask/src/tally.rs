//! What test runners say at their end.

use std::fmt;
use std::ops::AddAssign;

/// How many tests went how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

impl Tally {
    /// Adds up every closing line in what a run of `cargo test`, `wasm-pack test` or `node --test` has printed.
    pub fn read(printed: &str) -> Self {
        let mut tally = Self::default();
        for line in printed.lines() {
            let line = plain(line);
            if let Some(counts) = line.strip_prefix("test result: ") {
                tally += cargo(counts);
            } else if let Some(count) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
                tally += node(count);
            }
        }
        tally
    }

    pub fn executed(self) -> u32 {
        self.passed + self.failed
    }
}

/// What the runners say of the tests that failed: their stories, or the end of the output where they tell none.
pub fn failures(printed: &str) -> String {
    const TAIL: usize = 60;
    let lines = printed.lines().map(plain).collect::<Vec<_>>();
    let mut stories = Vec::new();
    let mut telling = false;
    for (number, line) in lines.iter().enumerate() {
        if line == "failures:" || line.ends_with("failing tests:") {
            telling = true;
        }
        if telling {
            stories.push(line.as_str());
        }
        // One `node --test` ends with its stories; `cargo test` goes on with the next binary.
        if line.starts_with("test result: ") || number + 1 == lines.len() {
            telling = false;
        }
    }
    if stories.is_empty() {
        stories = lines.iter().skip(lines.len().saturating_sub(TAIL)).map(String::as_str).collect();
    }
    stories.join("\n")
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// `ok. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; …`
fn cargo(counts: &str) -> Tally {
    let mut tally = Tally::default();
    for part in counts.split([';', '.']) {
        match part.trim().split_once(' ') {
            Some((count, "passed")) => tally.passed = number(count),
            Some((count, "failed")) => tally.failed = number(count),
            Some((count, "ignored")) => tally.skipped = number(count),
            _ => {}
        }
    }
    tally
}

/// `pass 3`, a line each.
fn node(count: &str) -> Tally {
    let mut tally = Tally::default();
    match count.split_once(' ') {
        Some(("pass", count)) => tally.passed = number(count),
        Some(("fail" | "cancelled", count)) => tally.failed = number(count),
        Some(("skipped" | "todo", count)) => tally.skipped = number(count),
        _ => {}
    }
    tally
}

fn number(text: &str) -> u32 {
    text.trim().parse().unwrap_or(0)
}

/// Without terminal colours.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binaries_of_one_cargo_test_are_added_up() {
        let printed = "\
running 3 tests
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: \u{1b}[31mFAILED\u{1b}[0m. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(Tally::read(printed), Tally { passed: 3, failed: 2, skipped: 1 });
    }

    #[test]
    fn cancelled_node_tests_count_as_failed() {
        let printed = "ℹ tests 6\nℹ suites 1\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\n";
        assert_eq!(Tally::read(printed), Tally { passed: 3, failed: 2, skipped: 1 });
    }

    #[test]
    fn the_stories_of_failed_tests_are_found_again() {
        let cargo = "test a ... FAILED\n\nfailures:\n\n---- a stdout ----\nboom\n\ntest result: FAILED. 0 passed\nrunning 1 test\ntest result: ok. 1 passed";
        assert_eq!(failures(cargo), "failures:\n\n---- a stdout ----\nboom\n\ntest result: FAILED. 0 passed");
        let node = "✔ one\n✖ two\nℹ fail 1\n\n\u{1b}[31m✖ failing tests:\u{1b}[39m\n\ntest at two.mjs\n✖ two\n  boom";
        assert_eq!(failures(node), "✖ failing tests:\n\ntest at two.mjs\n✖ two\n  boom");
        assert_eq!(failures("error: could not compile"), "error: could not compile");
    }

    #[test]
    fn other_lines_count_for_nothing() {
        assert_eq!(Tally::read("3 passed\n# passing 3 by\n").executed(), 0);
    }
}
