//! Connections that end without a word, and statements that are held up:
//! whoever waits has to give up, and to be told.

use std::time::Duration;

use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::exchange::Request;
use labkit::subject::Subject;
use labkit::tap::TapProxy;
use labkit_postgres::{Database, PgLock};
use tokio::task::JoinSet;

use crate::customers::{
    ask_for_list, ask_for_order, is_taken, is_told, patiently, served,
};
use crate::experiment::{LEFT, MIGRATION, PING, REPORT};
use crate::sessions::{self, LOOKS};

/// Customers who come while the network is silent.
const WAVE: usize = 8;

/// What became of requests that the network left alone.
#[derive(Debug, Clone, Copy)]
pub struct Silence {
    /// Whether each of them was answered.
    pub told: bool,
    /// Whether no order was taken twice.
    pub once: bool,
    /// Whether all is well afterwards.
    pub back: bool,
}

/// No byte goes through for longer than a request waits, and none of the
/// connections survives that.
pub async fn silence(
    bench: &Bench,
    limit: Duration,
) -> Result<Silence, Stopped> {
    bench.phase("anew, with a short TIMEOUT_MS: the network is silent");
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    tap.pause();
    let mut wave = JoinSet::new();
    for _ in 0..WAVE {
        wave.spawn(patiently(shop, ask_for_list("max"), limit));
    }
    let ping = shop.get("/ping").send().answer().await;
    let answers = wave.join_all().await;
    let told = answers.iter().filter(|a| a.is_server_error()).count();
    bench.fact(format!("{told} of {WAVE} lists end with an error"));
    bench.claim(PING, ping.is_ok_with(b"pong"));

    bench.phase("it is back, the connections from before are not");
    tap.cut();
    tap.resume();
    Ok(Silence {
        told: told == WAVE,
        once: true,
        back: recovers(bench, "carol", limit).await?,
    })
}

/// A connection falls silent when the database has the question, one when
/// it has the order; new ones work.
pub async fn lost_answers(
    bench: &Bench,
    limit: Duration,
) -> Result<Silence, Stopped> {
    bench.phase("anew: two answers are lost without an error");
    let database = bench.ground::<Database>()?;
    let question = ask_for_list("max");
    let listed = unheard(bench, "max", question, limit).await?;
    bench.fact(format!("to a list: {listed}"));
    let wanted = ask_for_order("dora", 7);
    let taken = unheard(bench, "dora", wanted, limit).await?;
    bench.fact(format!("to an order: {taken}"));
    let orders = sessions::orders(database, "dora").await?;
    bench.fact(format!("orders of dora in the database: {orders}"));
    Ok(Silence {
        told: is_told(&listed) && is_told(&taken),
        once: orders <= 1,
        back: recovers(bench, "dora", limit).await?,
    })
}

/// What a customer hears when the answer to a statement with these words
/// is lost. A short time limit may end a request before its statement.
async fn unheard(
    bench: &Bench,
    words: &str,
    request: Request,
    limit: Duration,
) -> Result<Answer, Stopped> {
    let tap = bench.ground::<TapProxy>()?;
    let shop = bench.subject()?;
    let mut answer = Answer::None;
    for _ in 0..LOOKS {
        let lost = tap.lose_answer_to(words);
        let sent = patiently(shop, request.clone(), limit);
        tokio::pin!(sent);
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
        }
        if came || !answer.is_server_error() {
            break;
        }
    }
    tap.lose_nothing();
    Ok(answer)
}

/// A table and then a row are locked for longer than a request waits.
/// Whether the customers are told.
pub async fn stuck(
    bench: &Bench,
    limit: Duration,
) -> Result<bool, Stopped> {
    bench.phase("anew: a migration locks the orders");
    let database = bench.ground::<Database>()?;
    let shop = bench.subject()?;
    let lock = database.lock(MIGRATION).await?;
    let wanted = ask_for_list("max");
    let listed = held_up(shop, &lock, wanted, limit).await?;
    bench.fact(format!("to a list: {listed}"));
    let list_ends = ends(bench, &lock, &listed, limit).await?;
    lock.release().await?;

    bench.phase("a report locks the totals, and orders wait for it");
    let lock = database.lock(REPORT).await?;
    let wanted = ask_for_order("eve", 7);
    let taken = held_up(shop, &lock, wanted, limit).await?;
    bench.fact(format!("to an order: {taken}"));
    let order_ends = ends(bench, &lock, &taken, limit).await?;
    lock.release().await?;
    sessions::rest(database).await?;
    let orders = sessions::orders(database, "eve").await?;
    let told = is_told(&listed) && is_told(&taken);
    if told {
        bench.fact(format!("then orders of eve: {orders}"));
    }
    let meant = orders == usize::from(is_taken(&taken));
    bench.claim(LEFT, told && list_ends && order_ends && meant);
    Ok(told)
}

/// What a customer hears whose statement is held up by `lock`. A short
/// time limit may end a request before its statement.
async fn held_up(
    shop: &Subject,
    lock: &PgLock,
    request: Request,
    limit: Duration,
) -> Result<Answer, Stopped> {
    let mut answer = Answer::None;
    for _ in 0..LOOKS {
        let sent = patiently(shop, request.clone(), limit);
        tokio::pin!(sent);
        let came = tokio::select! {
            biased;
            waits = sessions::one_waits(lock) => {
                waits?;
                answer = sent.await;
                true
            }
            early = &mut sent => {
                answer = early;
                lock.count().await? > 0
            }
        };
        if came || !answer.is_server_error() {
            break;
        }
    }
    Ok(answer)
}

/// Whether a request that was answered has left nothing in the database
/// that waits for the lock.
async fn ends(
    bench: &Bench,
    lock: &PgLock,
    answer: &Answer,
    limit: Duration,
) -> Result<bool, Stopped> {
    if !is_told(answer) {
        return Ok(false);
    }
    let nothing = sessions::none_waits(lock, limit).await?;
    bench.fact(if nothing {
        "nothing waits in the database"
    } else {
        "its statement still waits in the database"
    });
    Ok(nothing)
}

/// Whether orders are taken and listed again.
async fn recovers(
    bench: &Bench,
    customer: &str,
    limit: Duration,
) -> Result<bool, Stopped> {
    let database = bench.ground::<Database>()?;
    let shop = bench.subject()?;
    let back = served(shop, database, customer, limit, LOOKS).await?;
    bench.fact(if back {
        "then orders are taken and listed"
    } else {
        "then no order is taken and listed"
    });
    Ok(back)
}
