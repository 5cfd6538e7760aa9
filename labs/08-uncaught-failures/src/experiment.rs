//! Two orders fail, and the mail server fails twice: what is left of the
//! others, and what does anybody get to know?

use std::path::PathBuf;

use hyper::Method;
use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Call};
use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::subject::Subject;
use labkit::upstream::{Reply, StubUpstream};
use labkit::{Claim, Ground, GroundFuture};
use serde_json::{Value, json};
use tokio::join;

use crate::refusal::Refusal;
use crate::upload::Upload;

const ANSWERED: Claim = Claim {
    promise: "an order that fails is answered with an error",
    matters: "The customer does not learn that there is no order, and \
              the proxy in front may send it again.",
};
const HARMS_NOBODY: Claim = Claim {
    promise: "an order that fails harms no later one",
    matters: "One odd order closes the shop for everybody.",
};
const UNDER_WAY: Claim = Claim {
    promise: "orders under way survive another's failure",
    matters: "Customers who have done nothing wrong lose their orders.",
};
const TOTALS: Claim = Claim {
    promise: "the totals are those of the orders taken",
    matters: "The packing room waits for a parcel that nobody ordered, \
              and the sum is wrong from now on.",
};
const WITHOUT_MAIL: Claim = Claim {
    promise: "an order is taken while the mail server is down",
    matters: "The shop is closed whenever somebody else's server is.",
};
const SENT: Claim = Claim {
    promise: "every mail is sent, again only if it was refused",
    matters: "Some customers hear nothing of their orders, or hear of \
              them over and over.",
};
const TOGETHER: Claim = Claim {
    promise: "no order is taken without its mail",
    matters: "The customer is told that it failed, the parcel goes \
              out all the same, and no mail says so.",
};
const OUTLIVES: Claim = Claim {
    promise: "a mail is sent although the service was killed",
    matters: "With every deployment, some customers hear nothing of \
              their orders.",
};
const LOGGED: Claim = Claim {
    promise: "the log names every order that met a failure",
    matters: "Nobody finds out until the customers call, and then \
              nobody can tell whose order it was.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[
    ANSWERED,
    HARMS_NOBODY,
    UNDER_WAY,
    TOTALS,
    WITHOUT_MAIL,
    SENT,
    TOGETHER,
    OUTLIVES,
    LOGGED,
];

/// What every parcel here costs that the tariff knows: `DE`, 900 grams.
const FREIGHT: usize = 490;

/// The customer's address.
const EMAIL: &str = "ada@example.org";

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

/// Sends a good order, and gives whether it is taken.
async fn place(bench: &Bench, number: &str) -> Result<bool, Stopped> {
    let order = put(bench.subject()?, number, &good());
    Ok(is_taken(&order.send().answer().await))
}

fn put(shop: &Subject, number: &str, parcel: &Value) -> Call {
    shop.request(Method::PUT, &path(number)).json(parcel)
}

/// What the board shows.
async fn totals(shop: &Subject) -> Value {
    json_of(&shop.get("/totals").send().unlogged().await)
}

/// `None` when nobody listens any more.
async fn half_sent(shop: &Subject, number: &str) -> Option<Upload> {
    Upload::begin(shop, &path(number), &good()).await.ok()
}

fn path(number: &str) -> String {
    format!("/orders/{number}")
}

fn parcel(country: &str, grams: u32) -> Value {
    json!({ "email": EMAIL, "country": country, "grams": grams })
}

fn good() -> Value {
    parcel("DE", 900)
}

fn price() -> Value {
    json!({ "freight": FREIGHT })
}

fn is_taken(answer: &Answer) -> bool {
    answer.is_success() && json_of(answer) == price()
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

/// Whether the log names the order, now or before the deadline.
async fn names(shop: &Subject, number: &str) -> bool {
    shop.says(|line| line.contains(number)).await
}

/// How often the mail server was asked to confirm the order.
fn sent(mails: &StubUpstream, number: &str) -> usize {
    let mail = json!({ "number": number, "email": EMAIL });
    let arrivals = mails.arrivals();
    arrivals.iter().filter(|a| a.json() == mail).count()
}

/// Waits until it was asked that often.
async fn is_sent(
    mails: &StubUpstream,
    number: &str,
    times: usize,
    shop: &Subject,
) -> bool {
    loop {
        let so_far = mails.arrivals().len();
        if sent(mails, number) >= times {
            return true;
        }
        if mails.arrived(so_far + 1, shop).await.is_err() {
            return false;
        }
    }
}

/// The load behind the chapter's figure: the board asks for its totals, and
/// the third of the orders that come meanwhile weighs 40 kg.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /totals while orders come, one of 40 kg".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /totals".into(),
            probes_per_second: 20.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "5 orders/s, one of 40 kg".into(),
                request: "PUT /orders/{number}".into(),
                per_second: 5.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: Some("mails sent".into()),
        },
        &["broken", "catch_panic_alone", "fixed"],
        |n| {
            let grams = if n == 2 { 40_000 } else { 900 };
            let number = format!("L-{}", 5000 + n);
            exchange::request(Method::PUT, &path(&number))
                .with_json(&parcel("DE", grams))
        },
        |_, body| {
            serde_json::from_slice(body)
                .is_ok_and(|v: Value| v == price())
        },
    )
    .counting(|ground| {
        let mails = ground.get::<StubUpstream>();
        mails.map_or(0, |mails| mails.arrivals().len() as u64)
    })
}
