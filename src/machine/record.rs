//! The one thing that is stored: everything a tab must know to go on, in one item, written at once.

use std::cmp::Ordering;

use crate::error::EndReason;
use crate::protocol::{ObjectWriter, Value, parse_json};
use crate::time::{Millis, Wall};
use crate::token::{AccessToken, RefreshToken, SessionId, Stamp};

/// The layout that this version writes.
const VERSION: u64 = 1;

/// Stands for a number that is not there; none that JSON holds exactly is as great.
const MISSING: u64 = u64::MAX;

/// The stored state of a session.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Record {
    /// Which login it belongs to.
    pub session: SessionId,
    /// Which state of that login it is.
    pub stamp: Stamp,
    /// What there is.
    pub content: Content,
}

/// What a record holds.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Content {
    /// A session that goes on.
    Live(Box<Live>),
    /// What is left of one that ended: a mark that outlives the tokens, so that no tab brings them back.
    Ended(EndReason),
}

/// The tokens and what is known about them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Live {
    /// Missing until the first renewal with servers whose login gives none.
    pub access: Option<AccessToken>,
    /// Missing with servers that know none.
    pub refresh: Option<RefreshToken>,
    /// When the session began.
    pub began: Wall,
    /// When somebody was last seen to do something.
    pub active: Wall,
    /// When the request that brought the access token was sent.
    pub obtained: Wall,
    /// The access token's lifetime from then on.
    pub lifetime: Option<Millis>,
    /// When the refresh token was last obtained or used.
    pub refresh_obtained: Wall,
    /// The refresh token's lifetime from then on.
    pub refresh_lifetime: Option<Millis>,
    /// Who is signed in.
    pub subject: Option<String>,
    /// What the tokens are good for, one a line, where an answer has told.
    pub scopes: Option<String>,
    /// What the user is, one a line, where an answer has told.
    pub roles: Option<String>,
    /// The journal: a renewal that was begun, and whose result is not known yet.
    pub attempt: Option<Attempt>,
    /// No renewal is sent before this is over.
    pub backoff: Option<Backoff>,
}

/// A renewal that was begun. Written before the refresh token is sent, so that whoever finds it
/// without a result knows that the token is possibly spent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Attempt {
    /// Sent along with the session's number where the server takes it, the same at every repetition.
    pub id: u64,
    /// When it was begun, or last repeated. Zero: nobody is waiting for its result any more.
    pub since: Wall,
    /// Drawn anew whenever it is written, so that two tabs that repeat it at the same moment can be
    /// told apart.
    pub lot: u64,
}

/// A pause that the server asked for, or that its trouble suggests.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Backoff {
    /// When it began: a clock that stands before this has been set back.
    pub since: Wall,
    /// How long it lasts.
    pub length: Millis,
    /// Failures in a row.
    pub failures: u32,
    /// Why: decides what a request that meets it is told.
    pub cause: Cause,
}

/// Why there is a pause.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// The server is in trouble or asked to wait.
    Server,
    /// Nothing came back. Ends early when the network does.
    Network,
    /// The answer was not what the protocol says.
    Protocol,
}

/// Why stored text is not a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unreadable {
    /// Not JSON, or JSON of another shape.
    Foreign,
    /// Written by a later version whose layout this one does not know.
    Newer,
}

impl Record {
    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        let value = parse_json(text).ok_or(Unreadable::Foreign)?;
        match value.member("v").and_then(Value::whole) {
            Some(VERSION) => Self::from_value(&value).ok_or(Unreadable::Foreign),
            Some(newer) if newer > VERSION => Err(Unreadable::Newer),
            _ => Err(Unreadable::Foreign),
        }
    }

    /// The text to store.
    pub fn encode(&self) -> String {
        let mut writer = ObjectWriter::new();
        writer.whole("session", self.session.0);
        writer.whole("epoch", self.stamp.epoch);
        writer.whole("generation", self.stamp.generation);
        match &self.content {
            Content::Ended(reason) => writer.text("ended", reason.as_str()),
            Content::Live(live) => live.write(&mut writer),
        }
        // Last, so that a text that was cut off is no record.
        writer.whole("v", VERSION);
        writer.finish()
    }

    /// Which of two records is the later state: by their stamps, which is all that a fence or a promise
    /// tells. The end of a session outranks the live state of the same generation, not one that was
    /// renewed since.
    pub fn supersedes(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Greater
    }

    pub(super) fn end_reason(&self) -> EndReason {
        match self.content {
            Content::Ended(reason) => reason,
            Content::Live(_) => EndReason::None,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        let rank = |record: &Self| matches!(record.content, Content::Ended(_));
        (self.stamp.cmp(&other.stamp))
            .then_with(|| self.session.cmp(&other.session))
            .then_with(|| rank(self).cmp(&rank(other)))
    }

    fn from_value(value: &Value) -> Option<Self> {
        let (session, epoch, generation) =
            (number(value, "session"), number(value, "epoch"), number(value, "generation"));
        if session == MISSING || epoch == MISSING || generation == MISSING {
            return None;
        }
        let content = match value.member("ended") {
            Some(ended) => Content::Ended(EndReason::parse(ended.text()?)?),
            None => Content::Live(Box::new(Live::from_value(value)?)),
        };
        Some(Self { session: SessionId(session), stamp: Stamp { epoch, generation }, content })
    }
}

impl Live {
    /// Nothing to send and nothing to renew with is no session.
    fn from_value(value: &Value) -> Option<Self> {
        let (access, refresh) = (text(value, "access"), text(value, "refresh"));
        let (obtained, refresh_obtained) = (number(value, "obtained"), number(value, "refreshObtained"));
        if access.or(refresh).is_none() || obtained == MISSING || refresh_obtained == MISSING {
            return None;
        }
        let or_obtained = |number| if number == MISSING { obtained } else { number };
        let (began, active) = (or_obtained(number(value, "began")), or_obtained(number(value, "active")));
        let length = |name| Some(number(value, name)).filter(|length| *length != MISSING).map(Millis);
        Some(Self {
            access: access.map(AccessToken::new),
            refresh: refresh.map(RefreshToken::new),
            began: Wall(began),
            active: Wall(active),
            obtained: Wall(obtained),
            lifetime: length("lifetime"),
            refresh_obtained: Wall(refresh_obtained),
            refresh_lifetime: length("refreshLifetime"),
            subject: text(value, "subject").map(str::to_owned),
            scopes: told(value, "scopes"),
            roles: told(value, "roles"),
            attempt: Attempt::from_value(value),
            backoff: Backoff::from_value(value),
        })
    }

    fn write(&self, writer: &mut ObjectWriter) {
        if let Some(access) = &self.access {
            writer.text("access", access.expose());
        }
        if let Some(refresh) = &self.refresh {
            writer.text("refresh", refresh.expose());
        }
        writer.whole("began", self.began.0);
        writer.whole("active", self.active.0);
        writer.whole("obtained", self.obtained.0);
        writer.whole("refreshObtained", self.refresh_obtained.0);
        if let Some(lifetime) = self.lifetime {
            writer.whole("lifetime", lifetime.0);
        }
        if let Some(lifetime) = self.refresh_lifetime {
            writer.whole("refreshLifetime", lifetime.0);
        }
        if let Some(subject) = &self.subject {
            writer.text("subject", subject);
        }
        if let Some(scopes) = &self.scopes {
            writer.text("scopes", scopes);
        }
        if let Some(roles) = &self.roles {
            writer.text("roles", roles);
        }
        if let Some(attempt) = &self.attempt {
            writer.whole("attempt", attempt.id);
            writer.whole("attemptSince", attempt.since.0);
            writer.whole("attemptLot", attempt.lot);
        }
        if let Some(backoff) = &self.backoff {
            writer.text("backoff", backoff.cause.as_str());
            writer.whole("backoffSince", backoff.since.0);
            writer.whole("backoffLength", backoff.length.0);
            writer.whole("failures", backoff.failures.into());
        }
    }
}

impl Attempt {
    fn from_value(value: &Value) -> Option<Self> {
        let (id, since, lot) = (number(value, "attempt"), number(value, "attemptSince"), number(value, "attemptLot"));
        (id != MISSING && since != MISSING && lot != MISSING).then_some(Self { id, since: Wall(since), lot })
    }
}

impl Backoff {
    /// How much of the pause is left. A clock set back past its beginning ends it: better one
    /// request too early than a session that waits for years.
    pub fn remaining(&self, now: Wall) -> Option<Millis> {
        let gone = (now >= self.since).then(|| now - self.since)?;
        (gone < self.length).then(|| Millis(self.length.0 - gone.0))
    }

    /// Whether the server has asked for it after that moment: then it holds whatever else came of it.
    pub(super) fn was_asked_after(&self, moment: Wall) -> bool {
        self.cause == Cause::Server && self.since > moment
    }

    fn from_value(value: &Value) -> Option<Self> {
        let (since, length) = (number(value, "backoffSince"), number(value, "backoffLength"));
        let cause = text(value, "backoff").filter(|_| since != MISSING && length != MISSING)?;
        let failures = u32::try_from(number(value, "failures")).ok()?;
        Some(Self { since: Wall(since), length: Millis(length), failures, cause: Cause::parse(cause)? })
    }
}

/// The text of a member, unless it is empty.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.member(name)?.text()
}

/// The text of a member. Also an empty one: that there is nothing has been told, too.
fn told(value: &Value, name: &str) -> Option<String> {
    match value.member(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// The whole number of a member, or [`MISSING`].
fn number(value: &Value, name: &str) -> u64 {
    value.member(name).and_then(Value::whole).unwrap_or(MISSING)
}

impl Cause {
    fn parse(text: &str) -> Option<Self> {
        [Self::Server, Self::Network, Self::Protocol].into_iter().find(|cause| cause.as_str() == text)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Network => "network",
            Self::Protocol => "protocol",
        }
    }
}
