//! What fault control remembers of the API's traffic: counters, requests, renewals. Never a token.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::moment::Moment;
use super::note::{Note, RenewalNote};

/// How many requests, and how many renewals, are remembered.
const KEPT: usize = 1000;

/// What has a counter of its own.
const ENDPOINTS: [&str; 8] = ["register", "login", "renew", "logout", "status", "resource", "echo", "healthz"];

#[derive(Debug, Default)]
pub(super) struct Traffic {
    arrived: u64,
    counters: BTreeMap<String, u64>,
    requests: VecDeque<Request>,
    renewals: VecDeque<Renewal>,
}

/// A request as it comes in.
#[derive(Debug)]
pub(super) struct Arrival {
    pub at: Moment,
    pub method: String,
    pub path: String,
    pub endpoint: String,
    pub tab: Option<String>,
    /// It carries an `Authorization` header, good or bad.
    pub authorized: bool,
}

#[derive(Debug)]
struct Request {
    number: u64,
    arrival: Arrival,
    status: Option<u16>,
}

#[derive(Debug)]
struct Renewal {
    at: Moment,
    tab: Option<String>,
    note: RenewalNote,
}

impl Traffic {
    /// Notes a request that begins; the number given to it is for [`Traffic::settle`].
    pub fn arrive(&mut self, arrival: Arrival) -> u64 {
        self.arrived += 1;
        let known = ENDPOINTS.contains(&arrival.endpoint.as_str());
        let endpoint = if known { arrival.endpoint.as_str() } else { "other" };
        self.count(format!("requests.{endpoint}"));
        push(&mut self.requests, Request { number: self.arrived, arrival, status: None });
        self.arrived
    }

    /// Notes how a request ended: `status` as the client gets it, `None` when it gets nothing.
    pub fn settle(&mut self, number: u64, at: Moment, status: Option<u16>, note: Option<&Note>) {
        let request = self.requests.iter_mut().rev().find(|request| request.number == number);
        let mut tab = None;
        if let Some(request) = request {
            request.status = status;
            tab.clone_from(&request.arrival.tab);
        }
        if let Some(note) = note {
            self.count(note.event.to_owned());
            if let Some(note) = note.renewal.clone() {
                push(&mut self.renewals, Renewal { at, tab, note });
            }
        }
    }

    /// All of it, oldest first.
    pub fn report(&self) -> Value {
        let requests = self.requests.iter().map(|Request { arrival, status, .. }| {
            json!({
                "at": arrival.at.millis(),
                "method": arrival.method,
                "path": arrival.path,
                "tab": arrival.tab,
                "status": status,
                "authorized": arrival.authorized,
            })
        });
        let renewals = self.renewals.iter().map(|Renewal { at, tab, note }| {
            json!({
                "at": at.millis(),
                "tab": tab,
                "family": note.family,
                "outcome": note.outcome,
                "parent": note.parent,
            })
        });
        json!({
            "counters": self.counters,
            "renewals": renewals.collect::<Vec<_>>(),
            "requests": requests.collect::<Vec<_>>(),
        })
    }

    fn count(&mut self, event: String) {
        *self.counters.entry(event).or_default() += 1;
    }
}

fn push<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() == KEPT {
        list.pop_front();
    }
    list.push_back(item);
}
