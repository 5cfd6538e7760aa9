//! The load behind the chapter's figure.

use hyper::Method;
use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};

/// The load behind the chapter's figure: the sale opens, and health
/// checks go on.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /ping while seats are sold".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /ping".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "8 purchases/s".into(),
                request: "POST /buy".into(),
                per_second: 8.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "async_mutex_across_payment", "fixed"],
        |_| exchange::request(Method::POST, "/buy"),
        |_, body| body.starts_with(b"{\"seat\":"),
    )
}
