//! The API under `/api/v1`: reads requests, writes answers, decides nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Extension, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::authority::{Grant, Outcome};
use super::bearer::{Authenticated, bearer};
use super::body::{JsonObject, Whole};
use super::note::Note;
use super::problem::Problem;
use super::secret::RefreshSecret;
use super::sessions::{Failure, Sessions};

/// Where the API lives.
pub const API: &str = "/api/v1";

const JSON_LIMIT: usize = 16 * 1024;
const ECHO_LIMIT: usize = 4 * 1024 * 1024;
const MAX_NAME_CHARS: usize = 64;
const MIN_PASSWORD_CHARS: usize = 8;
const MAX_PASSWORD_BYTES: usize = 1024;
const MAX_KEY_BYTES: usize = 255;

type Noted<T> = (Extension<Note>, T);
type Answer<T> = Result<T, Problem>;

pub(super) fn api(sessions: Arc<Sessions>) -> Router {
    Router::new()
        .route("/register", post(register))
        .route("/users/{id}", get(user))
        .route("/login", post(login))
        .route("/renew", post(renew))
        .route("/logout", post(logout))
        .route("/status", get(status))
        .route("/resource", get(resource))
        .layer(DefaultBodyLimit::max(JSON_LIMIT))
        .route("/echo", post(echo).layer(DefaultBodyLimit::max(ECHO_LIMIT)))
        .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        // RFC 6749 §5.1: answers that carry tokens must not be stored; the others need not.
        .layer(axum::middleware::map_response(no_store))
        .with_state(sessions)
}

pub(super) async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This endpoint does not take this method.")
}

async fn register(State(sessions): State<Arc<Sessions>>, mut body: JsonObject) -> Answer<Response> {
    let username = body.text("username")?;
    let password = body.text("password")?;
    check_name(&username)?;
    if password.chars().count() < MIN_PASSWORD_CHARS {
        let least = format!("`password` is too short: at least {MIN_PASSWORD_CHARS} characters.");
        return Err(Problem::invalid(least));
    }
    check_password(&password)?;
    let subject = sessions.register(username.clone(), password).await?;
    tracing::info!(%subject, "registered");
    let location = format!("{API}/users/{subject}");
    let body = Json(json!({ "subject": subject, "username": username }));
    Ok((StatusCode::CREATED, [(LOCATION, location)], body).into_response())
}

async fn user(id: Result<Path<String>, PathRejection>, authenticated: Authenticated) -> Answer<Json<Value>> {
    if id.ok().is_none_or(|Path(id)| id != authenticated.user.id) {
        return Err(not_found().await);
    }
    let user = authenticated.user;
    Ok(Json(json!({ "subject": user.id, "username": user.name })))
}

async fn login(
    State(sessions): State<Arc<Sessions>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    mut body: JsonObject,
) -> Noted<Answer<Json<Value>>> {
    let address = peer.map(|Extension(ConnectInfo(peer))| peer.ip().to_string());
    let answer = async {
        let username = body.text("username")?;
        let password = body.text("password")?;
        let scopes = body.texts("scopes")?;
        check_name(&username)?;
        check_password(&password)?;
        let address = address.unwrap_or_default();
        let grant = sessions.login(&username, password, scopes, &address).await?;
        tracing::info!(subject = %grant.claims.sub, family = %grant.claims.rfid, "logged in");
        Ok(Json(tokens(&grant)))
    };
    let answer: Answer<_> = answer.await;
    let event = match &answer {
        Ok(_) => "login.ok",
        Err(problem) if problem.code() == "too_many_requests" => "login.limited",
        Err(_) => "login.refused",
    };
    (Extension(Note::of(event)), answer)
}

async fn renew(
    State(sessions): State<Arc<Sessions>>,
    headers: HeaderMap,
    mut body: JsonObject,
) -> Answer<Noted<Answer<Json<Value>>>> {
    let token = body.text("refreshToken")?;
    let attempt = idempotency_key(&headers)?;
    let renewal = sessions.renew(&token, attempt).await?;
    let note = Note::on(&renewal);
    if let Some(how) = &note.renewal {
        tracing::info!(outcome = how.outcome, family = how.family, parent = how.parent, "renewal");
    }
    let answer = match renewal.outcome {
        Outcome::Renewed(grant) | Outcome::Repeated(grant) => Ok(Json(tokens(&grant))),
        Outcome::Refused(refusal) => Err(Problem::refused(refusal)),
    };
    Ok((Extension(note), answer))
}

async fn logout(State(sessions): State<Arc<Sessions>>, headers: HeaderMap) -> Answer<Noted<StatusCode>> {
    let access = bearer(&headers).map_err(Failure::from)?;
    sessions.logout(access).await?;
    Ok((Extension(Note::of("logout.ok")), StatusCode::NO_CONTENT))
}

async fn status(authenticated: Authenticated) -> Json<Value> {
    let Authenticated { claims, user } = authenticated;
    Json(json!({
        "subject": user.id,
        "username": user.name,
        "scopes": claims.scopes,
        "expiresAt": claims.exp,
    }))
}

async fn resource(authenticated: Authenticated) -> Answer<Json<Value>> {
    authenticated.require("read")?;
    let user = authenticated.user;
    let message = format!("Hello, {}!", user.name);
    Ok(Json(json!({ "message": message, "subject": user.id })))
}

async fn echo(authenticated: Authenticated, headers: HeaderMap, Whole(body): Whole) -> Answer<Response> {
    authenticated.require("write")?;
    let octets = HeaderValue::from_static("application/octet-stream");
    let content_type = headers.get(CONTENT_TYPE).cloned().unwrap_or(octets);
    Ok(([(CONTENT_TYPE, content_type)], body).into_response())
}

fn tokens(grant: &Grant) -> Value {
    let mut body = json!({
        "token": grant.access,
        "tokenType": "Bearer",
        "expiresIn": grant.expires_in,
        "refreshExpiresIn": grant.refresh_expires_in,
        "subject": grant.claims.sub,
    });
    if let (Some(fields), Some(refresh)) = (body.as_object_mut(), &grant.refresh) {
        fields.insert("refreshToken".to_owned(), RefreshSecret::expose(refresh).into());
    }
    body
}

fn idempotency_key(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY_BYTES).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid(format!("`Idempotency-Key` is not 1 to {MAX_KEY_BYTES} visible ASCII characters."))),
    }
}

pub(super) fn check_name(name: &str) -> Answer<()> {
    if name.chars().count() > MAX_NAME_CHARS {
        let most = format!("`username` is too long: at most {MAX_NAME_CHARS} characters.");
        return Err(Problem::invalid(most));
    }
    if name.chars().any(char::is_control) || name.trim() != name {
        return Err(Problem::invalid("`username` has control characters or blanks at its ends."));
    }
    Ok(())
}

fn check_password(password: &str) -> Answer<()> {
    if password.len() > MAX_PASSWORD_BYTES {
        let most = format!("`password` is too long: at most {MAX_PASSWORD_BYTES} bytes.");
        return Err(Problem::invalid(most));
    }
    Ok(())
}

async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
