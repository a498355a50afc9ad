//! What happened, as a hash; and as text where somebody wants to read it.

use std::collections::HashSet;
use std::fmt::Write;

/// Of a refresh token, in characters.
const LENGTH: usize = 43;

pub struct Trace {
    pub hash: u64,
    pub lines: Vec<String>,
    pub leaked: Option<String>,
    keep: bool,
    /// No line may hold one of these.
    secrets: HashSet<String>,
    line: String,
}

impl Trace {
    pub fn new(keep: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: Vec::new(),
            leaked: None,
            keep,
            secrets: HashSet::new(),
            line: String::new(),
        }
    }

    /// A refresh token.
    pub fn secret(&mut self, token: &str) {
        assert_eq!(token.len(), LENGTH, "the length of a refresh token");
        self.secrets.insert(token.to_owned());
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
        if self.line.contains("eyJ") || self.tells_a_secret() {
            self.leaked.get_or_insert_with(|| self.line.clone());
        }
        if self.keep {
            self.lines.push(self.line.clone());
        }
    }
    fn tells_a_secret(&self) -> bool {
        let part_of_a_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let long = self.line.split(|c| !part_of_a_token(c)).filter(|word| word.len() >= LENGTH);
        long.flat_map(|word| (0..=word.len() - LENGTH).map(move |at| &word[at..at + LENGTH]))
            .any(|part| self.secrets.contains(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_a_line_is_found_wherever_it_stands() {
        let token = "x".repeat(LENGTH - 1) + "1";
        for line in [format!("renew({token})"), format!("refresh-{token}"), format!("{token}_of_susan")] {
            let mut trace = Trace::new(false);
            trace.secret(&token);
            trace.note(0, format_args!("nothing"));
            assert_eq!(trace.leaked, None);
            trace.note(1, format_args!("{line}"));
            assert!(trace.leaked.is_some(), "{line}");
        }
    }
}
