//! Lab 20: a database connection for every request.
//!
//! A PostgreSQL connection is a process of the server, a handshake and a
//! login. A service that opens one for each request pays for all three each
//! time, and needs as many connections as it has requests under way. The
//! database allows a fixed number, and refuses the rest.

pub use labkit::{Deployment, Env};
use labkit::{Lab, version};

pub mod broken;
mod claims;
mod experiment;
pub mod fixed;
pub mod half_fixes;
mod load;
pub mod schema;

/// This lab.
pub const LAB: Lab = Lab {
    id: "20",
    title: "A connection per request",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: claims::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "max_connections_raised",
            half_fixes::max_connections_raised,
            "half_fixes/max_connections_raised.rs",
            DEPLOYMENT
        ),
        version!(
            HalfFix,
            "bigger_max_size",
            half_fixes::bigger_max_size,
            "half_fixes/bigger_max_size.rs"
        ),
        version!(
            HalfFix,
            "pool_per_worker",
            half_fixes::pool_per_worker,
            "half_fixes/pool_per_worker.rs"
        ),
        version!(
            HalfFix,
            "no_timeout",
            half_fixes::no_timeout,
            "half_fixes/no_timeout.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: experiment::ground,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: load::load,
};
