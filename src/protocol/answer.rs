//! What comes back from a server, and what it can come to.

use std::fmt;

use super::value::Value;
use super::when::parse_date;
use crate::text::whole;
use crate::time::{Millis, Wall};
use crate::token::{AccessToken, RefreshToken, Secret};

/// What is greater counts seconds since 1970, not from now on.
const EPOCH: u64 = 1_000_000_000;

/// What came back over the network.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The headers that the page may read, and `sent:NAME` for what a login has sent. Their values are texts.
    pub headers: Vec<(String, Value)>,
    /// The whole body as text.
    pub body: Secret,
}

/// Why nothing came back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Silence {
    /// The request failed: offline, refused connection, CORS, an answer cut off.
    Network,
    /// No answer in time.
    Timeout,
}

/// An answer, or none.
pub type Reply = Result<Answer, Silence>;

/// The tokens of one answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Grant {
    /// Some logins give none: the first renewal does.
    pub access: Option<AccessToken>,
    /// A renewal that gives none leaves the old one in force.
    pub refresh: Option<RefreshToken>,
    /// How long the access token lives, from the moment of the request.
    pub lifetime: Option<Millis>,
    /// How long the refresh token lives unless used.
    pub refresh_lifetime: Option<Millis>,
    /// Who is signed in.
    pub subject: Option<String>,
    /// What the tokens are good for, one a line. Hints.
    pub scopes: Option<String>,
    /// What the user is, one a line. Hints.
    pub roles: Option<String>,
}

/// The closed set of what a login or a renewal can come to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// The server gave a new access token; for a login at least one of the two.
    Granted(Grant),
    /// The server has positively ended the session, or does not accept the credentials.
    Refused {
        /// The answer's status.
        status: u16,
        /// The server's own code.
        code: Option<String>,
    },
    /// The server is in trouble, or asks to wait. Whether it has acted is unknown.
    RetryLater {
        /// The answer's status.
        status: u16,
        /// What `Retry-After` said (RFC 9110, section 10.2.3).
        after: Option<Millis>,
    },
    /// No answer. Whether the server has acted is unknown.
    Offline(Silence),
    /// An answer that the protocol does not describe.
    Misconfigured {
        /// The answer's status.
        status: u16,
        /// What was expected and what came, in names and kinds.
        message: String,
    },
}

impl Answer {
    /// An answer without headers.
    pub fn new(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: Secret(body.into()) }
    }

    /// One header more.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), Value::Text(value.into())));
        self
    }

    /// The value of a header, if it came and the page may read it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_value(name)?.text()
    }

    pub(super) fn header_value(&self, name: &str) -> Option<&Value> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// When the server says that one may ask again. `X-RateLimit-Reset` counts from 1970 with most.
    pub(super) fn retry_after(&self, now: Wall) -> Option<Millis> {
        ["Retry-After", "X-Retry-After", "X-RateLimit-Reset"].iter().find_map(|name| {
            let text = self.header(name)?;
            match whole(text) {
                Some(seconds @ EPOCH..) => Some(Wall(seconds.saturating_mul(1000)) - now),
                Some(seconds) => Some(Millis::from_secs(seconds)),
                None => parse_date(text).map(|at| at - now),
            }
        })
    }
}

/// Shows no values: there may be tokens among them.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.status)
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wall = Wall(784_111_777_000);

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        for (text, expected) in [
            ("30", Some(30_000)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60_000)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-3", None),
            ("1784111777", Some(1_000_000_000_000)),
        ] {
            for name in ["Retry-After", "x-retry-after", "X-RateLimit-Reset"] {
                let answer = Answer::new(429, "").with_header(name, text);
                assert_eq!(answer.retry_after(NOW), expected.map(Millis), "{name}: {text}");
            }
        }
    }

    #[test]
    fn debug_output_shows_no_header_and_no_body() {
        let answer = Answer::new(200, r#"{"token":"s3cret"}"#).with_header("X-Token", "s3cret");
        assert!(!format!("{answer:?} {:?}", Ok::<_, Silence>(answer.clone())).contains("s3cret"));
    }
}
