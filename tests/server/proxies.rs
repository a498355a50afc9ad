//! Who is braked where requests come through a proxy, and where addresses are many.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use tokenkeep::dev::{LoginLimit, Rotation, Server};
use tower::ServiceExt as _;

use crate::support::config;

/// A server that trusts the proxies at 192.0.2.1 and 192.0.2.2, and takes one wrong password of a client.
async fn server() -> axum::Router {
    let mut config = config(Rotation::Strict);
    config.proxies = vec!["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
    config.login_limit = LoginLimit { burst: 1, refill: std::time::Duration::from_secs(3600), ..LoginLimit::default() };
    Server::open(config).await.unwrap().router()
}

/// The status of a login with a wrong password.
async fn attempt(server: &axum::Router, peer: &str, forwarded: &[&str]) -> u16 {
    let mut request = Request::post("/api/v1/login").header("content-type", "application/json");
    for value in forwarded {
        request = request.header("x-forwarded-for", *value);
    }
    let peer = SocketAddr::new(peer.parse().unwrap(), 1);
    let request = request.extension(axum::extract::ConnectInfo(peer));
    let body = json!({ "username": "susan", "password": "wrong" }).to_string();
    server.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_braked_one_by_one() {
    let server = server().await;
    for (client, status) in [("198.51.100.1", 401), ("198.51.100.1", 429), ("198.51.100.2", 401)] {
        assert_eq!(attempt(&server, "192.0.2.1", &[client]).await, status, "{client}");
    }
    assert_eq!(attempt(&server, "192.0.2.2", &["198.51.100.3, 192.0.2.1"]).await, 401, "two proxies");
    assert_eq!(attempt(&server, "192.0.2.2", &["198.51.100.3", "192.0.2.1"]).await, 429, "in two headers");
    assert_eq!(attempt(&server, "::ffff:192.0.2.1", &["198.51.100.3:4711"]).await, 429, "with a port");
}

#[tokio::test]
async fn nobody_gets_another_attempt_by_naming_another_address() {
    let server = server().await;
    assert_eq!(attempt(&server, "192.0.2.1", &["203.0.113.1, 198.51.100.1"]).await, 401);
    assert_eq!(attempt(&server, "192.0.2.1", &["203.0.113.2, 198.51.100.1"]).await, 429);
    assert_eq!(attempt(&server, "198.51.100.9", &["203.0.113.1"]).await, 401);
    assert_eq!(attempt(&server, "198.51.100.9", &["203.0.113.2"]).await, 429, "that one is no proxy");
    assert_eq!(attempt(&server, "192.0.2.1", &["nonsense"]).await, 401);
    assert_eq!(attempt(&server, "192.0.2.1", &["more nonsense"]).await, 429, "the proxy itself, then");
}

#[tokio::test]
async fn a_network_of_ipv6_is_one_client() {
    let server = server().await;
    for (peer, status) in [("2001:db8:0:1::1", 401), ("2001:db8:0:1:ffff::2", 429), ("2001:db8:0:2::1", 401)] {
        assert_eq!(attempt(&server, peer, &[]).await, status, "{peer}");
    }
}
