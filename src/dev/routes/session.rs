//! A session while it lasts: renewed, looked at, ended.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};

use super::bodies::{KeySet, ProblemBody, RenewBody, Status, Tokens};
use super::{Answer, Noted};
use crate::dev::body::JsonObject;
use crate::dev::decision::Outcome;
use crate::dev::failure::Failure;
use crate::dev::guard::{CurrentUser, bearer};
use crate::dev::note::Note;
use crate::dev::problem::Problem;
use crate::dev::sessions::Sessions;

const MAX_KEY_BYTES: usize = 255;

/// Renew
///
/// Spends the refresh token. Sent again with the same `Idempotency-Key`, or within the grace window, it gives the same
/// child.
#[utoipa::path(
    post, path = "/renew", tag = "session",
    request_body = RenewBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this attempt; the same for its repetitions.",
        min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")),
    responses(
        (status = 200, body = Tokens, description = "Renewed."),
        (status = 400, response = ProblemBody),
        (status = 401, response = ProblemBody),
    ),
)]
pub(super) async fn renew(
    State(sessions): State<Arc<Sessions>>,
    headers: HeaderMap,
    mut body: JsonObject,
) -> Answer<Noted<Answer<Json<Tokens>>>> {
    let token = body.text("refreshToken")?;
    let attempt = idempotency_key(&headers)?;
    let renewal = sessions.renew(&token, attempt).await?;
    let note = Note::on(&renewal);
    if let Some(how) = &note.renewal {
        tracing::info!(outcome = how.outcome, family = how.family, parent = how.parent, "renewal");
    }
    let answer = match renewal.outcome {
        Outcome::Renewed(grant) | Outcome::Repeated(grant) => Ok(Json(Tokens::from(&grant))),
        Outcome::Refused(refusal) => Err(Problem::refused(refusal)),
    };
    Ok((Extension(note), answer))
}

/// Sign out
///
/// Ends the session of the access token, which may have expired, and its access tokens at once.
#[utoipa::path(
    post, path = "/logout", tag = "session",
    responses(
        (status = 204, description = "Signed out, now or before."),
        (status = 401, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn logout(State(sessions): State<Arc<Sessions>>, headers: HeaderMap) -> Answer<Noted<StatusCode>> {
    sessions.logout(bearer(&headers).map_err(Failure::from)?).await?;
    Ok((Extension(Note::of("logout.ok")), StatusCode::NO_CONTENT))
}

/// Who am I?
#[utoipa::path(
    get, path = "/status", tag = "session",
    responses((status = 200, body = Status, description = "The user and the token."), (status = 401, response = ProblemBody)),
    security(("bearer" = [])),
)]
pub(super) async fn status(current: CurrentUser) -> Json<Status> {
    let CurrentUser { claims, user } = current;
    Json(Status {
        subject: user.id,
        username: user.name,
        scopes: claims.scopes,
        role: user.role,
        session: claims.rfid,
        expires_at: claims.exp,
    })
}

/// The public keys
///
/// What access tokens can be checked with, where they are signed with EdDSA.
#[utoipa::path(
    get, path = "/jwks.json", tag = "session",
    responses((status = 200, body = KeySet, description = "A JWK set.")),
)]
pub(super) async fn public_keys(State(sessions): State<Arc<Sessions>>) -> Json<serde_json::Value> {
    Json(sessions.authority().keys().public())
}

fn idempotency_key(headers: &HeaderMap) -> Answer<Option<String>> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let visible =
        |key: &&str| (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match value.to_str().ok().filter(visible) {
        Some(key) if values.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid(format!("`Idempotency-Key` is not 1 to {MAX_KEY_BYTES} visible ASCII characters."))),
    }
}
