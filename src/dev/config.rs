//! What a server is started with.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderValue;

use super::access::AccessForm;
use super::files::Mount;
use super::guard::Guard;
use super::keys::Keys;
use super::limiter::LoginLimit;
use super::mail::MailRoute;
use super::origin::Origin;
use super::password::PasswordWork;
use super::policy::Policy;
use super::roles::Roles;
use super::secret_url::SecretUrl;

/// All the choices of an operator. [`Config::new`] has sound defaults for everything but the key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// What tokens are signed with.
    pub keys: Keys,
    /// The `iss` of access tokens.
    pub issuer: String,
    /// The `aud` of access tokens.
    pub audience: String,
    /// What access tokens look like.
    pub tokens: AccessForm,
    /// Lifetimes and rotation.
    pub policy: Policy,
    /// Where users and sessions are kept.
    pub database: Database,
    /// A Redis for the deny-list, the login brake and tickets, shared by several servers; without one they are
    /// kept in the database.
    pub redis: Option<SecretUrl>,
    /// Certificates in PEM of authorities to trust beside the system's, when PostgreSQL, Redis or the mail server is
    /// reached over TLS. With it, `sslmode` of a PostgreSQL URL is `verify-full` unless the URL says something else.
    pub ca_file: Option<PathBuf>,
    /// From the least to the most.
    pub roles: Roles,
    /// Where mail goes.
    pub mail: MailRoute,
    /// Whether `/__outbox` shows what was mailed, to the same machine alone.
    pub show_outbox: bool,
    /// The page that mailed links lead to; without one a mail holds the bare code.
    pub page: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed. Attempts are counted for the client that it names; without this,
    /// all clients behind a proxy count as one.
    pub proxies: Vec<IpAddr>,
    /// Pages that may call from another origin; none by default.
    pub origins: Vec<Origin>,
    /// Users to create at the start, if they are missing.
    pub users: Vec<NewUser>,
    /// Directories to serve beside the API.
    pub mounts: Vec<Mount>,
    /// The Content-Security-Policy of what is in them. By default a page may run and fetch what comes from its own
    /// origin, WebAssembly included, and the scripts that stand in its own file.
    pub page_policy: Option<HeaderValue>,
    /// Whether `/__faults` exists.
    pub faults: bool,
    /// The brake on guessing passwords.
    pub login_limit: LoginLimit,
    /// How much work a password hash takes.
    pub password_work: PasswordWork,
    /// A request that takes longer is answered with 408.
    pub request_timeout: Duration,
    /// How often an open socket looks whether its session has ended at another server. Of what happens in the same
    /// process it hears at once.
    pub look_every: Duration,
    /// How often what is over is removed from the stores.
    pub purge_every: Duration,
    pub(super) guard: Guard,
}

impl Config {
    /// A server in memory, without users.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            issuer: "tokenkeep".to_owned(),
            audience: "tokenkeep".to_owned(),
            tokens: AccessForm::Jwt,
            policy: Policy::default(),
            database: Database::Memory,
            redis: None,
            ca_file: None,
            roles: Roles::default(),
            mail: MailRoute::Outbox,
            show_outbox: false,
            page: None,
            proxies: Vec::new(),
            origins: Vec::new(),
            users: Vec::new(),
            mounts: Vec::new(),
            page_policy: None,
            faults: false,
            login_limit: LoginLimit::default(),
            password_work: PasswordWork::default(),
            request_timeout: Duration::from_secs(30),
            look_every: Duration::from_secs(2),
            purge_every: Duration::from_secs(600),
            guard: Guard::default(),
        }
    }

    /// What the extractors [`CurrentUser`](super::CurrentUser), [`RequireRole`](super::RequireRole) and
    /// [`RequireScope`](super::RequireScope) need in the state of an app, to guard its own routes by the sessions of the
    /// server that is opened with this; of several servers, the first.
    #[must_use]
    pub fn guard(&self) -> Guard {
        self.guard.clone()
    }
}

/// Where users and sessions are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Database {
    /// Nowhere: they are gone when the server stops.
    #[default]
    Memory,
    /// In an SQLite file, created if it is missing.
    File(PathBuf),
    /// In PostgreSQL, for one server or several.
    Postgres(SecretUrl),
}

impl From<PathBuf> for Database {
    /// `:memory:` is no file, and `postgres://…` is none either.
    fn from(path: PathBuf) -> Self {
        let text = path.to_string_lossy();
        if text == ":memory:" {
            Self::Memory
        } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Postgres(SecretUrl(text.into_owned()))
        } else {
            Self::File(path)
        }
    }
}

/// A user to create: `NAME:PASSWORD`. `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) role: Option<String>,
}

impl NewUser {
    /// The same with a role that is not the least one.
    #[must_use]
    pub fn with_role(self, role: impl Into<String>) -> Self {
        Self { role: Some(role.into()), ..self }
    }
}

impl FromStr for NewUser {
    type Err = InvalidUser;

    fn from_str(text: &str) -> Result<Self, InvalidUser> {
        let (name, password) = text.split_once(':').ok_or(InvalidUser)?;
        if password.is_empty() || super::routes::check_name(name).is_err() || name.is_empty() {
            return Err(InvalidUser);
        }
        Ok(Self { name: name.to_owned(), password: password.to_owned(), role: None })
    }
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Not of the form `NAME:PASSWORD`. Does not repeat what was written: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUser;

impl fmt::Display for InvalidUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected NAME:PASSWORD, with a colon between two texts that are not empty")
    }
}

impl std::error::Error for InvalidUser {}
