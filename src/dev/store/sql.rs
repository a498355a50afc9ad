//! The store on SQLite, in a file or in memory, and on PostgreSQL.
//!
//! One text for both: what they do not have in common is in [`Dialect`]. SQLite runs on threads of its own.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _};

use super::changes::insert_access;
use super::rows::{FAMILIES, FAMILY, blob, millis, moment, number, read_family, read_token, read_user};
use super::schema::{Dialect, migrate};
use super::{Issued, Reply, Store, StoreError};
use crate::dev::access::Claims;
use crate::dev::family::{Change, Family, Token, User};
use crate::dev::moment::Moment;
use crate::dev::secret::TokenHash;

/// Connections of one process to PostgreSQL. A server that hashes passwords on two cores needs no more.
const POSTGRES_CONNECTIONS: u32 = 16;

/// How long a request waits for a connection before it is answered with 503.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to PostgreSQL that was good so short a time ago is not asked whether it still is: that would be a round
/// trip for each query. Those that a restart cut are older when it is back.
const TRUSTED: Duration = Duration::from_secs(1);

/// Users and sessions in an SQL database. A clone is the same store.
#[derive(Clone, Debug)]
pub struct SqlStore {
    /// For what only looks.
    pub(super) pool: AnyPool,
    /// For what writes. In an SQLite file one at a time, in a queue: SQLite itself would let the others sleep and try
    /// again, and some of them for long. Elsewhere the same pool.
    pub(super) writer: AnyPool,
    pub(super) dialect: Dialect,
}

impl SqlStore {
    /// Opens an SQLite file, created if it is missing, and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database, or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let named = |error: StoreError| error.at(path.display());
        claim(path).map_err(|error| named(StoreError::new(error)))?;
        let url = format!("sqlite:{}?mode=rwc", escaped(path));
        // FULL: a rotation that was answered must survive a power cut, or the user is logged out.
        let pool = || sqlite_pool("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        // The writer first: it makes what the others look at.
        let mut store = Self::connect(&url, pool().max_connections(1), Dialect::Sqlite).await.map_err(named)?;
        store.pool = connect(&url, pool().max_connections(4)).await.map_err(named)?;
        Ok(store)
    }

    /// An empty SQLite database that lives as long as the store.
    ///
    /// # Errors
    /// When SQLite cannot start.
    pub async fn in_memory() -> Result<Self, StoreError> {
        // The database goes with its last connection, so there is one and it is never let go.
        let pool = sqlite_pool("").min_connections(1).max_connections(1).idle_timeout(None).max_lifetime(None);
        Self::connect("sqlite::memory:", pool, Dialect::Sqlite).await
    }

    /// Connects to PostgreSQL and brings the tables up to date. Any number of servers may share one database.
    ///
    /// # Errors
    /// When it cannot be reached, or was written by a newer version. The error never repeats the URL: it may
    /// hold a password.
    pub async fn postgres(url: &str) -> Result<Self, StoreError> {
        let pool = AnyPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for >= TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            });
        Self::connect(url, pool, Dialect::Postgres).await.map_err(|error| error.at("PostgreSQL"))
    }

    async fn connect(url: &str, pool: AnyPoolOptions, dialect: Dialect) -> Result<Self, StoreError> {
        let pool = connect(url, pool).await?;
        let store = Self { writer: pool.clone(), pool, dialect };
        let mut tx = store.begin().await?;
        migrate(&mut tx, dialect).await?;
        tx.commit().await?;
        Ok(store)
    }

    pub(super) async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Any>, StoreError> {
        Ok(self.writer.begin_with(self.dialect.begin()).await?)
    }

    async fn user_where(&self, column: &'static str, value: &str) -> Result<Option<User>, StoreError> {
        if is_nobodys(value) {
            return Ok(None);
        }
        let query = format!(
            "SELECT id, name, password, scopes, role, email, verified_email, not_before FROM users WHERE {column} = $1"
        );
        let row = sqlx::query(AssertSqlSafe(query)).bind(value.to_owned()).fetch_optional(&self.pool).await?;
        row.as_ref().map(read_user).transpose()
    }
}

impl Store for SqlStore {
    fn create_user(&self, user: User, now: Moment) -> Reply<'_, bool> {
        Box::pin(async move {
            let added = sqlx::query(
                "INSERT INTO users (id, name, password, scopes, role, email, created_at, not_before)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING",
            )
            .bind(user.id)
            .bind(user.name)
            .bind(user.password)
            .bind(user.scopes.join(" "))
            .bind(user.role)
            .bind(user.email)
            .bind(millis(now))
            .bind(number(user.not_before))
            .execute(&self.writer)
            .await?
            .rows_affected();
            Ok(added > 0)
        })
    }

    fn user_named<'a>(&'a self, name: &'a str) -> Reply<'a, Option<User>> {
        Box::pin(self.user_where("name", name))
    }

    fn user<'a>(&'a self, id: &'a str) -> Reply<'a, Option<User>> {
        Box::pin(self.user_where("id", id))
    }

    fn user_at<'a>(&'a self, email: &'a str) -> Reply<'a, Option<User>> {
        Box::pin(self.user_where("verified_email", email))
    }

    fn find(&self, hash: TokenHash) -> Reply<'_, Option<(Family, Token)>> {
        Box::pin(async move {
            let query = format!(
                "SELECT {FAMILY}, t.active_at, t.spent_at, t.child, t.salt, t.attempt
                 FROM {FAMILIES} JOIN refresh_tokens t ON t.family = f.id WHERE t.hash = $1"
            );
            let row = sqlx::query(AssertSqlSafe(query)).bind(blob(hash)).fetch_optional(&self.pool).await?;
            row.map(|row| Ok((read_family(&row)?, read_token(&row, hash)?))).transpose()
        })
    }

    fn family<'a>(&'a self, id: &'a str) -> Reply<'a, Option<Family>> {
        Box::pin(async move {
            if is_nobodys(id) {
                return Ok(None);
            }
            let query = format!("SELECT {FAMILY} FROM {FAMILIES} WHERE f.id = $1");
            let row = sqlx::query(AssertSqlSafe(query)).bind(id.to_owned()).fetch_optional(&self.pool).await?;
            row.as_ref().map(read_family).transpose()
        })
    }

    fn families<'a>(&'a self, subject: &'a str) -> Reply<'a, Vec<(Family, Moment)>> {
        Box::pin(async move {
            let query = format!(
                "SELECT {FAMILY}, (SELECT MAX(t.active_at) FROM refresh_tokens t WHERE t.family = f.id) AS last_active
                 FROM {FAMILIES} WHERE f.subject = $1 AND f.ended_at IS NULL ORDER BY f.started_at DESC, f.id"
            );
            let rows = sqlx::query(AssertSqlSafe(query)).bind(subject.to_owned()).fetch_all(&self.pool).await?;
            rows.iter()
                .map(|row| {
                    let family = read_family(row)?;
                    let active: Option<i64> = row.try_get("last_active")?;
                    let active = active.map_or(family.started, moment);
                    Ok((family, active))
                })
                .collect()
        })
    }

    fn grant(&self, change: Change, issued: Option<Issued>) -> Reply<'_, bool> {
        // On a task of its own: a request whose client leaves is dropped where it stands, and a transaction
        // dropped while it begins stays open on its connection, for the next one to fail on.
        let store = self.clone();
        let acting = tokio::spawn(async move { store.take(change, issued).await });
        Box::pin(async move { acting.await.map_err(StoreError::new)? })
    }

    fn keep_access(&self, issued: Issued) -> Reply<'_, ()> {
        Box::pin(async move { insert_access(&mut *self.writer.acquire().await?, issued).await })
    }

    fn access(&self, hash: TokenHash) -> Reply<'_, Option<Claims>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT claims FROM access_tokens WHERE hash = $1")
                .bind(blob(hash))
                .fetch_optional(&self.pool)
                .await?;
            row.map(|row| serde_json::from_str(&row.try_get::<String, _>("claims")?).map_err(StoreError::new))
                .transpose()
        })
    }

    fn purge(&self, start: Moment, now: Moment) -> Reply<'_, u64> {
        Box::pin(async move {
            let mut gone = 0;
            for (query, line) in [
                ("DELETE FROM families WHERE started_at < $1", start),
                ("DELETE FROM access_tokens WHERE expires_at < $1", now),
                ("DELETE FROM spent_codes WHERE expires_at < $1", now),
            ] {
                gone += sqlx::query(query).bind(millis(line)).execute(&self.writer).await?.rows_affected();
            }
            Ok(gone)
        })
    }

    fn close(&self) -> Reply<'_, ()> {
        Box::pin(async move {
            // Of an SQLite file the writer last: with the last connection the log is worked into the database.
            self.pool.close().await;
            self.writer.close().await;
            Ok(())
        })
    }
}

async fn connect(url: &str, pool: AnyPoolOptions) -> Result<AnyPool, StoreError> {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    let options: AnyConnectOptions =
        url.parse().map_err(|_| StoreError::new("the URL of the database cannot be read"))?;
    Ok(pool.connect_with(options.disable_statement_logging()).await?)
}

fn sqlite_pool(pragmas: &'static str) -> AnyPoolOptions {
    // A file does not hang up.
    let pool = AnyPoolOptions::new().acquire_timeout(PATIENCE).test_before_acquire(false);
    pool.after_connect(move |connection, _| {
        Box::pin(async move {
            connection.execute("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000").await?;
            connection.execute(pragmas).await?;
            Ok(())
        })
    })
}

/// Makes a missing file readable by its owner alone, before SQLite would make it with the usual mode.
fn claim(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// A path as it may stand in a URL. Names that are no UTF-8 are beyond URLs, and beyond SQLite's driver.
fn escaped(path: &Path) -> String {
    let mut url = String::new();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// PostgreSQL holds no NUL in a text, and takes none in a question.
fn is_nobodys(text: &str) -> bool {
    text.contains('\0')
}
