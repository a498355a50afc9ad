//! Users: registered, looked at, verified, given a new password or another role.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};

use super::bodies::{
    ChangeBody, CodeBody, ForgotBody, ProblemBody, RegisterBody, Registered, ResetBody, RoleBody, UserBody, Verified,
};
use super::named::Named;
use super::{API, Answer, Peer, address, check_email, check_name, check_new_password, check_password};
use crate::dev::body::JsonObject;
use crate::dev::guard::{Admin, CurrentUser, RequireRole};
use crate::dev::problem::Problem;
use crate::dev::roles::ADMIN;
use crate::dev::sessions::{NewAccount, Sessions};

/// Become a user
#[utoipa::path(
    post, path = "/register", tag = "account",
    request_body = RegisterBody,
    responses(
        (status = 201, body = Registered, description = "Registered.",
            headers(("Location" = String, description = "Where the user is."))),
        (status = 400, response = ProblemBody),
        (status = 409, response = ProblemBody),
    ),
)]
pub(super) async fn register(State(sessions): State<Arc<Sessions>>, mut body: JsonObject) -> Answer<Response> {
    let name = body.text("username")?;
    let password = body.text("password")?;
    let email = body.text_or_none("email")?;
    check_name(&name)?;
    check_new_password("password", &password)?;
    let email = email.as_deref().map(check_email).transpose()?;
    let account = NewAccount { name: name.clone(), password, email, role: None };
    let subject = sessions.register(account).await?;
    tracing::info!(%subject, "registered");
    let location = format!("{API}/users/{subject}");
    let body = Json(Registered { subject, username: name });
    Ok((StatusCode::CREATED, [(LOCATION, location)], body).into_response())
}

/// A user
///
/// One's own, or anybody's for an administrator. To others there is nothing.
#[utoipa::path(
    get, path = "/users/{id}", tag = "account",
    params(("id" = String, Path, description = "The user's id.")),
    responses(
        (status = 200, body = UserBody, description = "The user."),
        (status = 401, response = ProblemBody),
        (status = 404, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn user(
    State(sessions): State<Arc<Sessions>>,
    current: CurrentUser,
    Named(id): Named<String>,
) -> Answer<Json<UserBody>> {
    if id == current.user.id {
        return Ok(Json(current.user.into()));
    }
    if !sessions.roles().reach(&current.user.role, ADMIN) {
        return Err(Problem::not_found());
    }
    Ok(Json(sessions.user(&id).await?.into()))
}

/// Give a role
#[utoipa::path(
    put, path = "/users/{id}/role", tag = "account",
    params(("id" = String, Path, description = "The user's id.")),
    request_body = RoleBody,
    responses(
        (status = 204, description = "The user has that role from now on."),
        (status = 400, response = ProblemBody),
        (status = 401, response = ProblemBody),
        (status = 403, response = ProblemBody),
        (status = 404, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn set_role(
    State(sessions): State<Arc<Sessions>>,
    admin: RequireRole<Admin>,
    Named(id): Named<String>,
    mut body: JsonObject,
) -> Answer<StatusCode> {
    let role = body.text("role")?;
    if id.contains('\0') {
        return Err(Problem::not_found());
    }
    sessions.set_role(&id, role.clone()).await?;
    tracing::info!(subject = %id, %role, by = %admin.user.id, "a role was given");
    Ok(StatusCode::NO_CONTENT)
}

/// Mail the verification again
#[utoipa::path(
    post, path = "/email/send", tag = "account",
    responses(
        (status = 202, description = "On its way, if there is an address that has not been verified."),
        (status = 401, response = ProblemBody),
        (status = 429, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn send_verification(
    State(sessions): State<Arc<Sessions>>,
    current: CurrentUser,
) -> Answer<StatusCode> {
    sessions.send_verification(&current.user).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Verify an address
#[utoipa::path(
    post, path = "/email/verify", tag = "account",
    request_body = CodeBody,
    responses(
        (status = 200, body = Verified, description = "The address is the user's."),
        (status = 400, response = ProblemBody),
    ),
)]
pub(super) async fn verify_email(
    State(sessions): State<Arc<Sessions>>,
    mut body: JsonObject,
) -> Answer<Json<Verified>> {
    let email = sessions.verify_email(&body.text("code")?).await?;
    Ok(Json(Verified { email }))
}

/// Change the password
///
/// Ends every other session. The access token dies too: renew.
#[utoipa::path(
    post, path = "/password/change", tag = "account",
    request_body = ChangeBody,
    responses(
        (status = 204, description = "Changed."),
        (status = 400, response = ProblemBody),
        (status = 401, response = ProblemBody),
        (status = 403, response = ProblemBody),
        (status = 429, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn change_password(
    State(sessions): State<Arc<Sessions>>,
    current: CurrentUser,
    mut body: JsonObject,
) -> Answer<StatusCode> {
    let old = body.text("password")?;
    let new = body.text("newPassword")?;
    check_password("password", &old)?;
    check_new_password("newPassword", &new)?;
    let CurrentUser { claims, user } = current;
    let subject = user.id.clone();
    sessions.change_password(user, old, new, &claims.rfid).await.map_err(|failure| match Problem::from(failure) {
        // Not a 401: the access token is good, and another one would not help.
        problem if problem.code() == "invalid_credentials" => {
            Problem::new(StatusCode::FORBIDDEN, "invalid_credentials", "The password is wrong.")
        }
        problem => problem,
    })?;
    tracing::info!(%subject, "password changed");
    Ok(StatusCode::NO_CONTENT)
}

/// Forget the password
///
/// Mails a code to set a new one, if that address has been verified. The answer is always the same.
#[utoipa::path(
    post, path = "/password/forgot", tag = "account",
    request_body = ForgotBody,
    responses(
        (status = 202, description = "On its way, if there is such a user."),
        (status = 400, response = ProblemBody),
        (status = 429, response = ProblemBody),
    ),
)]
pub(super) async fn forgot_password(
    State(sessions): State<Arc<Sessions>>,
    peer: Peer,
    mut body: JsonObject,
) -> Answer<StatusCode> {
    let email = check_email(&body.text("email")?)?;
    sessions.forgot_password(&email, &address(&peer)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Reset the password
///
/// Ends every session.
#[utoipa::path(
    post, path = "/password/reset", tag = "account",
    request_body = ResetBody,
    responses((status = 204, description = "Set."), (status = 400, response = ProblemBody)),
)]
pub(super) async fn reset_password(State(sessions): State<Arc<Sessions>>, mut body: JsonObject) -> Answer<StatusCode> {
    let code = body.text("code")?;
    let password = body.text("password")?;
    check_new_password("password", &password)?;
    sessions.reset_password(&code, password).await?;
    tracing::info!("password reset");
    Ok(StatusCode::NO_CONTENT)
}
