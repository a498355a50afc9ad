//! Every protected route against every kind of token that must not open it, with the answer that is documented.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokenkeep::dev::access::{authentic, sign};
use tokenkeep::dev::mail_code::{MailCode, Purpose};
use tokenkeep::dev::{Algorithm, Claims, Keys, Rotation, openapi};

use crate::support::{Api, api, json_request, seconds};

const GRACE: Rotation = Rotation::Grace(seconds(10));

fn ours() -> Keys {
    Keys::new(&[7; 32]).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Each bad token, by name, with the code that it is answered with.
fn bad_tokens(good: &str, refresh: &str) -> Vec<(&'static str, String, &'static str)> {
    let claims = authentic(&ours(), good).unwrap();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let signed = |change: &dyn Fn(&mut Claims)| {
        let mut changed = claims.clone();
        change(&mut changed);
        sign(&ours(), &changed)
    };
    let code = MailCode {
        iss: claims.iss.clone(),
        sub: claims.sub.clone(),
        iat: claims.iat,
        exp: claims.exp,
        jti: claims.jti.clone(),
        email: "a@example.com".into(),
        nbu: 0,
    };
    let mut admin = json!(claims);
    admin["role"] = json!("admin");
    vec![
        ("expired", signed(&|claims| claims.exp = claims.iat - 1), "token_expired"),
        ("foreign", sign(&Keys::new(&[8; 32]).unwrap(), &claims), "token_invalid"),
        (
            "signed with our public key's twin",
            sign(&Keys::new(&[8; 32]).unwrap().with_algorithm(Algorithm::EdDsa), &claims),
            "token_invalid",
        ),
        ("of another audience", signed(&|claims| claims.aud = "elsewhere".into()), "token_invalid"),
        ("of another issuer", signed(&|claims| claims.iss = "elsewhere".into()), "token_invalid"),
        ("of nobody", signed(&|claims| claims.sub = "nobody".into()), "token_invalid"),
        ("of nobody, in SQL", signed(&|claims| claims.sub = "' OR '1'='1".into()), "token_invalid"),
        ("alg none", format!("{}.{payload}.", part(&json!({ "alg": "none" }))), "token_invalid"),
        ("alg none, signed", format!("{}.{payload}.{signature}", part(&json!({ "alg": "none" }))), "token_invalid"),
        ("promoted by hand", format!("{header}.{}.{signature}", part(&admin)), "token_invalid"),
        ("a verification code", code.sign(&ours(), Purpose::VerifyEmail), "token_invalid"),
        ("a reset code", code.sign(&ours(), Purpose::ResetPassword), "token_invalid"),
        ("a refresh token", refresh.to_owned(), "token_invalid"),
        ("without its signature", format!("{message}."), "token_invalid"),
        ("cut short", good[..good.len() - 4].to_owned(), "token_invalid"),
        ("twice", format!("{good},{good}"), "token_invalid"),
        ("of no shape", "'; DROP TABLE users; --".to_owned(), "token_invalid"),
        ("very long", "A".repeat(20_000), "token_invalid"),
        ("null", "null".to_owned(), "token_invalid"),
    ]
}

/// Method and path of each operation that takes a bearer token.
fn protected() -> Vec<(String, String)> {
    let document = openapi();
    let paths = document["paths"].as_object().unwrap();
    let mut all = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let bearer = |schemes: &Vec<Value>| schemes.iter().any(|scheme| scheme.get("bearer").is_some());
            if operation["security"].as_array().is_some_and(bearer) {
                let path = path.replace("{id}", "x").replace("{session}", "y");
                all.push((method.to_uppercase(), format!("/api/v1{path}")));
            }
        }
    }
    assert!(all.len() >= 14, "{all:?}");
    all
}

#[tokio::test]
async fn no_route_takes_a_token_that_is_bad_in_any_way() {
    let api = api(GRACE).await;
    let login = api.login().await;
    let good = login["token"].as_str().unwrap();
    for (method, path) in protected() {
        for (name, token, expected) in bad_tokens(good, login["refreshToken"].as_str().unwrap()) {
            // Signing out with an expired token is as documented.
            if path.ends_with("/logout") && ["expired", "of nobody", "of nobody, in SQL"].contains(&name) {
                continue;
            }
            let request = Request::builder().method(method.as_str()).uri(&path);
            let request = request.header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap();
            let answer = api.send(request).await;
            assert_eq!(answer.problem(), (401, expected.into()), "{method} {path}: {name}");
            assert!(answer.header("www-authenticate").unwrap().contains(r#"error="invalid_token""#), "{path}: {name}");
            let shown = String::from_utf8_lossy(&answer.body).into_owned() + &format!("{:?}", answer.headers);
            assert!(!shown.contains(&token), "{path}: {name} is repeated");
        }
    }
    assert_eq!(api.get("/api/v1/status", Some(good)).await.status, 200, "and the good one is still good");
}

#[tokio::test]
async fn a_header_that_comes_twice_is_not_guessed_at() {
    let api = api(GRACE).await;
    let login = api.login().await;
    let send = async |name: &'static str, first: &str, second: &str, api: &Api| {
        let mut request = json_request("/api/v1/renew", &json!({ "refreshToken": login["refreshToken"] }));
        request.headers_mut().remove(name);
        request.headers_mut().append(name, first.parse().unwrap());
        request.headers_mut().append(name, second.parse().unwrap());
        api.send(request).await.problem()
    };
    assert_eq!(send("idempotency-key", "a", "b", &api).await, (400, "invalid_request".into()));
    let json = "application/json";
    assert_eq!(send("content-type", json, "text/plain", &api).await, (415, "unsupported_media_type".into()));
    assert_eq!(api.renew(&login["refreshToken"]).await.status, 200, "the token was not spent");
}

#[tokio::test]
async fn the_accounts_routes_name_what_is_wrong_with_a_body() {
    let api = api(GRACE).await;
    for (path, body, detail) in [
        (
            "register",
            json!({ "username": "a", "password": "hunter22!", "email": "nowhere" }),
            "`email` is not a mail address.",
        ),
        ("register", json!({ "username": "a", "password": "hunter22!", "email": 1 }), "`email` is not a string."),
        (
            "register",
            json!({ "username": "a", "password": "hunter22!", "email": "a@b\r\nBcc: x@y" }),
            "`email` is not a mail address.",
        ),
        ("email/verify", json!({}), "`code` is missing."),
        ("password/forgot", json!({ "email": ["a@example.com"] }), "`email` is not a string."),
        ("password/forgot", json!({ "email": "a@example.com, b@example.com" }), "`email` is not a mail address."),
        ("password/reset", json!({ "password": "hunter22!" }), "`code` is missing."),
        (
            "password/reset",
            json!({ "code": "x", "password": "hunter2" }),
            "`password` is too short: at least 8 characters.",
        ),
    ] {
        let answer = api.post(&format!("/api/v1/{path}"), body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".into()), "{path} {body}");
        assert_eq!(answer.json()["detail"], detail, "{path} {body}");
    }
    let odd = api.post("/api/v1/email/verify", json!({ "code": "' OR 1=1 --" })).await;
    assert_eq!(odd.problem(), (400, "invalid_code".into()));
}
