//! What follows when a renewal came to nothing, and the session goes on all the same.

use super::random::Random;
use super::record::{Backoff, Cause, Live};
use super::safeguard::Safeguard;
use super::storing::Purpose;
use super::{Auth, Machine};
use crate::error::{Code, SessionError};
use crate::protocol::{Outcome, Silence};
use crate::text::{concat, decimal};
use crate::time::{Millis, Now, Wall};
use crate::token::SessionId;

/// The longest pause that a server can ask for.
const LONGEST_WAIT: Millis = Millis::from_secs(24 * 3600);

impl Machine {
    /// The next renewal has to wait. The pause is stored before anybody is told, so that no tab is
    /// too early.
    pub(super) fn renewal_failed(&mut self, now: Now, outcome: &Outcome) {
        let mut error = self.failure(outcome);
        let Auth::In(credentials) = &mut self.auth else { return };
        let live = &mut credentials.live;
        let failures = live.backoff.map_or(0, |backoff| backoff.failures).saturating_add(1);
        let (cause, length) = pause_after(&mut self.random, outcome, failures);
        // Shorter than what the server has asked for meanwhile is no pause at all.
        let left = |pause: &Backoff| pause.remaining(now.wall).is_some_and(|left| left > length);
        let asked = live.backoff.filter(|pause| pause.cause == Cause::Server && left(pause));
        live.backoff = asked.or(Some(Backoff { since: now.wall, length, failures, cause }));
        // A server that is asking for patience has not looked at the token: what is in doubt is the
        // answer to an earlier sending, if there was one.
        let first = self.renewal.as_ref().is_some_and(|renewal| !renewal.repeated);
        // Nor is an attempt ours to free that another tab has taken over meanwhile.
        let own = self.renewal.as_ref().and_then(|renewal| renewal.attempt);
        if let Some(attempt) = live.attempt.as_mut().filter(|attempt| Some(**attempt) == own) {
            attempt.since = Wall(0);
            if matches!(outcome, Outcome::RetryLater { status: 429, .. }) && first {
                live.attempt = None;
            }
        }
        let record = credentials.record();
        error.retry_after = Some(length);
        let status = match outcome {
            Outcome::RetryLater { status, .. } => concat(&[" (status ", &decimal((*status).into()), ")"]),
            _ => String::new(),
        };
        let wait = decimal(length.0.div_ceil(1000));
        self.timeline.note(now, "renewal_failed", &concat(&[&error.message, &status, "; no other for ", &wait, " s"]));
        let op = self.commit(record, Purpose::Update(Some(error)));
        self.await_commit(op);
    }

    /// What a server asks for holds, whatever has become of the renewal that it was asked by.
    pub(super) fn heed(&mut self, now: Now, session: SessionId, outcome: &Outcome) {
        if let (Outcome::RetryLater { after: Some(after), .. }, Auth::In(credentials)) = (outcome, &mut self.auth)
            && credentials.session == session
        {
            let before = credentials.live.backoff;
            let length = (*after).min(LONGEST_WAIT);
            if before.and_then(|pause| pause.remaining(now.wall)).is_none_or(|left| left < length) {
                let failures = before.map_or(0, |pause| pause.failures);
                credentials.live.backoff = Some(Backoff { since: now.wall, length, failures, cause: Cause::Server });
                self.commit_update();
            }
        }
    }

    pub(super) fn network_may_be_back(&mut self) {
        let Auth::In(credentials) = &mut self.auth else { return };
        if credentials.live.backoff.is_some_and(|backoff| backoff.cause == Cause::Network) {
            credentials.live.backoff = None;
            let record = credentials.record();
            self.commit(record, Purpose::Update(None));
        }
    }

    pub(super) fn failure(&self, outcome: &Outcome) -> SessionError {
        let (code, message) = match outcome {
            Outcome::RetryLater { .. } => (Code::Server, "the server cannot answer at present"),
            Outcome::Offline(Silence::Timeout) => (Code::Timeout, "the server did not answer in time"),
            Outcome::Misconfigured { message, .. } => (Code::Protocol, message.as_str()),
            Outcome::Offline(Silence::Network) | Outcome::Granted(_) | Outcome::Refused { .. } => {
                (Code::Network, "the request did not get through")
            }
        };
        let mut error = SessionError::new(code, message);
        if let Outcome::RetryLater { status, .. } | Outcome::Misconfigured { status, .. } = outcome {
            error.status = Some(*status);
        }
        if let Outcome::RetryLater { after, .. } = outcome {
            error.retry_after = *after;
        }
        error
    }

    /// What to tell a caller while no renewal may be sent.
    pub(super) fn paused(&self, live: &Live, now: Now) -> Option<SessionError> {
        let backoff = live.backoff.filter(|_| self.config.keeps(Safeguard::StoredPause))?;
        let left = backoff.remaining(now.wall)?;
        let (code, message) = match backoff.cause {
            Cause::Server => (Code::Server, "the server asked to wait, or is in trouble"),
            Cause::Network => (Code::Network, "the last renewal did not get through; waiting before the next"),
            Cause::Protocol => {
                (Code::Protocol, "the last renewal was answered in a way the protocol does not describe")
            }
        };
        let mut error = SessionError::new(code, message);
        error.retry_after = Some(left);
        Some(error)
    }
}

fn pause_after(random: &mut Random, outcome: &Outcome, failures: u32) -> (Cause, Millis) {
    let doubled = |first: u64, longest: u64| (first << failures.saturating_sub(1).min(16)).min(longest);
    match outcome {
        Outcome::RetryLater { after: Some(after), .. } => (Cause::Server, (*after).min(LONGEST_WAIT)),
        Outcome::RetryLater { .. } => (Cause::Server, Millis(random.jitter(doubled(2_000, 300_000)))),
        Outcome::Misconfigured { .. } => (Cause::Protocol, Millis(random.jitter(doubled(5_000, 300_000)))),
        _ => (Cause::Network, Millis(random.jitter(doubled(1_000, 30_000)))),
    }
}
