//! Every guarded route against every token that must not open it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokenkeep::dev::access::{authentic, sign};
use tokenkeep::dev::mail_code::{MailCode, Purpose};
use tokenkeep::dev::{Algorithm, Claims, Keys};

use super::routes::{Door, Route, named};
use super::world::{Call, World, text};
use super::{Bad, ROUTES, refuses};
use crate::support::{Answer, seconds};

const MISSING: (u16, &str) = (401, "token_missing");
const INVALID: (u16, &str) = (401, "token_invalid");
const EXPIRED: (u16, &str) = (401, "token_expired");

fn guarded(route: &&Route) -> bool {
    route.door != Door::Open
}

fn ours() -> Keys {
    Keys::new(&[7; 32]).unwrap()
}

fn theirs() -> Keys {
    Keys::new(&[8; 32]).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// With our key, whatever the header says.
fn changed(claims: &Claims, change: impl FnOnce(&mut Claims)) -> String {
    let mut claims = claims.clone();
    change(&mut claims);
    sign(&ours(), &claims)
}

/// Signed by the right key, and still no good: who reads it, who it is of, when it ends.
fn of_wrong_claims(claims: &Claims) -> Vec<(&'static str, String, (u16, &'static str))> {
    let later = |shift: i64| move |time: u64| time.saturating_add_signed(shift);
    vec![
        ("expired", changed(claims, |claims| claims.exp = claims.iat - 10), EXPIRED),
        ("expired long ago", changed(claims, |claims| (claims.iat, claims.exp) = (0, 0)), EXPIRED),
        (
            "run out, by a clock that is behind",
            changed(claims, |claims| (claims.iat, claims.exp) = (later(-3600)(claims.iat), later(-3600)(claims.exp))),
            EXPIRED,
        ),
        (
            "expired and of another issuer",
            changed(claims, |claims| (claims.exp, claims.iss) = (1, "x".into())),
            INVALID,
        ),
        ("of another audience", changed(claims, |claims| claims.aud = "elsewhere".into()), INVALID),
        ("of an audience that begins alike", changed(claims, |claims| claims.aud.push('2')), INVALID),
        ("of another issuer", changed(claims, |claims| claims.iss = "elsewhere".into()), INVALID),
        ("of nobody", changed(claims, |claims| claims.sub = "nobody".into()), INVALID),
        ("of nobody, in SQL", changed(claims, |claims| claims.sub = "' OR '1'='1".into()), INVALID),
        ("of nobody, with NUL", changed(claims, |claims| claims.sub = "\0".into()), INVALID),
    ]
}

/// Not signed by the right key for this, if at all.
fn forged(good: &str, claims: &Claims) -> Vec<(&'static str, String)> {
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let none = part(&json!({ "alg": "none" }));
    let mut admin = json!(claims);
    admin["role"] = json!("admin");
    admin["scopes"] = json!(["read", "write", "admin"]);
    let code = MailCode {
        iss: claims.iss.clone(),
        sub: claims.sub.clone(),
        iat: claims.iat,
        exp: claims.exp,
        jti: claims.jti.clone(),
        email: "a@example.com".into(),
        nbu: 0,
    };
    vec![
        ("foreign", sign(&theirs(), claims)),
        ("foreign and expired", sign(&theirs(), &Claims { exp: 1, ..claims.clone() })),
        ("signed with our public key's twin", sign(&theirs().with_algorithm(Algorithm::EdDsa), claims)),
        ("alg none", format!("{none}.{payload}.")),
        ("alg none, signed", format!("{none}.{payload}.{signature}")),
        ("alg None", format!("{}.{payload}.", part(&json!({ "alg": "None", "typ": "JWT" })))),
        ("alg left out", format!("{}.{payload}.{signature}", part(&json!({ "typ": "JWT" })))),
        ("critical", format!("{}.{payload}.{signature}", part(&json!({ "alg": "HS256", "crit": ["exp"] })))),
        (
            "a key in the header",
            format!("{}.{payload}.{signature}", part(&json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "AA" } }))),
        ),
        (
            "a key from elsewhere",
            format!("{}.{payload}.{signature}", part(&json!({ "alg": "HS256", "kid": "../../x" }))),
        ),
        ("promoted by hand", format!("{header}.{}.{signature}", part(&admin))),
        ("a verification code", code.sign(&ours(), Purpose::VerifyEmail)),
        ("a reset code", code.sign(&ours(), Purpose::ResetPassword)),
        ("without its signature", format!("{message}.")),
        ("without its last part", message.to_owned()),
        ("with another part", format!("{good}.")),
        ("cut short", good[..good.len() - 4].to_owned()),
        ("padded", format!("{good}==")),
        ("in another alphabet", format!("{header}.{payload}+/.{signature}")),
    ]
}

/// What no server of ours has ever made.
fn nonsense(good: &str) -> Vec<(&'static str, String)> {
    vec![
        ("a list of two", format!("{good},{good}")),
        ("two in a row", format!("{good} {good}")),
        ("of no shape", "'; DROP TABLE users; --".to_owned()),
        ("dots", "..".to_owned()),
        ("many dots", ".".repeat(1000)),
        ("very long", "A".repeat(20_000)),
        ("as long as an opaque one", "A".repeat(43)),
        ("null", "null".to_owned()),
        ("undefined", "undefined".to_owned()),
        ("in quotes", format!("\"{good}\"")),
        ("in brackets", format!("<{good}>")),
    ]
}

fn bearing(call: &Call, token: &str) -> Call {
    call.with_header("authorization", [format!("Bearer {token}")])
}

fn assert_challenged(answer: &Answer, token: &str, what: &str) {
    assert!(answer.header("www-authenticate").unwrap().contains(r#"error="invalid_token""#), "{what}");
    let shown = String::from_utf8_lossy(&answer.body).into_owned() + &format!("{:?}", answer.headers);
    assert!(token.len() < 5 || !shown.contains(token), "{what} is repeated");
}

#[tokio::test]
async fn no_route_takes_a_token_that_is_bad_in_any_way() {
    for world in World::on_every_store().await {
        let refresh = world.sign_in("susan").await["refreshToken"].clone();
        for route in ROUTES.iter().filter(guarded) {
            let good = world.good(route).await;
            let claims = authentic(&ours(), good.token()).unwrap();
            let invalid = forged(good.token(), &claims).into_iter().chain(nonsense(good.token()));
            let mut tokens: Vec<_> = invalid.map(|(name, token)| (name, token, INVALID)).collect();
            tokens.push(("a refresh token", text(&refresh).to_owned(), INVALID));
            // Signing out with a token that is authentic is as documented.
            if route.operation != "POST /logout" {
                tokens.extend(of_wrong_claims(&claims));
            }
            for (name, token, (status, code)) in tokens {
                let answer = world.send(&bearing(&good, &token)).await;
                assert_eq!(answer.status, status, "{}: {name}", route.operation);
                assert_eq!(answer.problem(), (status, code.to_owned()), "{}: {name}", route.operation);
                assert_challenged(&answer, &token, name);
            }
            assert_eq!(world.send(&good).await.status, route.success, "{}: the good one", route.operation);
        }
    }
}

#[tokio::test]
async fn no_route_takes_anything_else_for_an_opaque_token() {
    let world = World::opaque().await;
    let jwts = World::new().await;
    for route in ROUTES.iter().filter(guarded) {
        let good = world.good(route).await;
        let login = world.sign_in("susan").await;
        let ticket = world.send(&world.good(named("POST /tickets")).await).await.json();
        let mut turned = good.token().to_owned().into_bytes();
        turned[0] = if turned[0] == b'A' { b'B' } else { b'A' };
        let mut tokens = nonsense(good.token());
        tokens.extend([
            ("a JWT", jwts.good(named("GET /status")).await.token().to_owned()),
            ("a refresh token", text(&login["refreshToken"]).to_owned()),
            ("a ticket", text(&ticket["ticket"]).to_owned()),
            ("another by one bit", String::from_utf8(turned).unwrap()),
            ("cut short", good.token()[1..].to_owned()),
            ("padded", format!("{}=", good.token())),
        ]);
        for (name, token) in tokens {
            let answer = world.send(&bearing(&good, &token)).await;
            assert_eq!(answer.problem(), (401, "token_invalid".to_owned()), "{}: {name}", route.operation);
            assert_challenged(&answer, &token, name);
        }
        assert_eq!(world.send(&good).await.status, route.success, "{}: the good one", route.operation);
    }
}

#[tokio::test]
async fn a_token_is_looked_for_in_one_header_alone() {
    let world = World::new().await;
    refuses(&world, ROUTES.iter().filter(guarded), |_, good| {
        let token = good.token();
        let bare = good.without_header("authorization");
        let with = |value: String| good.with_header("authorization", [value]);
        let mut query = bare.clone();
        query.uri = format!("{}?access_token={token}&token={token}", bare.uri);
        vec![
            Bad::new("none", bare.clone(), MISSING),
            Bad::new("in the query", query, MISSING),
            Bad::new(
                "in a cookie",
                bare.with_header("cookie", [format!("token={token}; access_token={token}")]),
                MISSING,
            ),
            Bad::new("in another header", bare.with_header("x-authorization", [format!("Bearer {token}")]), MISSING),
            Bad::new("in a form", bare.with_body(format!("access_token={token}")), MISSING),
            Bad::new("without a scheme", with(token.to_owned()), MISSING),
            Bad::new("of another scheme", with(format!("Basic {token}")), MISSING),
            Bad::new("of a scheme that begins alike", with(format!("Bearers {token}")), MISSING),
            Bad::new("empty", with(String::new()), MISSING),
            Bad::new("a scheme alone", with("Bearer".to_owned()), INVALID),
            Bad::new("a scheme and a blank", with("Bearer  ".to_owned()), INVALID),
            Bad::new("after a tab", with(format!("Bearer\t{token}")), MISSING),
            Bad::new("in Latin-1", good.with_header("authorization", [b"Bearer \xe9"]), INVALID),
            Bad::new(
                "twice",
                good.with_header("authorization", [format!("Bearer {token}"), format!("Bearer {token}")]),
                INVALID,
            ),
            Bad::new(
                "after a name and a password",
                good.with_header("authorization", ["Basic c3VzYW46eA==".to_owned(), format!("Bearer {token}")]),
                INVALID,
            ),
        ]
    })
    .await;
}

#[tokio::test]
async fn a_missing_token_is_challenged_without_an_error() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(guarded) {
        let answer = world.send(&world.good(route).await.without_header("authorization")).await;
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="tokenkeep""#), "{}", route.operation);
    }
}

#[tokio::test]
async fn a_user_gets_no_further_than_the_door_of_an_administrator() {
    let world = World::new().await;
    let user = world.sign_in("susan").await;
    let narrow = json!({ "username": "root", "password": "correct horse", "scopes": [] });
    let narrow = world.api.post("/api/v1/login", narrow).await.json();
    for route in ROUTES.iter().filter(guarded) {
        let good = world.good(route).await;
        let refused = match route.door {
            Door::Admin => Some((&user, "insufficient_role")),
            Door::Scope(_) => Some((&narrow, "insufficient_scope")),
            Door::User | Door::Open => None,
        };
        let Some((login, code)) = refused else { continue };
        // Bad bodies too: who may not come in is not told what is wrong with them.
        for call in [good.clone(), good.with_body("{"), good.without_header("content-type")] {
            let answer = world.send(&bearing(&call, text(&login["token"]))).await;
            assert_eq!(answer.problem(), (403, code.to_owned()), "{}", route.operation);
            assert!(answer.header("www-authenticate").unwrap().contains(r#"error="insufficient_scope""#));
        }
    }
}

#[tokio::test]
async fn a_token_from_a_clock_that_is_ahead_or_behind_lives_until_its_own_end_and_dies_with_its_session() {
    for (name, shift) in [("ahead", 3600_i64), ("behind", -200)] {
        let world = World::new().await;
        let login = world.sign_in("susan").await;
        let claims = authentic(&ours(), text(&login["token"])).unwrap();
        let token = changed(&claims, |claims| {
            claims.iat = claims.iat.saturating_add_signed(shift);
            claims.exp = claims.exp.saturating_add_signed(shift);
        });
        let status = async || world.api.get("/api/v1/status", Some(&token)).await;
        assert_eq!(status().await.status, 200, "{name}");
        assert_eq!(world.api.logout(&token).await.status, 204, "{name}");
        let life = u64::try_from(300 + shift).unwrap();
        for after in [0, life / 2, life - 10] {
            world.api.shift_clock(seconds(after)).await;
            assert_eq!(status().await.problem(), (401, "token_invalid".into()), "{name}, {after} s after the end");
        }
        world.api.shift_clock(seconds(life + 10)).await;
        assert_eq!(status().await.problem(), (401, "token_expired".into()), "{name}");
    }
}
