//! The reference server's rules behind a wire, and what it says on it.

use serde_json::json;
use tokenkeep::dev::{Grant, Ledger, Moment, Outcome, Refusal};
use tokenkeep::protocol::{Answer, Reply};

use crate::climate::Climate;
use crate::device::EPOCH;

pub struct Server {
    ledger: Ledger,
    /// How far its clock is ahead of true time.
    skew: u64,
}

/// What it did about a renewal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ruling {
    /// The tokens, and the family they belong to.
    Granted(Issue),
    Refused(Refusal),
}

/// An access token that was issued.
#[derive(Clone, PartialEq, Eq)]
pub struct Issue {
    pub access: String,
    pub refresh: Option<String>,
    pub family: String,
}

/// What it says of an access token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    Welcome,
    Expired,
    Invalid,
}

impl Server {
    pub fn new(climate: &Climate, seed: u64, skew: u64) -> Self {
        Self { ledger: Ledger::seeded(climate.policy(), seed).expect("a seeded key is long enough"), skew }
    }

    pub fn login(&mut self, subject: &str, time: u64) -> (Issue, Reply) {
        let grant = self.ledger.login(subject, self.moment(time));
        (Issue::of(&grant), granted(&grant))
    }

    pub fn renew(&mut self, refresh: &str, attempt: Option<&str>, time: u64) -> (Ruling, Reply) {
        match self.ledger.renew(refresh, attempt, self.moment(time)) {
            Outcome::Renewed(grant) | Outcome::Repeated(grant) => {
                let reply = granted(&grant);
                (Ruling::Granted(Issue::of(&grant)), reply)
            }
            Outcome::Refused(refusal) => {
                let body = json!({ "status": 401, "code": refusal.code() }).to_string();
                (Ruling::Refused(refusal), answer(401, &body))
            }
        }
    }

    pub fn logout(&mut self, access: &str, time: u64) -> Reply {
        match self.ledger.logout(access, self.moment(time)) {
            Ok(()) => answer(204, ""),
            Err(_) => answer(401, ""),
        }
    }

    pub fn revoke(&mut self, subject: &str, time: u64) {
        self.ledger.revoke(subject, self.moment(time));
    }

    pub fn admit(&self, access: &str, time: u64) -> Admission {
        match self.ledger.authenticate(access, self.moment(time)) {
            Ok(_) => Admission::Welcome,
            Err(tokenkeep::dev::AccessError::Expired) => Admission::Expired,
            Err(_) => Admission::Invalid,
        }
    }

    pub fn is_alive(&self, family: &str) -> bool {
        self.ledger.families().any(|row| row.id == family && row.ended.is_none())
    }

    fn moment(&self, time: u64) -> Moment {
        Moment::from_millis(EPOCH + self.skew + time)
    }
}

impl Issue {
    fn of(grant: &Grant) -> Self {
        Self {
            access: grant.access.clone(),
            refresh: grant.refresh.as_ref().map(|refresh| refresh.expose()),
            family: grant.claims.rfid.clone(),
        }
    }
}

impl std::fmt::Debug for Issue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issue({})", self.family.get(..6).unwrap_or_default())
    }
}

fn granted(grant: &Grant) -> Reply {
    let mut body = json!({
        "token": grant.access,
        "tokenType": "Bearer",
        "expiresIn": grant.expires_in,
        "refreshExpiresIn": grant.refresh_expires_in,
        "subject": grant.claims.sub,
    });
    if let Some(refresh) = &grant.refresh {
        body["refreshToken"] = json!(refresh.expose());
    }
    answer(200, &body.to_string())
}

pub fn answer(status: u16, body: &str) -> Reply {
    Ok(Answer::new(status, body))
}

pub fn patience(status: u16, seconds: u64) -> Reply {
    Ok(Answer::new(status, "").with_header("Retry-After", &seconds.to_string()))
}
