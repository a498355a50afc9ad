//! Each [`Change`] in SQL: one transaction, guarded by the state that it was decided on.
//!
//! Locks are always taken in the same order (user, family, token), so that no two changes wait for each other.

use sqlx::{AnyConnection, Executor as _};

use super::rows::{blob, millis, number};
use super::sql::SqlStore;
use super::{Issued, StoreError};
use crate::dev::family::{Change, Code, End, EndReason, Family, Revocation, Spent, Token};
use crate::dev::moment::Moment;
use crate::dev::secret::TokenHash;

impl SqlStore {
    pub(super) async fn take(&self, change: Change, issued: Option<Issued>) -> Result<bool, StoreError> {
        // What is one statement is atomic by itself.
        let single = matches!(change, Change::Touch { .. } | Change::End { .. } | Change::SetRole { .. });
        if single && issued.is_none() {
            let mut connection = self.writer.acquire().await?;
            return step(&mut connection, change).await;
        }
        let mut tx = self.begin().await?;
        let taken = step(&mut tx, change).await?;
        if taken && let Some(issued) = issued {
            insert_access(&mut tx, issued).await?;
        }
        if taken {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(taken)
    }
}

async fn step(connection: &mut AnyConnection, change: Change) -> Result<bool, StoreError> {
    match change {
        Change::Open { family, token } => open(connection, family, token).await,
        Change::Rotate { parent, spent, child } => rotate(connection, parent, spent, child).await,
        Change::Touch { token, at } => touch(connection, token, at).await,
        Change::End { family, end } => end_family(connection, family, end).await,
        Change::Revoke(revocation) => revoke(connection, *revocation).await,
        Change::Verify { subject, email, code } => verify(connection, subject, email, code).await,
        Change::SetRole { subject, role } => set_role(connection, subject, role).await,
    }
}

async fn touch(connection: &mut AnyConnection, token: TokenHash, at: Moment) -> Result<bool, StoreError> {
    let touched = sqlx::query(
        "UPDATE refresh_tokens SET active_at = CASE WHEN active_at > $2 THEN active_at ELSE $2 END
         WHERE hash = $1 AND spent_at IS NULL AND EXISTS (SELECT 1 FROM families f
             WHERE f.id = refresh_tokens.family AND f.ended_at IS NULL)",
    )
    .bind(blob(token))
    .bind(millis(at))
    .execute(connection)
    .await?
    .rows_affected();
    Ok(touched > 0)
}

async fn end_family(connection: &mut AnyConnection, family: String, end: End) -> Result<bool, StoreError> {
    sqlx::query("UPDATE families SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL")
        .bind(family)
        .bind(millis(end.at))
        .bind(end.reason.as_str().to_owned())
        .execute(connection)
        .await?;
    Ok(true)
}

async fn set_role(connection: &mut AnyConnection, subject: String, role: String) -> Result<bool, StoreError> {
    let set = sqlx::query("UPDATE users SET role = $2 WHERE id = $1")
        .bind(subject)
        .bind(role)
        .execute(connection)
        .await?
        .rows_affected();
    Ok(set > 0)
}

async fn open(tx: &mut AnyConnection, family: Family, token: Token) -> Result<bool, StoreError> {
    // Writes, and does not only look: a revocation of the same user waits for us, or we for it.
    let current = sqlx::query("UPDATE users SET login_at = $2 WHERE id = $1 AND not_before = $3")
        .bind(family.subject.clone())
        .bind(millis(family.started))
        .bind(number(family.not_before))
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if current == 0 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO families (id, subject, scopes, not_before, started_at, agent) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(family.id)
    .bind(family.subject)
    .bind(family.scopes.join(" "))
    .bind(number(family.not_before))
    .bind(millis(family.started))
    .bind(family.agent)
    .execute(&mut *tx)
    .await?;
    insert_token(tx, token).await?;
    Ok(true)
}

async fn rotate(tx: &mut AnyConnection, parent: TokenHash, spent: Spent, child: Token) -> Result<bool, StoreError> {
    let taken = sqlx::query(
        "UPDATE refresh_tokens SET spent_at = $2, child = $3, salt = $4, attempt = $5
         WHERE hash = $1 AND spent_at IS NULL AND EXISTS (SELECT 1 FROM families f
             WHERE f.id = refresh_tokens.family AND f.ended_at IS NULL)",
    )
    .bind(blob(parent))
    .bind(millis(spent.at))
    .bind(blob(spent.child))
    .bind(spent.salt.to_vec())
    .bind(spent.attempt)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if taken > 0 {
        insert_token(tx, child).await?;
    }
    Ok(taken > 0)
}

async fn revoke(tx: &mut AnyConnection, revocation: Revocation) -> Result<bool, StoreError> {
    let Revocation { subject, at, not_before, seen, keep, password, code } = revocation;
    let reached = sqlx::query(
        "UPDATE users SET not_before = CASE WHEN not_before > $2 THEN not_before ELSE $2 END,
             password = COALESCE($3, password)
         WHERE id = $1 AND ($4 < 0 OR not_before = $4)",
    )
    .bind(subject.clone())
    .bind(number(not_before))
    .bind(password)
    .bind(seen.map_or(-1, number))
    .execute(&mut *tx)
    .await?
    .rows_affected();
    // Without a condition it is never refused, whoever it is.
    if reached == 0 && (seen.is_some() || code.is_some()) {
        return Ok(false);
    }
    if let Some(code) = code
        && !spend(tx, code).await?
    {
        return Ok(false);
    }
    let keep = keep.unwrap_or_default();
    sqlx::query(
        "UPDATE families SET ended_at = $2, end_reason = $3 WHERE subject = $1 AND ended_at IS NULL AND id <> $4",
    )
    .bind(subject.clone())
    .bind(millis(at))
    .bind(EndReason::Revoked.as_str().to_owned())
    .bind(keep.clone())
    .execute(&mut *tx)
    .await?;
    sqlx::query("UPDATE families SET not_before = $3 WHERE id = $1 AND subject = $2 AND not_before < $3")
        .bind(keep)
        .bind(subject)
        .bind(number(not_before))
        .execute(&mut *tx)
        .await?;
    Ok(true)
}

async fn verify(tx: &mut AnyConnection, subject: String, email: String, code: Code) -> Result<bool, StoreError> {
    let free = "SELECT 1 FROM users o WHERE o.verified_email = $2 AND o.id <> $1";
    let query = format!("UPDATE users SET verified_email = email WHERE id = $1 AND email = $2 AND NOT EXISTS ({free})");
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(subject).bind(email);
    match tx.execute(query).await {
        Ok(done) if done.rows_affected() > 0 => spend(tx, code).await,
        Ok(_) => Ok(false),
        // Somebody else was faster by a moment.
        Err(error) if error.as_database_error().is_some_and(|error| error.is_unique_violation()) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Of any number of attempts with one code, one succeeds.
async fn spend(tx: &mut AnyConnection, code: Code) -> Result<bool, StoreError> {
    let spent = sqlx::query("INSERT INTO spent_codes (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(code.id)
        .bind(millis(code.until))
        .execute(tx)
        .await?
        .rows_affected();
    Ok(spent > 0)
}

pub(super) async fn insert_access(connection: &mut AnyConnection, issued: Issued) -> Result<(), StoreError> {
    let Issued { hash, claims } = issued;
    let text = serde_json::to_string(&claims).map_err(StoreError::new)?;
    sqlx::query("INSERT INTO access_tokens (hash, family, claims, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(blob(hash))
        .bind(claims.rfid)
        .bind(text)
        .bind(number(claims.exp.saturating_add(1).saturating_mul(1000)))
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_token(tx: &mut AnyConnection, token: Token) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO refresh_tokens (hash, family, active_at) VALUES ($1, $2, $3)")
        .bind(blob(token.hash))
        .bind(token.family)
        .bind(millis(token.active))
        .execute(tx)
        .await?;
    Ok(())
}
