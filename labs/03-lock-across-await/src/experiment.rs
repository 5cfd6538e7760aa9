//! Forty buyers for forty seats, and a payment provider that takes its
//! time: who gets a seat, and who gets an answer meanwhile?

use std::time::Duration;

use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::control::Deadline;
use labkit::subject::Subject;
use labkit::upstream::{Reply, StubUpstream};
use labkit::{Ground, GroundFuture};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::join;
use tokio::net::TcpStream;

use crate::claims::{
    A_SEAT_EACH, BACK_ON_SALE, NO_QUEUE, NOT_OVERSOLD, NOT_REFUSED,
    OTHERS_ANSWERED,
};
use crate::tickets::Tickets;

/// As many buyers as seats: all of them can be served.
pub const BUYERS: usize = 40;

/// Buyers who come when every seat is being paid for.
const LATE: usize = 5;

/// Enough that no sane number of workers hides a blocked one.
const CLIENTS: usize = 64;

/// A payment that is held runs into no timeout.
const TIMEOUT: Duration = Duration::from_secs(25);

/// So long a payment takes when the service runs for real.
const PAYMENT: Duration = Duration::from_millis(200);

/// A payment provider that takes every payment, in its own time.
pub fn ground() -> GroundFuture {
    Box::pin(async {
        let mut ground = Ground::new();
        let provider = StubUpstream::bind().await?;
        provider.answer(Reply::After(PAYMENT, 201));
        ground.env.upstream_url = Some(provider.url());
        ground.keep(provider);
        Ok(ground)
    })
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.env().timeout = TIMEOUT;
    let provider = new_provider(bench).await?;
    bench.start().await?;
    opening_night(bench, &provider).await?;

    // Whatever became of the first service, this one has all its seats.
    let provider = new_provider(bench).await?;
    bench.restart(0).await?;
    payments_fail(bench, &provider).await
}

/// A provider of which nobody has asked anything yet.
async fn new_provider(
    bench: &mut Bench,
) -> Result<StubUpstream, Stopped> {
    let provider = StubUpstream::bind().await;
    let provider = provider.map_err(anyhow::Error::from)?;
    bench.env().upstream_url = Some(provider.url());
    Ok(provider)
}

/// All seats are asked for while no payment comes to its end.
async fn opening_night(
    bench: &Bench,
    provider: &StubUpstream,
) -> Result<(), Stopped> {
    let shop = bench.subject()?;
    bench.phase("a buyer's payment is under way, and takes long");
    let first = shop.post("/buy").send();
    // A service that asks for no payment is judged by what it does.
    let _ = provider.arrived(1, shop).await;

    bench.phase("39 more buyers come; there are 40 seats");
    let mut others = shop.post("/buy").each_of(BUYERS - 1);
    let came = provider.arrived_or_rests(BUYERS, shop).await;
    let so_far = || provider.arrivals().len().min(BUYERS);
    let paying = so_far();
    let are = if paying == 1 { "is" } else { "are" };
    bench
        .fact(format!("{paying} of {BUYERS} payments {are} under way"));

    bench.phase("meanwhile, clients who buy nothing");
    let mut pings = shop.get("/ping").each_of(CLIENTS);
    let (pongs, early) = if came.is_ok() {
        (pings.answers().await, Vec::new())
    } else {
        join!(pings.answers(), others.answers())
    };
    // Whoever only took a while to pay has done so by now.
    let paying = so_far();
    let all_pay = paying == BUYERS;
    let pongs = pongs.iter().filter(|a| a.is_ok_with(b"pong")).count();
    bench.fact(format!("{pongs} of {CLIENTS} pings are answered"));
    let mut answered = pongs == CLIENTS;
    if answered {
        let seats = shop.get("/seats").send().answer().await;
        answered = field(&seats, "free").is_some();
    }
    bench.claim(OTHERS_ANSWERED, answered);

    let gone = early.len() + usize::from(first.peek().is_some());
    let queued = BUYERS.saturating_sub(paying + gone);
    if queued > 0 {
        bench.fact(format!(
            "{queued} of {BUYERS} buyers wait and cannot pay"
        ));
    }
    bench.claim(NO_QUEUE, queued == 0);

    let mut buyers = BUYERS;
    let mut late = None;
    if all_pay {
        bench.phase("5 more come: every seat is being paid for");
        let mut wave = shop.post("/buy").each_of(LATE);
        let answers = wave.answers().await;
        let paying = provider.arrivals().len();
        bench.fact(format!("{paying} payments for {BUYERS} seats"));
        buyers += LATE;
        late = Some((wave, answers));
    }

    bench.phase("every payment goes through");
    provider.answer(Reply::Status(201));
    provider.release(Reply::Status(201));
    let (first, rest) = join!(first.unlogged(), others.answers());
    let mut answers = early;
    answers.push(first);
    answers.extend(rest);
    let refused = answers.iter().filter(|a| is_refusal(a)).count();
    if let Some((mut wave, early)) = late {
        answers.extend(early);
        answers.extend(wave.answers().await);
    }
    let tickets = Tickets::of(&answers);
    let heard = answers.iter().filter(|a| a.status().is_some());
    bench.fact(match buyers - heard.count() {
        0 => tickets.fact(buyers),
        rest => {
            let tickets = tickets.fact(buyers);
            format!("{tickets}; {rest} get no answer at all")
        }
    });
    bench.claim(A_SEAT_EACH, tickets.are_all_seats());

    if refused > 0 {
        bench.fact(format!("{refused} of {BUYERS} are refused"));
    }
    bench.claim(NOT_REFUSED, refused == 0);

    let mut sold_out = true;
    if tickets.are_all_seats() {
        bench.phase("the house is full, and one more comes");
        let seats = shop.get("/seats").unlogged().await;
        let answer = shop.post("/buy").send().answer().await;
        let free = field(&seats, "free");
        sold_out = free == Some(0) && is_refusal(&answer);
    }
    let (most, paid) = (tickets.most(), provider.arrivals().len());
    if most > 1 {
        bench.fact(format!("one seat is sold {most} times"));
    } else if paid > BUYERS {
        bench.fact(format!("{paid} buyers paid for {BUYERS} seats"));
    }
    bench.claim(NOT_OVERSOLD, sold_out && most <= 1 && paid <= BUYERS);
    Ok(())
}

/// Payments that fail, and a buyer who hangs up: are the seats free?
async fn payments_fail(
    bench: &Bench,
    provider: &StubUpstream,
) -> Result<(), Stopped> {
    let shop = bench.subject()?;
    let mut sold = false;
    bench.phase("another night: a payment is declined, one fails");
    for status in [402, 500] {
        provider.answer(Reply::Status(status));
        let answer = shop.post("/buy").send().answer().await;
        sold |= answer.is_success();
    }

    bench.phase("a buyer hangs up while the payment is under way");
    provider.answer(Reply::Hold);
    let buyer = half_a_purchase(shop).await;
    let _ = provider.arrived(3, shop).await;
    if let Ok(buyer) = buyer {
        hang_up(buyer);
    }
    // A worker that answers has taken note of the hang-up before. Only
    // then the payment comes to its end, in vain.
    for _ in 0..CLIENTS / 4 {
        shop.get("/ping").unlogged().await;
    }
    provider.answer(Reply::Status(402));
    provider.release(Reply::Status(402));
    let free = free_seats(shop).await;
    bench.fact(match free {
        Some(free) => format!("{free} of {BUYERS} seats are on sale"),
        None => "nobody says how many seats are on sale".to_owned(),
    });

    if free == Some(BUYERS) && !sold {
        bench.phase("40 buyers come, one after another, and pay");
        provider.answer(Reply::Status(201));
        let mut answers = Vec::new();
        for _ in 0..BUYERS {
            answers.push(shop.post("/buy").unlogged().await);
        }
        let tickets = Tickets::of(&answers);
        bench.fact(tickets.fact(BUYERS));
        sold = !tickets.are_all_seats();
    }
    bench.claim(BACK_ON_SALE, free == Some(BUYERS) && !sold);
    Ok(())
}

/// The number of free seats: all, if it says so by the deadline.
async fn free_seats(shop: &Subject) -> Option<usize> {
    let deadline = Deadline::start(shop.watch());
    let passed = deadline.passed();
    tokio::pin!(passed);
    loop {
        let answer = shop.get("/seats").unlogged().await;
        let free = field(&answer, "free");
        let free = free.and_then(|n| usize::try_from(n).ok());
        if free == Some(BUYERS) {
            return free;
        }
        tokio::select! {
            biased;
            () = &mut passed => return free,
            () = tokio::task::yield_now() => {}
        }
    }
}

/// Sends a purchase and leaves it to the caller to read the answer.
async fn half_a_purchase(shop: &Subject) -> std::io::Result<TcpStream> {
    let addr = shop.addr();
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!(
        "POST /buy HTTP/1.1\r\nhost: {addr}\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// Resets the connection, as the system does for a client that is gone.
fn hang_up(stream: TcpStream) {
    // Without it, the service would only see the end of the request.
    let _ = stream.set_zero_linger();
    drop(stream);
}

/// A number in an answer's JSON.
pub fn field(answer: &Answer, name: &str) -> Option<u64> {
    let body: Value = serde_json::from_slice(answer.body()).ok()?;
    body.get(name)?.as_u64().filter(|_| answer.is_success())
}

fn is_refusal(answer: &Answer) -> bool {
    answer.is_client_error() || answer.is_server_error()
}
