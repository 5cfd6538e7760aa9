//! Two orders fail, and the mail server fails twice: what is left of the
//! others, and what does anybody get to know?

use std::path::PathBuf;

use labkit::bench::{Bench, Stopped};
use labkit::upstream::{Reply, StubUpstream};
use labkit::{Ground, GroundFuture};
use serde_json::{Value, json};
use tokio::join;

use crate::claims::{
    ANSWERED, HARMS_NOBODY, LOGGED, OUTLIVES, SENT, TOGETHER, TOTALS,
    UNDER_WAY, WITHOUT_MAIL,
};
use crate::orders::{
    FREIGHT, good, half_sent, is_sent, is_taken, json_of, names,
    parcel, place, price, put, sent, totals,
};
use crate::refusal::Refusal;

/// Where the orders are.
struct OrdersFile(PathBuf);

/// An orders file, and a mail server that takes what it gets.
pub fn ground() -> GroundFuture {
    Box::pin(async {
        let mut ground = Ground::new();
        let file = ground.sqlite("orders.db")?;
        ground.keep(OrdersFile(file));
        let mails = StubUpstream::bind().await?;
        mails.answer(Reply::Status(202));
        ground.env.upstream_url = Some(mails.url());
        ground.keep(mails);
        Ok(ground)
    })
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let unnamed = orders_that_fail(bench).await?;

    bench.phase("the service is started anew");
    bench.restart(0).await?;
    let taken_slow = mail_server_is_slow(bench).await?;
    let taken = mail_server_refuses(bench, unnamed).await?;
    disk_is_full(bench).await?;
    killed_before_the_mail(bench, taken_slow && taken).await
}

/// Orders that the tariff has no price for, between good ones. Gives the
/// first of them that the log does not name.
async fn orders_that_fail(
    bench: &mut Bench,
) -> Result<Option<&'static str>, Stopped> {
    bench.phase("an order like any other");
    let first = place(bench, "A-1001").await?;

    bench.phase("two more are half sent when one of 40 kg comes");
    let shop = bench.subject()?;
    let halves = [
        half_sent(shop, "B-2001").await,
        half_sent(shop, "B-2002").await,
    ];
    let heavy = parcel("DE", 40_000);
    let failed = failing(bench, "A-1002", &heavy, true).await?;
    let mut survivors = 0;
    for half in halves.into_iter().flatten() {
        let answer = half.finish(bench.subject()?).await;
        survivors += usize::from(answer == Some(price()));
    }
    bench.fact(format!("{survivors} of 2 half sent orders are taken"));
    bench.claim(UNDER_WAY, survivors == 2);

    bench.phase("the orders after it, one of them to nowhere");
    let second = place(bench, "A-1003").await?;
    let nowhere = parcel("XX", 900);
    let again =
        failing(bench, "A-1004", &nowhere, failed.named).await?;
    bench.claim(ANSWERED, failed.told && again.told);
    let third = place(bench, "A-1005").await?;
    bench.claim(HARMS_NOBODY, second && third);

    bench.phase("the totals");
    let taken = [first, second, third].map(usize::from);
    let taken = survivors + taken.iter().sum::<usize>();
    let answer = bench.subject()?.get("/totals").send().answer().await;
    let totals = json_of(&answer);
    bench.fact(match totals["orders"].as_u64() {
        Some(counted) => format!("{counted} counted, {taken} taken"),
        None => format!("none counted, {taken} taken"),
    });
    let right = json!({ "orders": taken, "freight": taken * FREIGHT });
    bench.claim(TOTALS, totals == right);
    Ok(match (failed.named, again.named) {
        (true, true) => None,
        (true, false) => Some("A-1004"),
        (false, _) => Some("A-1002"),
    })
}

/// What became of an order that the tariff has no price for.
struct Failed {
    /// The client got an error.
    told: bool,
    /// The log names the order.
    named: bool,
}

/// Sends an order that fails, and starts the service anew if it ends. The
/// log is read only if somebody still wants to know.
async fn failing(
    bench: &mut Bench,
    number: &str,
    parcel: &Value,
    look: bool,
) -> Result<Failed, Stopped> {
    let shop = bench.subject()?;
    let answer = put(shop, number, parcel).send().unlogged().await;
    // A service that ends of it may or may not get its answer out first, so
    // the answer counts only once the service is known to live on.
    let alive = shop.get("/ping").unlogged().await.is_ok_with(b"pong");
    let ended = if alive { None } else { bench.ending().await };
    // Who is told to send another order needs no line in the log.
    let refused = answer.is_client_error();
    let named = look && (refused || names(shop, number).await);
    let told = (refused || answer.is_server_error()) && ended.is_none();
    match ended {
        Some(ending) => started_anew(bench, &ending).await?,
        None => bench.answer(&answer),
    }
    Ok(Failed { told, named })
}

/// A second order comes while the mail server has the first one's mail in
/// hand. Gives whether both are taken.
async fn mail_server_is_slow(bench: &Bench) -> Result<bool, Stopped> {
    bench.phase("the mail server is slow, and two orders come");
    let mails = bench.ground::<StubUpstream>()?;
    let shop = bench.subject()?;
    mails.answer(Reply::Hold);
    let first = put(shop, "C-3001", &good()).send();
    is_sent(mails, "C-3001", 1, shop).await;
    let second = put(shop, "C-3002", &good()).send();
    let (first, second) = join!(first.unlogged(), second.unlogged());
    bench.answer(&first);
    bench.answer(&second);
    mails.answer(Reply::Status(202));
    mails.release(Reply::Status(202));
    is_sent(mails, "C-3002", 1, shop).await;
    Ok(is_taken(&first) && is_taken(&second))
}

/// The mail server refuses a mail, and then is well again. Gives whether the
/// order is taken all the same.
async fn mail_server_refuses(
    bench: &mut Bench,
    unnamed: Option<&str>,
) -> Result<bool, Stopped> {
    bench.phase("the mail server refuses a mail");
    let mails = bench.ground::<StubUpstream>()?;
    let shop = bench.subject()?;
    mails.answer(Reply::Status(503));
    let taken = place(bench, "C-3003").await?;
    let tried = taken && is_sent(mails, "C-3003", 1, shop).await;
    mails.answer(Reply::Status(202));
    let (again, named) = join!(
        async { tried && is_sent(mails, "C-3003", 2, shop).await },
        async { unnamed.is_none() && names(shop, "C-3003").await },
    );
    bench.fact(match (taken, again) {
        (false, _) => "the order is not taken",
        (true, true) => "the mail is sent again",
        (true, false) => "the mail is not sent again",
    });
    let others = ["C-3001", "C-3002"].map(|other| sent(mails, other));
    if others != [1, 1] {
        bench.fact("the mails before it are not sent once each");
    }
    bench.claim(SENT, again && others == [1, 1]);

    let unnamed = unnamed.or((!named).then_some("C-3003"));
    bench.fact(match unnamed {
        Some(order) => format!("the log does not name {order}"),
        None => {
            "every order that met a failure is in the log".to_owned()
        }
    });
    bench.claim(LOGGED, unnamed.is_none());
    if shop.has_ended() {
        let ending = shop.ended().await;
        started_anew(bench, &ending).await?;
    }
    Ok(taken)
}

/// A process that ends is started again, as everybody has it.
async fn started_anew(
    bench: &mut Bench,
    ending: &str,
) -> Result<(), Stopped> {
    bench.fact(format!(
        "the service has ended, {ending}, and is started anew"
    ));
    bench.restart(0).await
}

/// The database takes the row of an order, and no other. The order may be
/// refused, or its mail be sent when all is well again.
async fn disk_is_full(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("the disk is full once the order's row is written");
    let OrdersFile(file) = bench.ground()?;
    let mails = bench.ground::<StubUpstream>()?;
    let shop = bench.subject()?;
    let before = totals(shop).await;
    let refusal = Refusal::begin(&file.to_string_lossy())?;
    let answer = put(shop, "C-3004", &good()).send().answer().await;
    refusal.lift()?;
    let counted = totals(shop).await != before;
    let taken = is_taken(&answer) || counted;
    let together = !taken || is_sent(mails, "C-3004", 1, shop).await;
    bench.fact(match (counted, together) {
        (false, true) if !taken => "the order does not count",
        (_, true) => "the order counts, and its mail is sent",
        (_, false) => "the order counts, and its mail is not sent",
    });
    bench.claim(TOGETHER, together);
    Ok(())
}

/// The service is killed when it has taken an order, and the mail server has
/// not taken the mail.
async fn killed_before_the_mail(
    bench: &mut Bench,
    taken_before: bool,
) -> Result<(), Stopped> {
    bench.phase("the service is killed while a mail is under way");
    bench.ground::<StubUpstream>()?.answer(Reply::Hold);
    let taken = place(bench, "D-4001").await?;
    bench.claim(WITHOUT_MAIL, taken && taken_before);
    let mails = bench.ground::<StubUpstream>()?;
    let shop = bench.subject()?;
    let tried = taken && is_sent(mails, "D-4001", 1, shop).await;
    mails.answer(Reply::Status(202));
    bench.restart(0).await?;
    let mails = bench.ground::<StubUpstream>()?;
    let shop = bench.subject()?;
    let again = tried && is_sent(mails, "D-4001", 2, shop).await;
    bench.fact(match (taken, again) {
        (false, _) => "the order is not taken",
        (true, true) => "the mail is sent after the restart",
        (true, false) => "the mail is not sent after the restart",
    });
    bench.claim(OUTLIVES, again);
    Ok(())
}
