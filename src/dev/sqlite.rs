//! The store on SQLite, in a file or in memory.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};

use super::family::{Change, End, EndReason, Family, Spent, Token, User};
use super::moment::Moment;
use super::secret::TokenHash;
use super::store::{Reply, Store, StoreError};

/// Statements are applied in this order, each list once; a released list is never edited.
const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE users (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT NOT NULL UNIQUE,
        password TEXT NOT NULL,
        scopes TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        not_before BIGINT NOT NULL
    )",
    "CREATE TABLE families (
        id TEXT PRIMARY KEY NOT NULL,
        subject TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        scopes TEXT NOT NULL,
        not_before BIGINT NOT NULL,
        started_at BIGINT NOT NULL,
        ended_at BIGINT,
        end_reason TEXT
    )",
    "CREATE INDEX families_by_subject ON families (subject)",
    "CREATE INDEX families_by_start ON families (started_at)",
    "CREATE TABLE refresh_tokens (
        hash BLOB PRIMARY KEY NOT NULL,
        family TEXT NOT NULL REFERENCES families (id) ON DELETE CASCADE,
        active_at BIGINT NOT NULL,
        spent_at BIGINT,
        child BLOB,
        salt BLOB,
        attempt TEXT
    )",
    "CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family)",
]];

/// Users and sessions in an SQLite database.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
}

impl SqliteStore {
    /// Opens a database file, created if it is missing, and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database, or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let named = |error: StoreError| error.at(path.display());
        claim(path).map_err(|error| named(StoreError::new(error)))?;
        // FULL: a rotation that was answered must survive a power cut, or the user is logged out.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(4);
        Self::connect(options, pool).await.map_err(named)
    }

    /// An empty database that lives as long as the store.
    ///
    /// # Errors
    /// When SQLite cannot start.
    pub async fn in_memory() -> Result<Self, StoreError> {
        // Each connection would see its own database, so there is one and it is never let go.
        let pool = SqlitePoolOptions::new().min_connections(1).max_connections(1).idle_timeout(None).max_lifetime(None);
        Self::connect(SqliteConnectOptions::new().in_memory(true), pool).await
    }

    async fn connect(options: SqliteConnectOptions, pool: SqlitePoolOptions) -> Result<Self, StoreError> {
        let options = options.foreign_keys(true).busy_timeout(Duration::from_secs(10)).disable_statement_logging();
        let store = Self { pool: pool.connect_with(options).await? };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        tx.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)").await?;
        let row = sqlx::query("SELECT MAX(version) FROM schema_version").fetch_one(&mut *tx).await?;
        let done: Option<i64> = row.try_get(0)?;
        let done = usize::try_from(done.unwrap_or(0)).unwrap_or(usize::MAX);
        if done > MIGRATIONS.len() {
            return Err(StoreError::new("it was written by a newer version of tokenkeep"));
        }
        for (number, statements) in (1_i64..).zip(MIGRATIONS).skip(done) {
            for statement in *statements {
                tx.execute(*statement).await?;
            }
            sqlx::query("INSERT INTO schema_version (version) VALUES ($1)").bind(number).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn act(self, change: Change) -> Result<bool, StoreError> {
        match change {
            Change::Open { family, token } => self.open_family(family, token).await,
            Change::Rotate { parent, spent, child } => self.rotate(parent, spent, child).await,
            Change::Touch { token, at } => self.touch(token, at).await,
            Change::End { family, end } => self.end(family, end).await,
            Change::Revoke { subject, at, not_before } => self.revoke(subject, at, not_before).await,
        }
    }

    async fn rotate(&self, parent: TokenHash, spent: Spent, child: Token) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let taken = sqlx::query(
            "UPDATE refresh_tokens SET spent_at = $2, child = $3, salt = $4, attempt = $5
             WHERE hash = $1 AND spent_at IS NULL AND EXISTS (SELECT 1 FROM families f
                 WHERE f.id = refresh_tokens.family AND f.ended_at IS NULL)",
        )
        .bind(blob(parent))
        .bind(to_sql(spent.at))
        .bind(blob(spent.child))
        .bind(spent.salt.to_vec())
        .bind(spent.attempt)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if taken == 0 {
            return Ok(false);
        }
        insert_token(&mut tx, child).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn open_family(&self, family: Family, token: Token) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "INSERT INTO families (id, subject, scopes, not_before, started_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(family.id)
        .bind(family.subject)
        .bind(family.scopes.join(" "))
        .bind(number(family.not_before))
        .bind(to_sql(family.started))
        .execute(&mut *tx)
        .await?;
        insert_token(&mut tx, token).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn touch(&self, token: TokenHash, at: Moment) -> Result<bool, StoreError> {
        let touched = sqlx::query(
            "UPDATE refresh_tokens SET active_at = CASE WHEN active_at > $2 THEN active_at ELSE $2 END
             WHERE hash = $1 AND spent_at IS NULL AND EXISTS (SELECT 1 FROM families f
                 WHERE f.id = refresh_tokens.family AND f.ended_at IS NULL)",
        )
        .bind(blob(token))
        .bind(to_sql(at))
        .execute(&self.pool)
        .await?
        .rows_affected();
        Ok(touched > 0)
    }

    async fn end(&self, family: String, end: End) -> Result<bool, StoreError> {
        sqlx::query(
            "UPDATE families SET ended_at = $2, end_reason = $3
             WHERE id = $1 AND ended_at IS NULL",
        )
        .bind(family)
        .bind(to_sql(end.at))
        .bind(end.reason.as_str())
        .execute(&self.pool)
        .await?;
        Ok(true)
    }

    async fn revoke(&self, subject: String, at: Moment, not_before: u64) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "UPDATE families SET ended_at = $2, end_reason = $3
             WHERE subject = $1 AND ended_at IS NULL",
        )
        .bind(subject.as_str())
        .bind(to_sql(at))
        .bind(EndReason::Revoked.as_str())
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE users SET not_before = $2 WHERE id = $1 AND not_before < $2")
            .bind(subject)
            .bind(number(not_before))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}

impl Store for SqliteStore {
    fn create_user(&self, user: User, now: Moment) -> Reply<'_, bool> {
        Box::pin(async move {
            let added = sqlx::query(
                "INSERT INTO users (id, name, password, scopes, created_at, not_before)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING",
            )
            .bind(user.id)
            .bind(user.name)
            .bind(user.password)
            .bind(user.scopes.join(" "))
            .bind(to_sql(now))
            .bind(number(user.not_before))
            .execute(&self.pool)
            .await?
            .rows_affected();
            Ok(added > 0)
        })
    }

    fn user_named<'a>(&'a self, name: &'a str) -> Reply<'a, Option<User>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT id, name, password, scopes, not_before FROM users WHERE name = $1")
                .bind(name)
                .fetch_optional(&self.pool)
                .await?;
            row.as_ref().map(read_user).transpose()
        })
    }

    fn user<'a>(&'a self, id: &'a str) -> Reply<'a, Option<User>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT id, name, password, scopes, not_before FROM users WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.pool)
                .await?;
            row.as_ref().map(read_user).transpose()
        })
    }

    fn find(&self, hash: TokenHash) -> Reply<'_, Option<(Family, Token)>> {
        Box::pin(async move {
            let row = sqlx::query(
                "SELECT f.id, f.subject, f.scopes, f.not_before, f.started_at, f.ended_at,
                    f.end_reason, t.active_at, t.spent_at, t.child, t.salt, t.attempt
                 FROM refresh_tokens t JOIN families f ON f.id = t.family WHERE t.hash = $1",
            )
            .bind(blob(hash))
            .fetch_optional(&self.pool)
            .await?;
            row.map(|row| Ok((read_family(&row)?, read_token(&row, hash)?))).transpose()
        })
    }

    fn apply(&self, change: Change) -> Reply<'_, bool> {
        // On a task of its own: a request whose client leaves is dropped where it stands, and a transaction
        // dropped while it begins stays open on its connection, for the next one to fail on.
        let acting = tokio::spawn(self.clone().act(change));
        Box::pin(async move { acting.await.map_err(StoreError::new)? })
    }

    fn purge(&self, start: Moment) -> Reply<'_, u64> {
        Box::pin(async move {
            let gone = sqlx::query("DELETE FROM families WHERE started_at < $1")
                .bind(to_sql(start))
                .execute(&self.pool)
                .await?;
            Ok(gone.rows_affected())
        })
    }

    fn close(&self) -> Reply<'_, ()> {
        Box::pin(async move {
            self.pool.close().await;
            Ok(())
        })
    }
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

async fn insert_token(tx: &mut SqliteConnection, token: Token) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO refresh_tokens (hash, family, active_at) VALUES ($1, $2, $3)")
        .bind(blob(token.hash))
        .bind(token.family)
        .bind(to_sql(token.active))
        .execute(tx)
        .await?;
    Ok(())
}

fn read_user(row: &SqliteRow) -> Result<User, StoreError> {
    Ok(User {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        password: row.try_get("password")?,
        scopes: words(&row.try_get::<String, _>("scopes")?),
        not_before: from_number(row.try_get("not_before")?),
    })
}

fn read_family(row: &SqliteRow) -> Result<Family, StoreError> {
    let ended: Option<i64> = row.try_get("ended_at")?;
    let reason: Option<String> = row.try_get("end_reason")?;
    Ok(Family {
        id: row.try_get("id")?,
        subject: row.try_get("subject")?,
        scopes: words(&row.try_get::<String, _>("scopes")?),
        not_before: from_number(row.try_get("not_before")?),
        started: from_sql(row.try_get("started_at")?),
        ended: ended
            .map(|at| End { at: from_sql(at), reason: EndReason::from_word(reason.as_deref().unwrap_or_default()) }),
    })
}

fn read_token(row: &SqliteRow, hash: TokenHash) -> Result<Token, StoreError> {
    let spent = match row.try_get::<Option<i64>, _>("spent_at")? {
        None => None,
        Some(at) => {
            let damaged = || StoreError::new("a spent refresh token has no readable child");
            let child: Vec<u8> = row.try_get("child")?;
            let salt: Vec<u8> = row.try_get("salt")?;
            Some(Spent {
                at: from_sql(at),
                child: TokenHash::from_slice(&child).ok_or_else(damaged)?,
                salt: salt.try_into().map_err(|_| damaged())?,
                attempt: row.try_get("attempt")?,
            })
        }
    };
    let active = from_sql(row.try_get("active_at")?);
    Ok(Token { hash, family: row.try_get("id")?, active, spent })
}

fn blob(hash: TokenHash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}

fn words(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

fn to_sql(moment: Moment) -> i64 {
    number(moment.millis())
}

fn from_sql(millis: i64) -> Moment {
    Moment::from_millis(from_number(millis))
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn from_number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::new(error)
    }
}
