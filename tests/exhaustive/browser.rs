//! What a browser does at once when a machine asks for it.

use tokenkeep::error::{Code, EndReason};
use tokenkeep::machine::{Content, Delivery, Effect, Event, Lock, Notice, Record, Ticket};

use crate::ledger::Fault;
use crate::scenario::Scenario;
use crate::server::Token;
use crate::tab::Storing;
use crate::world::{Kind, Request, Text, World};

impl World {
    pub fn perform(&mut self, at: usize, scenario: &Scenario, effect: Effect) -> Option<Event> {
        let tab = &mut self.tabs[at];
        match effect {
            Effect::Read(op) => {
                tab.last_id = tab.last_id.max(op.0);
                tab.storing.push_back(Storing::Read(op));
            }
            Effect::CommitIf { op, expected, text } => {
                let token = decode(&text.0).as_ref().and_then(refresh_token);
                if token.is_some_and(|token| tab.logged_out.contains(&token.family)) {
                    self.ledger.blame(Fault::WrittenAfterLogout);
                }
                tab.last_id = tab.last_id.max(op.0);
                tab.storing.push_back(Storing::CommitIf { op, expected, text });
            }
            Effect::AcquireLock if !scenario.locks => return Some(Event::LockSettled(Lock::Unavailable)),
            Effect::AcquireLock => self.lock.queue.push(at),
            Effect::ReleaseLock => self.release(at),
            Effect::RaiseFence(stamp) => tab.fence = scenario.locks.then_some(stamp),
            Effect::Renew(flight, call) => {
                tab.last_id = tab.last_id.max(flight.0);
                let token = Token::renewed_by(&call);
                self.ledger.sends(token, self.time, scenario.patience());
                self.send(at, Kind::Renewal { flight, token, since: self.time });
            }
            Effect::SendLogin(ticket, _) => self.send(at, Kind::Login(ticket)),
            Effect::Revoke(ticket, call) => self.send(at, Kind::Logout(ticket, Token::ended_by(&call))),
            Effect::Deliver(ticket, delivery) => self.deliver(at, ticket, &delivery),
            Effect::Announce(announcement) => {
                for (other, tab) in self.tabs.iter_mut().enumerate() {
                    if other != at {
                        tab.inbox.push_back(announcement.clone());
                    }
                }
            }
            Effect::Notify(Notice::LoginRequired(reason)) => self.judge_end(reason),
            Effect::Notify(_) => {}
        }
        None
    }

    fn deliver(&mut self, at: usize, ticket: Ticket, delivery: &Delivery) {
        let waiting = &mut self.tabs[at].waiting;
        match waiting.iter().position(|waits| *waits == ticket) {
            Some(found) => drop(waiting.remove(found)),
            None => self.ledger.blame(Fault::AnsweredTwice),
        }
        match delivery {
            Delivery::Token(lease) => self.judge_token(Token::parse(lease.token.expose())),
            Delivery::Failed(error) if error.code == Code::LoginRequired => {
                let reason = error.reason.as_deref().and_then(EndReason::parse);
                self.judge_end(reason.expect("a reason that is known"));
            }
            _ => {}
        }
    }

    pub fn release(&mut self, at: usize) {
        self.lock.queue.retain(|waiting| *waiting != at);
        if self.lock.holder == Some(at) {
            self.lock.holder = None;
        }
    }

    pub fn write(&mut self, at: usize, text: &str, overtaken: bool) {
        let (time, text) = (self.time, Text::from(text));
        let tab = &mut self.tabs[at];
        if overtaken {
            tab.view.write_before_others(text.clone());
        } else {
            match decode(&text).as_ref().and_then(refresh_token) {
                Some(child) => {
                    self.ledger.saved = Some(child);
                    tab.unsettled.retain(|parent| parent.family != child.family || parent.number >= child.number);
                }
                None => tab.unsettled.clear(),
            }
            tab.view.write_last(text.clone());
            self.stored = text.clone();
        }
        for (other, tab) in self.tabs.iter_mut().enumerate() {
            if other != at {
                tab.view.others_wrote(text.clone(), time, overtaken);
            }
        }
    }

    fn send(&mut self, at: usize, kind: Kind) {
        self.requests.push(Request { tab: Some(at), kind, answer: None });
        self.requests.sort_unstable();
    }

    fn judge_end(&mut self, reason: EndReason) {
        let logged_out = !self.ledger.logged_out.is_empty();
        let ledger = &mut self.ledger;
        let explained = match reason {
            EndReason::Logout => logged_out,
            EndReason::Refused | EndReason::LostRenewal => ledger.refused && (ledger.mishap || logged_out),
            EndReason::None | EndReason::Expired | EndReason::Idle | EndReason::Absolute => false,
        };
        if !explained {
            ledger.blame(Fault::EndedWithoutReason);
        }
    }

    fn judge_token(&mut self, token: Token) {
        if token == Token::FIRST {
            self.ledger.blame(Fault::StaleToken);
        }
    }
}

fn decode(text: &str) -> Option<Record> {
    Record::decode(text).ok()
}

/// Whose tokens the storage holds.
pub fn stored_token(world: &World) -> Option<Token> {
    refresh_token(&decode(&world.stored)?)
}

fn refresh_token(record: &Record) -> Option<Token> {
    match &record.content {
        Content::Live(live) => live.refresh.as_ref().map(|refresh| Token::parse(refresh.expose())),
        Content::Ended(_) => None,
    }
}
