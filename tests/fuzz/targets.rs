//! What is fuzzed: everything that reads text from the storage, from a server or from another tab.
//! Each target takes any bytes, and panics where a claim does not hold.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokenkeep::machine::{Announcement, Content, Live, Record};
use tokenkeep::protocol::{Answer, Grant, Outcome, Protocol, Reply, Value, Verdict, claims, lifetime, parse_json};
use tokenkeep::time::{Millis, Wall};
use tokenkeep::token::{AccessToken, SessionId, Stamp};

use crate::support::serde;

/// A target: a name, and what it does with its input.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 8] = [
    ("json", json),
    ("record", record),
    ("answer", answer),
    ("options", options),
    ("claims", token_claims),
    ("challenge", challenge),
    ("announcement", announcement),
    ("date", date),
];

const NOW: Wall = Wall(784_111_777_000);
/// The first millisecond of the year 10000.
const END_OF_YEARS: u64 = 253_402_300_800_000;
/// How far a time zone's offset reaches.
const OFFSET: u64 = 100_000 * 3_600_000;
/// What is longer can nest deeper, and write larger numbers, than two readers need agree on.
const LONGEST: usize = 250;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Whatever `serde_json` reads is read alike; and what it does not read is not read either, except for
/// halves of surrogate pairs and numbers beyond a float's, neither of which is a reason to lose the rest.
pub fn json(data: &[u8]) {
    let text = text(data);
    let ours = parse_json(&text);
    if text.len() > LONGEST {
        return;
    }
    match (ours, serde(&text)) {
        (Some(ours), Some(theirs)) => assert!(alike(&ours, &theirs), "{text}: {ours:?} {theirs:?}"),
        (None, None) => {}
        (ours, _) => assert!(ours.as_ref().is_some_and(beyond_serde), "{text}: {ours:?}"),
    }
}

/// What is read as a record is written and read again as the same one.
pub fn record(data: &[u8]) {
    if let Ok(record) = Record::decode(&text(data)) {
        survives(&record);
        assert!(!record.supersedes(&record));
    }
}

/// The first line is the status, the second the `Retry-After`, the rest the body.
pub fn answer(data: &[u8]) {
    let text = text(data);
    let mut lines = text.splitn(3, '\n');
    let status = lines.next().and_then(|line| line.trim().parse().ok()).unwrap_or(200);
    let retry_after = lines.next().filter(|line| !line.is_empty()).map(str::to_owned);
    let body = lines.next().unwrap_or_default();
    let mut answer = Answer::new(status, body);
    answer = retry_after.iter().fold(answer, |answer, value| answer.with_header("Retry-After", value));
    let reply: Reply = Ok(answer.clone());
    renewal(&Protocol::default(), &reply, status, Some(refused(status, body)));
    for protocol in protocols() {
        renewal(&protocol, &reply, status, None);
        login(&protocol, &reply, status);
        let _ = (protocol.read_call("register", &reply, NOW), protocol.confirms_logout(&reply));
        // The body settles what was left open, and nothing else.
        match (protocol.judge(&answer, false), protocol.judge(&answer, true)) {
            (Verdict::BodyTells, Verdict::Fine | Verdict::Rejected) => {}
            (before, after) => assert_eq!(before, after),
        }
    }
}

/// Whatever an app says of its protocol: it can be spoken, or what is wrong is said.
pub fn options(data: &[u8]) {
    let text = text(data);
    match Protocol::parse(&text) {
        Ok(protocol) => {
            assert!(protocol.samples().iter().all(|(_, request)| !request.path.is_empty()), "{text}");
            for name in ["admin", ""] {
                let _ = (protocol.has(true, "basic", name), protocol.has(false, "a b", name));
            }
            answered(&protocol);
        }
        Err(error) => assert!(error.message.starts_with("protocol"), "{}", error.message),
    }
}

/// Any protocol reads any answer.
fn answered(protocol: &Protocol) {
    for (status, body) in [(200, r#"{"token":"a","expiresIn":60}"#), (401, r#"{"error":"gone"}"#), (503, "<html>")] {
        let answer = Answer::new(status, body).with_header("Content-Type", "text/html");
        let _ = (protocol.judge(&answer, true), protocol.judge(&answer, false));
        let reply: Reply = Ok(answer);
        let _ = (protocol.read_login(&reply, NOW, NOW), protocol.read_renewal(&reply, NOW, NOW));
    }
}

/// The input is a token, and once more the claims in one.
pub fn token_claims(data: &[u8]) {
    let payload = URL_SAFE_NO_PAD.encode(data);
    for token in [text(data), format!("e30.{payload}.c2ln")] {
        token_says(&AccessToken::new(&token));
    }
}

/// Only a 401 is about the token, and then only unless it says that a scope is missing.
pub fn challenge(data: &[u8]) {
    let (protocol, text) = (Protocol::default(), text(data));
    let rejects = |status, challenge: &str| {
        let answer = Answer::new(status, "").with_header("WWW-Authenticate", challenge);
        protocol.judge(&answer, true) == Verdict::Rejected
    };
    assert_eq!(protocol.judge(&Answer::new(401, ""), true), Verdict::Rejected);
    assert!(!rejects(403, &text) && !rejects(200, &text));
    assert!(rejects(401, &text) || text.contains("insufficient_scope"), "{text}");
    let said = format!("Bearer error=\"insufficient_scope\", {text}");
    assert!(!rejects(401, &said), "{said}");
}

/// What one tab says, another understands in the same way.
pub fn announcement(data: &[u8]) {
    let Some(heard) = Announcement::decode(&text(data)) else { return };
    assert_eq!(Announcement::decode(&heard.encode()), Some(heard.clone()), "{heard:?}");
}

/// Dates in both notations of the same second mean the same, and no text means one beyond the years.
pub fn date(data: &[u8]) {
    let text = text(data);
    if text.trim().parse::<u64>().is_err() {
        let read = after(&text);
        assert!(read.is_none_or(|wall| wall.0 < END_OF_YEARS + OFFSET), "{text}: {read:?}");
    }
    let seconds = data.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte)) % (END_OF_YEARS / 1000);
    let (http, iso) = written_dates(seconds);
    let expected = Some(Wall(seconds * 1000));
    assert_eq!(after(&http), expected, "{http}");
    assert_eq!(after(&iso), expected, "{iso}");
}

/// The lifetime does not hang on any clock, and what the server says of it comes first.
fn token_says(token: &AccessToken) {
    let Some(found) = claims(token) else { return };
    let complete = |lifetime, sent| {
        let grant = Grant { access: Some(token.clone()), lifetime, ..Grant::default() };
        Protocol::default().complete(grant, sent)
    };
    if let Some(lifetime) = lifetime(&found) {
        assert_eq!(complete(None, NOW).lifetime, Some(lifetime));
        assert_eq!(complete(None, Wall(0)).lifetime, Some(lifetime));
    }
    let given = Some(Millis(1));
    assert_eq!(complete(given, NOW).lifetime, given);
    stored(complete(None, NOW));
}

/// The same, but for the last bits of a number. Of two members of one name the last counts.
fn alike(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => (ours - theirs).abs() <= theirs.abs() * 1e-13 + 1e-300,
        (Value::List(ours), Value::List(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| alike(ours, theirs))
        }
        (Value::Object(members), Value::Object(theirs)) => {
            members.iter().all(|(name, _)| theirs.iter().any(|(known, _)| known == name))
                && theirs.iter().all(|(name, theirs)| ours.member(name).is_some_and(|ours| alike(ours, theirs)))
        }
        (ours, theirs) => ours == theirs,
    }
}

/// Whether there is something in it that `serde_json` refuses.
fn beyond_serde(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_infinite(),
        Value::Text(text) => text.contains(char::REPLACEMENT_CHARACTER),
        Value::List(items) => items.iter().any(beyond_serde),
        Value::Object(members) => {
            members.iter().any(|(name, value)| name.contains(char::REPLACEMENT_CHARACTER) || beyond_serde(value))
        }
        Value::Null | Value::Bool(_) => false,
    }
}

fn renewal(protocol: &Protocol, reply: &Reply, status: u16, refused: Option<bool>) {
    let outcome = protocol.read_renewal(reply, NOW, NOW);
    if let Some(refused) = refused {
        assert_eq!(matches!(outcome, Outcome::Refused { .. }), refused, "{outcome:?}");
    }
    match outcome {
        Outcome::Granted(grant) => {
            assert!((200..300).contains(&status) && grant.access.is_some());
            stored(grant);
        }
        Outcome::RetryLater { .. } => assert!(status >= 500 || [408, 425, 429].contains(&status)),
        Outcome::Refused { .. } | Outcome::Misconfigured { .. } => {}
        Outcome::Offline(_) => panic!("there was an answer"),
    }
}

fn login(protocol: &Protocol, reply: &Reply, status: u16) {
    match protocol.read_login(reply, NOW, NOW) {
        Outcome::Granted(grant) => {
            assert!((200..300).contains(&status) && (grant.access.is_some() || grant.refresh.is_some()));
            stored(grant);
        }
        Outcome::Refused { .. } => assert!((400..500).contains(&status)),
        Outcome::RetryLater { .. } | Outcome::Misconfigured { .. } => {}
        Outcome::Offline(_) => panic!("there was an answer"),
    }
}

/// Whether the reference server has refused a renewal, found out in another way than the protocol does it.
fn refused(status: u16, body: &str) -> bool {
    let body = parse_json(body).unwrap_or_default();
    let ends = ["unknown", "expired", "revoked", "reused"].map(|end| format!("refresh_token_{end}"));
    ["code", "error"].iter().filter_map(|name| body.member(name)?.text()).any(|code| match status {
        401 => code == "invalid_grant" || ends.iter().any(|end| end == code),
        400 => code == "invalid_grant",
        _ => false,
    })
}

/// What a server grants can be used, stored and read again.
fn stored(grant: Grant) {
    for length in [grant.lifetime, grant.refresh_lifetime].into_iter().flatten() {
        assert!(length > Millis(0), "a token that is never fresh would be renewed for ever");
    }
    let live = Live {
        access: grant.access,
        refresh: grant.refresh,
        lifetime: grant.lifetime,
        refresh_lifetime: grant.refresh_lifetime,
        subject: grant.subject.filter(|subject| !subject.is_empty()),
        ..Live::default()
    };
    survives(&Record { session: SessionId(1), stamp: Stamp::default(), content: Content::Live(Box::new(live)) });
}

fn survives(record: &Record) {
    let written = record.encode();
    assert_eq!(Record::decode(&written).as_ref(), Ok(record), "{written}");
}

/// The default one, every preset that differs in what it reads, and one that has everything else.
fn protocols() -> Vec<Protocol> {
    let other = r#"{
        "renew": { "path": "/token", "body": "form", "sends": { "scheme": "Refresh" }, "fails": [{ "path": "ok", "codes": "false" }] },
        "answer": { "accessToken": ["data.tokens.0.access", "data.token", "header:Retry-After", ""], "refreshToken": "data.tokens.1.refresh",
            "expiresIn": ["data.expires", "exp"], "refreshExpiresIn": "data.refreshExpires", "unit": "epoch-ms", "subject": "data.user.id",
            "scopes": "data.scopes", "roles": "data.roles" },
        "refused": [{ "status": 403 }, { "status": 200, "path": "message", "codes": "EXPIRED" }, { "path": "", "begins": "No" }],
        "expired": [{ "status": [400, 401], "path": ["message", "errors.0.code"], "begins": ["Ex", "token"] }, { "challenge": "expired" }]
    }"#;
    [r#""reference""#, r#""flask-jwt-auth""#, r#""fathat""#, r#""simplejwt""#, other]
        .map(|text| Protocol::parse(text).unwrap())
        .into()
}

/// When a server says that one may ask again, where that is a date.
fn after(text: &str) -> Option<Wall> {
    let answer = Answer::new(503, "").with_header("Retry-After", text);
    match Protocol::default().read_renewal(&Ok(answer), Wall(0), Wall(0)) {
        Outcome::RetryLater { after, .. } => after.map(|after| Wall(after.0)),
        other => panic!("{other:?}"),
    }
}

/// In the notations of RFC 9110 and ISO 8601.
fn written_dates(seconds: u64) -> (String, String) {
    let http = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let parts: Vec<&str> = http.split(' ').collect();
    let [_, day, month, year, time, _] = parts[..] else { panic!("{http}") };
    let month = MONTHS.iter().position(|name| *name == month).expect("a month") + 1;
    let iso = format!("{year}-{month:02}-{day}T{time}Z");
    (http, iso)
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}
