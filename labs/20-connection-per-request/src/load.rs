//! The load behind the chapter's figure.

use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};
use labkit::tap::TapProxy;

use crate::experiment::{INSTANCES, ITEMS};

/// The load behind the chapter's figure: a busy hour.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET /price/1 while others ask for prices".into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /price/1".into(),
            probes_per_second: 20.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "32 clients".into(),
                request: "GET /price/{item}".into(),
                per_second: 0.0,
                clients: Some(32),
                from: 2.0,
                to: 7.0,
            },
            counts: Some("connections opened".into()),
        },
        &["broken", "pool_per_worker", "fixed"],
        |n| exchange::get(&format!("/price/{}", item(n))),
        |n, body| body == (199 + 10 * item(n)).to_string().as_bytes(),
    )
    .instances(INSTANCES)
    .counting(|ground| ground.get().map_or(0, TapProxy::opened))
}

fn item(n: u32) -> u32 {
    1 + n % ITEMS as u32
}
