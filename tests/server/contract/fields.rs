//! Fields that are missing, or of another type than they should be.

use serde_json::{Value, json};

use super::routes::{Field, Kind};
use super::world::{Call, World};
use super::{Bad, ROUTES, refuses};

const INVALID: (u16, &str) = (400, "invalid_request");

/// Values by what they are.
fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("true", json!(true)),
        ("zero", json!(0)),
        ("a number", json!(12_345_678)),
        ("a huge number", serde_json::from_str("123456789012345678901234567890").unwrap()),
        ("a fraction", json!(0.5)),
        ("an object", json!({})),
        ("a text in an object", json!({ "$ne": "" })),
        ("a text in a list", json!(["susan"])),
    ]
}

fn bad_values(good: &Call, Field { name, kind }: Field) -> Vec<Bad> {
    let bad = |what: &str, value: Value, why: &str| {
        Bad::new(format!("`{name}`: {what}"), good.with_field(name, value), INVALID).saying(format!("`{name}` {why}"))
    };
    let mut all: Vec<Bad> = match kind {
        Kind::Text | Kind::TextOrNone => {
            let mut all: Vec<Bad> =
                values().into_iter().map(|(what, value)| bad(what, value, "is not a string.")).collect();
            all.push(bad("empty", json!(""), "is empty."));
            all
        }
        Kind::TextsOrNone => values()
            .into_iter()
            .filter(|(what, _)| *what != "a text in a list")
            .chain([
                ("a text", json!("read")),
                ("a number in a list", json!(["read", 1])),
                ("nothing in a list", json!([null])),
                ("a list in a list", json!([["read"]])),
            ])
            .map(|(what, value)| bad(what, value, "is not a list of strings."))
            .collect(),
    };
    if kind == Kind::Text {
        all.push(bad("null", Value::Null, "is missing."));
        let without = Bad::new(format!("`{name}`: left out"), good.without_field(name), INVALID);
        all.push(without.saying(format!("`{name}` is missing.")));
        let mut renamed = good.without_field(name).json();
        renamed[name.to_uppercase()] = json!("susan");
        let renamed = Bad::new(format!("`{name}`: in capitals"), good.with_body(renamed.to_string()), INVALID);
        all.push(renamed.saying(format!("`{name}` is missing.")));
    }
    all
}

#[tokio::test]
async fn a_field_that_does_not_fit_is_named_without_being_repeated() {
    let world = World::new().await;
    let routes = ROUTES.iter().filter(|route| route.fields().is_some());
    refuses(&world, routes, |route, good| {
        route.fields().unwrap().iter().flat_map(|field| bad_values(good, *field)).collect()
    })
    .await;
}

#[tokio::test]
async fn what_may_be_left_out_may_be_null_and_what_is_not_known_is_of_no_matter() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(|route| route.fields().is_some()) {
        let taken = async |name: String, change: &dyn Fn(Call) -> Call| {
            let answer = world.send(&change(world.good(route).await)).await;
            assert_eq!(answer.status, route.success, "{}: {name}", route.operation);
        };
        for field in route.fields().unwrap().iter().filter(|field| field.kind != Kind::Text) {
            taken(format!("{} left out", field.name), &|call| call.without_field(field.name)).await;
            taken(format!("{} null", field.name), &|call| call.with_field(field.name, Value::Null)).await;
        }
        for (name, value) in values() {
            taken(format!("more: {name}"), &|call| call.with_field("__proto__", value.clone())).await;
        }
    }
}

#[tokio::test]
async fn of_a_field_that_comes_twice_the_last_one_counts() {
    let world = World::new().await;
    let body = |first: &str, last: &str| format!(r#"{{"username":"susan","password":"{first}","password":"{last}"}}"#);
    for (first, last, status) in [("wrong", "correct horse", 200), ("correct horse", "wrong", 401)] {
        let request = axum::http::Request::post("/api/v1/login").header("content-type", "application/json");
        let answer = world.api.send(request.body(body(first, last).into()).unwrap()).await;
        assert_eq!(answer.status, status);
    }
}
