//! Texts that look like something else: to a database, to a terminal, to a page.

use std::collections::BTreeSet;

use serde_json::json;

use super::routes::named;
use super::world::{World, post};
use super::{Bad, ROUTES, refuses};

/// One row for each field that holds a text: what SQL is answered with there, what control characters are, and what is
/// too long.
struct Row {
    operation: &'static str,
    field: &'static str,
    odd: (u16, &'static str),
    control: (u16, &'static str),
    long: (u16, &'static str),
}

const INVALID: (u16, &str) = (400, "invalid_request");
const CODE: (u16, &str) = (400, "invalid_code");
const ROLE: (u16, &str) = (400, "unknown_role");
const CREDENTIALS: (u16, &str) = (401, "invalid_credentials");
const WRONG: (u16, &str) = (403, "invalid_credentials");
const UNKNOWN: (u16, &str) = (401, "refresh_token_unknown");
/// Where it is as good a text as any other.
const TAKEN: (u16, &str) = (0, "");

const fn row(operation: &'static str, field: &'static str, [odd, control, long]: [(u16, &'static str); 3]) -> Row {
    Row { operation, field, odd, control, long }
}

const ROWS: &[Row] = &[
    row("POST /email/verify", "code", [CODE, CODE, CODE]),
    row("POST /login", "username", [CREDENTIALS, INVALID, INVALID]),
    row("POST /login", "password", [CREDENTIALS, CREDENTIALS, INVALID]),
    row("POST /password/change", "password", [WRONG, WRONG, INVALID]),
    row("POST /password/change", "newPassword", [TAKEN, TAKEN, INVALID]),
    row("POST /password/forgot", "email", [INVALID, INVALID, INVALID]),
    row("POST /password/reset", "code", [CODE, CODE, CODE]),
    row("POST /password/reset", "password", [TAKEN, TAKEN, INVALID]),
    row("POST /register", "username", [TAKEN, INVALID, INVALID]),
    row("POST /register", "password", [TAKEN, TAKEN, INVALID]),
    row("POST /register", "email", [INVALID, INVALID, INVALID]),
    row("POST /renew", "refreshToken", [UNKNOWN, UNKNOWN, UNKNOWN]),
    row("PUT /users/{id}/role", "role", [ROLE, ROLE, ROLE]),
];

const SQL: [&str; 4] = ["'; DROP TABLE users; --", "' OR '1'='1' --", "\\'; SELECT pg_sleep(60); --", "%_%"];
const ODD: [&str; 5] =
    ["<script>alert(1)</script>", "${jndi:ldap://x}", "../../../etc/passwd", "🔑\u{202e}nasus", "NaN.null"];
const CONTROL: [&str; 4] = ["\u{0}admin", "susan\u{0}\u{0}", "a\r\nSet-Cookie: b=c", "\u{1b}[2Jsusan"];

#[test]
fn every_field_that_holds_a_text_has_a_row() {
    let rows: BTreeSet<_> = ROWS.iter().map(|row| (row.operation, row.field)).collect();
    let fields: BTreeSet<_> = ROUTES
        .iter()
        .flat_map(|route| route.fields().into_iter().flatten().map(|field| (route.operation, field.name)))
        // A list; an odd one is a scope that nobody has, below.
        .filter(|(_, field)| *field != "scopes")
        .collect();
    assert_eq!(rows, fields);
}

#[tokio::test]
async fn a_text_that_looks_like_something_else_is_a_text() {
    for world in World::on_every_store().await {
        let routes = ROUTES.iter().filter(|route| route.fields().is_some());
        refuses(&world, routes, |route, good| {
            let mut all = Vec::new();
            for row in ROWS.iter().filter(|row| row.operation == route.operation) {
                let long = [
                    "x".repeat(1025),
                    "x@".repeat(1025),
                    "🔑".repeat(1025),
                    format!("{}@example.com", "x".repeat(2000)),
                ];
                let odd = SQL.into_iter().chain(ODD).map(|text| (text.to_owned(), row.odd));
                let control = CONTROL.into_iter().map(|text| (text.to_owned(), row.control));
                let mut texts: Vec<_> =
                    odd.chain(control).chain(long.into_iter().map(|text| (text, row.long))).collect();
                if row.operation == "POST /password/change" && row.field == "password" {
                    // More is braked: somebody guesses.
                    texts.truncate(4);
                }
                for (text, expected) in texts.into_iter().filter(|(_, expected)| *expected != TAKEN) {
                    let name: String = format!("{}: {}", row.field, text.chars().take(40).collect::<String>());
                    all.push(Bad::new(name, good.with_field(row.field, json!(text)), expected));
                }
            }
            if route.operation == "POST /login" {
                for scope in SQL.into_iter().chain(ODD).chain(CONTROL).chain(["", "read write", "READ", "admin"]) {
                    let call = good.with_field("scopes", json!(["read", scope]));
                    all.push(Bad::new(format!("scopes: {scope}"), call, (400, "invalid_scope")));
                }
            }
            all
        })
        .await;
    }
}

#[tokio::test]
async fn where_any_text_will_do_any_text_comes_back() {
    for world in World::on_every_store().await {
        for text in SQL.into_iter().chain(ODD) {
            let credentials = json!({ "username": text, "password": format!("{text}{}", CONTROL.concat()) });
            assert_eq!(post(&world, "/api/v1/register", credentials.clone()).await.status, 201, "{text}");
            assert_eq!(
                post(&world, "/api/v1/register", credentials.clone()).await.problem(),
                (409, "username_taken".into())
            );
            let login = post(&world, "/api/v1/login", credentials.clone()).await.json();
            let status = world.api.get("/api/v1/status", login["token"].as_str()).await.json();
            assert_eq!(status["username"], text);
            for (route, field) in [("POST /password/change", "newPassword"), ("POST /password/reset", "password")] {
                let route = named(route);
                let call = world.good(route).await.with_field(field, credentials["password"].clone());
                assert_eq!(world.send(&call).await.status, route.success, "{}: {text}", route.operation);
                // susan's password is what the next good request expects.
                if route.operation == "POST /password/change" {
                    let login = json!({ "username": "susan", "password": credentials["password"] });
                    let login = post(&world, "/api/v1/login", login).await.json();
                    let back = json!({ "password": credentials["password"], "newPassword": "correct horse" });
                    let call = call.with_body(back.to_string());
                    let token = format!("Bearer {}", login["token"].as_str().unwrap());
                    assert_eq!(world.send(&call.with_header("authorization", [token])).await.status, 204);
                }
            }
        }
        world.sign_in("susan").await;
    }
}
