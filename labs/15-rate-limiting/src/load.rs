//! The load behind the chapter's figure.

use labkit::client::Method;
use labkit::exchange;
use labkit::load::LoadPlan;
use labkit::recording::{Load, Measure, Plan};

use crate::experiment::{ATTACKER, INSTANCES};

/// A stolen list of passwords is tried, with a forged address each, while
/// somebody opens the page.
pub fn load() -> LoadPlan {
    LoadPlan::new(
        Plan {
            title: "GET / while a stolen list of passwords is tried, \
                    on two instances in turn"
                .into(),
            measure: Measure::LatencyMs,
            seconds: 10.0,
            probe: "GET /".into(),
            probes_per_second: 50.0,
            timeout_ms: 1000.0,
            budget_ms: 100.0,
            load: Load {
                label: "100 logins/s from one client".into(),
                request: "POST /login".into(),
                per_second: 100.0,
                clients: None,
                from: 2.0,
                to: 7.0,
            },
            counts: None,
        },
        &["broken", "leftmost_address", "fixed"],
        |n| {
            let login = exchange::request(Method::POST, "/login");
            login
                .with_header(
                    "x-forwarded-for",
                    &format!("203.0.113.{}, {ATTACKER}", n % 250),
                )
                .with_form(&[("user", "alice"), ("password", "apple")])
        },
        |_, body| body.starts_with(b"welcome"),
    )
    .instances(INSTANCES)
}
