//! Sending a renewal, and what its answer leads to.

use super::credentials::Credentials;
use super::effect::Effect;
use super::event::{Flight, StorageOp, Ticket};
use super::record::{Content, Live, Record};
use super::renewal::{Look, Phase, Renewal, Sent, Turn};
use super::safeguard::Safeguard;
use super::storing::Purpose;
use super::timer::Timer;
use super::{Auth, Machine, Sharing};
use crate::error::{Code, EndReason, SessionError};
use crate::protocol::{Grant, Outcome, Reply, Silence};
use crate::text::{concat, decimal, hex};
use crate::time::{Now, Wall};
use crate::token::{AttemptId, SessionId, Stamp};

impl Machine {
    pub(super) fn journaled(&mut self, now: Now, op: StorageOp, stored: bool) {
        let Some(renewal) = self.renewal.as_mut().filter(|renewal| renewal.is_journaling(op)) else { return };
        // What could not be written down may have taken until others have gone on.
        let is_obsolete = !stored && self.promised > renewal.over && self.config.keeps(Safeguard::Fence);
        renewal.grow_late(now, self.config.timeout);
        let turn = renewal.turn;
        if !stored && matches!(turn, Turn::HeldLate | Turn::Overdue) {
            let message = "the turn came too late, and the storage takes nothing by which others could know of it";
            return self.fail_renewal(now, &SessionError::new(Code::Storage, message));
        }
        if let Auth::In(credentials) = &mut self.auth {
            credentials.live.attempt = renewal.attempt;
        }
        match (turn, self.config.sharing) {
            _ if is_obsolete => self.looked_before_renewing(now),
            (turn, Sharing::Tabs { .. }) if stored && !turn.is_sole() && self.config.keeps(Safeguard::Lease) => {
                self.settle(now, Look::Send);
            }
            _ => self.send(now),
        }
    }

    pub(super) fn renewal_settled(&mut self, now: Now, flight: Flight, reply: &Reply) {
        let Some(sent) = self.flights.remove(flight) else { return };
        let outcome = self.config.protocol.read_renewal(reply, sent.at.wall, now.wall);
        let outcome = match (outcome, reply) {
            (Outcome::RetryLater { status, .. } | Outcome::Misconfigured { status, .. }, Ok(_))
                if !self.config.keeps(Safeguard::RefusalClassifier) =>
            {
                Outcome::Refused { status, code: None }
            }
            (outcome, _) => outcome,
        };
        let awaited = matches!(&self.renewal, Some(Renewal { phase: Phase::InFlight(f), .. }) if *f == flight);
        let logout_wins = self.config.keeps(Safeguard::LogoutWins);
        if !self.is_current(sent.session, sent.over) && (logout_wins || matches!(self.auth, Auth::In(_))) {
            self.timeline.note(now, "renewal_late", "the session has moved on");
            self.heed(now, sent.session, &outcome);
            match (outcome, sent.farewell) {
                (outcome, Some((ticket, mut live))) => {
                    if let Outcome::Granted(grant) = outcome {
                        live.renew(grant, now, sent.at);
                    }
                    self.revoke_all(Some(ticket), &live);
                }
                (Outcome::Granted(grant), None) if !self.is_session(sent.session) => {
                    self.revoke(None, grant.access.as_ref(), grant.refresh.as_ref(), None);
                }
                _ => {}
            }
            if awaited && self.is_session(sent.session) {
                self.finish_renewal();
            }
            return;
        }
        match outcome {
            Outcome::Granted(grant) => {
                let mut live = match &self.auth {
                    Auth::In(credentials) => credentials.live.clone(),
                    _ if logout_wins => return,
                    _ => Box::default(),
                };
                live.renew(grant, now, sent.at);
                let stamp = Stamp { generation: sent.over.generation + 1, ..sent.over };
                let record = Record { session: sent.session, stamp, content: Content::Live(live) };
                let op = self.commit(record, Purpose::Renewed { over: sent.over, sent: sent.at });
                if awaited {
                    self.set_phase(Phase::Committing(op));
                }
            }
            _ if !awaited => self.heed(now, sent.session, &outcome),
            Outcome::Refused { status, .. } => {
                self.timeline.note(now, "renewal_refused", &concat(&["status ", &decimal(status.into())]));
                // Where tokens are not spent, it does not matter that an answer was lost.
                let spent = sent.repeated && !self.config.protocol.keeps_refresh_tokens();
                let reason = if spent { EndReason::LostRenewal } else { EndReason::Refused };
                self.timers.set(Timer::Deadline, now.mono + self.config.timeout);
                self.settle(now, Look::End(reason));
            }
            Outcome::RetryLater { .. } | Outcome::Offline(_) | Outcome::Misconfigured { .. } => {
                self.renewal_failed(now, &outcome);
            }
        }
    }

    /// The turn, the storage or the answer did not come in time.
    pub(super) fn renewal_overdue(&mut self, now: Now) {
        let Some(renewal) = &mut self.renewal else { return };
        match renewal.phase {
            Phase::Queued => {
                self.timeline.note(now, "turn_overdue", "going on without the lock");
                renewal.turn = Turn::Overdue;
                self.timers.set(Timer::Deadline, now.mono + self.config.timeout);
                self.settle(now, Look::Renew);
            }
            // Still sent: its answer is taken whenever it comes.
            Phase::InFlight(_) => {
                let (session, over) = (renewal.session, renewal.over);
                if self.is_current(session, over) {
                    self.renewal_failed(now, &Outcome::Offline(Silence::Timeout));
                } else {
                    self.finish_renewal();
                }
            }
            Phase::Committing(op) | Phase::Journaling(op) => self.give_up_write(now, op),
            _ => {
                self.timeline.note(now, "storage_overdue", "");
                self.fail_renewal(now, &SessionError::new(Code::Storage, "the storage did not answer in time"));
            }
        }
    }

    pub(super) fn send(&mut self, now: Now) {
        let flight = Flight(self.next_id());
        let (Some(renewal), Auth::In(credentials)) = (&mut self.renewal, &self.auth) else { return };
        let live = &credentials.live;
        let token = self.config.protocol.renews_with(live.access.as_ref(), live.refresh.as_ref());
        let (Some(token), Some(attempt)) = (token, &renewal.attempt) else { return };
        let Some(call) = self.config.protocol.renewal_call(token, &name(renewal.session, attempt.id)) else { return };
        let (session, over, repeated) = (renewal.session, renewal.over, renewal.repeated);
        renewal.phase = Phase::InFlight(flight);
        self.flights.insert(flight, Sent { session, over, at: now, repeated, farewell: None });
        self.timers.set(Timer::Deadline, now.mono + self.config.timeout);
        self.timeline.note(now, "renewal_sent", if repeated { "again: its answer was lost" } else { "" });
        self.act(Effect::Renew(flight, call));
    }

    /// A session is over that the server ends by a live access token only, and there is none: a last renewal
    /// for the sake of the logout, unless one is under way. Tells whether there is something to wait for.
    pub(super) fn renew_to_end(&mut self, now: Now, credentials: &Credentials, ticket: Ticket) -> bool {
        if credentials.valid(now) || !self.config.protocol.logs_out_live() {
            return false;
        }
        let (session, live) = (credentials.session, &credentials.live);
        let farewell = Some((ticket, live.clone()));
        if let Some(sent) = self.flights.values_mut().find(|sent| sent.session == session) {
            sent.farewell = farewell;
            return true;
        }
        // What may have been spent is not sent again for this.
        let token = self.config.protocol.renews_with(None, live.refresh.as_ref()).filter(|_| live.attempt.is_none());
        let attempt = name(session, self.random.lot());
        let Some(call) = token.and_then(|token| self.config.protocol.renewal_call(token, &attempt)) else {
            return false;
        };
        let flight = Flight(self.next_id());
        self.flights.insert(flight, Sent { session, over: credentials.stamp, at: now, repeated: false, farewell });
        self.timeline.note(now, "renewal_sent", "to log out");
        self.act(Effect::Renew(flight, call));
        true
    }

    pub(super) fn is_session(&self, session: SessionId) -> bool {
        matches!(&self.auth, Auth::In(credentials) if credentials.session == session)
    }
}

#[inline(never)]
fn learn(known: &mut Option<String>, told: Option<String>) {
    if told.is_some() {
        *known = told;
    }
}

/// Together no two sessions and no two attempts of any user have the same.
fn name(session: SessionId, attempt: u64) -> AttemptId {
    AttemptId::new(&concat(&[&hex(session.0), &hex(attempt)]))
}

impl Live {
    /// What an answer leaves out stays as it was.
    fn renew(&mut self, grant: Grant, now: Now, sent: Now) {
        self.access = grant.access;
        if grant.refresh.is_some() {
            self.refresh = grant.refresh;
        }
        self.obtained = sent.wall;
        self.lifetime = grant.lifetime.or(self.lifetime);
        self.refresh_obtained = sent.wall;
        self.refresh_lifetime = grant.refresh_lifetime.or(self.refresh_lifetime);
        // A renewal changes no user, by whichever name its answer has it.
        if self.subject.is_none() {
            self.subject = grant.subject;
        }
        learn(&mut self.scopes, grant.scopes);
        learn(&mut self.roles, grant.roles);
        self.attempt = None;
        // What the server asked for after this was sent still holds.
        // By whichever clock it was sent earlier: the one on the wall may have been set back since.
        let sent = sent.wall.min(Wall((now.wall - Wall((now.mono - sent.mono).0)).0));
        self.backoff = self.backoff.filter(|pause| pause.was_asked_after(sent));
    }
}
