//! A login that comes as a form, or by HTTP Basic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::routes::{Route, named};
use super::world::{Call, World};
use super::{Bad, refuses};

const INVALID: (u16, &str) = (400, "invalid_request");
const SCOPE: (u16, &str) = (400, "invalid_scope");
const CREDENTIALS: (u16, &str) = (401, "invalid_credentials");

fn login() -> impl Iterator<Item = &'static Route> {
    std::iter::once(named("POST /login"))
}

fn form(good: &Call, body: impl Into<Vec<u8>>) -> Call {
    good.with_header("content-type", ["application/x-www-form-urlencoded"]).with_body(body)
}

fn basic(good: &Call, credentials: impl AsRef<[u8]>) -> Call {
    bare(good).with_header("authorization", [format!("Basic {}", STANDARD.encode(credentials))])
}

fn bare(good: &Call) -> Call {
    good.without_header("content-type").with_body("")
}

#[tokio::test]
async fn a_form_that_cannot_be_read_in_one_way_alone_signs_nobody_in() {
    for world in World::on_every_store().await {
        refuses(&world, login(), |_, good| {
            let rows: Vec<(&str, &[u8], (u16, &str))> = vec![
                ("nothing", b"", INVALID),
                ("separators", b"&&&==&", INVALID),
                ("JSON", br#"{"username":"susan","password":"correct horse"}"#, INVALID),
                ("no password", b"username=susan", INVALID),
                ("an empty password", b"username=susan&password=", INVALID),
                ("no name", b"password=correct+horse", INVALID),
                ("two names", b"username=susan&username=root&password=correct+horse", INVALID),
                ("one name twice", b"username=susan&username=susan&password=correct+horse", INVALID),
                ("two passwords", b"username=susan&password=correct+horse&password=x", INVALID),
                ("three passwords", b"username=susan&password=x&password=y&password=z", INVALID),
                ("scopes twice", b"username=susan&password=correct+horse&scopes=read&scopes=write", INVALID),
                ("Latin-1", b"username=susan&password=\xe9", INVALID),
                ("escaped Latin-1", b"username=susan&password=%E9", INVALID),
                ("UTF-8 that breaks off", b"username=susan&password=%F0%9F%94", INVALID),
                ("no UTF-8 in a name", b"username=susan&password=correct+horse&%ff=1", INVALID),
                ("a list, as PHP has it", b"username[]=susan&password=correct+horse", INVALID),
                ("NUL in the name", b"username=susan%00&password=correct+horse", INVALID),
                ("blanks about the name", b"username=+susan&password=correct+horse", INVALID),
                ("a scope of nobody", b"username=susan&password=correct+horse&scopes=read+admin", SCOPE),
                ("SQL for a scope", b"username=susan&password=correct+horse&scopes='%3B--", SCOPE),
                ("SQL for a name", b"username='+OR+1%3D1+--&password=correct+horse", CREDENTIALS),
                ("SQL for a password", b"username=susan&password='+OR+'1'%3D'1", CREDENTIALS),
                ("a bad escape", b"username=susan&password=correct%zzhorse", CREDENTIALS),
                ("escaped twice", b"username=susan&password=correct%2520horse", CREDENTIALS),
                ("a name in capitals", b"USERNAME=susan&password=correct+horse", INVALID),
            ];
            let mut all: Vec<Bad> =
                rows.into_iter().map(|(name, body, expected)| Bad::new(name, form(good, body), expected)).collect();
            let long = format!("username=susan&password={}", "x".repeat(1025));
            all.push(Bad::new("a password that is too long", form(good, long), INVALID));
            let large = format!("username=susan&password=correct+horse&more={}", "x".repeat(32 * 1024));
            all.push(Bad::new("a form that is too large", form(good, large), (413, "payload_too_large")));
            all
        })
        .await;
    }
}

#[tokio::test]
async fn http_basic_that_cannot_be_read_in_one_way_alone_signs_nobody_in() {
    for world in World::on_every_store().await {
        refuses(&world, login(), |_, good| {
            let with = |value: &[u8]| bare(good).with_header("authorization", [value]);
            let encoded = STANDARD.encode("susan:correct horse");
            let twice = format!("Basic {encoded}");
            let rows: Vec<(&str, Call, (u16, &str))> = vec![
                ("nothing", with(b"Basic "), INVALID),
                ("no base64", with(b"Basic %%%"), INVALID),
                ("base64 of another alphabet", with(b"Basic c3VzYW4_Y29y"), INVALID),
                (
                    "base64 without its padding",
                    with(format!("Basic {}", encoded.trim_end_matches('=')).as_bytes()),
                    INVALID,
                ),
                ("not encoded", with(b"Basic susan:correct horse"), INVALID),
                ("in Latin-1", with(b"Basic \xe9"), INVALID),
                ("no colon", basic(good, "susan"), INVALID),
                ("no name", basic(good, ":correct horse"), INVALID),
                ("no password", basic(good, "susan:"), INVALID),
                ("a colon", basic(good, ":"), INVALID),
                ("no UTF-8", basic(good, b"susan:\xff"), INVALID),
                ("NUL in the name", basic(good, b"susan\0:correct horse"), INVALID),
                ("a line end in the name", basic(good, "susan\r\n:correct horse"), INVALID),
                ("a name that is too long", basic(good, format!("{}:correct horse", "x".repeat(65))), INVALID),
                ("a password that is too long", basic(good, format!("susan:{}", "x".repeat(1025))), INVALID),
                ("twice", bare(good).with_header("authorization", [&twice, &twice]), INVALID),
                ("and a token", bare(good).with_header("authorization", [&twice, "Bearer x"]), INVALID),
                ("another password", basic(good, "susan:wrong"), CREDENTIALS),
                ("another colon", basic(good, "susan::correct horse"), CREDENTIALS),
                ("a line end after the password", basic(good, "susan:correct horse\n"), CREDENTIALS),
                ("NUL in the password", basic(good, b"susan:correct horse\0"), CREDENTIALS),
                ("SQL", basic(good, "' OR '1'='1' --:x"), CREDENTIALS),
                ("credentials for nothing but a token", with(b"Bearer x"), (415, "unsupported_media_type")),
                ("neither", bare(good), (415, "unsupported_media_type")),
                (
                    "wrong, with the right ones in the body",
                    good.with_header("authorization", [format!("Basic {}", STANDARD.encode("susan:wrong"))]),
                    CREDENTIALS,
                ),
            ];
            rows.into_iter().map(|(name, call, expected)| Bad::new(name, call, expected)).collect()
        })
        .await;
    }
}

#[tokio::test]
async fn good_forms_and_basic_logins_are_taken_however_they_are_written() {
    let world = World::new().await;
    let good = world.good(named("POST /login")).await;
    for body in [
        "username=susan&password=correct+horse",
        "username=susan&password=correct%20horse&scopes=",
        "password=correct horse&username=s%75san&scopes=read++write",
        "&username=susan&&password=correct+horse&remember=1&remember=2&",
    ] {
        assert_eq!(world.send(&form(&good, body)).await.status, 200, "{body}");
    }
    let taken = basic(&good, "susan:correct horse");
    assert_eq!(world.send(&taken).await.status, 200);
    // What is in the body then is not read.
    let with_body = taken.with_header("content-type", ["application/json"]).with_body("{");
    assert_eq!(world.send(&with_body).await.status, 200);
    // A session from before does not stand in the way of another one.
    let token = good.with_header("authorization", ["Bearer expired"]);
    assert_eq!(world.send(&token).await.status, 200);
}
