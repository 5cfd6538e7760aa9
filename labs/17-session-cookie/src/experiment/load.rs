//! The load behind the chapter's figure.

use labkit::exchange;
use labkit::load::{self, LoadPlan};
use labkit::recording::{Load, Measure, Plan};

/// A user who is logged in asks who she is, and does so more often for a
/// while.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /me by a user who has logged in, on two \
                    instances in turn"
                .into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /me".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "200 visits/s".into(),
                request: "GET /me".into(),
                per_second: 200.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "fixed"],
        |_| exchange::get("/me"),
        |_, body| body == b"alice",
    )
    .instances(2)
    .begin(|instances| {
        Box::pin(load::log_in(instances, "/login", &super::ALICE))
    })
}
