//! The load of the chapter's figure.

use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use serde_json::Value;

use crate::stock;

/// The load behind the chapter's figure: customers who look for things, a
/// third of which have a quote in their name.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /items?name=O'Neill while others search".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /items?name=O%27Neill".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "100 searches/s".into(),
                request: "GET /items?name={name}".into(),
                per_second: 100.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "stripped", "fixed"],
        |n| exchange::get(&format!("/items?name={}", searched(n).0)),
        |n, body| {
            let found = stock::found(searched(n).1, i32::MAX);
            serde_json::from_slice::<Value>(body).ok() == Some(found)
        },
    )
}

/// What the n-th customer looks for, encoded and not.
fn searched(n: u32) -> (&'static str, &'static str) {
    match n % 3 {
        0 => ("lamp", "lamp"),
        1 => ("O%27Neill", "O'Neill"),
        _ => ("80%25", "80%"),
    }
}
