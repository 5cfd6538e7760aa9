//! Two instances, five connections, twenty customers: who gets a price, and
//! what is left of the database for others?

use std::time::Duration;

use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Pending};
use labkit::subject::Subject;
use labkit::tap::TapProxy;
use labkit::{Ground, GroundFuture};
use labkit_postgres::tokio_postgres::NoTls;
use labkit_postgres::{Database, PgLock, Postgres, tokio_postgres};
use rustix::process::Signal;
use tokio::join;

use crate::claims::{AT_ONCE, EVERYBODY, ROOM, TOLD};

/// Instances of the service.
pub const INSTANCES: usize = 2;

/// Connections that the database allows the service's role.
const LIMIT: usize = 5;

/// Deadlines for requests whose connections are being made.
const PATIENCE: usize = 4;

/// Customers of one instance who come at once.
const WAVE: usize = 8;

/// Customers who come one after another.
const ONE_BY_ONE: usize = 10;

/// Customers of one instance who come when the database is stuck.
const STUCK: usize = 4;

/// Items whose prices are asked for lie below.
pub const ITEMS: usize = 100;

const SCHEMA: &str = "
    create table prices (item integer primary key, cents integer not null);
    insert into prices
        select item, 199 + 10 * item from generate_series(1, 100) item";

/// A statement like this comes with many a migration.
const LOCK: &str = "lock table prices in access exclusive mode";

/// A PostgreSQL with prices, and a tap in front that counts connections.
pub fn ground() -> GroundFuture {
    Box::pin(async {
        let postgres = Postgres::shared().await?;
        let database = postgres.database(SCHEMA).await?;
        database.limit_connections(LIMIT as i32).await?;
        let tap = TapProxy::to(database.addr()).await?;
        let url = database.url_through(tap.addr());
        let mut ground = Ground::new();
        database.lay(&mut ground);
        ground.env.database_url = Some(url);
        ground.keep(tap);
        Ok(ground)
    })
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    if let Some(most) = bench.deployment().connection_limit {
        let database = bench.ground::<Database>()?;
        database.limit_connections(most.cast_signed()).await?;
    }
    // Longer than the lock is held, whatever the machine.
    bench.env().timeout = Duration::from_secs(25);
    bench.start_instances(INSTANCES).await?;
    many_at_once(bench).await?;
    one_after_another(bench).await?;
    stuck(bench).await
}

/// The prices are locked: what came to the database stays there.
async fn many_at_once(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("the prices are locked, and customers come one by one");
    let database = bench.ground::<Database>()?;
    let tap = bench.ground::<TapProxy>()?;
    let lock = database.lock(LOCK).await?;
    let mut singles = Vec::new();
    let mut held = 0;
    // Approximate as the limit is, one by one it is exact.
    while held <= LIMIT {
        let shop = bench.instance(singles.len() % INSTANCES)?;
        let opened = tap.opened();
        // Each for an item of its own, so that nobody shares an answer.
        let item = singles.len() + 1;
        let price = shop.get(&format!("/price/{item}")).send();
        singles.push(price.clone());
        let under_way = || tap.opened() > opened;
        if !comes_through(&price, &lock, held, shop, under_way).await {
            break;
        }
        held += 1;
    }
    bench.fact(format!("{held} queries wait in the database"));
    if held < singles.len() {
        bench.fact(match singles.last().and_then(Pending::peek) {
            None => "the next one waits in the service".to_owned(),
            Some(answer) => format!("the next one gets {answer}"),
        });
    }

    bench.phase("more come at once");
    let (a, b) = (bench.instance(0)?, bench.instance(1)?);
    let mut waves =
        [a, b].map(|shop| shop.get("/price/7").each_of(WAVE));
    let [first, second] = &mut waves;
    let (first, second) = join!(first.answers(), second.answers());
    let mut answers = [first, second].concat();
    bench.fact(format!(
        "{} of {} refused",
        answers.iter().filter(|a| a.is_server_error()).count(),
        INSTANCES * WAVE
    ));

    bench.phase("meanwhile an operator logs in as the service's role");
    let refusal = log_in(database).await;
    bench
        .fact(refusal.as_deref().unwrap_or("the database lets him in"));
    bench.claim(ROOM, refusal.is_none());

    bench.phase("the lock is released");
    lock.release().await?;
    let [first, second] = &mut waves;
    let (first, second) = join!(first.answers(), second.answers());
    answers.extend([first, second].concat());
    let all = singles.len() + INSTANCES * WAVE;
    let mut right = answers.iter().filter(|a| is_price(a, 7)).count();
    for (n, price) in singles.into_iter().enumerate() {
        right += usize::from(is_price(&price.unlogged().await, n + 1));
    }
    bench.fact(format!("{right} of {all} got the price"));
    for shop in [a, b].into_iter().filter(|shop| shop.has_ended()) {
        let ending = shop.ended().await;
        bench.fact(format!("an instance has ended: {ending}"));
    }
    bench.claim(EVERYBODY, right == all);
    Ok(())
}

/// Whether `request` comes to the held table, where `before` are already.
/// Once it is under way, it may take longer than one deadline.
async fn comes_through(
    request: &Pending,
    lock: &PgLock,
    before: usize,
    shop: &Subject,
    under_way: impl Fn() -> bool,
) -> bool {
    for _ in 0..PATIENCE {
        let held = tokio::select! {
            biased;
            held = lock.waiting(before + 1, shop) => held.is_ok(),
            _ = request.clone().unlogged() => false,
        };
        if held {
            return true;
        }
        if request.peek().is_some() || !under_way() {
            break;
        }
    }
    false
}

/// Logs in as the service's role; gives the refusal, if it is one.
async fn log_in(database: &Database) -> Option<String> {
    let refused = tokio_postgres::connect(&database.url(), NoTls)
        .await
        .err()?;
    let refusal = refused.as_db_error().map_or_else(
        || refused.to_string(),
        |error| error.message().to_owned(),
    );
    Some(refusal.replace(database.name(), "shop"))
}

/// A steady trickle, which one connection could serve.
async fn one_after_another(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("ten customers, one after another");
    let tap = bench.ground::<TapProxy>()?;
    let before = tap.opened();
    let mut right = 0;
    for n in 0..ONE_BY_ONE {
        let shop = bench.instance(n % INSTANCES)?;
        let item = n + 1;
        let answer =
            shop.get(&format!("/price/{item}")).unlogged().await;
        right += usize::from(is_price(&answer, item));
    }
    let opened = tap.opened() - before;
    let few = opened <= LIMIT as u64;
    bench.fact(format!("{opened} connections opened"));
    if few {
        bench.fact(format!("{right} of {ONE_BY_ONE} got the price"));
    }
    bench.claim(AT_ONCE, few && right == ONE_BY_ONE);
    Ok(())
}

/// The database is stuck for longer than a request is to wait.
async fn stuck(bench: &mut Bench) -> Result<(), Stopped> {
    bench.phase("the database is stuck for longer than TIMEOUT_MS");
    bench.env().timeout = Duration::from_millis(100);
    restart(bench).await?;
    let database = bench.ground::<Database>()?;
    let lock = database.lock(LOCK).await?;
    let tap = bench.ground::<TapProxy>()?;
    let (a, b) = (bench.instance(0)?, bench.instance(1)?);
    let [mut first, mut second] =
        [a, b].map(|shop| shop.get("/price/7").each_of(STUCK));
    let most = INSTANCES * STUCK - LIMIT;
    let mut told = 0;
    for _ in 0..PATIENCE {
        let opened = tap.opened();
        let (first, second) = join!(first.answers(), second.answers());
        let answers = [first, second].concat();
        told += answers.iter().filter(|a| a.is_server_error()).count();
        // While connections are made, refusals may be on their way.
        if told >= most || tap.opened() == opened {
            break;
        }
    }
    bench.fact(match told {
        0 => "none of them is told anything".to_owned(),
        _ if told >= most => format!("at least {most} are told"),
        _ => format!("fewer than {most} are told"),
    });
    bench.claim(TOLD, told >= most);
    lock.release().await
}

/// Kills both instances, waits until the database has noticed, and starts
/// them anew.
async fn restart(bench: &mut Bench) -> Result<(), Stopped> {
    const END: &str = "select pg_terminate_backend(pid, 10000)
        from pg_stat_activity where usename = $1";
    for n in 0..INSTANCES {
        let shop = bench.instance(n)?;
        shop.signal(Signal::KILL);
        shop.ended().await;
    }
    let database = bench.ground::<Database>()?;
    let ended = database.admin().query(END, &[&database.name()]).await;
    ended.map_err(|e| Stopped::new(format!("old sessions: {e}")))?;
    for n in 0..INSTANCES {
        bench.restart(n).await?;
        // A deadline is for answers, not for the start of a process.
        bench.instance(n)?.get("/price/1").unlogged().await;
    }
    Ok(())
}

fn is_price(answer: &Answer, item: usize) -> bool {
    answer.is_ok_with((199 + 10 * item).to_string().as_bytes())
}
