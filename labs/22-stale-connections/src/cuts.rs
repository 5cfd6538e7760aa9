//! Connections that end with an error: the database restarts, or the network
//! breaks. Nothing here is in a hurry.

use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Pending};
use labkit::subject::Subject;
use labkit::tap::TapProxy;
use labkit_postgres::{Database, PgLock};

use crate::customers::{is_honest, is_taken, list, lists, order};
use crate::experiment::{LIST, MIGRATION, RESTART};
use crate::sessions;

/// Deadlines that pass before a service has no session for a list.
const PATIENCE: usize = 6;

/// Requests after the restart.
const AFTER: usize = 3;

/// The end of the sessions is still on its way when the next order comes.
pub async fn restart(bench: &Bench) -> Result<(), Stopped> {
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
pub async fn order_breaks(bench: &Bench) -> Result<bool, Stopped> {
    bench.phase("anew: an order's connection breaks before the answer");
    let database = bench.ground::<Database>()?;
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    has_a_session(shop).await;
    let lost = tap.lose_answer_to("bob");
    let sent = order(shop, "bob", 7).send();
    comes(&sent, lost).await;
    tap.lose_nothing();
    tap.cut();
    let answer = sent.answer().await;
    let orders = sessions::orders(database, "bob").await?;
    bench.fact(format!("orders of bob in the database: {orders}"));
    Ok(is_honest(&answer, orders))
}

/// The same with a list, and a session that ends under one.
pub async fn list_breaks(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("a list's connection breaks before the answer");
    let database = bench.ground::<Database>()?;
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    has_a_session(shop).await;
    let lost = tap.lose_answer_to("max");
    let sent = list(shop, "max").send();
    comes(&sent, lost).await;
    tap.lose_nothing();
    tap.cut();
    let first = sent.answer().await;

    bench.phase("the database ends a list's session");
    let lock = database.lock(MIGRATION).await?;
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

/// Has the service open a session, if it can: what breaks next would otherwise
/// break its start, which may be slow and silent, and not a statement.
async fn has_a_session(shop: &Subject) {
    for _ in 0..PATIENCE {
        let answer = list(shop, "max").unlogged().await;
        if !matches!(answer, Answer::None) {
            return;
        }
    }
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
