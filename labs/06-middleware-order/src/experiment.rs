//! A browser, a guesser, the load balancer, and then the log: what did each
//! request meet on its way?

use hyper::Method;
use labkit::Claim;
use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Call};
use labkit::control::Deadline;
use labkit::exchange::{self, Request};
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::subject::Subject;
use labkit::tally::counted;

use crate::Shop;
use crate::matrix::{PAGE, Row, explained, permits, readable};

const PAGE_GETS_ORDERS: Claim = Claim {
    promise: "the shop's page gets its customer's orders",
    matters: "The browser says \"CORS error\" and the page stays empty, \
              while curl gets the orders.",
};
const GUESSERS_ARE_STOPPED: Claim = Claim {
    promise: "whoever guesses tokens is stopped",
    matters: "Anybody may try tokens, as fast as the network allows, \
              until one fits.",
};
const REFUSALS_CAN_BE_READ: Claim = Claim {
    promise: "the page can tell why it was refused",
    matters: "A page that sees only a network error sends nobody to \
              log in again, and nobody knows how long to wait.",
};
const ANSWERS_ARE_SAFE: Claim = Claim {
    promise: "every answer carries the security headers",
    matters: "The refusals, which anybody can provoke, go out without \
              them.",
};
const REQUESTS_ARE_LOGGED: Claim = Claim {
    promise: "every request leaves a line in the log",
    matters: "The requests that were refused are missing from the log, \
              and they are the ones that an attack is made of.",
};

const OTHERS_READ_NOTHING: Claim = Claim {
    promise: "pages of other sites read no answer",
    matters: "Any page can have its visitors' browsers guess tokens, \
              each from an address of its own, and read which one fits.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[
    PAGE_GETS_ORDERS,
    GUESSERS_ARE_STOPPED,
    REFUSALS_CAN_BE_READ,
    ANSWERS_ARE_SAFE,
    REQUESTS_ARE_LOGGED,
    OTHERS_READ_NOTHING,
];

/// Where pages are that are not the shop's; `null` is in a sandbox.
const OTHERS: [&str; 5] = [
    "https://elsewhere.example",
    "https://shop.example.elsewhere.example",
    "https://notshop.example",
    "http://shop.example",
    "null",
];

const ORDERS: &str = "/api/orders";
const NOWHERE: &str = "/nowhere";
const PING: &str = "/ping";

/// What a browser sends before a page may ask for orders, and whose page
/// it is.
const PREFLIGHT: [(&str, &str); 2] = [
    ("access-control-request-method", "GET"),
    ("access-control-request-headers", "authorization"),
];

/// Alice's, whose customer number is 1.
const TOKEN: &str = "maple-4711";

/// More than a client may ask in an hour.
const GUESSES: usize = 12;

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let shop = bench.subject()?;

    bench.phase("a browser asks whether the page may ask: a preflight");
    let first = ask_whether(shop, PAGE).send().answer().await;

    bench.phase("the page asks for Alice's orders, with her token");
    let orders = ask(shop, PAGE, ORDERS, TOKEN).send().answer().await;
    let whole = is_orders(&orders);
    let gets = permits(&first, PAGE) && readable(&orders, PAGE);
    bench.fact(match (whole, gets) {
        (true, true) => "the page has her orders",
        (true, false) => "her orders, and no browser hands them over",
        (false, _) => "these are not her orders",
    });
    bench.claim(PAGE_GETS_ORDERS, whole && gets);

    bench.phase("the page asks for a path that does not exist");
    let nowhere = ask(shop, PAGE, NOWHERE, TOKEN).send().answer().await;

    bench.phase("somebody guesses tokens, one after another");
    let mut guesses = Vec::new();
    for n in 0..GUESSES {
        // The first is no token at all.
        let token = (n > 0).then(|| format!("maple-{n:04}"));
        let guess = ask(shop, PAGE, ORDERS, &token.unwrap_or_default());
        guesses.push(guess.unlogged().await);
    }
    bench.fact(format!("{GUESSES} guesses: {}", counted(&guesses)));
    let limited = guesses.iter().any(is_limited)
        && guesses.iter().all(Answer::is_client_error);

    bench.phase("once more, the browser asks whether the page may ask");
    let again = ask_whether(shop, PAGE).send().answer().await;

    bench.phase("the load balancer asks whether the service is there");
    let ping = shop.get(PING).send().answer().await;

    let row = |name, method, path, by_page, answers| Row {
        name,
        method,
        path,
        by_page,
        answers,
    };
    let (get, options) = (Method::GET, Method::OPTIONS);
    let rows = [
        row("preflights", options, ORDERS, true, vec![first, again]),
        row("Alice's token", get.clone(), ORDERS, true, vec![orders]),
        row("no such path", get.clone(), NOWHERE, true, vec![nowhere]),
        row("guesses", get.clone(), ORDERS, true, guesses),
        row("health check", get, PING, false, vec![ping]),
    ];
    bench.phase("what the requests met on their way");
    // The log may be a moment behind the answers.
    let deadline = Deadline::start(shop.watch());
    shop.logs_by(&deadline, |output| {
        rows.iter()
            .all(|row| row.logged(output) == row.answers.len())
    })
    .await;
    judge(bench, &rows, &shop.output());

    bench.phase("at last, the guess is right");
    let right = ask(shop, PAGE, ORDERS, TOKEN).send().answer().await;
    bench.claim(GUESSERS_ARE_STOPPED, limited && is_limited(&right));
    others_read_nothing(bench).await
}

fn is_limited(answer: &Answer) -> bool {
    answer.status().is_some_and(|status| status == 429)
}

/// Visitors of other sites, whose pages ask for orders in their browsers.
async fn others_read_nothing(bench: &Bench) -> Result<(), Stopped> {
    bench.phase("pages of other sites guess a token");
    let shop = bench.subject()?;
    let mut read = Vec::new();
    for origin in OTHERS {
        let asked = ask_whether(shop, origin).unlogged().await;
        // After a refused preflight a browser sends nothing more.
        if !permits(&asked, origin) {
            continue;
        }
        let guess = ask(shop, origin, ORDERS, "maple-0001");
        if readable(&guess.unlogged().await, origin) {
            read.push(origin);
        }
    }
    bench.fact(match read[..] {
        [] => "none reads the answer".to_owned(),
        _ => format!("the answer is read by {}", read.join(", ")),
    });
    bench.claim(OTHERS_READ_NOTHING, read.is_empty());
    Ok(())
}

/// The matrix, and the claims about all of the answers.
fn judge(bench: &Bench, rows: &[Row], output: &[String]) {
    for row in rows {
        bench.fact(row.line(output));
    }

    // Behind a preflight that is refused, a page can read nothing.
    let (before, asked): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.method == Method::OPTIONS);
    let mut before = before.iter().flat_map(|row| &row.answers);
    let may_ask = before.all(|answer| permits(answer, PAGE));
    let refusals: Vec<&Answer> = asked
        .iter()
        .flat_map(|row| &row.answers)
        .filter(|answer| !answer.is_success())
        .collect();
    let read = refusals.iter().filter(|a| may_ask && explained(a));
    let unread = refusals.len() - read.count();
    bench.fact(format!(
        "{unread} of {} refusals look to the page like no answer",
        refusals.len()
    ));
    bench.claim(REFUSALS_CAN_BE_READ, unread == 0);

    let all: usize = rows.iter().map(|row| row.answers.len()).sum();
    let safe: usize = rows.iter().map(Row::safe).sum();
    bench.fact(format!("{} of {all} answers lack nosniff", all - safe));
    bench.claim(ANSWERS_ARE_SAFE, safe == all);

    let logged: usize = rows.iter().map(|row| row.logged(output)).sum();
    bench.fact(format!(
        "{} of {all} requests are not logged",
        all - logged
    ));
    bench.claim(REQUESTS_ARE_LOGGED, logged == all);
}

/// A request as a page of that origin sends it.
fn ask(shop: &Subject, origin: &str, path: &str, token: &str) -> Call {
    shop.get(path)
        .header("origin", origin)
        .header("authorization", &format!("Bearer {token}"))
}

/// What its browser sends before.
fn ask_whether(shop: &Subject, origin: &str) -> Call {
    let bare = shop.request(Method::OPTIONS, ORDERS);
    let bare = bare.header("origin", origin);
    let headers = PREFLIGHT.iter();
    headers.fold(bare, |call, (name, value)| call.header(name, value))
}

fn is_orders(answer: &Answer) -> bool {
    let shop = Shop::open();
    let alice = shop.customer(TOKEN).map(|alice| shop.orders(alice));
    let expected = serde_json::to_value(alice).ok();
    let got = serde_json::from_slice(answer.body()).ok();
    answer.is_success() && got.is_some() && got == expected
}

/// The load behind the chapter's figure: the shop's page is open in some
/// browsers, and then in more.
pub fn load() -> LoadPlan {
    let plan = Plan {
        title: "A browser's first request, OPTIONS /api/orders".into(),
        measure: Measure::LatencyMs,
        seconds: 10.0,
        probe: "OPTIONS /api/orders".into(),
        probes_per_second: 50.0,
        timeout_ms: 1000.0,
        budget_ms: 100.0,
        load: Load {
            label: "40 more pages/s".into(),
            request: "OPTIONS /api/orders".into(),
            per_second: 40.0,
            clients: None,
            from: 2.0,
            to: 7.0,
        },
        counts: None,
    };
    let versions = &["broken", "fixed"];
    LoadPlan::new(plan, versions, |_| preflight(), |_, _| true)
        .probing(preflight)
}

fn preflight() -> Request {
    let bare = exchange::request(Method::OPTIONS, ORDERS)
        .with_header("origin", PAGE);
    let headers = PREFLIGHT.iter();
    headers.fold(bare, |request, (name, value)| {
        request.with_header(name, value)
    })
}
