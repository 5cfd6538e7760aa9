//! What the database knows of the service: its sessions, and its orders.

use std::time::{Duration, Instant};

use labkit::bench::Stopped;
use labkit_postgres::{Database, PgLock};

/// How often the harness looks again before it believes what it sees.
pub const LOOKS: usize = 30;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Ends every session of the service, as a restart does, and waits until
/// all are gone.
pub async fn end(database: &Database) -> Result<(), Stopped> {
    const END: &str = "select pg_terminate_backend(pid, 10000)
        from pg_stat_activity where usename = $1";
    let name = database.name();
    let ended = database.admin().query(END, &[&name]).await;
    ended.map(drop).map_err(|e| failed("the sessions end", &e))
}

/// How many orders of `customer` the database has.
pub async fn orders(
    database: &Database,
    customer: &str,
) -> Result<usize, Stopped> {
    Ok(items(database, customer).await?.len())
}

/// The items that `customer` has ordered.
pub async fn items(
    database: &Database,
    customer: &str,
) -> Result<Vec<i32>, Stopped> {
    const ITEMS: &str =
        "select item from orders where customer = $1 order by id";
    let rows = database.admin().query(ITEMS, &[&customer]).await;
    let rows = rows.map_err(|e| failed("the orders", &e))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Waits until a statement of the service waits for the lock.
pub async fn one_waits(lock: &PgLock) -> Result<(), Stopped> {
    while lock.count().await? == 0 {
        pause().await;
    }
    Ok(())
}

/// Whether no statement of the service waits for the lock any more.
pub async fn none_waits(
    lock: &PgLock,
    limit: Duration,
) -> Result<bool, Stopped> {
    let since = Instant::now();
    for n in 0.. {
        if lock.count().await? == 0 {
            return Ok(true);
        }
        if n > LOOKS && since.elapsed() > limit * 2 {
            break;
        }
        pause().await;
    }
    Ok(false)
}

/// Waits until no session of the service does anything.
pub async fn rest(database: &Database) -> Result<(), Stopped> {
    const ACTIVE: &str = "select count(*) from pg_stat_activity
        where usename = $1 and state = 'active'";
    for _ in 0..LOOKS * 20 {
        let name = database.name();
        let row = database.admin().query_one(ACTIVE, &[&name]).await;
        let row = row.map_err(|e| failed("the sessions", &e))?;
        if row.get::<_, i64>(0) == 0 {
            return Ok(());
        }
        pause().await;
    }
    Err(Stopped::new("the service's statements do not end"))
}

/// The time until the next look.
pub async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

fn failed(
    what: &str,
    error: &labkit_postgres::tokio_postgres::Error,
) -> Stopped {
    Stopped::new(format!("{what}: {error}"))
}
