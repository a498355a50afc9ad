//! Methods that a route does not take.

use std::collections::{BTreeMap, BTreeSet};

use super::ROUTES;
use super::world::World;

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FETCH"];

#[tokio::test]
async fn a_method_that_is_not_described_is_405_with_those_that_are() {
    let world = World::new().await;
    let mut taken: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in ROUTES {
        let methods = taken.entry(route.path()).or_default();
        methods.insert(route.method());
        if route.method() == "GET" {
            methods.insert("HEAD");
        }
    }
    for route in ROUTES {
        // With all that the route could ask for: it is the method that is wrong.
        let good = world.good(route).await;
        let taken = &taken[route.path()];
        for method in METHODS.into_iter().filter(|method| !taken.contains(method)) {
            let mut call = good.clone();
            call.method = method;
            let answer = world.send(&call).await;
            let what = format!("{method} {}", route.path());
            assert_eq!(answer.status, 405, "{what}");
            if method != "HEAD" {
                assert_eq!(answer.problem(), (405, "method_not_allowed".into()), "{what}");
            }
            let allowed: BTreeSet<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
            assert_eq!(&allowed, taken, "{what}");
        }
        assert_eq!(world.send(&good).await.status, route.success, "{}, after all that", route.operation);
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(|route| route.method() == "GET") {
        let mut call = world.good(route).await;
        call.method = "HEAD";
        let answer = world.send(&call).await;
        assert!(answer.body.is_empty(), "{}", route.operation);
        // A handshake is a GET (RFC 6455).
        assert_eq!(answer.status, route.success, "{}", route.operation);
    }
}
