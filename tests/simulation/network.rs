//! The wire: requests that are lost, late or doubled, and answers that come to nothing.

use tokenkeep::machine::{Event, Flight, Lease, Ticket};
use tokenkeep::protocol::{Call, Reply as Answered, Silence};

use crate::device::Frozen;
use crate::history::{Errand, Fate, Issued, Presentation};
use crate::invariants;
use crate::server::{Admission, Issue, Ruling, answer, patience};
use crate::world::{Happening, World};

/// A request on its way.
#[derive(Clone)]
pub struct Parcel {
    tab: usize,
    life: u32,
    asked: u64,
    load: Load,
    /// A second copy: what the server says to it reaches nobody.
    copy: bool,
}

#[derive(Clone)]
enum Load {
    Renewal { flight: Flight, presentation: usize },
    Login { ticket: Ticket, subject: &'static str },
    Revocation { ticket: Option<Ticket>, access: String },
    App { lease: Lease, errand: Errand },
}

pub struct Reply {
    tab: usize,
    life: u32,
    event: Event,
}

pub struct AppAnswer {
    pub tab: usize,
    pub life: u32,
    pub lease: Lease,
    pub errand: Errand,
    /// `None`: something else than a verdict on the token.
    pub admission: Option<Admission>,
}

impl World {
    pub fn send_renewal(&mut self, tab: usize, flight: Flight, call: &Call) {
        let attempt = call.attempt.as_ref().map(|attempt| attempt.as_str().to_owned());
        let access = self.tabs[tab].access.clone();
        let family = access.as_ref().and_then(|access| self.history.issued.get(access)).map(|it| it.family.clone());
        let presentation = Presentation {
            token: call.token.clone().expect("a renewal carries a refresh token"),
            attempt: attempt.unwrap_or_default(),
            family: family.unwrap_or_default(),
            access,
            tab,
            life: self.tabs[tab].life,
            sent: self.time,
            sent_wall: self.wall(),
            unwritten: self.storage_full || self.time < self.tabs[tab].stuck_until,
            blind: self.tabs[tab].mute,
            locked: self.locks.holder.is_some_and(|claim| claim.tab == tab),
            ruling: None,
            fate: Fate::Open,
        };
        let verdict = invariants::when_a_renewal_is_sent(self, &presentation);
        self.blame(verdict);
        self.history.count("renewals sent");
        let index = self.history.presentations.len();
        self.flights.insert((tab, presentation.life, flight.0), index);
        self.history.presentations.push(presentation);
        self.send(tab, Load::Renewal { flight, presentation: index });
    }

    pub fn send_login(&mut self, tab: usize, ticket: Ticket) {
        let subject = if self.rng.chance(100) { "mallory" } else { "susan" };
        self.send(tab, Load::Login { ticket, subject });
    }

    pub fn send_revocation(&mut self, tab: usize, ticket: Option<Ticket>, call: &Call) {
        let access = call.token.clone().unwrap_or_default();
        self.send(tab, Load::Revocation { ticket, access });
    }

    pub fn send_to_app(&mut self, tab: usize, lease: Lease, errand: Errand) {
        let verdict = invariants::when_a_token_is_handed_out(self, tab, &lease, &errand);
        self.blame(verdict);
        self.send(tab, Load::App { lease, errand });
    }

    pub fn arrive(&mut self, parcel: Parcel) {
        let calm = self.calm;
        let trouble = !calm && self.rng.chance(self.climate.trouble);
        let kind = if trouble { self.rng.within(0, 7) } else { u64::MAX };
        let before = match kind {
            0 => Some(patience(503, self.rng.within(2, 40))),
            1 => Some(patience(429, self.rng.within(2, 40))),
            2 => Some(answer(500, "")),
            3 => Some(answer(200, "<html>Welcome to the hotel</html>")),
            4 => Some(answer(404, "<html>Not here</html>")),
            5 => Some(answer(401, "<html>Log in to the network first</html>")),
            _ => None,
        };
        if trouble {
            self.history.count("troubled answers");
        }
        let processed = if before.is_none() { Some(self.process(&parcel)) } else { None };
        if parcel.copy {
            return;
        }
        if !calm && processed.is_some() && self.climate.forgives_copies() && self.rng.chance(self.climate.duplicates) {
            self.history.count("requests doubled");
            let at = self.time + self.rng.within(0, 1_000);
            self.queue.put(at, Happening::Arrive(Parcel { copy: true, ..parcel.clone() }));
        }
        let after = match kind {
            6 => answer(502, "<html>Bad gateway</html>"),
            7 => answer(200, "{\"token\":\"ey"),
            _ => before.or(processed.clone().map(|(reply, _)| reply)).unwrap_or(Err(Silence::Network)),
        };
        let admission = processed.and_then(|(_, admission)| admission).filter(|_| !trouble);
        let lost = !calm && self.rng.chance(self.climate.loss);
        let late = !calm && self.rng.chance(self.climate.slow);
        let delay = if late { self.rng.within(5_000, 45_000) } else { self.rng.within(1, self.climate.latency) };
        if lost {
            self.history.count("answers lost");
        }
        let (reply, delay) = if lost { (Err(Silence::Network), self.break_off()) } else { (after, delay) };
        self.send_back(parcel, reply, admission.filter(|_| !lost), delay);
    }

    /// An answer has come as far as the page.
    pub fn reply(&mut self, reply: Reply) {
        let Reply { tab, life, event } = reply;
        if self.tabs[tab].life != life {
            return self.history.count("answers to pages that are gone");
        }
        match (self.tabs[tab].frozen, event) {
            (Some(Frozen::Device), Event::RenewalSettled(flight, _)) => {
                self.tell(tab, Event::RenewalSettled(flight, Err(Silence::Network)));
            }
            (_, event) => self.tell(tab, event),
        }
    }

    fn send(&mut self, tab: usize, load: Load) {
        let parcel = Parcel { tab, life: self.tabs[tab].life, asked: self.time, load, copy: false };
        if !self.online {
            let delay = self.rng.within(1, 50);
            return self.send_back(parcel, Err(Silence::Network), None, delay);
        }
        if !self.calm && self.rng.chance(self.climate.loss / 2) {
            self.history.count("requests lost");
            let delay = self.break_off();
            return self.send_back(parcel, Err(Silence::Network), None, delay);
        }
        let delay = self.rng.within(1, self.climate.latency);
        self.queue.put(self.time + delay, Happening::Arrive(parcel));
    }

    /// How long until a page knows that nothing will come.
    fn break_off(&mut self) -> u64 {
        if self.rng.chance(150) { 120_000 } else { self.rng.within(5, 4_000) }
    }

    fn send_back(&mut self, parcel: Parcel, reply: Answered, admission: Option<Admission>, delay: u64) {
        let Parcel { tab, life, load, .. } = parcel;
        let thing = match load {
            Load::App { lease, errand } => Happening::AppReply(AppAnswer { tab, life, lease, errand, admission }),
            Load::Renewal { flight, .. } => {
                Happening::Reply(Reply { tab, life, event: Event::RenewalSettled(flight, reply) })
            }
            Load::Login { ticket, .. } => {
                Happening::Reply(Reply { tab, life, event: Event::LoginSettled(ticket, reply) })
            }
            Load::Revocation { ticket, .. } => {
                Happening::Reply(Reply { tab, life, event: Event::RevocationSettled(ticket, reply) })
            }
        };
        self.queue.put(self.time + delay, thing);
    }

    fn process(&mut self, parcel: &Parcel) -> (Answered, Option<Admission>) {
        match &parcel.load {
            Load::Renewal { presentation, .. } => (self.rule(*presentation), None),
            Load::Login { subject, .. } => {
                let (issue, reply) = self.server.login(subject, self.time);
                self.trace.note(self.time, format_args!("server: logs {subject} in, {issue:?}"));
                self.history.subjects.insert(issue.family.clone(), subject);
                self.issue(&issue, parcel.asked);
                (reply, None)
            }
            Load::Revocation { access, .. } => (self.server.logout(access, self.time), None),
            Load::App { errand: Errand::Fetch { bad: true, .. }, .. } => (answer(401, ""), Some(Admission::Invalid)),
            Load::App { lease, .. } => {
                let admission = self.server.admit(lease.token.expose(), self.time);
                (answer(200, ""), Some(admission))
            }
        }
    }

    fn rule(&mut self, presentation: usize) -> Answered {
        let Presentation { token, attempt, sent, family, .. } = self.history.presentations[presentation].clone();
        let attempt = Some(attempt.as_str()).filter(|attempt| !attempt.is_empty());
        let (ruling, reply) = self.server.renew(&token, attempt, self.time);
        self.trace.note(self.time, format_args!("server: renewal {presentation}: {ruling:?}"));
        match &ruling {
            Ruling::Granted(issue) => self.issue(issue, sent),
            Ruling::Refused(refusal) => {
                let verdict = invariants::when_a_renewal_is_refused(self, presentation, *refusal);
                self.blame(verdict);
                self.history.count("renewals refused");
                self.history.refusals.insert(family, *refusal);
            }
        }
        self.history.presentations[presentation].ruling = Some(ruling);
        reply
    }

    fn issue(&mut self, issue: &Issue, asked: u64) {
        if let Some(refresh) = &issue.refresh {
            self.trace.secret(refresh);
        }
        self.history.began.entry(issue.family.clone()).or_insert(asked);
        self.history.issued.insert(issue.access.clone(), Issued { family: issue.family.clone(), asked, arrived: None });
    }
}
