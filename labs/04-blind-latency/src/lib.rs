//! Lab 04: latency that the service does not see.
//!
//! A timer in a handler or a layer starts when the worker comes to the
//! request. The time before that, while the worker was busy with another
//! one, is in no figure, so the dashboard is green while visitors wait. And
//! a span that is entered across an `.await` stays entered for whoever runs
//! next on that thread, so log lines carry somebody else's request id.

pub use labkit::Env;
use labkit::{Lab, version};

pub mod broken;
mod catalogue;
mod cost;
mod experiment;
mod exposition;
mod figure;
pub mod fixed;
pub mod half_fixes;
mod kept;
mod report;
pub mod schema;
mod supplier;

pub use catalogue::{Catalogue, Item, Review, Unavailable};
pub use cost::cost;
pub use report::ReportEngine;
pub use supplier::{NoAnswer, Stock, Supplier};

/// This lab.
pub const LAB: Lab = Lab {
    id: "04",
    title: "Blind latency",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: experiment::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "better_logs",
            half_fixes::better_logs,
            "half_fixes/better_logs.rs"
        ),
        version!(
            HalfFix,
            "average",
            half_fixes::average,
            "half_fixes/average.rs"
        ),
        version!(
            HalfFix,
            "on_connect_timer",
            half_fixes::on_connect_timer,
            "half_fixes/on_connect_timer.rs"
        ),
        version!(
            HalfFix,
            "slow_route_only",
            half_fixes::slow_route_only,
            "half_fixes/slow_route_only.rs"
        ),
        version!(
            HalfFix,
            "registry_per_worker",
            half_fixes::registry_per_worker,
            "half_fixes/registry_per_worker.rs"
        ),
        version!(
            HalfFix,
            "in_scope",
            half_fixes::in_scope,
            "half_fixes/in_scope.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: experiment::ground,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: figure::load,
};
