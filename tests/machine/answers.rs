//! What a server says.

use serde_json::json;
use tokenkeep::protocol::{Answer, Reply, Silence};
use tokenkeep::token::Secret;

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
    Ok(Answer { status, retry_after: None, body: Secret(body.into()) })
}

pub fn busy(status: u16, retry_after: &str) -> Reply {
    Ok(Answer { status, retry_after: Some(retry_after.into()), body: Secret(String::new()) })
}

pub fn lost() -> Reply {
    Err(Silence::Network)
}
