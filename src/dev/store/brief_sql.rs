//! The brief things in SQL, for a server that is alone, or has no Redis.

use std::time::Duration;

use sqlx::{AnyConnection, Row as _};

use super::brief::{draw_in_turn, put_back_in_turn};
use super::rows::{blob, millis, moment};
use super::schema::Dialect;
use super::{Brief, Reply, SqlStore, StoreError};
use crate::dev::access::Claims;
use crate::dev::limiter::Draw;
use crate::dev::moment::Moment;
use crate::dev::secret::TokenHash;

impl Brief for SqlStore {
    fn deny<'a>(&'a self, name: &'a str, until: Moment, _now: Moment) -> Reply<'a, ()> {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO denied (name, until_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE
                 SET until_at = CASE WHEN denied.until_at > $2 THEN denied.until_at ELSE $2 END",
            )
            .bind(name.to_owned())
            .bind(millis(until))
            .execute(&self.writer)
            .await?;
            Ok(())
        })
    }

    fn denied<'a>(&'a self, [first, second]: [&'a str; 2], now: Moment) -> Reply<'a, bool> {
        Box::pin(async move {
            let found = sqlx::query("SELECT name FROM denied WHERE name IN ($1, $2) AND until_at > $3 LIMIT 1")
                .bind(first.to_owned())
                .bind(second.to_owned())
                .bind(millis(now))
                .fetch_optional(&self.pool)
                .await?;
            Ok(found.is_some())
        })
    }

    fn draw<'a>(&'a self, bucket: &'a str, draw: Draw, now: Moment) -> Reply<'a, Result<(), Duration>> {
        Box::pin(async move { take(&mut *self.writer.acquire().await?, bucket, draw, now).await })
    }

    fn put_back<'a>(&'a self, bucket: &'a str, draw: Draw, now: Moment) -> Reply<'a, ()> {
        Box::pin(async move { give_back(&mut *self.writer.acquire().await?, bucket, draw, now).await })
    }

    fn draw_each<'a>(&'a self, buckets: &'a [(String, Draw)], now: Moment) -> Reply<'a, Result<(), Duration>> {
        if self.dialect == Dialect::Postgres {
            // It writes many transactions to the disk at once, and one that holds several buckets could wait for a
            // sweep that waits for it.
            return Box::pin(draw_in_turn(self, buckets, now));
        }
        let (store, buckets) = (self.clone(), buckets.to_vec());
        // On a task of its own, as in `Store::apply`.
        let acting = tokio::spawn(async move {
            let mut tx = store.begin().await?;
            let mut drawn = Ok(());
            for (bucket, draw) in buckets {
                drawn = take(&mut tx, &bucket, draw, now).await?;
                if drawn.is_err() {
                    break;
                }
            }
            tx.commit().await?;
            Ok(drawn)
        });
        Box::pin(async move { acting.await.map_err(StoreError::new)? })
    }

    fn put_back_each<'a>(&'a self, buckets: &'a [(String, Draw)], now: Moment) -> Reply<'a, ()> {
        if self.dialect == Dialect::Postgres {
            return Box::pin(put_back_in_turn(self, buckets, now));
        }
        let (store, buckets) = (self.clone(), buckets.to_vec());
        let acting = tokio::spawn(async move {
            let mut tx = store.begin().await?;
            for (bucket, draw) in buckets {
                give_back(&mut tx, &bucket, draw, now).await?;
            }
            tx.commit().await?;
            Ok(())
        });
        Box::pin(async move { acting.await.map_err(StoreError::new)? })
    }

    fn keep_ticket(&self, hash: TokenHash, claims: Claims, until: Moment, _now: Moment) -> Reply<'_, ()> {
        Box::pin(async move {
            let text = serde_json::to_string(&claims).map_err(StoreError::new)?;
            sqlx::query("INSERT INTO tickets (hash, claims, expires_at) VALUES ($1, $2, $3)")
                .bind(blob(hash))
                .bind(text)
                .bind(millis(until))
                .execute(&self.writer)
                .await?;
            Ok(())
        })
    }

    fn take_ticket(&self, hash: TokenHash, now: Moment) -> Reply<'_, Option<Claims>> {
        Box::pin(async move {
            let row = sqlx::query("DELETE FROM tickets WHERE hash = $1 RETURNING claims, expires_at")
                .bind(blob(hash))
                .fetch_optional(&self.writer)
                .await?;
            let Some(row) = row else {
                return Ok(None);
            };
            if moment(row.try_get("expires_at")?) <= now {
                return Ok(None);
            }
            serde_json::from_str(&row.try_get::<String, _>("claims")?).map(Some).map_err(StoreError::new)
        })
    }

    fn sweep(&self, now: Moment) -> Reply<'_, u64> {
        Box::pin(async move {
            let mut gone = 0;
            for query in [
                "DELETE FROM denied WHERE until_at < $1",
                "DELETE FROM buckets WHERE full_at < $1",
                "DELETE FROM tickets WHERE expires_at < $1",
            ] {
                gone += sqlx::query(query).bind(millis(now)).execute(&self.writer).await?.rows_affected();
            }
            Ok(gone)
        })
    }

    fn ping(&self) -> Reply<'_, ()> {
        Box::pin(async move {
            sqlx::query("SELECT 1").execute(&self.pool).await?;
            Ok(())
        })
    }
}

async fn take(
    connection: &mut AnyConnection,
    bucket: &str,
    draw: Draw,
    now: Moment,
) -> Result<Result<(), Duration>, StoreError> {
    // As in `Draw::take`, in one statement: the bucket is at most empty, whatever the clock did.
    const SPENT: &str = "(CASE WHEN buckets.full_at < $2 THEN $2 WHEN buckets.full_at > $2 + $4
        THEN $2 + $4 ELSE buckets.full_at END)";
    let query = format!(
        "INSERT INTO buckets (name, full_at) VALUES ($1, $2 + $3) ON CONFLICT (name) DO UPDATE
         SET full_at = {SPENT} + $3 WHERE {SPENT} + $3 <= $2 + $4"
    );
    let (cost, capacity) = (span(draw.refill), span(draw.capacity()));
    let drawn = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(bucket.to_owned())
        .bind(millis(now))
        .bind(cost)
        .bind(capacity)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    if drawn > 0 {
        return Ok(Ok(()));
    }
    let row = sqlx::query("SELECT full_at FROM buckets WHERE name = $1")
        .bind(bucket.to_owned())
        .fetch_optional(&mut *connection)
        .await?;
    let full_at = row.map(|row| row.try_get(0)).transpose()?.map_or(now, moment);
    let emptiest = now.after(draw.capacity());
    if full_at > emptiest {
        // The clock was set back. From here on it counts again.
        sqlx::query("UPDATE buckets SET full_at = $2 WHERE name = $1 AND full_at > $2")
            .bind(bucket.to_owned())
            .bind(millis(emptiest))
            .execute(connection)
            .await?;
    }
    Ok(Err(draw.wait(full_at, now)))
}

async fn give_back(connection: &mut AnyConnection, bucket: &str, draw: Draw, now: Moment) -> Result<(), StoreError> {
    sqlx::query("UPDATE buckets SET full_at = full_at - $2 WHERE name = $1")
        .bind(bucket.to_owned())
        .bind(span(draw.refill))
        .execute(&mut *connection)
        .await?;
    // A full bucket is no entry: left over, it would look empty to a clock that is set back.
    sqlx::query("DELETE FROM buckets WHERE name = $1 AND full_at <= $2")
        .bind(bucket.to_owned())
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(())
}

fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
