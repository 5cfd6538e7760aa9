//! A database restarts, connections break, the network falls silent, and a
//! table is locked: what do the customers hear, and what is taken?

use std::time::Duration;

use labkit::bench::{Bench, Stopped};
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::tap::TapProxy;
use labkit::{Claim, Ground, GroundFuture};
use labkit_postgres::{Database, Postgres};

use crate::customers::{ask_for_order, served};
use crate::{cuts, silences};

pub const RESTART: Claim = Claim {
    promise: "after a restart of the database, requests are answered",
    matters: "After every maintenance of the database the shop stays \
              closed until somebody restarts it, too.",
};
pub const LIST: Claim = Claim {
    promise: "a list whose connection breaks is answered all the same",
    matters: "Customers see an error for a question that could have \
              been asked again.",
};
const ONCE: Claim = Claim {
    promise: "an order whose answer is lost is not taken twice",
    matters: "Customers pay for two parcels and have ordered one.",
};
const TOLD: Claim = Claim {
    promise: "a request that the database does not answer is told so",
    matters: "Nothing fails and nothing works: customers wait for ever, \
              and so does all that stands in front of the service.",
};
pub const PING: Claim = Claim {
    promise: "meanwhile the service itself answers",
    matters: "The orchestrator kills every instance for a trouble that \
              is the network's, and the shop is gone altogether.",
};
const AGAIN: Claim = Claim {
    promise: "once the network is back, requests are answered",
    matters: "A minute without a network becomes an outage that lasts \
              until somebody restarts the service.",
};
pub const LEFT: Claim = Claim {
    promise: "what is given up is given up in the database, too",
    matters: "Statements of customers who are long gone fill the \
              database, and take orders that were refused.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] =
    &[RESTART, LIST, ONCE, TOLD, PING, AGAIN, LEFT];

/// Longer than anything is held, whatever the machine.
const LONG: Duration = Duration::from_secs(25);

/// Short, and enough for a connection on most machines.
const SHORT: Duration = Duration::from_millis(80);

/// How often the short limit may be doubled.
const DOUBLED: u32 = 6;

/// How often a request may fail before it is.
const TRIES: usize = 4;

const SCHEMA: &str = "
    create table orders (
        id bigint generated always as identity primary key,
        customer text not null,
        item integer not null
    );
    create index on orders (customer, id);
    create table totals (orders bigint not null);
    insert into totals values (0);
    create function count_order() returns trigger language plpgsql as
        $$ begin update totals set orders = orders + 1; return null; end $$;
    create trigger counted after insert on orders
        for each row execute function count_order();
    insert into orders (customer, item) values ('max', 7), ('max', 9)";

/// A statement like this comes with many a migration.
pub const MIGRATION: &str =
    "lock table orders in access exclusive mode";

/// And one like this with many a report. Orders wait for it, lists do not.
pub const REPORT: &str = "select orders from totals for update";

/// A PostgreSQL with orders, and a tap in front that is the network.
pub fn ground() -> GroundFuture {
    Box::pin(async {
        let postgres = Postgres::shared().await?;
        let database = postgres.database(SCHEMA).await?;
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
    bench.env().timeout = LONG;
    bench.start().await?;
    cuts::restart(bench).await?;
    bench.restart(0).await?;
    let once = cuts::order_breaks(bench).await?;
    cuts::list_breaks(bench).await?;

    // One that is just enough is too short a moment later.
    let enough = anew(bench, SHORT / 2).await?;
    let limit = anew(bench, enough * 2).await?;
    let silence = silences::silence(bench, limit).await?;
    let limit = anew(bench, limit).await?;
    let lost = silences::lost_answers(bench, limit).await?;
    bench.claim(ONCE, once && lost.once);
    bench.claim(AGAIN, silence.back && lost.back);
    let limit = anew(bench, limit).await?;
    let stuck = silences::stuck(bench, limit).await?;
    bench.claim(TOLD, silence.told && lost.told && stuck);
    Ok(())
}

/// Starts the service anew with a short time limit, and with a longer one
/// where a machine is too slow for it: nothing is wrong yet, and orders
/// must be taken. Gives the limit.
async fn anew(
    bench: &mut Bench,
    shortest: Duration,
) -> Result<Duration, Stopped> {
    for doubled in 0..DOUBLED {
        let limit = shortest * 2_u32.pow(doubled);
        bench.env().timeout = limit;
        bench.restart(0).await?;
        let database = bench.ground::<Database>()?;
        let shop = bench.subject()?;
        if served(shop, database, "frank", limit, TRIES).await? {
            return Ok(limit);
        }
    }
    Err(Stopped::new("no order is taken, and nothing is wrong yet"))
}

/// The load behind the chapter's figure: in the middle of an ordinary hour
/// every connection breaks.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /orders/max while all connections break".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /orders/max".into(),
            probes_per_second: 20.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "orders; at 4 s all connections break".into(),
                request: "POST /orders".into(),
                per_second: 20.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: Some("connections opened".into()),
        },
        &["broken", "reconnect_on_error", "fixed"],
        |n| ask_for_order("zoe", n.cast_signed()),
        |_, body| serde_json::from_slice::<i64>(body).is_ok(),
    )
    .counting(|ground| ground.get().map_or(0, TapProxy::opened))
    .at(4.0, |ground| {
        if let Some(tap) = ground.get::<TapProxy>() {
            tap.cut();
        }
    })
}
