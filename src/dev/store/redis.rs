//! The brief things in Redis, where several servers share them and each entry ends by itself.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, RedisError, Script, SetExpiry, SetOptions, TlsCertificates};

use super::{Brief, Reply, StoreError};
use crate::dev::access::Claims;
use crate::dev::limiter::Draw;
use crate::dev::moment::Moment;
use crate::dev::secret::TokenHash;

/// How long Redis may take to answer. Every request waits for it, and 503 now is better than 200 too late.
const PATIENCE: Duration = Duration::from_secs(2);

/// `Draw::take` where the buckets are: KEYS bucket; ARGV now, cost, capacity, all ms. The wait, or 0.
const DRAW: &str = r"
local now, cost, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
local spent = math.min(math.max(full - now, 0), capacity)
local after = spent + cost
if after > capacity then
  -- A clock that was set back counts again from here on.
  redis.call('SET', KEYS[1], string.format('%.0f', now + spent), 'PX', string.format('%.0f', spent))
  return after - capacity
end
redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', string.format('%.0f', after))
return 0";

/// KEYS bucket; ARGV now, cost. An empty bucket is no entry.
const PUT_BACK: &str = r"
local full = redis.call('GET', KEYS[1])
if not full then return 0 end
local left = tonumber(full) - tonumber(ARGV[2]) - tonumber(ARGV[1])
if left <= 0 then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], string.format('%.0f', left + tonumber(ARGV[1])), 'PX', string.format('%.0f', left))
return 0";

/// Deny-list, buckets and tickets in Redis 6.2 or later. Its memory policy must be `noeviction`, which is its
/// default: a deny-list that forgets lets people in.
#[derive(Clone)]
pub struct RedisBrief {
    connection: ConnectionManager,
    draw: Script,
    put_back: Script,
}

impl RedisBrief {
    /// Connects, over TLS where the URL is `rediss://…`; later breaks are mended by themselves, while requests are
    /// answered with 503. `authorities`, in PEM, are trusted instead of the system's.
    ///
    /// # Errors
    /// When it cannot be reached. The error never repeats the URL: it may hold a password.
    pub async fn connect(url: &str, authorities: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let named = |error: RedisError| StoreError::from(error).at("Redis");
        let client = if authorities.is_some() && url.starts_with("rediss:") {
            redis::Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: authorities })
        } else {
            redis::Client::open(url)
        };
        let client = client.map_err(named)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_secs(1))
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = ConnectionManager::new_with_config(client, config).await.map_err(named)?;
        Ok(Self { connection, draw: Script::new(DRAW), put_back: Script::new(PUT_BACK) })
    }
}

impl std::fmt::Debug for RedisBrief {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisBrief")
    }
}

impl Brief for RedisBrief {
    fn deny<'a>(&'a self, name: &'a str, until: Moment, now: Moment) -> Reply<'a, ()> {
        Box::pin(async move {
            // Never shortened: whoever denied for longer had a token that lives longer.
            let options = SetOptions::default().with_expiration(SetExpiry::PX(span(until.since(now))));
            let mut connection = self.connection.clone();
            let left: i64 = connection.pttl(denied(name)).await?;
            if left < i64::try_from(span(until.since(now))).unwrap_or(i64::MAX) {
                let () = connection.set_options(denied(name), 1, options).await?;
            }
            Ok(())
        })
    }

    fn denied<'a>(&'a self, names: [&'a str; 2], _now: Moment) -> Reply<'a, bool> {
        Box::pin(async move {
            let found: u32 = self.connection.clone().exists(names.map(denied).as_slice()).await?;
            Ok(found > 0)
        })
    }

    fn draw<'a>(&'a self, bucket: &'a str, draw: Draw, now: Moment) -> Reply<'a, Result<(), Duration>> {
        Box::pin(async move {
            let wait: u64 = self
                .draw
                .key(key("bucket", bucket))
                .arg(now.millis())
                .arg(span(draw.refill))
                .arg(span(draw.capacity()))
                .invoke_async(&mut self.connection.clone())
                .await?;
            Ok(if wait == 0 { Ok(()) } else { Err(Duration::from_millis(wait)) })
        })
    }

    fn put_back<'a>(&'a self, bucket: &'a str, draw: Draw, now: Moment) -> Reply<'a, ()> {
        Box::pin(async move {
            let () = self
                .put_back
                .key(key("bucket", bucket))
                .arg(now.millis())
                .arg(span(draw.refill))
                .invoke_async(&mut self.connection.clone())
                .await?;
            Ok(())
        })
    }

    fn keep_ticket(&self, hash: TokenHash, claims: Claims, until: Moment, now: Moment) -> Reply<'_, ()> {
        Box::pin(async move {
            let text = serde_json::to_string(&(until.millis(), claims)).map_err(StoreError::new)?;
            let options = SetOptions::default().with_expiration(SetExpiry::PX(span(until.since(now))));
            let () = self.connection.clone().set_options(ticket(hash), text, options).await?;
            Ok(())
        })
    }

    fn take_ticket(&self, hash: TokenHash, now: Moment) -> Reply<'_, Option<Claims>> {
        Box::pin(async move {
            let text: Option<String> = self.connection.clone().get_del(ticket(hash)).await?;
            let Some(text) = text else {
                return Ok(None);
            };
            let (until, claims): (u64, Claims) = serde_json::from_str(&text).map_err(StoreError::new)?;
            Ok((until > now.millis()).then_some(claims))
        })
    }

    fn sweep(&self, _now: Moment) -> Reply<'_, u64> {
        Box::pin(async { Ok(0) })
    }

    fn ping(&self) -> Reply<'_, ()> {
        Box::pin(async move {
            let () = redis::cmd("PING").query_async(&mut self.connection.clone()).await?;
            Ok(())
        })
    }
}

fn key(kind: &str, name: &str) -> String {
    format!("tokenkeep:{kind}:{name}")
}

fn denied(name: &str) -> String {
    key("denied", name)
}

fn ticket(hash: TokenHash) -> String {
    let hex: String = hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    key("ticket", &hex)
}

/// Redis takes no life of 0 ms.
fn span(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4).max(1)
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        Self::new(error)
    }
}
