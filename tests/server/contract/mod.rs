//! Every route of the OpenAPI document against everything a request can get wrong, with the answer it gets.
//!
//! The tables name routes as the document does, and a test fails for a route, a field or a parameter without a row. What
//! is refused must have spent nothing: after all the bad requests, the good one they were made from is sent and taken.

mod bodies;
mod fields;
mod headers;
mod kinds;
mod logins;
mod methods;
mod paths;
mod routes;
mod texts;
mod tokens;
mod world;

use routes::{ROUTES, Route};
use world::{Call, World};

/// A request that is wrong in one way, by name, and the status and code that it gets.
struct Bad {
    name: String,
    call: Call,
    status: u16,
    code: &'static str,
    detail: Option<String>,
}

impl Bad {
    fn new(name: impl Into<String>, call: Call, (status, code): (u16, &'static str)) -> Self {
        Self { name: name.into(), call, status, code, detail: None }
    }

    fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

/// Sends what is made of a good request to each route of `routes`, then the good one.
async fn refuses(world: &World, routes: impl Iterator<Item = &'static Route>, bad: impl Fn(&Route, &Call) -> Vec<Bad>) {
    let mut routes = routes.peekable();
    assert!(routes.peek().is_some(), "no route at all");
    for route in routes {
        let good = world.good(route).await;
        for Bad { name, call, status, code, detail } in bad(route, &good) {
            let answer = world.send(&call).await;
            assert_eq!(answer.status, status, "{}: {name}", route.operation);
            assert_eq!(answer.problem(), (status, code.to_owned()), "{}: {name}", route.operation);
            if let Some(detail) = detail {
                assert_eq!(answer.json()["detail"], detail, "{}: {name}", route.operation);
            }
        }
        let answer = world.send(&good).await;
        assert_eq!(answer.status, route.success, "{}, after all that was refused: {answer:?}", route.operation);
    }
}
