//! `tokenkeep-dev`: the reference server on the command line.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::TypedValueParser as _;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, ValueEnum};
use tokenkeep::dev::{
    ADMIN, AccessForm, Algorithm, Config, Database, Keys, LoginLimit, MailRoute, Mount, NewUser, Origin, Policy, Roles,
    Rotation, SecretUrl, Server, key_file,
};
use tokio::net::TcpListener;

/// Lifetimes may be at most ten years, in seconds: long enough, and nothing overflows.
const MAX_SECONDS: u64 = 315_360_000;

/// A token-session server for development and tests: login, renewal with rotation, logout.
#[derive(Parser)]
#[command(name = "tokenkeep-dev", version, allow_negative_numbers = true)]
struct Cli {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "TOKENKEEP_ADDR", value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    addr: SocketAddr,

    /// SQLite file, created if it is missing, :memory: to forget everything at the end, or postgres://… for one
    /// server or several; ?sslmode=verify-full there for TLS.
    #[arg(
        long,
        env = "TOKENKEEP_DATABASE",
        value_name = "PATH|URL",
        default_value = ":memory:",
        hide_env_values = true
    )]
    database: PathBuf,

    /// Redis, as redis://HOST:PORT or, over TLS, rediss://HOST:PORT, for the deny-list, the login brake and tickets.
    /// Several servers need one.
    #[arg(long, env = "TOKENKEEP_REDIS", value_name = "URL", hide_env_values = true)]
    redis: Option<String>,

    /// Certificates in PEM of authorities to trust beside the system's, when PostgreSQL, Redis or the mail server is
    /// reached over TLS. With it PostgreSQL's sslmode is verify-full unless the URL says something else.
    #[arg(long, env = "TOKENKEEP_CA_FILE", value_name = "PATH")]
    ca_file: Option<PathBuf>,

    /// What access tokens look like.
    #[arg(long, env = "TOKENKEEP_TOKENS", value_enum, default_value_t = Tokens::Jwt)]
    tokens: Tokens,

    /// How JWTs are signed; with eddsa, /api/v1/jwks.json has the public keys.
    #[arg(long, env = "TOKENKEEP_ALGORITHM", value_enum, default_value_t = Signing::Hs256)]
    algorithm: Signing,

    /// The aud of access tokens.
    #[arg(long, env = "TOKENKEEP_AUDIENCE", value_name = "NAME", default_value = "tokenkeep")]
    audience: String,

    /// Life of an access token, seconds.
    #[arg(long, env = "TOKENKEEP_ACCESS_LIFETIME", value_name = "SECONDS",
        default_value_t = 300, value_parser = seconds(1))]
    access_lifetime: u64,

    /// A refresh token that is not used for this long dies, seconds.
    #[arg(long, env = "TOKENKEEP_REFRESH_IDLE", value_name = "SECONDS",
        default_value_t = 1_209_600, value_parser = seconds(1))]
    refresh_idle: u64,

    /// A session dies this long after its login, seconds.
    #[arg(long, env = "TOKENKEEP_REFRESH_ABSOLUTE", value_name = "SECONDS",
        default_value_t = 7_776_000, value_parser = seconds(1))]
    refresh_absolute: u64,

    /// Whether a renewal replaces the refresh token.
    #[arg(long, env = "TOKENKEEP_ROTATION", value_enum, default_value_t = RotationMode::Grace)]
    rotation: RotationMode,

    /// With --rotation grace: for how long a spent refresh token gets the same child again, seconds.
    #[arg(long, env = "TOKENKEEP_GRACE", value_name = "SECONDS",
        default_value_t = 10, value_parser = seconds(0))]
    grace: u64,

    /// Address of a proxy whose X-Forwarded-For is believed. Repeatable. Without it, all clients behind a proxy share one
    /// login brake.
    #[arg(long = "proxy", env = "TOKENKEEP_PROXY", value_name = "IP", value_delimiter = ',')]
    proxies: Vec<IpAddr>,

    /// Origin of pages that may call from elsewhere, for example http://localhost:5173. Repeatable.
    #[arg(long = "origin", env = "TOKENKEEP_ORIGIN", value_name = "URL", value_delimiter = ',')]
    origins: Vec<Origin>,

    /// User to create if missing. Repeatable. Visible to other users of the machine; meant for tests.
    #[arg(long = "user", env = "TOKENKEEP_USER", value_name = "NAME:PASSWORD", hide_env_values = true)]
    users: Vec<String>,

    /// As --user, with the role admin.
    #[arg(long = "admin", env = "TOKENKEEP_ADMIN", value_name = "NAME:PASSWORD", hide_env_values = true)]
    admins: Vec<String>,

    /// The roles, from the least to the most; the last is admin.
    #[arg(long, env = "TOKENKEEP_ROLES", value_name = "NAME,…", default_value = "basic,admin")]
    roles: Roles,

    /// Failed logins of one address on one account before the brake; five times as many of one address on any accounts,
    /// ten times as many on one account from anywhere.
    #[arg(long, env = "TOKENKEEP_LOGIN_ATTEMPTS", value_name = "COUNT", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    login_attempts: u32,

    /// Mail server, as smtps://NAME:PASSWORD@HOST:PORT, smtp://NAME:PASSWORD@HOST:PORT?tls=required (STARTTLS) or,
    /// not encrypted, smtp://HOST:PORT. By default mail goes nowhere, and can be read at /__outbox from the same
    /// machine.
    #[arg(long, env = "TOKENKEEP_SMTP", value_name = "URL", hide_env_values = true, requires = "mail_from")]
    smtp: Option<String>,

    /// The sender of mail.
    #[arg(long, env = "TOKENKEEP_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,

    /// The page that mailed links lead to; the code is in the fragment.
    #[arg(long, env = "TOKENKEEP_PAGE", value_name = "URL")]
    page: Option<String>,

    /// Directory of static files to serve, for example /=www. Repeatable; the longest prefix wins.
    #[arg(long = "serve", env = "TOKENKEEP_SERVE", value_name = "/PREFIX=DIR", value_delimiter = ',')]
    mounts: Vec<Mount>,

    /// Content-Security-Policy of these files, instead of one that allows what comes from the same origin and
    /// the scripts that stand in a page.
    #[arg(long, env = "TOKENKEEP_CSP", value_name = "POLICY")]
    csp: Option<axum::http::HeaderValue>,

    /// File with the signing key, made with mode 0600 if it is missing. By default beside the
    /// database; in memory the key is forgotten at the end. The environment variable
    /// TOKENKEEP_SIGNING_KEY holds the key itself and goes first.
    #[arg(long, env = "TOKENKEEP_KEY_FILE", value_name = "PATH")]
    key_file: Option<PathBuf>,

    /// Key file that signs nothing any more, and whose tokens stay good until they end. Repeatable.
    #[arg(long = "retired-key-file", env = "TOKENKEEP_RETIRED_KEY_FILE", value_name = "PATH", value_delimiter = ',')]
    retired_key_files: Vec<PathBuf>,

    /// Let anybody who can connect make the server misbehave, under /__faults. For tests.
    #[arg(long, env = "TOKENKEEP_FAULTS", value_parser = clap::builder::BoolishValueParser::new())]
    faults: bool,

    /// How much to write to stderr.
    #[arg(long, env = "TOKENKEEP_LOG", value_name = "LEVEL", default_value = "info",
        value_parser = clap::builder::PossibleValuesParser::new(["error", "warn", "info", "debug", "trace"])
            .try_map(|level| level.parse::<tracing::Level>()))]
    log: tracing::Level,

    /// How to write it.
    #[arg(long, env = "TOKENKEEP_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// A JSON object each line, for programs.
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum RotationMode {
    /// Never: the token stays as long as it is used.
    Off,
    /// Each token buys one renewal; presented again, it ends the session.
    Strict,
    /// As strict, but presented again within --grace it gets the same child.
    Grace,
}

#[derive(Clone, Copy, ValueEnum)]
enum Tokens {
    /// Signed; whoever has the key can read them without asking.
    Jwt,
    /// Random; only the server's database knows what they mean.
    Opaque,
}

#[derive(Clone, Copy, ValueEnum)]
enum Signing {
    /// With a secret.
    Hs256,
    /// With Ed25519, whose public key anybody may have.
    Eddsa,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = tracing_subscriber::fmt().with_max_level(cli.log).with_writer(std::io::stderr);
    match cli.log_format {
        LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
    }
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tokenkeep-dev: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    let addr = cli.addr;
    if cli.faults && !addr.ip().is_loopback() {
        tracing::warn!(%addr, "--faults is on and the address is not a loopback one");
    }
    let shutdown = shutdown_signal()?;
    let server = Server::open(config(cli)?).await?;
    let listener = TcpListener::bind(addr).await.map_err(|error| format!("cannot listen on {addr}: {error}"))?;
    announce(listener.local_addr()?)?;
    server.serve(listener, shutdown).await;
    tracing::info!("stopped");
    Ok(())
}

fn config(cli: Cli) -> Result<Config, Box<dyn Error>> {
    let database = Database::from(cli.database);
    let mut keys = keys(cli.key_file, &database)?;
    for retired in &cli.retired_key_files {
        keys = keys.with_retired(key_file::load(retired)?);
    }
    let mut config = Config::new(keys.with_algorithm(match cli.algorithm {
        Signing::Hs256 => Algorithm::Hs256,
        Signing::Eddsa => Algorithm::EdDsa,
    }));
    config.database = database;
    config.redis = cli.redis.map(SecretUrl);
    config.ca_file = cli.ca_file;
    config.tokens = match cli.tokens {
        Tokens::Jwt => AccessForm::Jwt,
        Tokens::Opaque => AccessForm::Opaque,
    };
    config.login_limit = LoginLimit {
        burst: cli.login_attempts,
        address_burst: cli.login_attempts * 5,
        account_burst: cli.login_attempts * 10,
        ..LoginLimit::default()
    };
    config.audience = cli.audience;
    config.roles = cli.roles;
    config.page = cli.page;
    match (cli.smtp, cli.mail_from) {
        (Some(url), Some(from)) => config.mail = MailRoute::Smtp { url: SecretUrl(url), from },
        _ => config.show_outbox = true,
    }
    config.policy = Policy {
        access_lifetime: Duration::from_secs(cli.access_lifetime),
        refresh_idle: Duration::from_secs(cli.refresh_idle),
        refresh_absolute: Duration::from_secs(cli.refresh_absolute),
        rotation: match cli.rotation {
            RotationMode::Off => Rotation::Off,
            RotationMode::Strict => Rotation::Strict,
            RotationMode::Grace => Rotation::Grace(Duration::from_secs(cli.grace)),
        },
    };
    config.proxies = cli.proxies;
    config.origins = cli.origins;
    let users = cli.users.iter().map(|user| user_or_exit("--user", user));
    let admins = cli.admins.iter().map(|user| user_or_exit("--admin", user).with_role(ADMIN));
    config.users = users.chain(admins).collect();
    config.mounts = cli.mounts;
    config.page_policy = cli.csp;
    config.faults = cli.faults;
    Ok(config)
}

fn keys(file: Option<PathBuf>, database: &Database) -> Result<Keys, Box<dyn Error>> {
    if let Ok(key) = std::env::var("TOKENKEEP_SIGNING_KEY") {
        return Keys::new(key.trim().as_bytes()).map_err(|weak| format!("TOKENKEEP_SIGNING_KEY: {weak}").into());
    }
    let file = match (file, database) {
        (Some(file), _) => Some(file),
        (None, database) => match database {
            // Several servers on one database need one key, and this machine may be the second.
            Database::Memory => None,
            Database::Postgres(_) => {
                return Err(
                    "with PostgreSQL, name the key that all servers share: --key-file or TOKENKEEP_SIGNING_KEY".into(),
                );
            }
            Database::File(path) => {
                let mut name = path.clone().into_os_string();
                name.push(".key");
                Some(name.into())
            }
        },
    };
    match file {
        Some(path) => Ok(key_file::load_or_create(&path)?),
        None => Ok(Keys::ephemeral()?),
    }
}

/// Not a value parser of clap, which would repeat the value, password and all.
fn user_or_exit(option: &str, text: &str) -> NewUser {
    text.parse().unwrap_or_else(|error: tokenkeep::dev::InvalidUser| {
        let message = format!("invalid value for '{option} <NAME:PASSWORD>': {error}");
        Cli::command().error(ErrorKind::ValueValidation, message).exit()
    })
}

/// The one line on stdout: whoever started us reads the port from it.
fn announce(addr: SocketAddr) -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "tokenkeep-dev listening on http://{addr}")?;
    stdout.flush()
}

/// Done at the first SIGTERM or SIGINT. Listening begins at once, so that none is missed.
#[cfg(unix)]
fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

fn seconds(least: u64) -> impl clap::builder::TypedValueParser<Value = u64> {
    clap::value_parser!(u64).range(least..=MAX_SECONDS)
}
