//! A WebSocket, opened by a one-use ticket: browsers send no header with it, and a token must not stand in a URL.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;

use super::Answer;
use super::bodies::{ProblemBody, TicketBody};
use crate::dev::access::{AccessError, Claims};
use crate::dev::failure::Failure;
use crate::dev::family::User;
use crate::dev::guard::CurrentUser;
use crate::dev::problem::Problem;
use crate::dev::sessions::{Sessions, TICKET_LIFETIME, Word};

const MAX_MESSAGE: usize = 64 * 1024;

/// Closes a socket whose access token has expired or been revoked: get another ticket. 4000 and above are ours to use.
const NOT_GOOD_ANY_MORE: u16 = 4401;

/// Closes a socket whose server goes away (RFC 6455 §7.4.1): get another ticket and come again.
const GOING_AWAY: u16 = 1001;

/// A ticket for a socket
#[utoipa::path(
    post, path = "/tickets", tag = "socket",
    responses(
        (status = 201, body = TicketBody, description = "Good for one socket."),
        (status = 401, response = ProblemBody),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn ticket(
    State(sessions): State<Arc<Sessions>>,
    current: CurrentUser,
) -> Answer<(StatusCode, Json<TicketBody>)> {
    let ticket = sessions.ticket(current.claims).await?;
    Ok((StatusCode::CREATED, Json(TicketBody { ticket, expires_in: TICKET_LIFETIME.as_secs() })))
}

#[derive(Deserialize)]
pub(super) struct TicketQuery {
    ticket: String,
}

/// A socket
///
/// Sends who is connected, and every message back. Closes with 4401 when the access token behind the ticket is not
/// good any more, and with 1001 when the server goes away.
#[utoipa::path(
    get, path = "/socket", tag = "socket",
    params(("ticket" = String, Query, description = "From `POST /tickets`.")),
    responses(
        (status = 101, description = "A WebSocket."),
        (status = 400, response = ProblemBody),
        (status = 401, response = ProblemBody),
    ),
)]
pub(super) async fn socket(
    State(sessions): State<Arc<Sessions>>,
    query: Result<Query<TicketQuery>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let Ok(Query(TicketQuery { ticket })) = query else {
        return Err(Failure::from(AccessError::Missing).into());
    };
    // First: a request that cannot become a socket does not cost the ticket.
    let upgrade = upgrade.map_err(|_| Problem::invalid("This takes the handshake of a WebSocket."))?;
    let (claims, user) = sessions.redeem(&ticket).await?;
    let upgrade = upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| converse(socket, sessions, claims, user)).into_response())
}

async fn converse(mut socket: WebSocket, sessions: Arc<Sessions>, claims: Claims, user: User) {
    let hello = json!({ "subject": user.id, "username": user.name, "session": claims.rfid });
    if socket.send(Message::Text(hello.to_string().into())).await.is_err() {
        return;
    }
    let mut news = sessions.listen();
    // The first one is due at once: for what has ended since the ticket was taken.
    let mut look = tokio::time::interval(sessions.look_every());
    loop {
        tokio::select! {
            message = socket.recv() => {
                let echo = match message {
                    Some(Ok(Message::Text(text))) => Message::Text(text),
                    Some(Ok(Message::Binary(bytes))) => Message::Binary(bytes),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                };
                if socket.send(echo).await.is_err() {
                    return;
                }
            }
            word = news.next(&claims) => match word {
                Word::Leave => return close(socket, GOING_AWAY, "the server goes away").await,
                Word::Look => look.reset_immediately(),
            },
            _ = look.tick() => match sessions.still(&claims).await {
                Ok(()) => {}
                Err(Failure::Access(error)) => return close(socket, NOT_GOOD_ANY_MORE, error.code()).await,
                Err(_) => return close(socket, NOT_GOOD_ANY_MORE, "unavailable").await,
            },
        }
    }
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    // Whether the client still hears it makes no difference.
    let _ = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
}
