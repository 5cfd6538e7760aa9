//! A report holds one of two workers: what do the visitors see of it, and
//! what do the service's own metrics and log?

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Pending};
use labkit::subject::Subject;
use labkit::upstream::{Reply, StubUpstream};
use labkit::{Claim, Env, Ground, GroundFuture};
use serde_json::json;

use crate::exposition::Exposition;
use crate::kept::Kept;
use crate::{Catalogue, Item, ReportEngine};

const WAIT: Claim = Claim {
    promise: "the metrics know how long a visitor had to wait",
    matters: "The dashboard is green while visitors wait, so nobody \
              looks, and nobody believes those who complain.",
};
const CULPRIT: Claim = Claim {
    promise: "the metrics name the route that keeps others waiting",
    matters: "Somebody has to guess what to repair, while the visitors \
              wait.",
};
const VICTIMS: Claim = Claim {
    promise: "the metrics accuse no route that only waits",
    matters: "A route that is in order is taken apart, and the visitors \
              wait as before.",
};
const PAUSE: Claim = Claim {
    promise: "a visitor's pause between two pages is no waiting",
    matters: "The alarm goes off because somebody reads a page, and is \
              soon switched off.",
};
const LOG: Claim = Claim {
    promise: "every log line carries the id of its own request",
    matters: "A visitor's complaint leads to the log lines of somebody \
              else.",
};
const COUNTED: Claim = Claim {
    promise: "every request is answered right, and counted once",
    matters: "Rates, shares and alarms are computed from requests that \
              are missing, or the visitors get wrong pages.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] =
    &[WAIT, CULPRIT, VICTIMS, PAUSE, LOG, COUNTED];

/// Whose request asks for what.
const ASKED: [(&str, &str); 3] =
    [("ada", "teapot"), ("bob", "kettle"), ("cyd", "ladle")];

/// Where the supplier has it.
const DEPOT: &str = "Lisbon";

/// Enough for a worker to turn to its own affairs.
const SCRAPES: usize = 10;

/// A supplier who is held runs into no timeout.
const TIMEOUT: Duration = Duration::from_secs(25);

/// A catalogue and a supplier.
pub fn ground() -> GroundFuture {
    Box::pin(async {
        let mut ground = Ground::new();
        Catalogue::make(&ground.sqlite("catalogue.db")?)?;
        let supplier = StubUpstream::bind().await?;
        supplier.answer(in_stock());
        ground.env.upstream_url = Some(supplier.url());
        ground.keep(supplier);
        Ok(ground)
    })
}

fn in_stock() -> Reply {
    Reply::Json(200, json!({ "pieces": 12, "depot": DEPOT }))
}

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.env().timeout = TIMEOUT;
    bench.start().await?;
    let (shop, gate) = (bench.subject()?, bench.gate());
    let supplier = bench.ground::<StubUpstream>()?;
    supplier.answer(Reply::Hold);

    bench.phase("a visitor opens a page, and reads it");
    let mut reader =
        Kept::open(shop).await.map_err(anyhow::Error::from)?;
    let mut pages = usize::from(is_page(reader.get(shop, PAGE).await));

    bench.phase("three visitors wait for the supplier");
    let mut stocks: Vec<Pending> = Vec::new();
    for (n, (id, item)) in ASKED.iter().enumerate() {
        let stock = shop.get(&format!("/stock/{item}"));
        stocks.push(stock.header("x-request-id", id).send());
        supplier.arrived(n + 1, shop).await?;
    }

    bench.phase("a report is being rendered");
    let report = shop.get("/report/7").send();
    gate.entered(&report, shop).await?;

    bench
        .phase("meanwhile the supplier answers, and two visitors come");
    supplier.release(in_stock());
    let begun = Instant::now();
    let mut visitors = shop.get("/ping").each_of(2);
    let mut pings = visitors.answers().await;
    let hold = begun.elapsed();
    let waits = pings.len() < 2;
    bench.fact(format!("{} of 2 visitors answered", pings.len()));

    bench.phase("the report is finished");
    gate.open();
    let report = report.answer().await;
    pings.extend(visitors.answers().await);
    let mut right =
        pings.iter().filter(|a| a.is_ok_with(b"pong")).count();
    right += usize::from(report.is_ok_with(expected().as_bytes()));
    for stock in stocks {
        let answer = stock.unlogged().await;
        right += usize::from(answer.is_ok_with(b"12 in Lisbon"));
    }

    bench.phase("the reader opens another page");
    pages += usize::from(is_page(reader.get(shop, PAGE).await));
    right += pages;
    bench.fact(format!("{right} of 8 requests are answered right"));

    bench.phase("the log of what the supplier answered");
    let own = own_lines(shop).await;
    // How many lines are wrong depends on who came to which worker.
    bench.fact(match (own == ASKED.len(), mixes(shop)) {
        (true, _) => "each line carries its own request's id",
        (false, true) => "a line carries two requests' ids",
        (false, false) => "a line carries no id of its own",
    });
    bench.claim(LOG, own == ASKED.len());

    bench.phase("the metrics");
    let metrics = scrape(shop, hold).await;
    let knows = waits && knows_of(&metrics, hold);
    bench.fact(match (waits, knows) {
        (true, true) => "they know of a wait as long as the hold",
        (true, false) => "they know of no wait as long as the hold",
        (false, _) => "the report holds no worker, so there is no wait",
    });
    bench.claim(WAIT, knows);
    judge_blame(bench, &metrics);
    let pause = metrics.worst(DURATION, Some("/items/"));
    let short = pause.is_some_and(|p| p < hold.as_secs_f64());
    bench.fact(match (pause, short) {
        (None, _) => "they have no duration of /items",
        (_, true) => "both pages were quick",
        (_, false) => "a page took as long as the reader's pause",
    });
    bench.claim(PAUSE, short);
    let counts = [
        ("/ping", 2.0),
        ("/items/", 2.0),
        ("/stock/", 3.0),
        ("/report/", 1.0),
    ];
    let exact = counts.iter().all(|(r, n)| metrics.requests(r) == *n);
    let counted: f64 =
        counts.iter().map(|c| metrics.requests(c.0)).sum();
    // How many one worker has depends on who came to which.
    bench.fact(match counted {
        8.0 => "8 of 8 requests are counted",
        0.0..8.0 => "fewer than 8 requests are counted",
        _ => "more than 8 requests are counted",
    });
    bench.claim(COUNTED, right == 8 && exact);
    Ok(())
}

const PAGE: &str = "/items/teapot";
const DURATION: &str = "http_request_duration_seconds";
const LAG: &str = "worker_lag_seconds";
const BUSY: &str = "http_request_busy_seconds";

/// Who kept a worker busy, and who is said to have done so?
fn judge_blame(bench: &Bench, metrics: &Exposition) {
    let busy = |route: &str| metrics.worst(BUSY, Some(route));
    let culprit = busy("/report/").unwrap_or_default();
    let others = metrics.routes(BUSY).into_iter();
    let others = others.filter(|route| !route.starts_with("/report/"));
    let accused: Vec<&str> = others
        .filter(|route| busy(route).is_some_and(|b| b >= culprit))
        .filter_map(|route| route.split('/').nth(1))
        .collect();
    // These two do nothing that could keep anybody.
    let idle = [busy("/ping"), busy("/items/")];
    let idle = idle.into_iter().flatten().fold(0.0, f64::max);
    let named = culprit > idle;
    if named {
        bench.fact("/report kept a worker busy for longest");
    } else {
        bench.fact("they name nobody who kept a worker busy");
    }
    if named && !accused.is_empty() {
        bench.fact(format!(
            "as long, they say, as /{}",
            accused.join(", /")
        ));
    }
    bench.claim(CULPRIT, named);
    bench.claim(VICTIMS, named && accused.is_empty());
}

/// Scrapes until the wait shows: a worker that was held comes to its own
/// affairs after its requests.
async fn scrape(shop: &Subject, hold: Duration) -> Exposition {
    let mut metrics = Exposition::default();
    for _ in 0..SCRAPES {
        let answer: Answer = shop.get("/metrics").unlogged().await;
        if !answer.is_success() {
            break;
        }
        metrics = Exposition::read(&answer.text());
        if knows_of(&metrics, hold) {
            break;
        }
    }
    metrics
}

/// Whether the metrics admit a wait of `/ping` of that length.
fn knows_of(metrics: &Exposition, hold: Duration) -> bool {
    let waits = [
        metrics.worst(LAG, None),
        metrics.worst(DURATION, Some("/ping")),
    ];
    let worst = waits.into_iter().flatten().fold(0.0, f64::max);
    worst >= hold.as_secs_f64()
}

/// How many of the requests have a line of their own, with no other's id.
async fn own_lines(shop: &Subject) -> usize {
    for (_, item) in ASKED {
        let own =
            |line: &str| line.contains(DEPOT) && line.contains(item);
        if !shop.says(own).await {
            break;
        }
    }
    let lines = shop.output();
    let lines: Vec<&String> =
        lines.iter().filter(|line| line.contains(DEPOT)).collect();
    let own = ASKED.iter().enumerate().filter(|(n, asked)| {
        let others = ASKED.iter().enumerate().filter(|(m, _)| m != n);
        let others: Vec<_> = others.map(|(_, asked)| asked).collect();
        lines.iter().any(|line| {
            line.contains(asked.0)
                && line.contains(asked.1)
                && others.iter().all(|other| {
                    !line.contains(other.0) && !line.contains(other.1)
                })
        })
    });
    own.count()
}

/// Whether a line about an item carries the ids of two requests.
fn mixes(shop: &Subject) -> bool {
    shop.output().iter().any(|line| {
        let ids = ASKED.iter().filter(|(id, _)| line.contains(id));
        line.contains(DEPOT) && ids.count() > 1
    })
}

/// The report, computed once for all versions.
fn expected() -> &'static str {
    static EXPECTED: OnceLock<String> = OnceLock::new();
    // Without a gate this engine computes at once.
    EXPECTED
        .get_or_init(|| ReportEngine::new(&Env::default()).render(7))
}

fn is_page(body: Option<String>) -> bool {
    body.is_some_and(|body| Item::teapot().page() == Ok(body))
}
