//! Sessions, listed and ended: a user's own, and anybody's for an administrator.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Answer;
use super::bodies::{ProblemBody, SessionBody, SessionList};
use super::named::Named;
use crate::dev::guard::{Admin, CurrentUser, RequireRole};
use crate::dev::sessions::Sessions;

/// My sessions
#[utoipa::path(
    get, path = "/sessions", tag = "sessions",
    responses(
        (status = 200, body = SessionList, description = "Those that could still be renewed."),
        (status = 401, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn mine(State(sessions): State<Arc<Sessions>>, current: CurrentUser) -> Answer<Json<SessionList>> {
    list(&sessions, &current.user.id, &current.claims.rfid).await
}

/// End all my sessions
///
/// This one too.
#[utoipa::path(
    delete, path = "/sessions", tag = "sessions",
    responses((status = 204, description = "Ended."), (status = 401, response = ProblemBody)),
    security(("bearer" = [])),
)]
pub(super) async fn end_mine(State(sessions): State<Arc<Sessions>>, current: CurrentUser) -> Answer<StatusCode> {
    sessions.end_all(&current.user).await?;
    tracing::info!(subject = %current.user.id, "all sessions ended");
    Ok(StatusCode::NO_CONTENT)
}

/// End one of my sessions
#[utoipa::path(
    delete, path = "/sessions/{session}", tag = "sessions",
    params(("session" = String, Path, description = "The session's id.")),
    responses(
        (status = 204, description = "Ended, now or before."),
        (status = 401, response = ProblemBody),
        (status = 404, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn end_one_of_mine(
    State(sessions): State<Arc<Sessions>>,
    current: CurrentUser,
    Named(session): Named<String>,
) -> Answer<StatusCode> {
    end(&sessions, &current.user.id, &session).await
}

/// A user's sessions
#[utoipa::path(
    get, path = "/users/{id}/sessions", tag = "sessions",
    params(("id" = String, Path, description = "The user's id.")),
    responses(
        (status = 200, body = SessionList, description = "Those that could still be renewed."),
        (status = 401, response = ProblemBody),
        (status = 403, response = ProblemBody),
        (status = 404, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn of_user(
    State(sessions): State<Arc<Sessions>>,
    admin: RequireRole<Admin>,
    Named(id): Named<String>,
) -> Answer<Json<SessionList>> {
    let user = sessions.user(&id).await?;
    list(&sessions, &user.id, &admin.claims.rfid).await
}

/// End all sessions of a user
#[utoipa::path(
    delete, path = "/users/{id}/sessions", tag = "sessions",
    params(("id" = String, Path, description = "The user's id.")),
    responses(
        (status = 204, description = "Ended."),
        (status = 401, response = ProblemBody),
        (status = 403, response = ProblemBody),
        (status = 404, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn end_of_user(
    State(sessions): State<Arc<Sessions>>,
    admin: RequireRole<Admin>,
    Named(id): Named<String>,
) -> Answer<StatusCode> {
    let user = sessions.user(&id).await?;
    sessions.end_all(&user).await?;
    tracing::info!(subject = %user.id, by = %admin.user.id, "all sessions ended");
    Ok(StatusCode::NO_CONTENT)
}

/// End one session of a user
#[utoipa::path(
    delete, path = "/users/{id}/sessions/{session}", tag = "sessions",
    params(
        ("id" = String, Path, description = "The user's id."),
        ("session" = String, Path, description = "The session's id."),
    ),
    responses(
        (status = 204, description = "Ended, now or before."),
        (status = 401, response = ProblemBody),
        (status = 403, response = ProblemBody),
        (status = 404, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn end_one_of_user(
    State(sessions): State<Arc<Sessions>>,
    admin: RequireRole<Admin>,
    Named((id, session)): Named<(String, String)>,
) -> Answer<StatusCode> {
    tracing::info!(subject = %id, by = %admin.user.id, "a session is ended");
    end(&sessions, &id, &session).await
}

async fn list(sessions: &Sessions, subject: &str, current: &str) -> Answer<Json<SessionList>> {
    let open = sessions.of_user(subject).await?;
    let sessions = open.into_iter().map(|session| SessionBody::new(session, current)).collect();
    Ok(Json(SessionList { sessions }))
}

async fn end(sessions: &Arc<Sessions>, subject: &str, session: &str) -> Answer<StatusCode> {
    sessions.end(subject, session).await?;
    Ok(StatusCode::NO_CONTENT)
}
