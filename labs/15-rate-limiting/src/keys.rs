//! What the service keeps in Redis, and the passing of time.

use deadpool_redis::redis::{self, cmd};
use labkit::bench::{Bench, Stopped};
use labkit_redis::Redis;

use crate::experiment::{A, ATTACKER, welcomes};
use crate::internet::Sender;

/// A little more than the hour of the limits, for those who round up.
const HOUR: i64 = 60 * 60 + 60;

/// An hour passes. Gives whether everybody has all attempts again.
pub async fn over(
    bench: &Bench,
    redis: &Redis,
) -> Result<bool, Stopped> {
    bench.phase("an hour passes");
    let lasting = an_hour_passes(redis).await?;
    bench.fact(format!(
        "{} in Redis never expire",
        match lasting {
            0 => "no keys".to_owned(),
            1 => "1 key".to_owned(),
            several => format!("{several} keys"),
        }
    ));
    bench.phase("carol logs in where the forger was, alice anywhere");
    let mut let_in = true;
    for (address, user, password) in [
        (ATTACKER, "carol", "cherry"),
        ("192.0.2.7", "alice", "apple"),
    ] {
        let sender = Sender::at(address);
        let attempt = sender.attempt(bench, A, user, password)?;
        let answer = attempt.send().answer().await;
        let_in &= welcomes(&answer, user);
    }
    Ok(let_in && lasting == 0)
}

/// Whatever expires within an hour is gone from Redis; the rest stays.
/// Gives how many keys never expire.
async fn an_hour_passes(redis: &Redis) -> anyhow::Result<usize> {
    let mut admin = redis.admin().await?;
    let names: Vec<Vec<u8>> =
        cmd("KEYS").arg("*").query_async(&mut admin).await?;
    let mut lasting = 0;
    for name in names {
        let ttl: i64 =
            cmd("TTL").arg(&name).query_async(&mut admin).await?;
        if ttl == -1 {
            lasting += 1;
        } else if ttl <= HOUR {
            delete(&mut admin, &name).await?;
        }
    }
    Ok(lasting)
}

async fn delete(
    admin: &mut redis::aio::MultiplexedConnection,
    name: &[u8],
) -> redis::RedisResult<()> {
    cmd("DEL").arg(name).query_async(admin).await
}
