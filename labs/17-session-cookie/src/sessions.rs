//! Where sessions live: in Redis, see lab 16.

use actix_session::storage::RedisSessionStore;
use deadpool_redis::{Config, Runtime, Timeouts};

use crate::Env;

/// The store that all workers share. No wait for a connection takes longer
/// than the service may wait for Redis.
///
/// # Errors
/// When `REDIS_URL` is missing or wrong.
pub async fn store(env: &Env) -> anyhow::Result<RedisSessionStore> {
    let most = Some(env.timeout);
    let pool = Config::from_url(env.redis_url()?)
        .builder()?
        .timeouts(Timeouts {
            wait: most,
            create: most,
            recycle: most,
        })
        .runtime(Runtime::Tokio1)
        .build()?;
    RedisSessionStore::new_pooled(pool).await
}
