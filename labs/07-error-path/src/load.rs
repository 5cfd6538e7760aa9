//! The load behind the chapter's figure.

use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use serde_json::Value;

use crate::experiment::{TOKEN, registration};

/// The load behind the chapter's figure: cards are read while every second
/// customer who comes is registered already.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /customers/1 while others are refused".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /customers/1".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "40 customers/s, half known".into(),
                request: "POST /customers".into(),
                per_second: 40.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "fixed"],
        |n| registration(2 + (n / 2) as i32),
        |n, body| {
            let body = serde_json::from_slice::<Value>(body);
            let number = 2 + n / 2;
            body.is_ok_and(|body| body["number"] == number)
        },
    )
    .probing(|| {
        exchange::get("/customers/1").with_header(TOKEN.0, TOKEN.1)
    })
    .begin(|addrs| {
        Box::pin(async move {
            for addr in addrs {
                let answer =
                    exchange::exchange(addr, registration(1)).await;
                anyhow::ensure!(answer.is_success(), "{answer}");
            }
            Ok(Vec::new())
        })
    })
}
