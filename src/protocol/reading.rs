//! What an answer means: to a login, a renewal, a logout, a call.

use super::Protocol;
use super::answer::{Grant, Outcome, Reply};
use super::claims::{claims, epoch_millis, lifetime, positive};
use super::hints::names;
use super::matching::{any_fits, is_trouble};
use super::shown::Shown;
use super::value::Value;
use super::when::parse_date;
use crate::text::{concat, decimal};
use crate::time::{Millis, Wall};
use crate::token::{AccessToken, RefreshToken};

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

#[cfg(test)]
mod tests {
    use super::super::answer::Answer;
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

    fn protocol(options: &str) -> Protocol {
        Protocol::read(&crate::protocol::parse_json(options).unwrap()).unwrap()
    }

    fn login(options: &str, answer: Answer) -> Outcome {
        protocol(options).read_login(&Ok(answer), NOW, NOW)
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

    proptest::proptest! {
        #[test]
        fn no_answer_makes_it_panic(status in 100_u16..600, body in ".{0,80}", retry in ".{0,20}") {
            let reply = Ok(Answer::new(status, &body).with_header("Retry-After", &retry));
            let _ = Protocol::default().read_renewal(&reply, NOW, NOW);
            let _ = Protocol::default().read_login(&reply, NOW, NOW);
            let _ = Protocol::default().read_call("register", &reply, NOW);
        }
    }
}
