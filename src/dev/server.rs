//! The parts put together: a server that is open but not yet listening.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler as _;
use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tower_http::cors::CorsLayer;

use super::authority::Authority;
use super::client;
use super::config::{Config, Database, NewUser};
use super::failure::Failure;
use super::faults::{self, Faults};
use super::files::{self, Mount};
use super::guard::Guard;
use super::mail::Mailer;
use super::moment::Clock;
use super::origin::Origin;
use super::outbox;
use super::password::Passwords;
use super::problem::Problem;
use super::request_log;
use super::routes::{self, API};
use super::serve;
use super::sessions::{NewAccount, Parts, Sessions};
use super::start_error::StartError;
use super::store::{Brief, RedisBrief, SqlStore, Store};
use super::tls::Trust;

/// How long open sockets have to say goodbye after the last request, and mails to leave.
const FAREWELL: Duration = Duration::from_secs(2);

/// A reference server with its database open and its users created.
pub struct Server {
    sessions: Arc<Sessions>,
    clock: Arc<Clock>,
    mailer: Arc<Mailer>,
    proxies: Arc<[IpAddr]>,
    origins: Vec<Origin>,
    mounts: Vec<Mount>,
    page_policy: Option<HeaderValue>,
    faults: bool,
    show_outbox: bool,
    request_timeout: Duration,
    purging: AbortHandle,
}

impl Server {
    /// Opens the database and creates the users that are missing.
    ///
    /// # Errors
    /// [`StartError`], saying what is in the way.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        for mount in &config.mounts {
            if !mount.directory().is_dir() {
                return Err(StartError::NoDirectory(mount.directory().clone()));
            }
        }
        let trust = Trust::new(config.ca_file.as_deref())?;
        let store = match &config.database {
            Database::Memory => SqlStore::in_memory().await?,
            Database::File(path) => SqlStore::open(path).await?,
            Database::Postgres(url) => SqlStore::postgres(&trust.postgres(&url.0))
                .await
                .map_err(|error| StartError::reaching("PostgreSQL", error))?,
        };
        let brief: Arc<dyn Brief> = match &config.redis {
            Some(url) => Arc::new(
                RedisBrief::connect(&url.0, trust.all()).await.map_err(|error| StartError::reaching("Redis", error))?,
            ),
            None => Arc::new(store.clone()),
        };
        let store: Arc<dyn Store> = Arc::new(store);
        let clock = Arc::new(Clock::new());
        let mailer = Arc::new(Mailer::new(&config.mail, &trust)?);
        mailer.look().await?;
        let sessions = Sessions::new(Parts {
            authority: Authority::new(config.policy, config.keys, config.issuer)
                .with_audience(config.audience)
                .with_form(config.tokens),
            store,
            brief,
            passwords: Passwords::new(config.password_work)?,
            limit: config.login_limit,
            roles: config.roles,
            mailer: Arc::clone(&mailer),
            page: config.page,
            clock: Arc::clone(&clock),
            look_every: config.look_every,
        });
        sessions.purge().await?;
        for NewUser { name, password, role } in config.users {
            match sessions.register(NewAccount { name, password, email: None, role }).await {
                Ok(_) | Err(Failure::UsernameTaken) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        let sessions = Arc::new(sessions);
        config.guard.bind(&sessions);
        let purging = tokio::spawn(purge(Arc::downgrade(&sessions), config.purge_every)).abort_handle();
        Ok(Self {
            sessions,
            clock,
            mailer,
            proxies: config.proxies.into(),
            origins: config.origins,
            mounts: config.mounts,
            page_policy: config.page_policy,
            faults: config.faults,
            show_outbox: config.show_outbox,
            request_timeout: config.request_timeout,
            purging,
        })
    }

    /// What the extractors [`CurrentUser`](super::CurrentUser), [`RequireRole`](super::RequireRole) and
    /// [`RequireScope`](super::RequireScope) need in the state of an app, to guard its own routes.
    #[must_use]
    pub fn guard(&self) -> Guard {
        Guard::of(Arc::clone(&self.sessions))
    }

    /// The API, fault control and static files as one router, to serve alone or to merge into another.
    ///
    /// The login brake needs the peer's address as [`ConnectInfo`](axum::extract::ConnectInfo); without
    /// it, it counts by account alone.
    pub fn router(&self) -> Router {
        let mut api = routes::api(Arc::clone(&self.sessions)).layer(from_fn_with_state(self.request_timeout, time_out));
        let mut root = Router::new();
        if self.faults {
            let faults = Arc::new(Faults::new(Arc::clone(&self.clock)));
            api = api.layer(from_fn_with_state(Arc::clone(&faults), faults::interfere));
            root = root.nest("/__faults", faults::control(faults, Arc::clone(&self.sessions)));
        }
        if self.show_outbox {
            root = root.route("/__outbox", outbox::route(Arc::clone(&self.mailer)));
        }
        if !self.origins.is_empty() {
            api = api.layer(cors(&self.origins));
        }
        root.nest(API, api)
            .fallback_service(files::serve.with_state(files::files(&self.mounts, self.page_policy.clone())))
            .layer(from_fn_with_state(Arc::clone(&self.clock), finish))
            .layer(from_fn(request_log::log))
            .layer(from_fn_with_state(Arc::clone(&self.proxies), client::resolve))
    }

    /// Serves until `shutdown` is done, then lets the requests under way end.
    /// Failures of single connections are logged.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        // Browsers send a request again by themselves when a connection that was used before dies
        // without an answer. A connection for each request keeps cut connections visible to the page.
        let options = serve::Options { keep_alive: !self.faults, ..serve::Options::default() };
        let app = self.router();
        let sessions = Arc::clone(&self.sessions);
        let shutdown = async move {
            shutdown.await;
            sessions.send_away();
        };
        serve::serve(listener, app, options, shutdown).await;
        if tokio::time::timeout(FAREWELL, self.sessions.all_gone()).await.is_err() {
            tracing::warn!("some sockets did not close in time");
        }
        if tokio::time::timeout(FAREWELL, self.mailer.all_sent()).await.is_err() {
            tracing::warn!("some mails could not be sent in time");
        }
        self.purging.abort();
        if let Err(failure) = self.sessions.close().await {
            tracing::warn!(?failure, "the database could not be closed");
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("faults", &self.faults).finish_non_exhaustive()
    }
}

/// Removes what is over, for as long as anybody needs the sessions.
async fn purge(sessions: Weak<Sessions>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(sessions) = sessions.upgrade() else {
            return;
        };
        if let Err(failure) = sessions.purge().await {
            tracing::warn!(?failure, "old sessions could not be removed");
        }
    }
}

async fn time_out(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let detail = "The request took too long.";
        Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail).into_response()
    })
}

/// What every answer gets. `Date` shows the server's own clock, so that a shifted one is a wrong one
/// to the client as well.
async fn finish(State(clock): State<Arc<Clock>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let now = std::time::UNIX_EPOCH + Duration::from_millis(clock.now().millis());
    let headers = response.headers_mut();
    if let Ok(date) = HeaderValue::try_from(httpdate::fmt_http_date(now)) {
        headers.insert(DATE, date);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

/// Tokens travel in headers, so cookies and other ambient credentials are not allowed.
fn cors(origins: &[Origin]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins.iter().map(|origin| origin.header().clone()).collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("x-tab"),
        ])
        .expose_headers([DATE, RETRY_AFTER, WWW_AUTHENTICATE])
        .max_age(Duration::from_secs(600))
}
