//! What happened, as a hash; and as text where somebody wants to read it.

use std::fmt::Write;

pub struct Trace {
    pub hash: u64,
    pub lines: Vec<String>,
    pub leaked: Option<String>,
    keep: bool,
    /// No line may hold one of these. Searched for only where lines are kept: it takes time.
    secrets: Vec<String>,
    line: String,
}

impl Trace {
    pub fn new(keep: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: Vec::new(),
            leaked: None,
            keep,
            secrets: Vec::new(),
            line: String::new(),
        }
    }

    pub fn secret(&mut self, token: &str) {
        if self.keep {
            self.secrets.push(token.to_owned());
        }
    }

    pub fn note(&mut self, time: u64, what: std::fmt::Arguments<'_>) {
        self.line.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.line, "{time:>9} {what}");
        // FNV-1a.
        for byte in self.line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        // All JWTs begin alike.
        if self.line.contains("eyJ") || self.secrets.iter().any(|secret| self.line.contains(secret)) {
            self.leaked.get_or_insert_with(|| self.line.clone());
        }
        if self.keep {
            self.lines.push(self.line.clone());
        }
    }
}
