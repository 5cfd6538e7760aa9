//! Two workers, and a report under way: who still gets an answer?

use labkit::bench::{Bench, Stopped};
use labkit::client::Answer;
use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::subject::Subject;
use labkit::{Claim, Env};

use crate::ReportEngine;

const DELAYS_NOBODY: Claim = Claim {
    promise: "a report being rendered delays nobody else",
    matters: "Whoever lands on the busy worker gets nothing until the \
              report is done, health checks included.",
};
const REPORT_ARRIVES: Claim = Claim {
    promise: "the report arrives, whole and right",
    matters: "The customer asked for a report and has none.",
};
const FAILURE_IS_ANSWERED: Claim = Claim {
    promise: "a report that fails is answered with an error",
    matters: "The customer sees a broken connection, and the proxy in \
              front may send the same request again.",
};
const FAILURE_HARMS_NOBODY: Claim = Claim {
    promise: "a report that fails harms nobody else",
    matters: "One bad report takes the service away from everybody.",
};

/// What the service promises.
pub const CLAIMS: &[Claim] = &[
    DELAYS_NOBODY,
    REPORT_ARRIVES,
    FAILURE_IS_ANSWERED,
    FAILURE_HARMS_NOBODY,
];

/// Enough that no sane number of workers hides a blocked one.
const CLIENTS: usize = 64;

/// Customers whose reports queue up behind the held one: a repair that hands
/// the work over through a queue must not block its worker on a full one.
const QUEUED: [u32; 6] = [2, 3, 4, 5, 6, 7];

/// Requests, one after another, in which a dying service shows that it dies.
const AFTERWARDS: usize = 20;

/// Drives one version.
pub async fn run(bench: &mut Bench) -> Result<(), Stopped> {
    bench.start().await?;
    let (shop, gate) = (bench.subject()?, bench.gate());
    // Without a gate this engine computes at once: the right answer.
    let expected = ReportEngine::new(&Env::default()).render(1);

    bench.phase("one report is being rendered");
    let report = shop.get("/report/1").send();
    gate.entered(&report, shop).await?;

    bench.phase("meanwhile, clients on connections of their own");
    let mut pings = shop.get("/ping").each_of(CLIENTS);
    let during = pongs(&pings.answers().await);
    bench.fact(format!("{during} of {CLIENTS} answered meanwhile"));
    let mut undelayed = during == CLIENTS;
    if undelayed {
        bench.phase("more reports are asked for behind it");
        let more = QUEUED.map(|customer| {
            let report = shop.get(&format!("/report/{customer}"));
            tokio::spawn(report.unlogged())
        });
        undelayed = answers_on(shop).await;
        bench.fact(if undelayed {
            "every /ping is answered"
        } else {
            "with reports queued up, /ping is not answered"
        });
        // These reports only fill the queue; nobody waits for them.
        drop(more);
    }
    bench.claim(DELAYS_NOBODY, undelayed);

    bench.phase("the report is finished");
    gate.open();
    let answer = report.answer().await;
    let whole = is_report(&answer, &expected);
    if whole {
        bench.fact("the body is the report");
    } else if answer.is_success() {
        bench.fact("the body is no report");
    } else if let Some(ending) = bench.ending().await {
        bench.fact(format!("the service has ended: {ending}"));
    }
    bench.claim(REPORT_ARRIVES, whole);
    let after = pongs(&pings.answers().await);
    if after > 0 {
        bench.fact(format!("{after} of {CLIENTS} answered only now"));
    }

    bench.phase("a report that fails: customer 0 has no orders");
    let failed = shop.get("/report/0").send().unlogged().await;
    // A service that dies of it may or may not get its answer out first, so
    // the answer counts only once the service is known to live on.
    let alive = answers_on(shop).await;
    let ended = if alive { None } else { bench.ending().await };
    match &ended {
        Some(ending) => {
            bench.fact(format!("the service has ended: {ending}"))
        }
        None => bench.answer(&failed),
    }
    let error = failed.is_server_error() && ended.is_none();
    bench.claim(FAILURE_IS_ANSWERED, error);

    bench.phase("and afterwards");
    let again = shop.get("/report/1").send().answer().await;
    bench.fact(if alive {
        "every /ping is answered"
    } else {
        "/ping is not answered"
    });
    bench.claim(
        FAILURE_HARMS_NOBODY,
        alive && is_report(&again, &expected),
    );
    Ok(())
}

/// Whether every `/ping` is answered, one after another.
async fn answers_on(shop: &Subject) -> bool {
    for _ in 0..AFTERWARDS {
        if !is_pong(&shop.get("/ping").unlogged().await) {
            return false;
        }
    }
    true
}

fn is_report(answer: &Answer, expected: &str) -> bool {
    answer.is_ok_with(expected.as_bytes())
}

fn is_pong(answer: &Answer) -> bool {
    answer.is_ok_with(b"pong")
}

fn pongs(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| is_pong(answer)).count()
}

/// The load behind the chapter's figure: wholesalers open their reports, and
/// health checks go on.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /ping while reports are rendered".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /ping".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "9 reports/s".into(),
                request: "GET /report/{customer}".into(),
                per_second: 9.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "spawned_task", "fixed"],
        |n| exchange::get(&format!("/report/{}", wholesaler(n))),
        |n, body| {
            let title =
                format!("<title>Report {}</title>", wholesaler(n));
            let body = String::from_utf8_lossy(body);
            body.contains(&title) && body.ends_with("</html>\n")
        },
    )
}

fn wholesaler(n: u32) -> u32 {
    1000 + n
}
