//! A row for each route: who may come in, what it reads, and how it says yes.

use std::collections::BTreeSet;

use serde_json::Value;
use tokenkeep::dev::openapi;

use super::world::World;

pub struct Route {
    /// As in the document: `POST /login`.
    pub operation: &'static str,
    pub door: Door,
    pub reads: Reads,
    pub success: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// No token is asked for.
    Open,
    /// Any access token.
    User,
    /// An access token with that scope.
    Scope(&'static str),
    /// An administrator's access token.
    Admin,
}

#[derive(Clone, Copy)]
pub enum Reads {
    Nothing,
    Anything,
    Json(&'static [Field]),
}

#[derive(Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    TextOrNone,
    TextsOrNone,
}

const fn text(name: &'static str) -> Field {
    Field { name, kind: Kind::Text }
}

const fn row(operation: &'static str, door: Door, reads: Reads, success: u16) -> Route {
    Route { operation, door, reads, success }
}

pub const ROUTES: &[Route] = &[
    row("POST /echo", Door::Scope("write"), Reads::Anything, 200),
    row("POST /email/send", Door::User, Reads::Nothing, 202),
    row("POST /email/verify", Door::Open, Reads::Json(&[text("code")]), 200),
    row("GET /healthz", Door::Open, Reads::Nothing, 200),
    row("GET /jwks.json", Door::Open, Reads::Nothing, 200),
    row(
        "POST /login",
        Door::Open,
        Reads::Json(&[text("username"), text("password"), Field { name: "scopes", kind: Kind::TextsOrNone }]),
        200,
    ),
    row("POST /logout", Door::User, Reads::Nothing, 204),
    row("POST /password/change", Door::User, Reads::Json(&[text("password"), text("newPassword")]), 204),
    row("POST /password/forgot", Door::Open, Reads::Json(&[text("email")]), 202),
    row("POST /password/reset", Door::Open, Reads::Json(&[text("code"), text("password")]), 204),
    row(
        "POST /register",
        Door::Open,
        Reads::Json(&[text("username"), text("password"), Field { name: "email", kind: Kind::TextOrNone }]),
        201,
    ),
    row("POST /renew", Door::Open, Reads::Json(&[text("refreshToken")]), 200),
    row("GET /resource", Door::Scope("read"), Reads::Nothing, 200),
    row("GET /sessions", Door::User, Reads::Nothing, 200),
    row("DELETE /sessions", Door::User, Reads::Nothing, 204),
    row("DELETE /sessions/{session}", Door::User, Reads::Nothing, 204),
    // No handshake, so that is as far as it goes here; with one, in `sockets`.
    row("GET /socket", Door::Open, Reads::Nothing, 400),
    row("GET /status", Door::User, Reads::Nothing, 200),
    row("POST /tickets", Door::User, Reads::Nothing, 201),
    row("GET /users/{id}", Door::User, Reads::Nothing, 200),
    row("PUT /users/{id}/role", Door::Admin, Reads::Json(&[text("role")]), 204),
    row("GET /users/{id}/sessions", Door::Admin, Reads::Nothing, 200),
    row("DELETE /users/{id}/sessions", Door::Admin, Reads::Nothing, 204),
    row("DELETE /users/{id}/sessions/{session}", Door::Admin, Reads::Nothing, 204),
];

pub fn named(operation: &str) -> &'static Route {
    ROUTES.iter().find(|route| route.operation == operation).unwrap()
}

impl Route {
    pub fn method(&self) -> &'static str {
        self.operation.split_once(' ').unwrap().0
    }

    pub fn path(&self) -> &'static str {
        self.operation.split_once(' ').unwrap().1
    }

    pub fn fields(&self) -> Option<&'static [Field]> {
        match self.reads {
            Reads::Json(fields) => Some(fields),
            Reads::Nothing | Reads::Anything => None,
        }
    }

    pub fn described<'a>(&self, document: &'a Value) -> &'a Value {
        &document["paths"][self.path()][self.method().to_lowercase()]
    }
}

fn names(object: &Value) -> BTreeSet<String> {
    object.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

#[test]
fn every_route_has_a_row_that_says_what_the_document_says() {
    let document = openapi();
    let paths = document["paths"].as_object().unwrap();
    let described: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            names(methods).into_iter().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let rows: BTreeSet<String> = ROUTES.iter().map(|route| route.operation.to_owned()).collect();
    assert_eq!(rows, described);
    assert_eq!(rows.len(), ROUTES.len(), "one row each");
    for route in ROUTES {
        let operation = route.described(&document);
        let name = route.operation;
        let bearer = operation.pointer("/security/0/bearer");
        assert_eq!(bearer.is_none(), route.door == Door::Open, "{name}");
        if let Door::Scope(scope) = route.door {
            assert_eq!(bearer.unwrap()[0], scope, "{name}");
        }
        assert_eq!(route.door == Door::Admin, name.contains("/users/{id}/"), "{name}");
        assert!(operation["responses"].get(route.success.to_string()).is_some(), "{name}");

        let reads = names(&operation["requestBody"]["content"]);
        match route.reads {
            Reads::Nothing => assert!(reads.is_empty(), "{name}"),
            Reads::Anything => assert_eq!(reads, BTreeSet::from(["*/*".to_owned()]), "{name}"),
            Reads::Json(fields) => {
                let schema = operation.pointer("/requestBody/content/application~1json/schema/$ref").unwrap();
                let schema = document.pointer(schema.as_str().unwrap().trim_start_matches('#')).unwrap();
                let all = fields.iter().map(|field| field.name.to_owned()).collect();
                assert_eq!(names(&schema["properties"]), all, "{name}");
                let needed: Vec<Value> =
                    fields.iter().filter(|field| field.kind == Kind::Text).map(|field| field.name.into()).collect();
                assert_eq!(schema["required"], Value::Array(needed), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn every_good_request_is_taken() {
    let world = World::new().await;
    for route in ROUTES {
        let answer = world.send(&world.good(route).await).await;
        assert_eq!(answer.status, route.success, "{}: {answer:?}", route.operation);
    }
}
