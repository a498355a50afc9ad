//! Signing in: by JSON, by form, or by HTTP Basic.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, FromRequest as _, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bodies::{LoginBody, LoginForm, ProblemBody, Tokens};
use super::{Answer, Noted, Peer, address, agent, check_name, check_password};
use crate::dev::body::JsonOrForm;
use crate::dev::note::Note;
use crate::dev::problem::Problem;
use crate::dev::sessions::{Credentials, Sessions};

/// Sign in
///
/// The credentials come in the body, or by HTTP Basic (RFC 7617, in UTF-8) without a body.
#[utoipa::path(
    post, path = "/login", tag = "session",
    request_body(description = "The credentials.", content(
        (LoginBody = "application/json"), (LoginForm = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, body = Tokens, description = "Signed in."),
        (status = 400, response = ProblemBody),
        (status = 401, response = ProblemBody),
        (status = 429, response = ProblemBody),
    ),
    security(("basic" = []), ()),
)]
pub(super) async fn login(
    State(sessions): State<Arc<Sessions>>,
    peer: Peer,
    request: Request,
) -> Noted<Answer<Json<Tokens>>> {
    let answer = sign_in(&sessions, &peer, request).await;
    let event = match &answer {
        Ok(_) => "login.ok",
        Err(problem) if problem.code() == "too_many_requests" => "login.limited",
        Err(_) => "login.refused",
    };
    (Extension(Note::of(event)), answer)
}

async fn sign_in(sessions: &Sessions, peer: &Peer, request: Request) -> Answer<Json<Tokens>> {
    let headers = request.headers().clone();
    let mut credentials = match basic(&headers)? {
        Some(credentials) => credentials,
        None => in_body(request).await?,
    };
    check_name(&credentials.name)?;
    check_password("password", &credentials.password)?;
    credentials.address = address(peer);
    credentials.agent = agent(&headers);
    let grant = sessions.login(credentials).await?;
    tracing::info!(subject = %grant.claims.sub, family = %grant.claims.rfid, "logged in");
    Ok(Json(Tokens::from(&grant)))
}

async fn in_body(request: Request) -> Answer<Credentials> {
    let JsonOrForm(mut body) = JsonOrForm::from_request(request, &()).await?;
    Ok(Credentials {
        name: body.text("username")?,
        password: body.text("password")?,
        scopes: body.texts("scopes")?,
        ..Credentials::default()
    })
}

/// `None` when the request does not try it this way.
fn basic(headers: &HeaderMap) -> Answer<Option<Credentials>> {
    let malformed = || Problem::invalid("`Authorization` is not the HTTP Basic of a name and a password in UTF-8.");
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let value = value.to_str().map_err(|_| malformed())?;
    let Some((scheme, encoded)) = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
    else {
        return Ok(None);
    };
    let _ = scheme;
    let bytes = STANDARD.decode(encoded.trim()).map_err(|_| malformed())?;
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    match text.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() && values.next().is_none() => {
            let (name, password) = (name.to_owned(), password.to_owned());
            Ok(Some(Credentials { name, password, ..Credentials::default() }))
        }
        _ => Err(malformed()),
    }
}
