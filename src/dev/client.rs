//! Where a request comes from: the peer, or whom a trusted proxy names as the one before it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

/// Puts the client in the place of the proxy, for all that follows.
pub(super) async fn resolve(State(proxies): State<Arc<[IpAddr]>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    if let Some(client) = peer.and_then(|peer| client(&proxies, peer, request.headers())) {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 0)));
    }
    next.run(request).await
}

/// How attempts of a client are counted. A network of IPv6 is one client (RFC 6177): it has more addresses than
/// anybody could count.
pub(super) fn bucket(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Each proxy adds the peer it saw at the end of `X-Forwarded-For`. So it is read from there, for as long as whoever
/// says so is trusted; what stands before that anybody may have written.
fn client(proxies: &[IpAddr], peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer.to_canonical();
    for hop in hops.into_iter().rev() {
        if !proxies.contains(&client) {
            break;
        }
        let address = hop.parse().or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
        client = address.ok()?.to_canonical();
    }
    (client != peer.to_canonical()).then_some(client)
}
