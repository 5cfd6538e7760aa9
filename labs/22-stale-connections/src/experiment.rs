//! A database restarts, connections break, the network falls silent, and a
//! table is locked: what do the customers hear, and what is taken?

use std::time::Duration;

use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Pending};
use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::subject::Subject;
use labkit::tap::TapProxy;
use labkit::{Claim, Ground, GroundFuture};
use labkit_postgres::{Database, PgLock, Postgres};

use crate::customers::{
    is_honest, is_taken, list, lists, order, served,
};
use crate::sessions;

const RESTART: Claim = Claim {
    promise: "after a restart of the database, requests are answered",
    matters: "After every maintenance of the database the shop stays \
              closed until somebody restarts it, too.",
};
const LIST: Claim = Claim {
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
const PING: Claim = Claim {
    promise: "meanwhile the service itself answers",
    matters: "The orchestrator kills every instance for a trouble that \
              is the network's, and the shop is gone altogether.",
};
const AGAIN: Claim = Claim {
    promise: "once the network is back, requests are answered",
    matters: "A minute without a network becomes an outage that lasts \
              until somebody restarts the service.",
};
const LEFT: Claim = Claim {
    promise: "what is given up is given up in the database, too",
    matters: "Statements of customers who are long gone fill the \
              database, and take orders that were refused.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] =
    &[RESTART, LIST, ONCE, TOLD, PING, AGAIN, LEFT];

/// Longer than anything is held, whatever the machine.
const LONG: Duration = Duration::from_secs(25);

/// Shorter than any deadline.
const SHORT: Duration = Duration::from_millis(50);

/// Customers who come while the network is silent.
const WAVE: usize = 8;

/// Requests after the restart.
const AFTER: usize = 3;

/// How often a request may fail before the network does.
const PATIENCE: usize = 4;

const SCHEMA: &str = "
    create table orders (
        id bigint generated always as identity primary key,
        customer text not null,
        item integer not null
    );
    create index on orders (customer, id);
    insert into orders (customer, item) values ('max', 7), ('max', 9)";

/// A statement like this comes with many a migration.
const LOCK: &str = "lock table orders in access exclusive mode";

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
    restart(bench).await?;

    bench.phase("the service is started anew");
    bench.restart(0).await?;
    let once = order_breaks(bench).await?;
    list_breaks(bench).await?;

    bench.phase("the service is started anew, with a short TIMEOUT_MS");
    bench.env().timeout = SHORT;
    bench.restart(0).await?;
    let told = silence(bench).await?;
    let (heard, twice) = lost_answer(bench).await?;
    bench.claim(ONCE, once && !twice);
    let refused = stuck(bench).await?;
    bench.claim(TOLD, told && heard && refused);
    Ok(())
}

/// The end of the sessions is still on its way when the next order comes.
async fn restart(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("the database restarts, and at once an order comes");
    let database = bench.ground::<Database>()?;
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    let before = order(shop, "ada", 7).unlogged().await;
    tap.pause();
    sessions::end(database).await?;
    let held = tap.holds();
    let next = order(shop, "ada", 8).send();
    comes(&next, held).await;
    tap.resume();
    let next = next.answer().await;

    bench.phase("the requests after it");
    let (mut items, mut right) = (Vec::new(), 0);
    for (item, answer) in [(7, &before), (8, &next)] {
        items.extend(is_taken(answer).then_some(item));
    }
    for n in 0..AFTER {
        let item = 10 + n as i32;
        let taken = order(shop, "ada", item).unlogged().await;
        items.extend(is_taken(&taken).then_some(item));
        let listed = list(shop, "ada").unlogged().await;
        let is_right = is_taken(&taken) && lists(&listed, &items);
        right += usize::from(is_right);
    }
    bench.fact(format!(
        "{right} of {AFTER} orders are taken and listed"
    ));
    let all = is_taken(&before) && is_taken(&next) && right == AFTER;
    bench.claim(RESTART, all);
    Ok(())
}

/// The connection breaks between the order and its answer. Whether the
/// customer may believe what he hears.
async fn order_breaks(bench: &Bench) -> Result<bool, Stopped> {
    bench.phase("an order's connection breaks before the answer");
    let database = bench.ground::<Database>()?;
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    // Nothing breaks yet.
    list(shop, "max").unlogged().await;
    let lost = tap.lose_answer_to("bob");
    let sent = order(shop, "bob", 7).send();
    comes(&sent, lost).await;
    tap.cut();
    let answer = sent.answer().await;
    let orders = sessions::orders(database, "bob").await?;
    bench.fact(format!("orders of bob in the database: {orders}"));
    Ok(is_honest(&answer, orders))
}

/// The same with a list, and a session that ends under one.
async fn list_breaks(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("a list's connection breaks before the answer");
    let database = bench.ground::<Database>()?;
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    let lost = tap.lose_answer_to("max");
    let sent = list(shop, "max").send();
    comes(&sent, lost).await;
    tap.cut();
    let first = sent.answer().await;

    bench.phase("the database ends a list's session");
    let lock = database.lock(LOCK).await?;
    let sent = list(shop, "max").send();
    comes(&sent, waits(&lock, shop)).await;
    sessions::end(database).await?;
    lock.release().await?;
    let second = sent.answer().await;
    let right = [&first, &second]
        .iter()
        .all(|answer| lists(answer, &[7, 9]));
    bench.claim(LIST, right);
    Ok(())
}

/// No byte goes through, and none of the connections survives that.
/// Whether the customers are told.
async fn silence(bench: &Bench) -> Result<bool, Stopped> {
    let database = bench.ground::<Database>()?;
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    served(shop, database, "carol").await?;

    bench.phase("the network falls silent");
    tap.pause();
    let mut wave = list(shop, "carol").each_of(WAVE);
    let ping = shop.get("/ping").send().answer().await;
    let answers = wave.answers().await;
    let told = answers.iter().filter(|a| a.is_server_error()).count();
    bench.fact(format!("{told} of {WAVE} are told"));
    bench.claim(PING, ping.is_ok_with(b"pong"));

    bench.phase("it is back, the connections from before are not");
    tap.cut();
    tap.resume();
    let back = served(shop, database, "carol").await?;
    bench.fact(if back {
        "orders are taken and listed"
    } else {
        "no order is taken and listed"
    });
    bench.claim(AGAIN, back);
    Ok(told == WAVE)
}

/// One connection falls silent when the database has the order; others
/// work. Whether the customer is told, and whether he ordered twice.
async fn lost_answer(bench: &Bench) -> Result<(bool, bool), Stopped> {
    bench.phase("an order's answer is lost without an error");
    let database = bench.ground::<Database>()?;
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    let mut answer = Answer::None;
    for _ in 0..PATIENCE {
        let lost = tap.lose_answer_to("dora");
        let sent = order(shop, "dora", 7).unlogged();
        tokio::pin!(sent);
        // Too slow for its connection is not what is looked for.
        let came = tokio::select! {
            biased;
            () = lost => true,
            early = &mut sent => {
                answer = early;
                false
            }
        };
        if came {
            answer = sent.await;
            break;
        }
    }
    let orders = sessions::orders(database, "dora").await?;
    bench.fact(format!("the customer gets {answer}"));
    bench.fact(format!("orders of dora in the database: {orders}"));
    let told = is_taken(&answer) || answer.is_server_error();
    Ok((told, orders > 1))
}

/// The table is locked for longer than a request waits. Whether the
/// customers are told.
async fn stuck(bench: &Bench) -> Result<bool, Stopped> {
    bench.phase("the orders are locked");
    let database = bench.ground::<Database>()?;
    let shop = bench.subject()?;
    let lock = database.lock(LOCK).await?;
    let taken = order(shop, "eve", 7).send().answer().await;
    let listed = list(shop, "eve").send().answer().await;
    let none_waits = sessions::none_waits(&lock).await?;
    bench.fact(if none_waits {
        "nothing of theirs waits in the database"
    } else {
        "statements of theirs wait in the database"
    });

    bench.phase("the lock is released");
    lock.release().await?;
    sessions::rest(database).await?;
    let orders = sessions::orders(database, "eve").await?;
    bench.fact(format!("orders of eve in the database: {orders}"));
    let meant = usize::from(is_taken(&taken));
    let told = [&taken, &listed].iter().all(|a| a.status().is_some());
    bench.claim(LEFT, none_waits && told && orders == meant);
    Ok(told)
}

/// Waits until `request` has come so far, or is answered before.
async fn comes(request: &Pending, so_far: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = so_far => {}
        _ = request.clone().unlogged() => {}
    }
}

/// Waits until a statement of the service waits for the lock.
async fn waits(lock: &PgLock, shop: &Subject) {
    if lock.waiting(1, shop).await.is_err() {
        // Then its answer says why.
        std::future::pending().await
    }
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
        |n| {
            let order =
                serde_json::json!({ "customer": "zoe", "item": n });
            exchange::request(labkit::client::Method::POST, "/orders")
                .with_json(&order)
        },
        |_, body| serde_json::from_slice::<i64>(body).is_ok(),
    )
    .counting(|ground| ground.get().map_or(0, TapProxy::opened))
    .at(4.0, |ground| {
        if let Some(tap) = ground.get::<TapProxy>() {
            tap.cut();
        }
    })
}
