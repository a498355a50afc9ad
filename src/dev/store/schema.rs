//! The tables, and how they came to be.

use sqlx::{AnyConnection, AssertSqlSafe, Executor as _, Row as _};

use super::StoreError;

/// Which SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// SQLite's `BEGIN` takes no lock, and two transactions that read first then deadlock on their first write.
    pub const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}

/// Any number will do, as long as nobody else on the same database locks it.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(7234987234)";

/// Statements are applied in this order, each list once; a released list is never edited.
const MIGRATIONS: &[&[&str]] = &[
    &[
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
    ],
    &[
        "ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'basic'",
        "ALTER TABLE users ADD COLUMN email TEXT",
        // Beside the address that somebody claims. Only a verified one is unique: else it would tell who is registered,
        // and an address could be taken away from its owner.
        "ALTER TABLE users ADD COLUMN verified_email TEXT",
        "CREATE UNIQUE INDEX users_by_verified_email ON users (verified_email)",
        "ALTER TABLE users ADD COLUMN login_at BIGINT",
        "ALTER TABLE families ADD COLUMN agent TEXT NOT NULL DEFAULT ''",
        "CREATE TABLE access_tokens (
            hash BLOB PRIMARY KEY NOT NULL,
            family TEXT NOT NULL REFERENCES families (id) ON DELETE CASCADE,
            claims TEXT NOT NULL,
            expires_at BIGINT NOT NULL
        )",
        "CREATE INDEX access_tokens_by_family ON access_tokens (family)",
        "CREATE INDEX access_tokens_by_end ON access_tokens (expires_at)",
        "CREATE TABLE spent_codes (id TEXT PRIMARY KEY NOT NULL, expires_at BIGINT NOT NULL)",
        "CREATE TABLE denied (name TEXT PRIMARY KEY NOT NULL, until_at BIGINT NOT NULL)",
        "CREATE TABLE buckets (name TEXT PRIMARY KEY NOT NULL, full_at BIGINT NOT NULL)",
        "CREATE TABLE tickets (hash BLOB PRIMARY KEY NOT NULL, claims TEXT NOT NULL, expires_at BIGINT NOT NULL)",
    ],
];

/// Brings the tables up to date. Of several processes that start at once, one does it and the others wait.
pub(super) async fn migrate(tx: &mut AnyConnection, dialect: Dialect) -> Result<(), StoreError> {
    if dialect == Dialect::Postgres {
        tx.execute(MIGRATION_LOCK).await?;
    }
    tx.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)").await?;
    let row = sqlx::query("SELECT MAX(version) FROM schema_version").fetch_one(&mut *tx).await?;
    let done: Option<i64> = row.try_get(0)?;
    let done = usize::try_from(done.unwrap_or(0)).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        return Err(StoreError::new("it was written by a newer version of tokenkeep"));
    }
    for (number, statements) in (1_i64..).zip(MIGRATIONS).skip(done) {
        for statement in *statements {
            match dialect {
                Dialect::Sqlite => tx.execute(*statement).await?,
                // The one type that the two do not call alike.
                Dialect::Postgres => tx.execute(AssertSqlSafe(statement.replace("BLOB", "BYTEA"))).await?,
            };
        }
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)").bind(number).execute(&mut *tx).await?;
    }
    Ok(())
}
