//! What the service keeps in Redis, and the passing of time.

use deadpool_redis::redis::{self, cmd};
use labkit_redis::Redis;

/// A little more than the hour of the limits, for those who round up.
const HOUR: i64 = 60 * 60 + 60;

/// What an hour does to the keys in Redis.
#[derive(Debug, Default)]
pub struct Keys {
    /// They are gone.
    pub expired: usize,
    /// They expire later.
    pub later: usize,
    /// They never expire.
    pub lasting: usize,
}

/// Whatever expires within an hour is gone from Redis; the rest stays.
pub async fn an_hour_passes(redis: &Redis) -> anyhow::Result<Keys> {
    let mut admin = redis.admin().await?;
    let names: Vec<Vec<u8>> =
        cmd("KEYS").arg("*").query_async(&mut admin).await?;
    let mut keys = Keys::default();
    for name in names {
        let ttl: i64 =
            cmd("TTL").arg(&name).query_async(&mut admin).await?;
        match ttl {
            -1 => keys.lasting += 1,
            ttl if ttl <= HOUR => {
                keys.expired += 1;
                delete(&mut admin, &name).await?;
            }
            _ => keys.later += 1,
        }
    }
    Ok(keys)
}

async fn delete(
    admin: &mut redis::aio::MultiplexedConnection,
    name: &[u8],
) -> redis::RedisResult<()> {
    cmd("DEL").arg(name).query_async(admin).await
}
