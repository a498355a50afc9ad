//! The app in each tab: its requests, and what it does with what it is told.

use tokenkeep::error::{Code, EndReason};
use tokenkeep::machine::{Delivery, Event, Lease, Notice, Relogin, Resend, Status, Ticket};
use tokenkeep::protocol::Reply;

use crate::device::Frozen;
use crate::history::{End, Errand, Fate, Pause};
use crate::invariants;
use crate::network::AppAnswer;
use crate::server::Admission;
use crate::world::{Happening, TIMEOUT, World};

impl World {
    pub fn fetch(&mut self, tab: usize, bad: bool, last: bool) {
        let page = &self.tabs[tab];
        let Some(machine) = page.machine.as_ref().filter(|_| page.frozen.is_none()) else { return };
        let errand = Errand::Fetch { bad, replay: false, last };
        match machine.lease(page.now(self.time, self.skew)) {
            Some(lease) => self.send_to_app(tab, lease, errand),
            None => self.ask(tab, errand, |ticket| Event::TokenWanted(ticket, willing(ticket))),
        }
    }

    pub fn log_in(&mut self, tab: usize) {
        let page = &self.tabs[tab];
        if page.machine.is_some() && page.frozen.is_none() && !self.calm {
            self.history.count("logins");
            self.ask(tab, Errand::Login, Event::LoginWanted);
        }
    }

    pub fn log_out(&mut self, tab: usize) {
        let machine = self.tabs[tab].machine.as_ref();
        if machine.is_some_and(|machine| machine.snapshot().status != Status::SignedOut) {
            self.history.count("logouts");
            self.history.logouts.push(self.time);
            self.history.broken_logout |= self.storage_broken;
        }
        self.ask(tab, Errand::Logout, Event::LogoutWanted);
    }

    /// The app's API has answered, or nothing came.
    pub fn app_reply(&mut self, answer: AppAnswer) {
        let AppAnswer { tab, life, lease, errand, admission } = answer;
        let page = &self.tabs[tab];
        if page.life != life || page.frozen == Some(Frozen::Device) {
            return;
        }
        if page.frozen.is_some() {
            let again = AppAnswer { tab, life, lease, errand, admission };
            return self.queue.put(self.time + 1_000, Happening::AppReply(again));
        }
        let Errand::Fetch { bad, replay, last } = errand else { return };
        self.trace.note(self.time, format_args!("{tab} . the app's request: {admission:?}"));
        match admission {
            None => {}
            Some(Admission::Welcome) => {
                self.history.count("requests served");
                if last {
                    self.tabs[tab].served = true;
                }
                if replay {
                    self.history.count("replays served");
                    self.tell(tab, Event::ReplayAccepted(lease.stamp));
                }
            }
            Some(Admission::Expired | Admission::Invalid) => {
                self.history.count("requests rejected");
                self.history.rejected.insert(lease.token.expose().to_owned());
                let Lease { session, stamp, .. } = lease;
                let errand = Errand::Fetch { bad, replay: true, last };
                // Its answer is late, perhaps, and belongs to whoever has sent it.
                let issued = self.history.issued.get(lease.token.expose());
                let sender = issued.and_then(|issued| self.history.subjects.get(&issued.family).copied());
                self.ask_for(tab, errand, sender, |ticket| Event::TokenRejected {
                    ticket,
                    session,
                    stamp,
                    replayed: replay,
                    resend: Resend {
                        relogin: willing(ticket),
                        status: 401,
                        repeatable: !ticket.0.is_multiple_of(7),
                        ..Resend::default()
                    },
                });
            }
        }
    }

    /// A caller is answered.
    pub fn delivered(&mut self, tab: usize, ticket: Ticket, delivery: Delivery) {
        let verdict = invariants::every_caller_is_answered_once(self, ticket);
        self.blame(verdict);
        let Some(caller) = self.history.callers.get_mut(&ticket) else { return };
        caller.answer = Some(delivery.clone());
        let errand = caller.errand.clone();
        match delivery {
            Delivery::Token(lease) => {
                let verdict = invariants::nobody_sends_the_work_of_another(self, ticket, &lease);
                self.blame(verdict);
                self.send_to_app(tab, lease, errand);
            }
            Delivery::PassThrough => self.history.count("401s passed on"),
            Delivery::Failed(error) => {
                self.history.count("callers failed");
                let verdict = invariants::a_caller_fails_only_for_what_has_happened(self, &error);
                self.blame(verdict);
                match error.code {
                    Code::SubjectChanged => self.history.count("subjects changed"),
                    Code::LoginCancelled => self.history.count("logins cancelled"),
                    Code::LoginTimeout => self.history.count("logins awaited in vain"),
                    Code::NotReplayable => self.history.count("bodies gone"),
                    _ => {}
                }
            }
            Delivery::Done(_) => {
                let issued = self.tabs[tab].access.as_ref().and_then(|access| self.history.issued.get(access));
                if let Some(issued) = issued.filter(|_| errand == Errand::Login && self.storage_full) {
                    self.history.unstored_logins.insert(issued.family.clone());
                }
            }
            Delivery::LoggedOut(_) => {}
        }
    }

    pub fn noticed(&mut self, tab: usize, notice: &Notice) {
        if *notice == Notice::SignedIn {
            self.tabs[tab].prompted = false;
        }
        if let Notice::LoginRequired(reason) = notice {
            let again = std::mem::replace(&mut self.tabs[tab].prompted, true);
            if again {
                self.blame(Err(format!("a_login_is_asked_for_once: tab {tab} was asked again ({reason:?})")));
            }
            self.history.count("logins required");
            if self.rng.chance(700) {
                let at = self.time + self.rng.within(500, 20_000);
                self.queue.put(at, Happening::LogIn(tab));
            } else if self.rng.chance(300) {
                let (at, life) = (self.time + self.rng.within(500, 20_000), self.tabs[tab].life);
                self.queue.put(at, Happening::Tell { tab, life, event: Event::LoginCancelled });
            }
        }
    }

    /// Something is about to reach the machine.
    pub fn before(&mut self, tab: usize, event: &Event) {
        let life = self.tabs[tab].life;
        if let Event::RenewalSettled(_, reply) | Event::LoginSettled(_, reply) = event
            && let Some(issued) = token_in(reply).and_then(|token| self.history.issued.get_mut(&token))
        {
            issued.arrived = Some(self.time);
        }
        match event {
            Event::RenewalSettled(flight, reply) => {
                let Some(index) = self.flights.get(&(tab, life, flight.0)).copied() else { return };
                let presentation = &mut self.history.presentations[index];
                presentation.fate = match token_in(reply) {
                    Some(_) => Fate::Renewed { at: self.time, in_force: false, saved: false },
                    None => Fate::Failed,
                };
                let in_time = self.time < presentation.sent + TIMEOUT;
                let wait = reply.as_ref().ok().and_then(|answer| answer.header("Retry-After")?.parse::<u64>().ok());
                let stored = !self.storage_full && self.time >= self.tabs[tab].stuck_until;
                if let (Some(seconds), true) = (wait, in_time && stored) {
                    let token = presentation.token.clone();
                    let until = self.time + seconds * 1000;
                    self.history.pauses.push(Pause { tab, life, token, from: self.time, until });
                }
            }
            Event::LoginSettled(_, reply) => {
                if let Some(issued) = token_in(reply).and_then(|token| self.history.issued.get(&token)) {
                    self.history.logins.insert(issued.family.clone(), self.time);
                }
            }
            // What waits asks again.
            Event::LoginCancelled => self.tabs[tab].prompted = false,
            Event::PageResumed | Event::NetworkBack => self.history.resumptions.push(self.time),
            _ => {}
        }
    }

    /// What has changed in the tab.
    pub fn after(&mut self, tab: usize) {
        let page = &mut self.tabs[tab];
        let Some(machine) = &page.machine else { return };
        let access = machine.access_token().map(|token| token.expose());
        if access == page.access.as_deref() {
            return;
        }
        let (access, reason) = (access.map(str::to_owned), machine.snapshot().reason);
        let before = std::mem::replace(&mut page.access, access.clone());
        match (access, before) {
            (Some(_), _) => {
                page.installed = self.time;
                page.prompted = false;
                page.subject = page
                    .access
                    .as_ref()
                    .and_then(|access| self.history.issued.get(access))
                    .and_then(|issued| self.history.subjects.get(&issued.family))
                    .copied();
            }
            (None, Some(before)) => {
                let family = self.history.issued.get(&before).map(|it| it.family.clone()).unwrap_or_default();
                let end = End { family, reason: reason.unwrap_or(EndReason::None) };
                self.history.count("sessions ended in a tab");
                if end.reason == EndReason::Logout {
                    page.logged_out.insert(end.family.clone());
                }
                self.history.count(match end.reason {
                    EndReason::Logout => "ended by logout",
                    EndReason::Refused => "ended by refusal",
                    EndReason::LostRenewal => "ended by a lost renewal",
                    EndReason::Idle => "ended by the idle limit",
                    EndReason::Absolute => "ended by the absolute limit",
                    EndReason::None | EndReason::Expired => "ended otherwise",
                });
                let verdict = invariants::no_live_session_ends_without_a_reason(self, &end);
                self.blame(verdict);
                if matches!(end.reason, EndReason::Idle | EndReason::Absolute) {
                    self.history.limited.insert(end.family);
                }
            }
            (None, None) => {}
        }
    }
}

/// Every third request waits for a login where it must.
fn willing(ticket: Ticket) -> Relogin {
    if ticket.0.is_multiple_of(3) { Relogin::Hold } else { Relogin::Reject }
}

/// The access token in an answer.
fn token_in(reply: &Reply) -> Option<String> {
    let answer = reply.as_ref().ok().filter(|answer| answer.status == 200)?;
    let body: serde_json::Value = serde_json::from_str(&answer.body.0).ok()?;
    body["token"].as_str().map(str::to_owned)
}
