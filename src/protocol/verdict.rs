//! What an answer of the app's own API says about the access token.

use super::Protocol;
use super::answer::Answer;
use super::matching::{Fit, best_fit, header_has};
use super::shown::Shown;
use super::value::Value;

/// Whether an answer of the app's API says that another access token would help.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// No.
    Fine,
    /// Yes.
    Rejected,
    /// The body tells.
    BodyTells,
}

impl Protocol {
    /// Whether an answer of the app's API says that another access token would help. A missing scope is
    /// no matter of freshness (RFC 6750, section 3.1). Without the body, which the caller may want to read
    /// itself, this may be left open.
    pub fn judge(&self, answer: &Answer, has_body: bool) -> Verdict {
        if answer.header("WWW-Authenticate").is_some_and(asks_for_scope) {
            return Verdict::Fine;
        }
        let shown = Shown::new(answer);
        // Waiting for the body of a stream that goes well would hold it up.
        if answer.status < 400 && !header_has(&shown, "Content-Type", "json") {
            return Verdict::Fine;
        }
        match best_fit(self.part("expired"), &shown, has_body) {
            Fit::No => Verdict::Fine,
            Fit::Perhaps => Verdict::BodyTells,
            Fit::Yes => Verdict::Rejected,
        }
    }

    /// Whether answers of that status have to be judged: all that are failures, and such successes as the
    /// protocol names.
    pub fn suspects(&self, status: u16) -> bool {
        let names = |each: &Value| {
            Value::items(each.member("status")).iter().any(|named| named.whole() == Some(u64::from(status)))
        };
        status >= 400 || Value::items(self.part("expired")).iter().any(names)
    }

    /// Whether an API that rejects the newest token ends the session: nothing renews it, and the protocol says
    /// itself, in a list, what a rejection is. That every 401 may be one is no more than usual.
    pub fn ends_when_rejected(&self) -> bool {
        self.part("renew").is_none() && self.part("expired.0").is_some()
    }
}

/// Whether that is the `error` of a `WWW-Authenticate` challenge (RFC 6750, section 3).
fn asks_for_scope(challenge: &str) -> bool {
    let mut rest = challenge.as_bytes();
    while !rest.starts_with(b"error=") {
        let Some(at) = rest.iter().position(|byte| matches!(byte, b' ' | b',' | b'\t')) else { return false };
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    rest.starts_with(b"error=\"insufficient_scope\"") || rest.starts_with(b"error=insufficient_scope")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol(options: &str) -> Protocol {
        Protocol::read(&crate::protocol::parse_json(options).unwrap()).unwrap()
    }

    #[test]
    fn which_answers_of_the_app_mean_that_a_new_token_would_help() {
        let starwars = r#"{"expired":[{"status":401,"path":"message","codes":["token-expired"]},{"status":403}]}"#;
        let graphql = r#"{"expired":[{"status":200,"path":"errors.0.extensions.code","codes":"UNAUTHENTICATED"}]}"#;
        let json = |code: &str| {
            Answer::new(200, &format!(r#"{{"errors":[{{"extensions":{{"code":"{code}"}}}}]}}"#))
                .with_header("Content-Type", "application/graphql-response+json")
        };
        let bare = || Answer::new(401, "");
        let scope = || bare().with_header("WWW-Authenticate", r#"Bearer error="insufficient_scope""#);
        for (options, answer, before, after) in [
            ("{}", bare(), Verdict::Rejected, Verdict::Rejected),
            ("{}", Answer::new(403, ""), Verdict::Fine, Verdict::Fine),
            ("{}", scope(), Verdict::Fine, Verdict::Fine),
            (starwars, Answer::new(403, ""), Verdict::Rejected, Verdict::Rejected),
            (starwars, Answer::new(404, r#"{"message":"token-expired"}"#), Verdict::Fine, Verdict::Fine),
            (starwars, Answer::new(401, r#"{"message":"token-expired"}"#), Verdict::BodyTells, Verdict::Rejected),
            (starwars, Answer::new(401, r#"{"message":"authorisation-required"}"#), Verdict::BodyTells, Verdict::Fine),
            (starwars, scope(), Verdict::Fine, Verdict::Fine),
            (graphql, json("UNAUTHENTICATED"), Verdict::BodyTells, Verdict::Rejected),
            (graphql, json("NOT_FOUND"), Verdict::BodyTells, Verdict::Fine),
            (graphql, Answer::new(200, "data: {}"), Verdict::Fine, Verdict::Fine),
        ] {
            let protocol = protocol(options);
            assert_eq!(protocol.judge(&answer, false), before, "{options} {answer:?}");
            assert_eq!(protocol.judge(&answer, true), after, "{options} {answer:?}");
        }
    }

    #[test]
    fn a_success_is_judged_only_where_the_protocol_names_its_status() {
        let named = protocol(r#"{"expired":[{"status":[200,401],"codes":"gone"},{"codes":"expired"}]}"#);
        for (status, usually, there) in [(200, false, true), (201, false, false), (401, true, true), (500, true, true)]
        {
            assert_eq!((Protocol::default().suspects(status), named.suspects(status)), (usually, there), "{status}");
        }
    }

    #[test]
    fn a_rejection_ends_a_session_that_nothing_renews_only_where_the_protocol_says_what_one_is() {
        for (options, expected) in [
            (r#""flask-jwt-auth""#, true),
            (r#"{"renew":false}"#, false),
            (r#"{"renew":false,"expired":[{"status":401,"challenge":"invalid_token"}]}"#, true),
            (r#"{"expired":[{"status":401,"codes":"gone"}]}"#, false),
            (r#""simplejwt""#, false),
        ] {
            assert_eq!(Protocol::parse(options).unwrap().ends_when_rejected(), expected, "{options}");
        }
    }

    #[test]
    fn a_missing_scope_is_never_a_stale_token() {
        for (status, challenge, expected) in [
            (401, r#"Bearer realm="x""#, true),
            (401, r#"Bearer realm="x", error="invalid_token", error_description="insufficient_scope""#, true),
            (401, r#"Bearer realm="x", error="insufficient_scope", scope="a""#, false),
            (401, r#"Bearer error=insufficient_scope"#, false),
            (401, r#"Bearer my_error="insufficient_scope""#, true),
            (403, r#"Bearer error="invalid_token""#, false),
            (200, "", false),
        ] {
            let answer = Answer::new(status, "").with_header("WWW-Authenticate", challenge);
            let rejected = Protocol::default().judge(&answer, true) == Verdict::Rejected;
            assert_eq!(rejected, expected, "{status} {challenge:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_challenge_makes_it_panic(text in ".{0,40}(error=)?.{0,40}") {
            let _ = asks_for_scope(&text);
        }
    }
}
