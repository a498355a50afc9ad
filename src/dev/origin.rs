//! Origins of pages that may call the API from elsewhere (CORS).

use std::fmt;
use std::str::FromStr;

use axum::http::{HeaderValue, Uri};

/// A web origin in the form that browsers send: scheme, host and, unless it is the default one, port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    pub(super) const fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        // `Uri` reads a missing path as "/", so a path is looked for in the text.
        let (scheme, authority) = text.split_once("://").ok_or(InvalidOrigin)?;
        if authority.contains(['/', '?', '#', '@', '*']) || text.parse::<Uri>().is_err() {
            return Err(InvalidOrigin);
        }
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of a bare IPv6 address are inside its brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse::<u16>().map_err(|_| InvalidOrigin)?)),
            _ => (authority, None),
        };
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(InvalidOrigin),
        };
        if host.is_empty() {
            return Err(InvalidOrigin);
        }
        let host = host.to_ascii_lowercase();
        let origin = match port.filter(|port| *port != default_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        HeaderValue::try_from(origin).map(Self).map_err(|_| InvalidOrigin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// Not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidOrigin;

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an origin without a path, for example http://localhost:5173")
    }
}

impl std::error::Error for InvalidOrigin {}
