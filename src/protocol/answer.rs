//! What a server's answer means.

use std::fmt;

use super::Protocol;
use super::claims::{claims, epoch_millis, lifetime, positive};
use super::hints::names;
use super::matching::{Fit, any_fits, best_fit, is_trouble};
use super::shown::Shown;
use super::value::Value;
use super::when::parse_date;
use crate::text::{concat, decimal, whole};
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
    fn retry_after(&self, now: Wall) -> Option<Millis> {
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

impl Protocol {
    /// What an answer to a renewal that was sent at `sent` means.
    pub fn read_renewal(&self, reply: &Reply, sent: Wall, now: Wall) -> Outcome {
        self.understand(reply, false, sent, now)
    }

    /// What an answer to a login that was sent at `sent` means.
    pub fn read_login(&self, reply: &Reply, sent: Wall, now: Wall) -> Outcome {
        self.understand(reply, true, sent, now)
    }

    /// What an answer of a further endpoint means, unless it is the one that was asked for.
    pub fn read_call(&self, name: &str, reply: &Reply, now: Wall) -> Option<Outcome> {
        let answer = match reply {
            Ok(answer) => answer,
            Err(silence) => return Some(Outcome::Offline(*silence)),
        };
        let shown = Shown::new(answer);
        let endpoint = self.endpoint(name).unwrap_or(&Value::Null);
        sort_out(&shown, endpoint, endpoint.member("refused"), true, now).or_else(|| {
            let odd = !is_success(answer.status) || shown.is_html();
            odd.then(|| misread(&shown, "success, and no HTML"))
        })
    }

    /// Whether the server confirms that tokens are done with.
    pub fn confirms_logout(&self, reply: &Reply) -> bool {
        reply.as_ref().is_ok_and(|answer| {
            let shown = Shown::new(answer);
            let logouts = Value::items(self.part("logout"));
            is_success(answer.status) && !logouts.iter().any(|logout| any_fits(logout.member("fails"), &shown))
        })
    }

    /// Whether an answer of the app's API says that another access token would help. A missing scope is
    /// no matter of freshness (RFC 6750, section 3.1). Without the body, which the caller may want to read
    /// itself, this may be left open.
    pub fn judge(&self, answer: &Answer, has_body: bool) -> Verdict {
        if answer.header("WWW-Authenticate").is_some_and(asks_for_scope) {
            return Verdict::Fine;
        }
        match best_fit(self.part("expired"), &Shown::new(answer), has_body) {
            Fit::No => Verdict::Fine,
            Fit::Perhaps => Verdict::BodyTells,
            Fit::Yes => Verdict::Rejected,
        }
    }

    /// Whether an API that rejects the newest token ends the session: nothing renews it, and the protocol says
    /// itself, in a list, what a rejection is. That every 401 may be one is no more than usual.
    pub fn ends_when_rejected(&self) -> bool {
        self.part("renew").is_none() && self.part("expired.0").is_some()
    }

    /// Completes a grant by what the access token says of itself. `base` is what the time was, by whatever
    /// clock can be trusted most, when the token was made.
    pub fn complete(&self, mut grant: Grant, base: Wall) -> Grant {
        if let Some(claims) = grant.access.as_ref().and_then(claims) {
            if grant.lifetime.is_none() {
                grant.lifetime = match (claims.member("exp"), claims.member("iat")) {
                    (Some(expires), None) => {
                        epoch_millis(expires).and_then(|expires| positive(expires - base.0 as f64))
                    }
                    _ => lifetime(&claims),
                };
            }
            let claimed = |path| claims.first(self.part(path));
            if grant.subject.is_none() {
                grant.subject = claimed("claims.subject").and_then(Value::name);
            }
            if grant.scopes.is_none() {
                grant.scopes = claimed("claims.scopes").map(names);
            }
            if grant.roles.is_none() {
                grant.roles = claimed("claims.role").map(names);
            }
        }
        grant
    }

    fn understand(&self, reply: &Reply, login: bool, sent: Wall, now: Wall) -> Outcome {
        let answer = match reply {
            Ok(answer) => answer,
            Err(silence) => return Outcome::Offline(*silence),
        };
        let shown = Shown::new(answer);
        let endpoint = self.part(if login { "login" } else { "renew" }).unwrap_or(&Value::Null);
        let refused = endpoint.member("refused").or_else(|| self.part("refused").filter(|_| !login));
        if let Some(outcome) = sort_out(&shown, endpoint, refused, login, now) {
            return outcome;
        }
        if is_success(answer.status) {
            let grant = self.read_grant(&shown, sent);
            // A login may give nothing but the means to get an access token.
            if grant.access.is_some() || (login && self.renews_with(None, grant.refresh.as_ref()).is_some()) {
                return Outcome::Granted(grant);
            }
        }
        let token = Value::items(self.part("answer.accessToken")).first().and_then(Value::text);
        misread(&shown, &concat(&["a JSON answer with `", token.unwrap_or_default(), "`"]))
    }

    fn read_grant(&self, shown: &Shown<'_>, sent: Wall) -> Grant {
        let map = self.part("answer").unwrap_or(&Value::Null);
        let found = |name| shown.first(map.member(name));
        // The device's clock may be wrong.
        let base = shown.answer.header("Date").and_then(parse_date).unwrap_or(sent);
        let life = |name| read_lifetime(map.word("unit"), found(name)?, base);
        let grant = Grant {
            access: shown.token(map.member("accessToken")).map(AccessToken::new),
            refresh: shown.token(map.member("refreshToken")).map(RefreshToken::new),
            lifetime: life("expiresIn"),
            refresh_lifetime: life("refreshExpiresIn"),
            subject: found("subject").and_then(Value::name),
            scopes: found("scopes").map(names),
            roles: found("roles").map(names),
        };
        self.complete(grant, base)
    }
}

/// What it comes to, unless the answer may be the one that was asked for. `outright`: where nothing is said
/// of refusals, any client error is one.
fn sort_out(
    shown: &Shown<'_>,
    endpoint: &Value,
    refused: Option<&Value>,
    outright: bool,
    now: Wall,
) -> Option<Outcome> {
    let status = shown.answer.status;
    let any_client_error = outright && refused.is_none() && matches!(status, 400..=499) && !is_trouble(status);
    let fails = is_success(status) && any_fits(endpoint.member("fails"), shown);
    if any_client_error || fails || any_fits(refused, shown) {
        return Some(Outcome::Refused { status, code: shown.code() });
    }
    is_trouble(status).then(|| Outcome::RetryLater { status, after: shown.answer.retry_after(now) })
}

fn is_success(status: u16) -> bool {
    matches!(status, 200..=299)
}

/// Text that is no number is a date, whatever the unit.
fn read_lifetime(unit: &str, value: &Value, base: Wall) -> Option<Millis> {
    let from_base = |at: f64| at - base.0 as f64;
    positive(match (value.number(), value) {
        (Some(number), _) => match unit {
            "ms" => number,
            "epoch" => from_base(number * 1000.0),
            "epoch-ms" => from_base(number),
            _ => number * 1000.0,
        },
        (None, Value::Text(text)) => from_base(parse_date(text)?.0 as f64),
        _ => return None,
    })
}

fn misread(shown: &Shown<'_>, expected: &str) -> Outcome {
    let status = shown.answer.status;
    let message =
        concat(&["expected ", expected, ", got ", &shown.describe(), " (status ", &decimal(status.into()), ")"]);
    Outcome::Misconfigured { status, message }
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
    use crate::testing::jwt;

    const NOW: Wall = Wall(784_111_777_000);

    fn renewal(status: u16, body: &str) -> Outcome {
        Protocol::default().read_renewal(&Ok(Answer::new(status, body)), NOW, NOW)
    }

    fn grant(body: &str) -> Grant {
        match renewal(200, body) {
            Outcome::Granted(grant) => grant,
            other => panic!("{other:?}"),
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
            ("1784111777", Some(1_000_000_000_000)),
        ] {
            for name in ["Retry-After", "x-retry-after", "X-RateLimit-Reset"] {
                let answer = Answer::new(429, "").with_header(name, text);
                assert_eq!(answer.retry_after(NOW), expected.map(Millis), "{name}: {text}");
            }
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
        let outcome = login("{}", Answer::new(401, r#"{"code":"invalid_credentials"}"#));
        assert_eq!(outcome, Outcome::Refused { status: 401, code: Some("invalid_credentials".into()) });
    }

    fn protocol(options: &str) -> Protocol {
        Protocol::read(&crate::protocol::parse_json(options).unwrap()).unwrap()
    }

    fn login(options: &str, answer: Answer) -> Outcome {
        protocol(options).read_login(&Ok(answer), NOW, NOW)
    }

    #[test]
    fn any_client_error_refuses_a_login_unless_the_protocol_says_which() {
        for status in 400..=499 {
            let outcome = login("{}", Answer::new(status, ""));
            assert_eq!(matches!(outcome, Outcome::Refused { .. }), ![408, 425, 429].contains(&status), "{status}");
        }
        let options = r#"{"login":{"refused":[{"status":404,"path":"status","codes":"fail"}],"fails":[{"path":"status","codes":"fail"}]}}"#;
        for (status, body, expected) in [
            (404, r#"{"status":"fail"}"#, true),
            (404, "{}", false),
            (401, r#"{"status":"fail"}"#, false),
            (202, r#"{"status":"fail","token":"a"}"#, true),
            (202, r#"{"status":"success","token":"a"}"#, false),
        ] {
            let outcome = login(options, Answer::new(status, body));
            assert_eq!(matches!(outcome, Outcome::Refused { .. }), expected, "{status} {body}");
        }
    }

    #[test]
    fn tokens_are_found_wherever_they_are() {
        for (options, answer, expected) in [
            (
                r#"{"answer":{"accessToken":["x","data.0.t"]}}"#,
                Answer::new(200, r#"{"data":[{"t":"a+/="}]}"#),
                Some("a+/="),
            ),
            (
                r#"{"answer":{"accessToken":"header:X-Token"}}"#,
                Answer::new(204, "").with_header("x-token", "a"),
                Some("a"),
            ),
            (
                r#"{"answer":{"accessToken":["t","header:Authorization"]}}"#,
                Answer::new(200, "{}").with_header("Authorization", "Bearer a"),
                Some("a"),
            ),
            (r#"{"answer":{"accessToken":"header:X-Token"}}"#, Answer::new(200, r#"{"token":"a"}"#), None),
            (r#"{"answer":{"accessToken":""}}"#, Answer::new(200, " a.b.c\n"), Some("a.b.c")),
        ] {
            let access = match protocol(options).read_renewal(&Ok(answer), NOW, NOW) {
                Outcome::Granted(grant) => grant.access.map(|access| access.expose().to_owned()),
                _ => None,
            };
            assert_eq!(access.as_deref(), expected, "{options}");
        }
    }

    #[test]
    fn a_lifetime_is_counted_in_the_units_that_the_protocol_names() {
        for (unit, value, date, expected) in [
            ("s", "60", "", Some(60_000)),
            ("ms", "60", "", Some(60)),
            ("epoch", "784111837", "", Some(60_000)),
            ("epoch", "\"784111837\"", "", Some(60_000)),
            ("epoch", "784111837", "Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000)),
            ("epoch-ms", "784111837000", "", Some(60_000)),
            ("epoch", "60", "", None),
            ("date", "\"1994-11-06T08:50:37Z\"", "", Some(60_000)),
            ("date", "\"1994-11-06T08:50:37Z\"", "Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000)),
            ("date", "\"Sun, 06 Nov 1994 08:50:37 GMT\"", "", Some(60_000)),
            ("date", "\"tomorrow\"", "", None),
        ] {
            let options = format!(r#"{{"answer":{{"unit":"{unit}"}}}}"#);
            let answer = Answer::new(200, &format!(r#"{{"token":"a","expiresIn":{value}}}"#)).with_header("Date", date);
            match protocol(&options).read_renewal(&Ok(answer), NOW, NOW) {
                Outcome::Granted(grant) => assert_eq!(grant.lifetime, expected.map(Millis), "{unit} {value} {date}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_told_of_in_names_and_kinds() {
        for (body, expected) in [
            (
                r#"{"tok":"s3cret","user":{"id":"s3cret"},"n":null}"#,
                "an object with `tok` (text), `user` (object), `n` (null)",
            ),
            (r#"{}"#, "an object"),
            (r#"["s3cret"]"#, "array"),
            (r#""s3cret""#, "text"),
            ("s3cret", "no JSON"),
            ("", "no JSON"),
            (" <!doctype html>s3cret", "HTML"),
            (r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1}"#, "`h` (number)"),
        ] {
            let Outcome::Misconfigured { message, .. } = renewal(200, body) else { panic!("{body}") };
            assert!(message.starts_with("expected a JSON answer with `token`, got "), "{message}");
            assert!(message.contains(expected) && message.ends_with(" (status 200)"), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
    }

    #[test]
    fn who_has_signed_in_may_be_known_by_what_the_login_sent() {
        let options = r#"{"answer":{"subject":["user.id","sent:username"]}}"#;
        for (body, expected) in [(r#"{"token":"a"}"#, "omar"), (r#"{"token":"a","user":{"id":7}}"#, "7")] {
            let answer = Answer::new(200, body).with_header("sent:username", "omar");
            match login(options, answer) {
                Outcome::Granted(grant) => assert_eq!(grant.subject.as_deref(), Some(expected)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn debug_output_shows_no_header_and_no_body() {
        let answer = Answer::new(200, r#"{"token":"s3cret"}"#).with_header("X-Token", "s3cret");
        assert!(!format!("{answer:?} {:?}", Ok::<_, Silence>(answer.clone())).contains("s3cret"));
    }

    #[test]
    fn which_answers_of_the_app_mean_that_a_new_token_would_help() {
        let starwars = r#"{"expired":[{"status":401,"path":"message","codes":["token-expired"]},{"status":403}]}"#;
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
        ] {
            let protocol = protocol(options);
            assert_eq!(protocol.judge(&answer, false), before, "{options} {answer:?}");
            assert_eq!(protocol.judge(&answer, true), after, "{options} {answer:?}");
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
        fn no_answer_makes_it_panic(status in 100_u16..600, body in ".{0,80}", retry in ".{0,20}") {
            let reply = Ok(Answer::new(status, &body).with_header("Retry-After", &retry));
            let _ = Protocol::default().read_renewal(&reply, NOW, NOW);
            let _ = Protocol::default().read_login(&reply, NOW, NOW);
            let _ = Protocol::default().read_call("register", &reply, NOW);
        }

        #[test]
        fn no_challenge_makes_it_panic(text in ".{0,40}(error=)?.{0,40}") {
            let _ = asks_for_scope(&text);
        }
    }
}
