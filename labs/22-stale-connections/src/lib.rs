//! Lab 22: a database connection that dies, and a service that does not notice.
//!
//! Connections end without the service's doing: the database restarts, a
//! network breaks or falls silent. A service that connects once never comes
//! back, and one that waits without a limit waits for ever. To send again what
//! got no answer does it twice, if the answer was all that was lost.

pub use labkit::Env;
use labkit::{Lab, version};

pub use order::Order;

pub mod broken;
mod customers;
mod cuts;
mod experiment;
pub mod fixed;
pub mod half_fixes;
pub mod order;
pub mod schema;
mod sessions;
mod silences;

/// This lab.
pub const LAB: Lab = Lab {
    id: "22",
    title: "Stale connections",
    dir: env!("CARGO_MANIFEST_DIR"),
    claims: experiment::CLAIMS,
    versions: &[
        version!(Broken, "broken", broken, "broken.rs"),
        version!(
            HalfFix,
            "reconnect_on_error",
            half_fixes::reconnect_on_error,
            "half_fixes/reconnect_on_error.rs"
        ),
        version!(
            HalfFix,
            "ping_asks_the_database",
            half_fixes::ping_asks_the_database,
            "half_fixes/ping_asks_the_database.rs"
        ),
        version!(
            HalfFix,
            "pool_without_limits",
            half_fixes::pool_without_limits,
            "half_fixes/pool_without_limits.rs"
        ),
        version!(
            HalfFix,
            "statement_timeout_only",
            half_fixes::statement_timeout_only,
            "half_fixes/statement_timeout_only.rs"
        ),
        version!(
            HalfFix,
            "client_timeout_only",
            half_fixes::client_timeout_only,
            "half_fixes/client_timeout_only.rs"
        ),
        version!(
            HalfFix,
            "retry_everything",
            half_fixes::retry_everything,
            "half_fixes/retry_everything.rs"
        ),
        version!(Fixed, "fixed", fixed, "fixed.rs"),
    ],
    exercise: None,
    ground: experiment::ground,
    experiment: |bench| Box::pin(experiment::run(bench)),
    load: experiment::load,
};
