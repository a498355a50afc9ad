//! An app with routes of its own, guarded by tokenkeep's sessions.
//!
//! `cargo run --features dev --example notes`, then sign in as ada (`correct horse`) or root (`correct horse`) at
//! `POST /api/v1/login`.

use std::sync::{Arc, Mutex};

use axum::extract::{FromRef, State};
use axum::routing::get;
use axum::{Json, Router};
use tokenkeep::dev::{Admin, Config, CurrentUser, Guard, Keys, NewUser, Read, RequireRole, RequireScope, router};

/// The app's own state, with the guard among it.
#[derive(Clone, FromRef)]
struct App {
    guard: Guard,
    notes: Notes,
}

/// Each note with its author's id.
type Notes = Arc<Mutex<Vec<(String, String)>>>;

/// Takes an access token with the scope `read`: without one 401, with too little 403.
async fn mine(State(notes): State<Notes>, reader: RequireScope<Read>) -> Json<Vec<String>> {
    let notes = notes.lock().unwrap_or_else(|broken| broken.into_inner());
    let mine = notes.iter().filter(|(author, _)| *author == reader.user.id);
    Json(mine.map(|(_, text)| text.clone()).collect())
}

/// Takes any live access token.
async fn write(State(notes): State<Notes>, author: CurrentUser, text: String) -> String {
    notes.lock().unwrap_or_else(|broken| broken.into_inner()).push((author.user.id, text));
    format!("noted, {}", author.user.name)
}

/// Takes a user whose role is admin.
async fn count(State(notes): State<Notes>, _: RequireRole<Admin>) -> String {
    notes.lock().unwrap_or_else(|broken| broken.into_inner()).len().to_string()
}

/// The whole app: its own routes, and login, renewal, logout and the rest under `/api/v1`.
pub async fn app() -> Result<Router, Box<dyn std::error::Error>> {
    let mut config = Config::new(Keys::ephemeral()?);
    config.users = vec!["ada:correct horse".parse()?, "root:correct horse".parse::<NewUser>()?.with_role("admin")];
    let state = App { guard: config.guard(), notes: Notes::default() };
    let own = Router::new().route("/notes", get(mine).post(write)).route("/notes/count", get(count));
    Ok(own.with_state(state).merge(router(config).await?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app().await?).await?)
}
