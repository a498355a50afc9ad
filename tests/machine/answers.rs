//! What a server says.

use serde_json::json;
use tokenkeep::protocol::{Answer, Reply, Silence};

/// Seconds that an access token lives.
pub const LIFE: u64 = 300;

/// The `n`th pair of tokens.
pub fn granted(n: u64) -> Reply {
    granted_to("susan", n)
}

pub fn granted_to(subject: &str, n: u64) -> Reply {
    let body = json!({ "token": access(n), "refreshToken": refresh(n), "expiresIn": LIFE, "subject": subject });
    answer(200, &body.to_string())
}

/// A new access token, and nothing said of the refresh token.
pub fn granted_access_only(n: u64) -> Reply {
    answer(200, &json!({ "token": access(n), "expiresIn": LIFE }).to_string())
}

pub fn access(n: u64) -> String {
    format!("access-{n}")
}

pub fn refresh(n: u64) -> String {
    format!("refresh-{n}")
}

pub fn refused() -> Reply {
    refused_as("refresh_token_revoked")
}

pub fn refused_as(code: &str) -> Reply {
    answer(401, &json!({ "code": code }).to_string())
}

pub fn answer(status: u16, body: &str) -> Reply {
    Ok(Answer::new(status, body))
}

pub fn busy(status: u16, retry_after: &str) -> Reply {
    Ok(Answer::new(status, "").with_header("Retry-After", retry_after))
}

pub fn lost() -> Reply {
    Err(Silence::Network)
}
