//! What the meter costs: pages per second with it and without.

use std::collections::BTreeMap;

use labkit::exchange;
use labkit::load::{self, LoadPlan};
use labkit::recording::{Load, Measure, Plan};
use labkit::subject::Target;

use crate::{Item, LAB};

/// Clients that ask for the page, each on a connection that it keeps.
const CLIENTS: u32 = 8;

/// The versions that differ by the meter, without it and with it.
const WITHOUT: &str = "better_logs";
const WITH: &str = "fixed";

/// Pages per second of a route that does what real routes do: two queries to
/// SQLite, and a template of a page.
fn plan() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /items/teapot, with and without the meter"
                .into(),
            measure: Measure::LatencyMs,
            seconds: 1.7,
            probe: "GET /ping".into(),
            probes_per_second: 5.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: format!("{CLIENTS} clients"),
                request: "GET /items/teapot".into(),
                per_second: 0.0,
                clients: Some(CLIENTS),
                from: 0.2,
                to: 1.7,
            },
            counts: None,
        },
        &[WITHOUT, WITH],
        |_| exchange::get("/items/teapot"),
        |_, body| {
            let page = String::from_utf8_lossy(body).into_owned();
            Item::teapot().page() == Ok(page)
        },
    )
}

/// Measures pairs of runs, with and without the meter in turn, and gives the
/// result as one line of JSON.
///
/// # Errors
/// When a version cannot be run, or answers wrongly.
pub async fn cost(pairs: usize) -> anyhow::Result<String> {
    let load = plan();
    let mut rates: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut ratios = Vec::new();
    for pair in 0..pairs {
        // Whatever else the machine does hits both alike.
        let order = match pair % 2 {
            0 => [WITHOUT, WITH],
            _ => [WITH, WITHOUT],
        };
        let mut rate = BTreeMap::new();
        for name in order {
            let version = LAB.version(name);
            let version =
                version.ok_or_else(|| anyhow::anyhow!("no {name}"))?;
            let target = Target::Version(version);
            let run = load::run(&LAB, &load, &target, |_| ()).await?;
            let work = run.work;
            anyhow::ensure!(
                work.done == work.sent,
                "{name}: {} of {} right",
                work.done,
                work.sent
            );
            rate.insert(name, work.per_second);
            rates.entry(name).or_default().push(work.per_second);
        }
        ratios.push(rate[WITH] / rate[WITHOUT]);
    }
    let mut of =
        |name: &str| median(rates.remove(name).unwrap_or_default());
    let (without, with) = (of(WITHOUT), of(WITH));
    Ok(serde_json::json!({
        "route": "GET /items/teapot",
        "without": without,
        "with": with,
        "cost_percent": (1.0 - median(ratios)) * 100.0,
        "pairs": pairs,
    })
    .to_string())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        _ if values.is_empty() => 0.0,
        0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}
