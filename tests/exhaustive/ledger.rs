//! What the exploration remembers to judge by. No machine sees it.

use std::collections::BTreeMap;

use crate::server::Token;

/// What must not happen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// A caller was answered who was not waiting.
    AnsweredTwice,
    /// A refresh token was sent again although the answer had come, or could still come in time.
    SentTwice,
    /// A session was ended, and nothing that has happened is a reason.
    EndedWithoutReason,
    /// A page that knew of a logout wrote tokens of that session.
    WrittenAfterLogout,
    /// A caller was given a token that had expired.
    StaleToken,
    /// A step that brings the run no nearer to its end: it could go on for ever.
    NoProgress,
}

#[derive(Clone, PartialEq, Eq, Default, Hash)]
pub struct Ledger {
    sent: BTreeMap<Token, Vec<Sending>>,
    /// The refresh token that was stored last.
    pub saved: Option<Token>,
    /// Sessions that a user has logged out of.
    pub logged_out: Vec<u8>,
    /// Whether some answer was lost, so that a refusal can follow.
    pub mishap: bool,
    pub refused: bool,
    /// Whether a page went before the others could see what it had written last.
    pub torn: bool,
    pub sent_again: bool,
    pub fault: Option<Fault>,
}

/// One presentation of a refresh token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Sending {
    Awaited { since: u64 },
    Answered,
    Lost,
}

impl Ledger {
    pub fn blame(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// `patience`: how long an answer may take until it counts as lost.
    pub fn sends(&mut self, token: Token, now: u64, patience: u64) {
        let sendings = self.sent.entry(token).or_default();
        let mut again = false;
        for sending in &mut *sendings {
            match *sending {
                Sending::Awaited { since } if now >= since + patience => *sending = Sending::Lost,
                Sending::Awaited { .. } | Sending::Answered => again = true,
                Sending::Lost => {}
            }
        }
        self.sent_again |= !sendings.is_empty();
        self.mishap |= sendings.contains(&Sending::Lost);
        sendings.push(Sending::Awaited { since: now });
        sendings.sort_unstable();
        let excused = self.torn && self.logged_out.contains(&token.family);
        if again && !excused {
            self.blame(Fault::SentTwice);
        }
    }

    /// The answer to what was sent at `since` has come.
    pub fn answered(&mut self, token: Token, since: u64, now: u64, patience: u64) {
        // What a user has logged out of, whoever has not heard of it asks for in vain, and does no harm.
        let is_over = self.logged_out.contains(&token.family);
        let outcome = if now >= since + patience || is_over { Sending::Lost } else { Sending::Answered };
        self.settle(token, Sending::Awaited { since }, outcome);
    }

    /// Nobody will ever see the answer to what was sent at `since`.
    pub fn lost(&mut self, token: Token, since: u64) {
        self.mishap = true;
        self.settle(token, Sending::Awaited { since }, Sending::Lost);
    }

    /// Somebody has seen the answer, and is gone before it was stored.
    pub fn forgotten(&mut self, token: Token) {
        self.mishap = true;
        self.settle(token, Sending::Answered, Sending::Lost);
    }

    fn settle(&mut self, token: Token, before: Sending, after: Sending) {
        let sendings = self.sent.entry(token).or_default();
        if let Some(sending) = sendings.iter_mut().find(|sending| **sending == before) {
            *sending = after;
        }
        sendings.sort_unstable();
    }
}
