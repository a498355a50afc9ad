//! The facade behind the npm package, as its JavaScript half uses it.
#![cfg(all(target_arch = "wasm32", feature = "js"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod page;

use js_sys::{Array, Function, Object, Reflect};
use page::facade::*;
use page::{BASE, Reply, Server, field, json, list, object, sleep, until};
use tokenkeep::js::RawSession;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn wrong_options_throw_and_say_which_and_what_was_expected() {
    let cases = [
        ("null", "the argument: expected an object, got null"),
        ("[]", "the argument: expected an object, got an array"),
        ("{}", "baseUrl: expected a URL, got nothing"),
        (r#"{"baseUrl":7}"#, "baseUrl: expected a URL, got a number"),
        (r#"{"baseUrl":"mailto:a@b"}"#, "baseUrl: expected an http(s) URL"),
        (r#"{"baseURL":"https://a"}"#, "baseUrl: expected a URL, got nothing"),
        (r#"{"baseUrl":"https://a","stroage":1}"#, "stroage: there is no such option; known are baseUrl, "),
        (r#"{"baseUrl":"https://a","name":""}"#, "name: expected a string that is not empty, got an empty string"),
        (r#"{"baseUrl":"https://a","storage":"cookie"}"#, "storage: expected \"local\", \"session\", \"memory\" or"),
        (r#"{"baseUrl":"https://a","storage":{"getItem":1}}"#, "storage: expected \"local\", "),
        (r#"{"baseUrl":"https://a","origins":"https://b"}"#, "origins: expected an array of strings, got a string"),
        (r#"{"baseUrl":"https://a","origins":[1]}"#, "origins: expected an array of strings, got an array"),
        (r#"{"baseUrl":"https://a","origins":["b"]}"#, "origins[0]: expected an origin such as"),
        (r#"{"baseUrl":"https://a","fetch":{}}"#, "fetch: expected a function, got an object"),
        (r#"{"baseUrl":"https://a","renewal":5}"#, "renewal: expected an object, got a number"),
        (
            r#"{"baseUrl":"https://a","renewal":{"margin":"1"}}"#,
            "renewal.margin: expected a number of seconds ≥ 0, got a string",
        ),
        (
            r#"{"baseUrl":"https://a","renewal":{"margin":-1}}"#,
            "renewal.margin: expected a number of seconds ≥ 0, got a number",
        ),
        (
            r#"{"baseUrl":"https://a","renewal":{"timeout":0}}"#,
            "renewal.timeout: expected a number of seconds > 0, got a number",
        ),
        (
            r#"{"baseUrl":"https://a","renewal":{"marign":1}}"#,
            "renewal.marign: there is no such option; known are margin, timeout",
        ),
        (r#"{"baseUrl":"https://a","idle":0}"#, "idle: expected a number of seconds > 0, got a number"),
        (r#"{"baseUrl":"https://a","warnBefore":true}"#, "warnBefore: expected a number of seconds ≥ 0, got a boolean"),
        (r#"{"baseUrl":"https://a","renewal":{"ahead":1}}"#, "renewal.ahead: expected true or false, got a number"),
        (r#"{"baseUrl":"https://a","protocol":null}"#, "protocol: expected an object, got null"),
        (r#"{"baseUrl":"https://a","protocol":{"login":false}}"#, "protocol.login: expected an object, got a boolean"),
        (r#"{"baseUrl":"https://a","protocol":{"login":{}}}"#, "protocol.login.path: expected a string, got nothing"),
        (
            r#"{"baseUrl":"https://a","protocol":{"login":{"path":"/x","method":"get"}}}"#,
            "protocol.login: expected a path, a method",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"login":{"path":"/x","body":"xml"}}}"#,
            "protocol.login.body: expected \"json\", \"form\" or \"none\", got a string",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"login":{"path":"/x","fields":{"a":1}}}}"#,
            "protocol.login.fields: expected an object whose values are strings",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"login":{"path":"/x","headers":{"a b":"1"}}}}"#,
            "protocol.login: expected a path, a method",
        ),
        (r#"{"baseUrl":"https://a","protocol":{"renew":true}}"#, "protocol.renew: expected an object, got a boolean"),
        (
            r#"{"baseUrl":"https://a","protocol":{"renew":{"path":"/x","sends":{}}}}"#,
            "protocol.renew.sends: expected { field: string } or { scheme: string }",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"renew":{"path":"/x","method":"GET"}}}"#,
            "protocol.renew.sends: expected a scheme",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"answer":{"accessToken":[1]}}}"#,
            "protocol.answer.accessToken: expected a string or an array of strings",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"answer":{"unit":"h"}}}"#,
            "protocol.answer.unit: expected \"s\" or \"ms\", got a string",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"attach":{"header":""}}}"#,
            "protocol.attach.header: expected a string that is not empty",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"attach":{"header":"a b"}}}"#,
            "protocol.attach.header: expected the name of a header",
        ),
        (r#"{"baseUrl":"https://a","protocol":{"refused":{}}}"#, "protocol.refused: expected an array, got an object"),
        (
            r#"{"baseUrl":"https://a","protocol":{"refused":[{"status":401},{"status":"401"}]}}"#,
            "protocol.refused[1].status: expected an HTTP status, got a string",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"refused":[{"status":401,"code":"x"}]}}"#,
            "protocol.refused[0].code: there is no such option",
        ),
        (
            r#"{"baseUrl":"https://a","protocol":{"idempotencyHeader":true}}"#,
            "protocol.idempotencyHeader: expected a string that is not empty",
        ),
    ];
    for (options, message) in cases {
        let error = RawSession::new(&json(options), &hooks()).unwrap_err();
        assert_eq!(field(&error, "code"), "invalid_config", "{options}");
        assert_eq!(field(&error, "retryable"), JsValue::FALSE);
        let said = text(&field(&error, "message"));
        assert!(said.starts_with(message), "{options}: {said}");
    }
    let not_finite = object(&[("baseUrl", BASE.into()), ("renewal", object(&[("margin", f64::NAN.into())]))]);
    assert!(RawSession::new(&not_finite, &hooks()).is_err());
}

#[wasm_bindgen_test]
async fn right_options_of_every_kind_are_taken() {
    let server = Server::new();
    let protocol = r#"{
        "login": { "path": "/in", "body": "form", "fields": { "grant_type": "password" }, "headers": { "X-A": "1" } },
        "renew": { "path": "/again", "method": "GET", "sends": { "scheme": "Refresh" } },
        "logout": { "path": "/out", "method": "DELETE" },
        "answer": { "accessToken": "data.0.access", "refreshToken": ["nope", "data.0.refresh"], "expiresIn": "ttl",
            "refreshExpiresIn": "rttl", "unit": "ms", "subject": ["who"] },
        "attach": { "header": "X-Token", "scheme": "" },
        "refused": [{ "status": 422, "path": "error.kind", "codes": ["gone"] }],
        "idempotencyHeader": false
    }"#;
    let url = web_sys::Url::new("https://api.example.com/").unwrap();
    let more = [
        ("baseUrl", url.into()),
        ("protocol", json(protocol)),
        ("origins", list(&["https://b.example"])),
        ("renewal", json(r#"{"margin":0,"timeout":2.5}"#)),
    ];
    let answer =
        |n: u32| format!(r#"{{"data":[{{"access":"a{n}","refresh":"b{n}"}}],"ttl":300000,"rttl":900000,"who":7}}"#);
    server.on("/in", move |_| Reply::Json(200, answer(1)));
    server.on("/again", move |_| Reply::Json(200, answer(2)));
    server.on("/things", |_| Reply::Json(200, "{}".into()));
    let session = RawSession::new(&options(&server, &more), &hooks()).unwrap();
    let snapshot = settle(session.login(&secrets())).await.unwrap();
    assert_eq!(field(&snapshot, "subject"), "7");
    let life = field(&snapshot, "expiresAt").as_f64().unwrap() - field(&snapshot, "obtainedAt").as_f64().unwrap();
    assert_eq!(life, 300_000.0);
    let life =
        field(&snapshot, "refreshExpiresAt").as_f64().unwrap() - field(&snapshot, "obtainedAt").as_f64().unwrap();
    assert_eq!(life, 900_000.0);
    settle(session.renew()).await.unwrap();
    settle(session.fetch(&"/things".into(), &JsValue::UNDEFINED)).await.unwrap();
    server.on("/again", |_| Reply::Json(422, r#"{"error":{"kind":"gone"}}"#.into()));
    assert_eq!(field(&settle(session.renew()).await.unwrap_err(), "code"), "login_required");
    let seen = server.seen();
    assert_eq!(seen[0].body, "grant_type=password&username=ada&password=secret-pw");
    assert_eq!(seen[0].request.headers().get("X-A").unwrap().as_deref(), Some("1"));
    assert_eq!((seen[1].method.as_str(), seen[1].authorization.as_deref()), ("GET", Some("Refresh b1")));
    assert_eq!(seen[1].request.headers().get("Idempotency-Key").unwrap(), None);
    assert_eq!(seen[2].request.headers().get("X-Token").unwrap().as_deref(), Some("a2"));
}

#[wasm_bindgen_test]
async fn endpoints_can_be_left_out() {
    let server = Server::new();
    let protocol = json(r#"{"renew":false,"logout":false}"#);
    let session = RawSession::new(&options(&server, &[("protocol", protocol)]), &hooks()).unwrap();
    settle(session.login(&secrets())).await.unwrap();
    assert!(settle(session.renew()).await.is_err());
    assert_eq!(members(&settle(session.logout()).await.unwrap()), r#"{"revoked":false}"#);
    assert_eq!(server.seen().len(), 1);
}

#[wasm_bindgen_test]
async fn the_snapshot_is_the_same_object_until_something_changes() {
    let server = Server::new();
    let session = open(&server);
    let before = session.snapshot();
    assert!(Object::is(&before, &session.snapshot()));
    assert_eq!(members(&before), r#"{"status":"signedOut","renewing":false,"generation":0,"reason":"none"}"#);
    let after = settle(session.login(&secrets())).await.unwrap();
    assert!(!Object::is(&before, &after));
    assert!(Object::is(&after, &session.snapshot()));
    assert_eq!(field(&after, "status"), "signedIn");
}

#[wasm_bindgen_test]
async fn events_tell_what_happened_after_it_has() {
    let server = Server::new();
    let hooks = hooks();
    let session = RawSession::new(&options(&server, &[]), &hooks).unwrap();
    settle(session.login(&secrets())).await.unwrap();
    settle(session.renew()).await.unwrap();
    settle(session.logout()).await.unwrap();
    assert!(settle(session.access_token()).await.is_err());
    let events = field(&hooks, "events").unchecked_into::<Array>();
    let named =
        |name: &str| events.iter().find(|event| field(event, "type") == name).map(|event| field(&event, "detail"));
    assert_eq!(field(&named("signedIn").unwrap(), "subject"), "u1");
    assert_eq!(members(&named("renewed").unwrap()), r#"{"by":"this-tab","generation":2}"#);
    assert_eq!(members(&named("signedOut").unwrap()), r#"{"reason":"logout"}"#);
    assert_eq!(members(&named("loginRequired").unwrap()), r#"{"reason":"logout"}"#);
    assert!(named("change").is_some());
    assert!(!members(&events).contains("secret-pw") && !members(&events).contains("\"t1\""));
}

#[wasm_bindgen_test]
async fn hooks_that_throw_or_are_no_functions_do_no_harm() {
    let throwing = Function::new_no_args("throw new Error('listener')");
    for emit in [throwing.into(), JsValue::UNDEFINED] {
        let server = Server::new();
        let hooks = hooks();
        Reflect::set(&hooks, &"emit".into(), &emit).unwrap();
        let session = RawSession::new(&options(&server, &[]), &hooks).unwrap();
        settle(session.login(&secrets())).await.unwrap();
        let answer = settle(session.fetch(&"/things".into(), &JsValue::UNDEFINED)).await.unwrap();
        assert_eq!(status(&answer), 200);
    }
}

#[wasm_bindgen_test]
async fn errors_carry_what_the_app_needs() {
    let server = Server::new();
    let session = open(&server);
    server.on("/login", |_| Reply::Json(401, r#"{"code":"invalid_credentials"}"#.into()));
    let error = settle(session.login(&secrets())).await.unwrap_err();
    let rest = r#"{"code":"login_refused","retryable":false,"status":401,"reason":"invalid_credentials"}"#;
    assert_eq!(members(&error), rest);
    server.on("/login", |_| Reply::Raw(429, vec![("Retry-After", "7")], String::new()));
    let error = settle(session.login(&secrets())).await.unwrap_err();
    assert_eq!(members(&error), r#"{"code":"server","retryable":true,"status":429,"retryAfter":7000}"#);
}

#[wasm_bindgen_test]
async fn credentials_that_json_cannot_hold_are_refused() {
    let server = Server::new();
    let session = open(&server);
    let cyclic = object(&[]);
    Reflect::set(&cyclic, &"self".into(), &cyclic).unwrap();
    for wrong in [JsValue::UNDEFINED, JsValue::NULL, "ada".into(), 7.into(), cyclic] {
        let error = settle(session.login(&wrong)).await.unwrap_err();
        assert_eq!(field(&error, "code"), "invalid_config");
    }
    assert_eq!(server.seen().len(), 0);
    let later = secrets();
    let login = session.login(&later);
    Reflect::set(&later, &"password".into(), &"changed".into()).unwrap();
    settle(login).await.unwrap();
    assert_eq!(server.seen()[0].body, r#"{"username":"ada","password":"secret-pw"}"#);
}

#[wasm_bindgen_test]
async fn tokens_of_the_wrong_shape_are_not_adopted() {
    let server = Server::new();
    let session = open(&server);
    for (tokens, message) in [
        ("null", "the argument: expected an object, got null"),
        ("{}", "accessToken: expected a string that is not empty, got nothing"),
        (r#"{"accessToken":""}"#, "accessToken: expected a string that is not empty, got an empty string"),
        (r#"{"accessToken":"a","refreshToken":7}"#, "refreshToken: expected a string that is not empty, got a number"),
        (r#"{"accessToken":"a","expiresIn":"60"}"#, "expiresIn: expected a number of seconds > 0, got a string"),
        (r#"{"accessToken":"a","expires_in":60}"#, "expires_in: there is no such option; known are accessToken, "),
    ] {
        let error = settle(session.adopt(&json(tokens))).await.unwrap_err();
        assert_eq!(field(&error, "code"), "invalid_config", "{tokens}");
        assert!(text(&field(&error, "message")).starts_with(message), "{}", text(&field(&error, "message")));
    }
    let tokens = json(r#"{"accessToken":"a","refreshToken":"r","expiresIn":60,"subject":"me"}"#);
    let snapshot = settle(session.adopt(&tokens)).await.unwrap();
    assert_eq!(field(&snapshot, "subject"), "me");
    assert_eq!(settle(session.access_token()).await.unwrap(), "a");
}

#[wasm_bindgen_test]
async fn claims_are_a_plain_object_that_stays_the_same() {
    let server = Server::new();
    let session = open(&server);
    assert!(session.claims().is_undefined());
    let payload = "eyJzdWIiOiJ1NyIsIm4iOlsxLHRydWUsbnVsbCx7ImEiOiJiIn1dfQ";
    let tokens = object(&[("accessToken", format!("e30.{payload}.c2ln").into())]);
    settle(session.adopt(&tokens)).await.unwrap();
    let claims = session.claims();
    assert_eq!(members(&claims), r#"{"sub":"u7","n":[1,true,null,{"a":"b"}]}"#);
    assert!(Object::is(&claims, &session.claims()));
}

#[wasm_bindgen_test]
async fn the_timeline_is_a_list_of_plain_objects() {
    let server = Server::new();
    let session = signed_in(&server).await;
    let first = session.explain().get(0);
    assert_eq!(field(&first, "what"), "started");
    assert!(field(&first, "at").as_f64().unwrap() > 1e12);
    assert!(!members(&session.explain()).contains("t1"));
}

#[wasm_bindgen_test]
async fn a_disposed_session_rejects_and_can_be_freed_while_something_waits() {
    let server = Server::new();
    server.lifetime(0.001);
    let session = signed_in(&server).await;
    sleep(5).await;
    server.hold("/renew");
    let waiting = session.fetch(&"/x".into(), &JsValue::UNDEFINED);
    server.arrived("/renew", 1).await;
    session.dispose();
    let snapshot = session.snapshot();
    drop(session);
    assert_eq!(field(&settle(waiting).await.unwrap_err(), "code"), "disposed");
    assert_eq!(field(&snapshot, "status"), "signedIn");
}

#[wasm_bindgen_test]
async fn a_session_that_nobody_uses_is_announced_to_end_and_ends() {
    let server = Server::new();
    let hooks = hooks();
    let more = [("idle", 1.2.into()), ("warnBefore", 1.0.into())];
    let session = RawSession::new(&options(&server, &more), &hooks).unwrap();
    settle(session.login(&secrets())).await.unwrap();
    let events = field(&hooks, "events").unchecked_into::<Array>();
    let find =
        |name: &str| events.iter().find(|event| field(event, "type") == name).map(|event| field(&event, "detail"));
    until(|| find("expiring").is_some()).await;
    let warning = find("expiring").unwrap();
    assert_eq!(field(&warning, "reason"), "idle");
    assert!((1.0..=1000.0).contains(&field(&warning, "left").as_f64().unwrap()));
    assert_eq!(field(&session.snapshot(), "status"), "signedIn");
    until(|| find("loginRequired").is_some()).await;
    assert_eq!(members(&find("loginRequired").unwrap()), r#"{"reason":"idle"}"#);
    assert_eq!(field(&session.snapshot(), "reason"), "idle");
}

#[wasm_bindgen_test]
async fn keys_pointers_and_touch_keep_a_session_from_being_idle() {
    let window = web_sys::window().unwrap();
    let key = || drop(window.dispatch_event(&web_sys::Event::new("keydown").unwrap()));
    let pointer = || drop(window.dispatch_event(&web_sys::Event::new("pointerdown").unwrap()));
    let server = Server::new();
    let session = RawSession::new(&options(&server, &[("idle", 1.0.into())]), &hooks()).unwrap();
    settle(session.login(&secrets())).await.unwrap();
    for round in 0..9 {
        sleep(300).await;
        match round % 3 {
            0 => key(),
            1 => pointer(),
            _ => session.touch(),
        }
    }
    assert_eq!(field(&session.snapshot(), "status"), "signedIn");
    assert_eq!(status(&settle(session.fetch(&"/x".into(), &JsValue::UNDEFINED)).await.unwrap()), 200);
}

#[wasm_bindgen_test]
async fn no_session_outlives_its_absolute_limit_however_busy() {
    let server = Server::new();
    let more = [("absolute", 0.3.into()), ("warnBefore", 0.into())];
    let session = RawSession::new(&options(&server, &more), &hooks()).unwrap();
    settle(session.login(&secrets())).await.unwrap();
    until(|| {
        session.touch();
        field(&session.snapshot(), "status") == "signedOut"
    })
    .await;
    let error = settle(session.access_token()).await.unwrap_err();
    assert_eq!((field(&error, "code"), field(&error, "reason")), ("login_required".into(), "absolute".into()));
}

#[wasm_bindgen_test]
async fn a_renewal_ahead_of_time_needs_no_request() {
    // Comes ten seconds after the login: renewals ahead keep that distance, however short the tokens live.
    let server = Server::new();
    server.lifetime(1.0);
    let more = [("renewal", json(r#"{"ahead":true}"#))];
    let session = RawSession::new(&options(&server, &more), &hooks()).unwrap();
    settle(session.login(&secrets())).await.unwrap();
    server.lifetime(300.0);
    until(|| field(&session.snapshot(), "generation") == 2).await;
    assert_eq!(server.count("/renew"), 1);
}
