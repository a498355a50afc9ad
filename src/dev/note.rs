//! What a handler leaves on its response for whoever keeps statistics. Never a token.

use super::decision::Outcome;
use super::secret::TokenHash;
use super::sessions::Renewal;

/// How a request went, as a response extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What to count, for example `renew.renewed`.
    pub event: &'static str,
    /// More of it, when it was a renewal.
    pub renewal: Option<RenewalNote>,
}

/// How a renewal went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalNote {
    /// `renewed`, `replayed`, or the code of the refusal.
    pub outcome: &'static str,
    /// The family of the token presented, if there is one.
    pub family: Option<String>,
    /// A short hash of the token presented, if it could be one.
    pub parent: Option<String>,
}

impl Note {
    /// A note without more.
    #[must_use]
    pub const fn of(event: &'static str) -> Self {
        Self { event, renewal: None }
    }

    /// The note on a renewal.
    #[must_use]
    pub fn on(renewal: &Renewal) -> Self {
        let (event, outcome) = match &renewal.outcome {
            Outcome::Renewed(_) => ("renew.renewed", "renewed"),
            Outcome::Repeated(_) => ("renew.replayed", "replayed"),
            Outcome::Refused(refusal) => ("renew.refused", refusal.code()),
        };
        let parent = renewal.parent.as_ref().map(TokenHash::short);
        let family = renewal.family.clone();
        Self { event, renewal: Some(RenewalNote { outcome, family, parent }) }
    }
}
