//! Changes inputs at random, from a seed.

/// What readers of JSON, dates, tokens and headers look for.
const WORDS: [&str; 36] = [
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ".",
    "-",
    "+",
    " ",
    "\n",
    "0",
    "1e308",
    "-1",
    "9007199254740992",
    "18446744073709551616",
    "null",
    "true",
    "\"token\":\"a\"",
    "\"ended\":\"logout\"",
    "\"code\":\"refresh_token_reused\"",
    "\"expiresIn\":",
    "\"v\":2",
    "error=",
    "insufficient_scope",
    "Bearer ",
    "GMT",
    "T00:00:00Z",
    "+99:99",
    "\u{0}",
    "é",
    "\u{1F600}",
];

pub struct Mutator {
    state: u64,
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, corpus: Vec<Vec<u8>>) -> Self {
        Self { state: seed, corpus }
    }

    /// One of the corpus, changed in a few places.
    pub fn next(&mut self) -> Vec<u8> {
        let pick = self.below(self.corpus.len());
        let mut input = self.corpus[pick].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(8)).min(input.len());
        match self.below(6) {
            0 => drop(input.drain(at..end)),
            1 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(at..at, word.bytes());
            }
            2 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(at..end, word.bytes());
            }
            3 => {
                let copy = input[at..end].to_vec();
                input.splice(at..at, copy);
            }
            4 => {
                let pick = self.below(self.corpus.len());
                let other = self.corpus[pick].clone();
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ if at < input.len() => input[at] ^= 1 << self.below(8),
            _ => input.push(self.below(256) as u8),
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.random() % bound.max(1) as u64) as usize
    }

    /// SplitMix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
