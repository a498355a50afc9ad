//! What a server's answer means.

use super::claims::{claims, epoch_millis, lifetime, positive};
use super::json::parse_json;
use super::value::Value;
use super::when::parse_date;
use super::{Protocol, Unit};
use crate::text::{concat, decimal, whole};
use crate::time::{Millis, Wall};
use crate::token::{AccessToken, RefreshToken, Secret};

/// What came back over the network.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `Retry-After` header as it is.
    pub retry_after: Option<String>,
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
        /// What was expected and what came, without the body's text.
        message: String,
    },
}

impl Protocol {
    /// What an answer to a renewal that was sent at `sent` means.
    pub fn read_renewal(&self, reply: &Reply, sent: Wall, now: Wall) -> Outcome {
        self.read(reply, false, sent, now)
    }

    /// What an answer to a login that was sent at `sent` means.
    pub fn read_login(&self, reply: &Reply, sent: Wall, now: Wall) -> Outcome {
        self.read(reply, true, sent, now)
    }

    fn read(&self, reply: &Reply, login: bool, sent: Wall, now: Wall) -> Outcome {
        let answer = match reply {
            Ok(answer) => answer,
            Err(silence) => return Outcome::Offline(*silence),
        };
        let status = answer.status;
        let body = parse_json(&answer.body.0);
        let shown = body.as_ref().unwrap_or(&Value::Null);
        let refused = match login {
            true => matches!(status, 400 | 401 | 403 | 404 | 422),
            false => self.refused.iter().any(|refusal| refusal.matches(status, shown)),
        };
        if refused {
            let code = ["code", "error", "message"].iter().find_map(|path| shown.at(path)?.text());
            return Outcome::Refused { status, code: code.map(str::to_owned) };
        }
        let what = match status {
            200..=299 if body.is_some() => {
                let grant = self.read_grant(shown, sent);
                if grant.access.is_some() || (login && grant.refresh.is_some()) {
                    return Outcome::Granted(grant);
                }
                "no access token"
            }
            200..=299 if answer.body.0.bytes().find(|byte| !byte.is_ascii_whitespace()) == Some(b'<') => "HTML",
            200..=299 => "no JSON",
            408 | 425 | 429 | 500.. => {
                let after = answer.retry_after.as_deref().and_then(|text| retry_after(text, now));
                return Outcome::RetryLater { status, after };
            }
            _ => "a status that is no recognised refusal",
        };
        self.misread(answer, what)
    }

    /// Completes a grant by what the access token says of itself.
    pub fn complete(&self, mut grant: Grant, sent: Wall) -> Grant {
        if let Some(claims) = grant.access.as_ref().and_then(claims) {
            if grant.lifetime.is_none() {
                grant.lifetime = match (claims.member("exp"), claims.member("iat")) {
                    (Some(expires), None) => {
                        epoch_millis(expires).and_then(|expires| positive(expires - sent.0 as f64))
                    }
                    _ => lifetime(&claims),
                };
            }
            if grant.subject.is_none() {
                grant.subject = claims.member("sub").and_then(Value::name);
            }
        }
        grant
    }

    fn read_grant(&self, body: &Value, sent: Wall) -> Grant {
        let map = &self.answer;
        let text = |paths: &[String]| body.first(paths).and_then(Value::text);
        let life = |paths: &[String]| self.read_lifetime(body.first(paths)?, sent);
        let grant = Grant {
            access: text(&map.access_token).map(AccessToken::new),
            refresh: text(&map.refresh_token).map(RefreshToken::new),
            lifetime: life(&map.expires_in),
            refresh_lifetime: life(&map.refresh_expires_in),
            subject: body.first(&map.subject).and_then(Value::name),
        };
        self.complete(grant, sent)
    }

    fn read_lifetime(&self, value: &Value, sent: Wall) -> Option<Millis> {
        positive(match (value.number(), value) {
            (Some(number), _) if self.answer.unit == Unit::Millis => number,
            (Some(number), _) => number * 1000.0,
            (None, Value::Text(text)) => parse_date(text)?.0 as f64 - sent.0 as f64,
            _ => return None,
        })
    }

    fn misread(&self, answer: &Answer, what: &str) -> Outcome {
        Outcome::Misconfigured {
            status: answer.status,
            message: concat(&[
                "expected a JSON answer with `",
                self.answer.access_token.first().map_or("", String::as_str),
                "`, got ",
                what,
                " (status ",
                &decimal(answer.status.into()),
                ")",
            ]),
        }
    }
}

fn retry_after(text: &str, now: Wall) -> Option<Millis> {
    match whole(text) {
        Some(seconds) => Some(Millis::from_secs(seconds)),
        None => parse_date(text).map(|at| at - now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::jwt;

    const NOW: Wall = Wall(784_111_777_000);

    fn renewal(status: u16, body: &str) -> Outcome {
        let answer = Answer { status, retry_after: None, body: Secret(body.into()) };
        Protocol::default().read_renewal(&Ok(answer), NOW, NOW)
    }

    fn grant(body: &str) -> Grant {
        match renewal(200, body) {
            Outcome::Granted(grant) => grant,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_recognised_refusal_is_one() {
        let refused = |status, code: &str| Outcome::Refused { status, code: Some(code.into()) };
        assert_eq!(renewal(401, r#"{"code":"refresh_token_revoked"}"#), refused(401, "refresh_token_revoked"));
        assert_eq!(renewal(400, r#"{"error":"invalid_grant"}"#), refused(400, "invalid_grant"));
        for (status, body) in [
            (401, ""),
            (401, "<html>Unauthorized</html>"),
            (401, r#"{"code":"something_else"}"#),
            (401, r#"{"error":"invalid_client"}"#),
            (403, "<html>captive portal</html>"),
            (404, "{}"),
            (400, r#"{"code":"refresh_token_revoked"}"#),
            (200, "<html>hotel wifi</html>"),
            (200, "{\"token\":\"a"),
            (200, "null"),
            (200, r#"{"token":""}"#),
            (204, ""),
            (302, ""),
        ] {
            assert!(matches!(renewal(status, body), Outcome::Misconfigured { .. }), "{status} {body}");
        }
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert!(matches!(renewal(status, "{}"), Outcome::RetryLater { .. }), "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        for (text, expected) in [
            ("30", Some(30_000)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60_000)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-3", None),
        ] {
            assert_eq!(retry_after(text, NOW), expected.map(Millis), "{text}");
        }
    }

    #[test]
    fn lifetimes_are_read_in_every_shape_servers_use() {
        for (body, expected) in [
            (r#"{"token":"a","expiresIn":300}"#, Some(300_000)),
            (r#"{"token":"a","expires_in":"300"}"#, Some(300_000)),
            (r#"{"token":"a","expiresIn":0.5}"#, Some(500)),
            (r#"{"token":"a","expiresIn":"1994-11-06T08:50:37Z"}"#, Some(60_000)),
            (r#"{"token":"a","expiresIn":-1}"#, None),
            (r#"{"token":"a","expiresIn":null}"#, None),
            (r#"{"token":"a"}"#, None),
        ] {
            assert_eq!(grant(body).lifetime, expected.map(Millis), "{body}");
        }
    }

    #[test]
    fn what_the_answer_leaves_out_the_jwt_tells() {
        let token = jwt(r#"{"iat":1000,"exp":1060,"sub":7}"#);
        let grant = grant(&format!(r#"{{"token":"{}"}}"#, token.expose()));
        assert_eq!(grant.lifetime, Some(Millis(60_000)));
        assert_eq!(grant.subject.as_deref(), Some("7"));
        assert_eq!(grant.refresh, None);
    }

    #[test]
    fn an_exp_in_the_past_of_this_clock_says_nothing() {
        let token = jwt(r#"{"exp":1000}"#);
        assert_eq!(grant(&format!(r#"{{"token":"{}"}}"#, token.expose())).lifetime, None);
    }

    #[test]
    fn a_wrong_password_is_refused_with_the_servers_code() {
        let answer =
            Answer { status: 401, retry_after: None, body: Secret(r#"{"code":"invalid_credentials"}"#.into()) };
        let outcome = Protocol::default().read_login(&Ok(answer), NOW, NOW);
        assert_eq!(outcome, Outcome::Refused { status: 401, code: Some("invalid_credentials".into()) });
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_it_panic(status in 100_u16..600, body in ".{0,80}", retry in ".{0,20}") {
            let reply = Ok(Answer { status, retry_after: Some(retry), body: Secret(body) });
            let _ = Protocol::default().read_renewal(&reply, NOW, NOW);
            let _ = Protocol::default().read_login(&reply, NOW, NOW);
        }
    }
}
