//! The reference server: the other half of the session, for development, tests and as a model.
//!
//! Behind the feature `dev`, native only. The rules are in [`authority`] and are pure; [`ledger`] runs
//! them in memory for simulations; everything else is a server around them: [`sessions`] on a [`store`],
//! the routes of [`API`], fault control, static files. The binary `tokenkeep-dev` is a thin command line.
//!
//! To mount it in an axum app:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tokenkeep::dev::{Config, CurrentUser, Keys, router};
//!
//! async fn hello(current: CurrentUser) -> String {
//!     format!("Hello, {}!", current.user.name)
//! }
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let key = std::env::var("SIGNING_KEY")?;
//! let config = Config::new(Keys::new(key.as_bytes())?);
//! let own = Router::new().route("/hello", get(hello)).with_state(config.guard());
//! let app = own.merge(router(config).await?);
//! # Ok(())
//! # }
//! ```

pub mod access;
pub mod authority;
mod body;
mod client;
mod config;
pub mod decision;
mod failure;
pub mod family;
mod faults;
mod files;
mod guard;
mod jwt;
pub mod key_file;
mod keys;
pub mod ledger;
mod limiter;
mod mail;
pub mod mail_code;
mod moment;
mod note;
mod origin;
mod outbox;
mod page_policy;
mod password;
mod policy;
mod problem;
mod request_log;
mod roles;
mod routes;
mod secret;
mod secret_url;
mod serve;
mod server;
pub mod sessions;
mod signer;
mod smtp;
mod start_error;
pub mod store;
mod tls;
mod traffic;
mod unmeasured;

pub use access::{AccessError, AccessForm, Claims};
pub use authority::Authority;
pub use config::{Config, Database, InvalidUser, NewUser};
pub use decision::{Grant, Outcome, Refusal};
pub use failure::Failure;
pub use faults::CutConnection;
pub use files::{InvalidMount, Mount};
pub use guard::{Admin, CurrentUser, Guard, Read, RequireRole, RequireScope, RoleName, ScopeName, Write, bearer};
pub use keys::{Algorithm, Keys, Kind, MIN_KEY_BYTES, WeakKey};
pub use ledger::Ledger;
pub use limiter::{Draw, LoginLimit};
pub use mail::{Letter, MailRoute, Mailer};
pub use moment::{Clock, Moment};
pub use note::{Note, RenewalNote};
pub use origin::{InvalidOrigin, Origin};
pub use password::{PasswordError, PasswordWork, Passwords};
pub use policy::{Policy, Rotation};
pub use problem::Problem;
pub use roles::{ADMIN, InvalidRoles, Roles};
pub use routes::{API, openapi};
pub use secret::{Fresh, RefreshSecret, TokenHash};
pub use secret_url::SecretUrl;
pub use serve::{Options, serve};
pub use server::Server;
pub use smtp::InvalidMail;
pub use start_error::StartError;
pub use store::{RedisBrief, SqlStore};
pub use tls::{InvalidAuthority, Untrusted};

/// Opens a server and gives its router, to merge into an axum app: login, renewal, logout and the rest under `/api/v1`.
/// [`Config::guard`] guards the app's own routes. [`Server::open`] is the long way, with a [`Server`] in between.
///
/// # Errors
/// [`StartError`], saying what is in the way.
pub async fn router(config: Config) -> Result<axum::Router, StartError> {
    Ok(Server::open(config).await?.router())
}
